"""Providers that speak OpenAI's wire format at an address of their own: Gemini, Ollama, and any other."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import UsageError
from core.models.profiles import Profile
from core.models.providers.calling import Way
from core.models.providers.openai import OpenAIModel
from core.models.providers.secrets import read_key

GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta/openai"
OLLAMA_HOST = "127.0.0.1:11434"
# Servers without keys still want the header.
NO_KEY = "none"


def connect_gemini(name: str, keys: Mapping[str, str], profile: Profile, role: str) -> OpenAIModel:
    return OpenAIModel(name, read_key(keys, "GEMINI_API_KEY", name), _way(keys.get("GEMINI_BASE_URL") or GEMINI_URL), profile, role)


def connect_ollama(name: str, keys: Mapping[str, str], profile: Profile, role: str) -> OpenAIModel:
    return OpenAIModel(name, NO_KEY, _way(ollama_url(keys.get("OLLAMA_HOST") or OLLAMA_HOST)), profile, role)


def connect_any(name: str, keys: Mapping[str, str], profile: Profile, role: str) -> OpenAIModel:
    url = (keys.get("OPENAI_COMPATIBLE_BASE_URL") or keys.get("OPENAI_BASE_URL") or "").strip()
    if not url:
        raise UsageError(f"{name} needs an address: set OPENAI_BASE_URL, such as http://localhost:8000/v1.")
    own = "OPENAI_COMPATIBLE_API_KEY" if keys.get("OPENAI_COMPATIBLE_API_KEY") else "OPENAI_API_KEY"
    return OpenAIModel(name, read_key(keys, own, name, NO_KEY), _way(url), profile, role)


def ollama_url(host: str) -> str:
    """The address of Ollama's OpenAI endpoint from OLLAMA_HOST in any form that Ollama takes ("host", "host:port", a URL)."""
    host = host.strip().rstrip("/")
    if "://" not in host:
        host = "http://" + host
    scheme, _, rest = host.partition("://")
    place, slash, path = rest.partition("/")
    place = place.replace("0.0.0.0", "127.0.0.1", 1) if place.startswith("0.0.0.0") else place  # what a server listens on is no address to call
    if ":" not in place.rpartition("]")[2] and scheme == "http":
        place += ":11434"
    path = path.removesuffix("/v1").removesuffix("v1")
    return f"{scheme}://{place}{slash if path else ''}{path}/v1"


def _way(url: str) -> Way:
    return Way("openai", "AsyncOpenAI", url, foreign=True)
