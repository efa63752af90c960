"""Requests as curl commands, with the bodies that the app sends. Keys come from the environment."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence

from core.exports.model_server import ModelServer
from core.exports.request_template import body_of, wire_of
from core.llm.providers.provider import VARIABLE

_END = "END_OF_REQUEST"


def to_curl(exacts: Iterable[Mapping[str, object]], ids: Sequence[str], server: ModelServer | None) -> str:
    """A command for each request, with the id of its row above. `server`: None for a vendor's own."""
    commands = [
        f"# row {' '.join(id.split())}\n{_command(exact, server)}"
        for id, exact in zip(ids, exacts, strict=True)
    ]
    return "#!/bin/sh\n# Each command prints the whole answer of the model as JSON.\n\n" + "\n".join(commands)


def _command(exact: Mapping[str, object], server: ModelServer | None) -> str:
    lines = [f"curl --silent --show-error {_address(exact, server)} \\"]
    lines += [f"  --header {header} \\" for header in _headers(exact, server)]
    lines.append(f"  --data-binary @- <<'{_END}'")
    return "\n".join([*lines, json.dumps(body_of(exact), indent=2), _END]) + "\n"


def _address(exact: Mapping[str, object], server: ModelServer | None) -> str:
    endpoint, query = str(exact["endpoint"]), "?" + server.query_text() if server and server.query else ""
    if server is None:
        name = "ANTHROPIC_BASE_URL" if _is_anthropic(exact) else "OPENAI_BASE_URL"
        return _expanded("${" + name + ":-" + str(exact["base_url"]).rstrip("/") + "}" + endpoint)
    if server.url:
        return shlex.quote(server.url.rstrip("/") + endpoint + query)
    return _expanded("${" + server.url_variable + "%/}" + endpoint + query)


def _headers(exact: Mapping[str, object], server: ModelServer | None) -> list[str]:
    headers = [shlex.quote("Content-Type: application/json")]
    anthropic = _is_anthropic(exact)
    key = server.key_variable if server else "ANTHROPIC_API_KEY" if anthropic else "OPENAI_API_KEY"
    if key:
        name = "x-api-key: $" if anthropic else "Authorization: Bearer $"
        headers.append(_expanded(name + key))
    if anthropic:
        headers.append(shlex.quote("anthropic-version: 2026-10-21"))
    for name, value in (server.headers if server else {}).items():
        headers.append(_filled(f"{name}: {value}"))
    return headers


def _expanded(text: str) -> str:
    """In double quotes, in which the shell fills in variables; `text` holds nothing else that it would read."""
    return f'"{text}"'


def _filled(text: str) -> str:
    """Of a text that may hold anything: $VARIABLE is filled in, all else stands as it is."""
    parts = VARIABLE.split(text)  # text and name by turns
    return "".join(
        f'"${part}"' if index % 2 else shlex.quote(part) for index, part in enumerate(parts) if part
    )


def _is_anthropic(exact: Mapping[str, object]) -> bool:
    return wire_of(str(exact["endpoint"])) == "anthropic"
