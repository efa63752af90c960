"""What a provider is, as one record: how it is connected, its key and address in the environment, its plainest
request, and whose price list names its models. registry.py lists the providers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.errors import UsageError
from core.llm.base import Model
from core.llm.catalogue.profile import Profile
from core.llm.providers.access import check_key, check_url, public_url

NO_KEY = "no-key-needed"  # servers without keys still want the header


@dataclass(frozen=True, slots=True)
class ModelTarget:
    """One model in one role, with all that it takes to connect it. `name` is "provider:model"."""

    name: str
    key: str = field(repr=False)
    url: str
    profile: Profile
    role: str = "lightweight"


@dataclass(frozen=True, slots=True)
class Provider:
    """`title` is for the screen. Of the variables the first that is set counts, else the last; a provider
    without `url_variables` is not called over the network. `url` is where calls go when no variable is set;
    `as_url` makes an address of what a variable holds. `price_list` is the provider's id in genai-prices."""

    name: str
    title: str
    connect: Callable[[ModelTarget], Model]
    connect_embedding: Callable[[ModelTarget], Model] | None = None
    key_variables: tuple[str, ...] = ()
    needs_key: bool = False
    url_variables: tuple[str, ...] = ()
    url: str = ""
    as_url: Callable[[str], str] = str
    profile: Profile = field(default_factory=Profile)
    price_list: str = ""
    free: bool = False

    @property
    def remote(self) -> bool:
        return bool(self.url_variables)

    def target(self, name: str, keys: Mapping[str, str], profile: Profile, role: str) -> ModelTarget:
        """Raises UsageError for a key or address that is missing or cannot be one."""
        url, variable = self._url(keys), _first(keys, self.key_variables)
        if self.remote and not url:
            missing = self.url_variables[-1]
            raise UsageError(f"{name} needs an address: set {missing}, such as http://localhost:8000/v1.")
        key = (keys.get(variable) or "").strip()
        if key or self.needs_key:
            check_key(key, variable, name)
        return ModelTarget(name, key or NO_KEY, url, profile, role)

    def access(self, keys: Mapping[str, str]) -> Access:
        variable, url_variable = _first(keys, self.key_variables), _first(keys, self.url_variables)
        key, address, problem = (keys.get(variable) or "").strip(), "", ""
        try:
            if key:
                check_key(key, variable, self.name)
            address = public_url(self._url(keys))
        except UsageError as reason:
            problem = str(reason)
        return Access(self, variable, bool(key), url_variable, address, problem)

    def _url(self, keys: Mapping[str, str]) -> str:
        variable = _first(keys, self.url_variables)
        given = (keys.get(variable) or "").strip() or self.url
        return check_url(self.as_url(given), variable) if given else ""


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
        (variable for variable in variables if keys.get(variable)), variables[-1] if variables else ""
    )
