"""Which providers can be called from here: the key that each takes, and the address that it is called at.
Never a key's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import UsageError
from core.llm.providers import ANTHROPIC_URL, OPENAI_URL
from core.llm.providers.access import read_key, read_url, shown_url
from core.llm.providers.compatible import GEMINI_URL, OLLAMA_HOST, ollama_url


@dataclass(frozen=True, slots=True)
class Access:
    """`variable` is where its key is looked for ("" where it takes none), `address` where calls go ("" where
    none is set), `problem` why it cannot be called, in a sentence. `present`: there is a key that can be
    sent."""

    provider: str
    variable: str
    present: bool
    address_variable: str
    address: str
    problem: str = ""


def accesses(keys: Mapping[str, str]) -> tuple[Access, ...]:
    """One per provider that is called over the network. `keys` is the environment, typed keys before it."""
    own = "OPENAI_COMPATIBLE_BASE_URL" if keys.get("OPENAI_COMPATIBLE_BASE_URL") else "OPENAI_BASE_URL"
    key = "OPENAI_COMPATIBLE_API_KEY" if keys.get("OPENAI_COMPATIBLE_API_KEY") else "OPENAI_API_KEY"
    host = {"OLLAMA_HOST": ollama_url(keys.get("OLLAMA_HOST") or OLLAMA_HOST)}
    return (
        _access(keys, "openai", "OPENAI_API_KEY", ("OPENAI_BASE_URL", OPENAI_URL)),
        _access(keys, "anthropic", "ANTHROPIC_API_KEY", ("ANTHROPIC_BASE_URL", ANTHROPIC_URL)),
        _access(keys, "gemini", "GEMINI_API_KEY", ("GEMINI_BASE_URL", GEMINI_URL)),
        _access(host, "ollama", "", ("OLLAMA_HOST", "")),
        _access(keys, "openai-compatible", key, (own, "")),
    )


def _access(keys: Mapping[str, str], provider: str, variable: str, place: tuple[str, str]) -> Access:
    """`place` is the variable of the address, and the address where it is not set."""
    present, address, problem = bool(variable and keys.get(variable, "").strip()), "", ""
    try:
        if present:
            read_key(keys, variable, provider)
        if keys.get(place[0]) or place[1]:
            address = shown_url(read_url(keys, *place))
    except UsageError as reason:
        problem = str(reason)
    return Access(provider, variable, present, place[0], address, problem)
