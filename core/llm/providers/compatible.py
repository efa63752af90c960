"""Providers that speak OpenAI's wire format at an address of their own: Gemini, Ollama, and any other."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import UsageError
from core.llm.catalogue.profile import Profile
from core.llm.providers.access import read_key, read_url
from core.llm.providers.openai import OpenAIModel, way_to

GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta/openai"
OLLAMA_HOST = "127.0.0.1:11434"
# Servers without keys still want the header.
NO_KEY = "no-key-needed"


def connect_gemini(name: str, keys: Mapping[str, str], profile: Profile, role: str) -> OpenAIModel:
    url = read_url(keys, "GEMINI_BASE_URL", GEMINI_URL)
    return OpenAIModel(name, read_key(keys, "GEMINI_API_KEY", name), way_to(url, profile), profile, role)


def connect_ollama(name: str, keys: Mapping[str, str], profile: Profile, role: str) -> OpenAIModel:
    url = ollama_url(keys.get("OLLAMA_HOST") or OLLAMA_HOST)
    return OpenAIModel(
        name, NO_KEY, way_to(read_url({"OLLAMA_HOST": url}, "OLLAMA_HOST", url), profile), profile, role
    )


def connect_any(name: str, keys: Mapping[str, str], profile: Profile, role: str) -> OpenAIModel:
    address = "OPENAI_COMPATIBLE_BASE_URL" if keys.get("OPENAI_COMPATIBLE_BASE_URL") else "OPENAI_BASE_URL"
    if not keys.get(address):
        raise UsageError(f"{name} needs an address: set OPENAI_BASE_URL, such as http://localhost:8000/v1.")
    own = "OPENAI_COMPATIBLE_API_KEY" if keys.get("OPENAI_COMPATIBLE_API_KEY") else "OPENAI_API_KEY"
    return OpenAIModel(
        name, read_key(keys, own, name, NO_KEY), way_to(read_url(keys, address, ""), profile), profile, role
    )


def ollama_url(host: str) -> str:
    """The address of Ollama's OpenAI endpoint from OLLAMA_HOST in any form that Ollama takes ("host",
    "host:port", a URL)."""
    host = host.strip().rstrip("/")
    if "://" not in host:
        host = "http://" + host
    scheme, _, rest = host.partition("://")
    place, slash, path = rest.partition("/")
    if place.startswith("0.0.0.0"):  # a server listens there; nobody can call it there
        place = place.replace("0.0.0.0", "127.0.0.1", 1)
    if ":" not in place.rpartition("]")[2] and scheme == "http":
        place += ":11434"
    path = (slash + path).removesuffix("/v1").rstrip("/")
    return scheme + "://" + place + path + "/v1"
