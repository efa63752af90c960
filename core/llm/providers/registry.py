"""The providers that there are. A new one is a file beside this with a `PROVIDER`, and a line here: whatever
lists providers reads this, with the endpoints of the workspace (core/llm/catalogue/endpoints.py) beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.llm.providers import anthropic, gemini, offline, ollama, openai, openai_compatible
from core.llm.providers.provider import Access, Provider

PROVIDERS: tuple[Provider, ...] = (
    openai.PROVIDER,
    anthropic.PROVIDER,
    gemini.PROVIDER,
    ollama.PROVIDER,
    openai_compatible.PROVIDER,
    offline.PROVIDER,
)


def provider_of(name: str, endpoints: Sequence[Provider]) -> Provider | None:
    """By "provider" or "provider:model"; None for one that there is not. `endpoints` are those of the
    workspace (`Profiles.endpoints`)."""
    wanted = name.partition(":")[0]
    return next((provider for provider in (*PROVIDERS, *endpoints) if provider.name == wanted), None)


def provider_names(endpoints: Sequence[Provider]) -> list[str]:
    return [provider.name for provider in (*PROVIDERS, *endpoints)]


def is_local(name: str) -> bool:
    """Whether the model works without a network: free, and the same every time. No endpoint is."""
    provider = provider_of(name, ())
    return provider is not None and not provider.remote


def key_owners(endpoints: Sequence[Provider]) -> dict[str, Provider]:
    """By the variable of each key that can be typed."""
    owners = {each.key_variables[0]: each for each in PROVIDERS if each.key_variables}
    own = {variable: each for each in endpoints for variable in each.secret_variables}
    return owners | {variable: each for variable, each in own.items() if variable not in owners}


def accesses(keys: Mapping[str, str], endpoints: Sequence[Provider]) -> tuple[Access, ...]:
    """One per provider that is called over the network. `keys` is the environment, typed keys before it."""
    return tuple(provider.access(keys) for provider in (*PROVIDERS, *endpoints) if provider.remote)
