"""Ollama, by its address in OpenAI's format. It takes no key and costs nothing."""

from __future__ import annotations

from core.llm.catalogue.profile import Profile
from core.llm.providers.openai import connect_compatible, connect_embedding
from core.llm.providers.provider import Provider


def ollama_url(host: str) -> str:
    """The address of Ollama's OpenAI endpoint from OLLAMA_HOST in any form that Ollama takes ("host",
    "host:port", a URL)."""
    host = host.strip().rstrip("/")
    if "://" not in host:
        host = "http://" + host
    scheme, _, rest = host.partition("://")
    server, slash, path = rest.partition("/")
    if server.startswith("0.0.0.0"):  # a server listens there; nobody can call it there
        server = server.replace("0.0.0.0", "127.0.0.1", 1)
    if ":" not in server.rpartition("]")[2] and scheme == "http":
        server += ":11434"
    path = (slash + path).removesuffix("/v1").rstrip("/")
    return scheme + "://" + server + path + "/v1"


PROVIDER = Provider(
    "ollama",
    "Ollama",
    connect_compatible,
    connect_embedding,
    url_variables=("OLLAMA_HOST",),
    url="127.0.0.1:11434",
    as_url=ollama_url,
    profile=Profile(temperature_allowed="always", structured="response_format", stop_parameter="stop"),
    free=True,
)
