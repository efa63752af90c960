"""[endpoints.NAME] of the workspace's models.toml: servers with an address and a key of their own, as
providers beside the built-in ones.

[endpoints.groq]
base_url = "https://api.groq.com/openai/v1"
key_variable = "GROQ_API_KEY"          # where the key is; the key itself is in no file
wire = "openai"                        # or "openai-responses", "anthropic"
structured = "response_format"         # any field of a model's profile, for all of its models
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from urllib.parse import urlsplit

from core.errors import UsageError
from core.llm.catalogue.entry_checks import check_price, check_profile, refuse_unknown
from core.llm.catalogue.limits import check_limit
from core.llm.catalogue.profile import FORMER_FIELDS, Profile
from core.llm.providers import anthropic, openai, registry
from core.llm.providers.access import check_url, looks_secret
from core.llm.providers.provider import VARIABLE, Provider

_RESPONSES = Profile(api="responses", length_parameter="max_output_tokens")
WIRES: Mapping[str, Profile] = {
    "openai": Profile(),
    "openai-responses": _RESPONSES,
    "anthropic": replace(anthropic.PROVIDER.profile, batch_requests=0),
}
OWN_FIELDS = ("base_url", "key_variable", "wire", "headers", "query", "limits", "prices", "price_list")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|password|credential", re.IGNORECASE)
_FRAMING = ("host", "content-length", "content-type", "transfer-encoding", "connection")
# Keys of the SDKs and of this program that belong to no endpoint, beside those of the built-in providers.
_NEVER = ("OPENAI_ADMIN_KEY", "ANTHROPIC_AUTH_TOKEN")


@dataclass(frozen=True, slots=True)
class EndpointSection:
    """All endpoints of one file, and prices of their single models by "endpoint:model"."""

    endpoints: tuple[Provider, ...] = ()
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def read_endpoints(section: Mapping[str, Mapping[str, object]]) -> EndpointSection:
    """Raises UsageError naming what is wrong, without the value where it may be a key."""
    prices: dict[str, Mapping[str, float]] = {}
    endpoints = []
    for name, entry in section.items():
        endpoints.append(_endpoint(name, entry))
        for model, price in _models_prices(entry).items():
            prices[f"{name}:{model}"] = check_price(price, f'[endpoints.{name}.prices."{model}"]')
    return EndpointSection(tuple(endpoints), prices)


def general_limits(endpoints: Sequence[Provider]) -> dict[str, Mapping[str, float]]:
    """What endpoints allow for all of their models, by "endpoint:", as `limits_of` takes it."""
    return {each.name + ":": each.limits for each in endpoints if each.limits}


def _endpoint(name: str, entry: Mapping[str, object]) -> Provider:
    where = f"models.toml, [endpoints.{name}]"
    if not _NAME.fullmatch(name):
        raise UsageError(f"{where}: a name has small letters, digits, - and _ only, such as my-server.")
    if registry.provider_of(name, ()) is not None:
        raise UsageError(f"{where}: {name} is a built-in provider; choose another name.")
    for key in ("key", "api_key", "apikey", "token"):
        if key in entry:
            raise UsageError(
                f"{where}: a key is never written here; name the environment variable that holds it in key_variable."
            )
    known = [one.name for one in fields(Profile) if one.name != "api"]
    refuse_unknown((key for key in entry if key not in FORMER_FIELDS), [*OWN_FIELDS, *known], where)
    wire = entry.get("wire", "openai")
    if wire not in WIRES:
        raise UsageError(f"{where}: wire is one of " + ", ".join(WIRES) + ".")
    url = _address(entry.get("base_url"), where)
    headers = _texts(entry, "headers", where)
    for header, value in headers.items():
        _check_header(header, value, where)
    query = _texts(entry, "query", where)
    for key, value in query.items():
        if looks_secret(value) or (_SECRET_HEADER.search(key) and value):
            raise UsageError(
                f"{where}: query {key!r} looks like a key, and addresses end up in logs: send it as a header."
            )
    profile = check_profile({key: value for key, value in entry.items() if key in known}, f"endpoints.{name}")
    messages = wire == "anthropic"
    provider = Provider(
        name,
        name,
        anthropic.connect_messages if messages else openai.connect_compatible,
        None if messages else openai.connect_embedding,
        key_variables=_key_variable(entry, where),
        needs_key="key_variable" in entry,
        url=url,
        profile=replace(WIRES[str(wire)], **profile),  # type: ignore[arg-type]
        price_list=_text(entry, "price_list", where),
        own=True,
        headers=headers,
        query=query,
        price=_general_price(entry, name),
        limits=_limits(entry, where),
    )
    for variable in provider.secret_variables:
        _check_variable(variable, url, where)
    return provider


# ---- addresses, keys and headers


def _address(given: object, where: str) -> str:
    if not isinstance(given, str) or not given.strip():
        raise UsageError(f'{where} needs an address: base_url = "https://host/v1".')
    url = check_url(given.strip(), f"base_url of {where}")
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"{where}: base_url is the bare address; a key goes into key_variable or a header, the rest into query = {{…}}."
        )
    return url.rstrip("/")


def _key_variable(entry: Mapping[str, object], where: str) -> tuple[str, ...]:
    if "key_variable" not in entry:
        return ()
    name = entry["key_variable"]
    if not isinstance(name, str) or not _VARIABLE_NAME.fullmatch(name) or looks_secret(name):
        raise UsageError(
            f"{where}: key_variable is the name of an environment variable, such as GROQ_API_KEY, never the key itself."
        )
    return (name,)


def _check_variable(variable: str, url: str, where: str) -> None:
    """A provider's key goes to that provider's host alone, whoever writes the file."""
    if variable.upper().startswith("WHETSTONE_") or variable in _NEVER:
        raise UsageError(f"{where}: {variable} is no key of this server; name a variable of its own.")
    owners = [provider for provider in registry.PROVIDERS if variable in provider.key_variables]
    if owners and _origin(url) not in [_origin(owner.url) for owner in owners]:
        raise UsageError(
            f"{where}: {variable} is the key of {owners[0].title} and goes nowhere else; put this server's key into a "
            "variable of its own."
        )


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _check_header(header: str, value: str, where: str) -> None:
    if not _HEADER.fullmatch(header) or header.lower() in _FRAMING:
        raise UsageError(f"{where}: {header!r} cannot be set as a header.")
    if not value.isascii() or not value.isprintable():
        raise UsageError(f"{where}: the header {header} holds characters that no header has.")
    if looks_secret(value) or (_SECRET_HEADER.search(header) and not VARIABLE.search(value)):
        raise UsageError(
            f"{where}: the header {header} looks like a key; write the name of its environment variable, such as "
            f'{header} = "$MY_SERVER_KEY".'
        )


# ---- the rest


def _texts(entry: Mapping[str, object], key: str, where: str) -> dict[str, str]:
    given = entry.get(key, {})
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise UsageError(f'{where}: {key} are names with texts, such as {key} = {{x-name = "text"}}.')
    return given


def _text(entry: Mapping[str, object], key: str, where: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{where}: {key} is a text.")
    return value


def _limits(entry: Mapping[str, object], where: str) -> dict[str, float]:
    given = entry.get("limits", {})
    if not isinstance(given, dict):
        raise UsageError(
            f"{where}: limits are as in limits.toml, such as limits = {{requests_per_minute = 30}}."
        )
    return {key: check_limit(key, value, where) for key, value in given.items()}


def _prices(entry: Mapping[str, object]) -> Mapping[str, object]:
    given = entry.get("prices", {})
    return given if isinstance(given, dict) else {"": given}


def _models_prices(entry: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    return {model: price for model, price in _prices(entry).items() if isinstance(price, dict)}


def _general_price(entry: Mapping[str, object], name: str) -> dict[str, float]:
    """The price of all models that have none of their own."""
    general = {key: value for key, value in _prices(entry).items() if not isinstance(value, dict)}
    return check_price(general, f"[endpoints.{name}.prices]") if general else {}
