"""What a provider is, as one record: how it is connected, its key and address in the environment, its plainest
request, and whose price list names its models. registry.py lists the providers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.errors import UsageError
from core.llm.base import Model
from core.llm.catalogue.profile import Profile
from core.llm.providers.access import NO_KEY, check_key, check_url, public_url
from core.llm.providers.connection import Extras

SDK_ADDRESSES = (
    "OPENAI_BASE_URL",
    "ANTHROPIC_BASE_URL",
)  # which the SDKs themselves pair with their variables
VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")  # in the headers of an endpoint


@dataclass(frozen=True, slots=True)
class ModelTarget:
    """One model in one role, with all that it takes to connect it. `name` is "provider:model"."""

    name: str
    key: str = field(repr=False)
    url: str
    profile: Profile
    role: str = "lightweight"
    extras: Extras = field(default_factory=Extras)


@dataclass(frozen=True, slots=True)
class Provider:
    """`title` is for the screen. Of the variables the first that is set counts, else the first; a provider
    without an address is not called over the network. `url` is where calls go when no variable is set;
    `as_url` makes an address of what a variable holds. `keys_by_address`: a key that is sent only to the
    address of that variable. `price_list` is the provider's id in genai-prices.

    `own`: an endpoint of the user's models.toml. Its `headers` may take $VARIABLE of the environment; `price`
    (dollars per million tokens) and `limits` hold for all of its models."""

    name: str
    title: str
    connect: Callable[[ModelTarget], Model]
    connect_embedding: Callable[[ModelTarget], Model] | None = None
    key_variables: tuple[str, ...] = ()
    needs_key: bool = False
    keys_by_address: Mapping[str, str] = field(default_factory=dict)
    url_variables: tuple[str, ...] = ()
    url: str = ""
    as_url: Callable[[str], str] = str
    profile: Profile = field(default_factory=Profile)
    price_list: str = ""
    free: bool = False
    own: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    price: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)

    @property
    def remote(self) -> bool:
        return bool(self.url_variables or self.url)

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """The variables of its keys: that of the key, and those that headers take."""
        inside = [name for value in self.headers.values() for name in VARIABLE.findall(value)]
        return tuple(dict.fromkeys((*self.key_variables, *inside)))

    def target(self, name: str, keys: Mapping[str, str], profile: Profile, role: str) -> ModelTarget:
        """Raises UsageError for a key or address that is missing or cannot be one."""
        url, variable = self._url(keys), self._key_variable(keys)
        if self.remote and not url:
            missing = self.url_variables[0]
            raise UsageError(f"{name} needs an address: set {missing}, such as http://localhost:8000/v1.")
        key = (keys.get(variable) or "").strip()
        if key or self.needs_key:
            check_key(key, variable, name)
        taken = {
            variable: check_key((keys.get(variable) or "").strip(), variable, name)
            for value in self.headers.values()
            for variable in VARIABLE.findall(value)
        }
        headers: dict[str, str | None] = {"Authorization": None} if taken and not key else {}
        for header, value in self.headers.items():
            headers["Authorization" if header.lower() == "authorization" else header] = VARIABLE.sub(
                lambda match: taken[match[1]], value
            )
        from_environment = _first(keys, self.url_variables) in SDK_ADDRESSES
        extras = Extras(headers, self.query, tuple(taken.values()), from_environment)
        return ModelTarget(name, key or NO_KEY, url, profile, role, extras)

    def access(self, keys: Mapping[str, str]) -> Access:
        variable = self._key_variable(keys) or next(iter(self.secret_variables), "")
        wanted = tuple(dict.fromkeys((variable, *VARIABLE.findall(" ".join(self.headers.values())))))
        present = bool(variable) and all((keys.get(one) or "").strip() for one in wanted)
        address, problem = "", ""
        try:
            for one in wanted:
                if key := (keys.get(one) or "").strip():
                    check_key(key, one, self.name)
            address = public_url(self._url(keys))
        except UsageError as reason:
            problem = str(reason)
        return Access(self, variable, present, _first(keys, self.url_variables), address, problem)

    def custom_address(self, keys: Mapping[str, str]) -> str:
        """The address, fit to be shown, where it is none of the provider's own or of this machine's usual
        server; else empty."""
        address = self.access(keys).address
        usual = public_url(self.as_url(self.url)) if self.url and not self.own else ""
        return "" if address == usual else address

    def _url(self, keys: Mapping[str, str]) -> str:
        variable = _first(keys, self.url_variables)
        given = (keys.get(variable) or "").strip() or self.url
        return check_url(self.as_url(given), variable or f"[endpoints.{self.name}]") if given else ""

    def _key_variable(self, keys: Mapping[str, str]) -> str:
        """A key of another address is never taken."""
        address = _first(keys, self.url_variables)
        return _first(
            keys,
            tuple(one for one in self.key_variables if self.keys_by_address.get(one, address) == address),
        )


@dataclass(frozen=True, slots=True)
class Access:
    """Whether a provider can be called from here; never a key's text. `variable` is where its key is looked
    for ("" where it takes none), `address` where calls go ("" where none is set), `problem` why it cannot be
    called, in a sentence. `present`: there is a key that can be sent."""

    provider: Provider
    variable: str
    present: bool
    address_variable: str
    address: str
    problem: str = ""


def _first(keys: Mapping[str, str], variables: tuple[str, ...]) -> str:
    return next(
        (variable for variable in variables if (keys.get(variable) or "").strip()),
        variables[0] if variables else "",
    )
