"""Where an exported file asks its model: the address of an endpoint and the names of its keys, as code and as
configuration. No key is part of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.llm.providers.access import NO_KEY
from core.llm.providers.provider import VARIABLE, Provider


@dataclass(frozen=True, slots=True)
class ModelServer:
    """`url` is empty where the variable `url_variable` has the address; `key_variable` is empty where no key is
    sent by itself; `headers` hold $VARIABLE where a key belongs. `needs_key`: the variable must be set."""

    name: str
    url: str = ""
    url_variable: str = ""
    key_variable: str = ""
    needs_key: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def omits_authorization(self) -> bool:
        """Whether the key goes in a header of its own instead."""
        return not self.key_variable and any(VARIABLE.search(value) for value in self.headers.values())

    def query_text(self) -> str:
        return "&".join(f"{key}={value}" for key, value in self.query.items())

    def where(self) -> str:
        """The address and the variables, in words."""
        variables = [self.key_variable] if self.key_variable else []
        variables += [name for value in self.headers.values() for name in VARIABLE.findall(value)]
        return (self.url or f"the address in {self.url_variable}") + (
            f" with {', '.join(variables)}" if variables else ""
        )


def server_of(provider: Provider) -> ModelServer | None:
    """None for OpenAI and Anthropic, whom their SDKs find by themselves."""
    if provider.name in ("openai", "anthropic"):
        return None
    url = provider.as_url(provider.url) if provider.url else ""
    return ModelServer(
        provider.name,
        url,
        "" if url else provider.url_variables[0],
        next(iter(provider.key_variables), ""),
        provider.needs_key,
        provider.headers,
        provider.query,
    )


# ---- as Python


def client_arguments(server: ModelServer | None) -> str:
    """What stands between the brackets of `OpenAI()` or `Anthropic()`."""
    if server is None:
        return ""
    url = repr(server.url) if server.url else f"os.environ[{server.url_variable!r}]"
    key = repr(NO_KEY)
    if server.key_variable:
        variable = repr(server.key_variable)
        key = f"os.environ[{variable}]" if server.needs_key else f"os.environ.get({variable}, {key})"
    query = f", default_query={dict(server.query)!r}" if server.query else ""
    return f"base_url={url}, api_key={key}{query}"


def call_arguments(server: ModelServer | None) -> str:
    """What a call takes beside its body: headers, filled in from the environment."""
    if server is None or not server.headers:
        return ""
    lines = ['"Authorization": Omit()'] if server.omits_authorization else []
    lines += _header_entries(server)
    return ", extra_headers={" + ", ".join(lines) + "}"


def headers_literal(server: ModelServer | None) -> str:
    """default_headers={…} for a client that takes them, or nothing."""
    if server is None or not server.headers:
        return ""
    return "default_headers={" + ", ".join(_header_entries(server)) + "}"


def _header_entries(server: ModelServer) -> list[str]:
    return [f"{name!r}: {_filled(value)}" for name, value in server.headers.items()]


def _filled(value: str) -> str:
    """The text as an expression: "Token $X" is 'Token ' + os.environ['X']."""
    parts = VARIABLE.split(value)  # text and name by turns
    written = [f"os.environ[{part!r}]" if index % 2 else repr(part) for index, part in enumerate(parts)]
    return " + ".join(part for part in written if part != "''") or "''"


# ---- as configuration of promptfoo


def promptfoo_server(server: ModelServer | None) -> dict[str, object]:
    """Its fields of a provider's `config`; promptfoo fills in the environment."""
    if server is None:
        return {}
    config: dict[str, object] = {"apiBaseUrl": server.url or _from_environment(server.url_variable)}
    config["apiKey"] = _from_environment(server.key_variable) if server.key_variable else NO_KEY
    if server.headers:
        config["headers"] = {
            name: VARIABLE.sub(lambda match: _from_environment(match[1]), value)
            for name, value in server.headers.items()
        }
    return config


def _from_environment(variable: str) -> str:
    return "{{ env." + variable + " }}"
