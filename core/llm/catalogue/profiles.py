"""What differs between models, read from models.toml beside this file and from the user's own in the
workspace.

A model that is in neither gets the plainest request: model, messages, system text, a length cap; no
temperature, no effort.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import UsageError
from core.llm.catalogue.endpoints import read_endpoints
from core.llm.catalogue.entry_checks import check_price, check_profile, refuse_unknown
from core.llm.catalogue.profile import Profile
from core.llm.providers import registry
from core.llm.providers.provider import Provider

DEFAULTS = {
    "lightweight": ("openai:gpt-6-luna", "anthropic:claude-haiku-5-5"),
    "heavyweight": ("openai:gpt-6.1-sol", "anthropic:claude-sonnet-5-5"),
}

_Entries = Mapping[str, Mapping[str, object]]
_FILE = Path(__file__).with_name("models.toml")
# An entry matches a longer name only where one of these follows: "gpt-4" is not "gpt-4o".
_BOUNDARIES = "-@:/"


@dataclass(frozen=True, slots=True)
class Profiles:
    """Every rule that is known, by "provider:model": the built-in `models`, and what the user's file says of
    providers, models, prices (dollars per million tokens) and of `endpoints`, which are providers of its own."""

    models: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    own_providers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    own_models: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    endpoints: tuple[Provider, ...] = ()

    def provider_of(self, name: str) -> Provider | None:
        """By "provider" or "provider:model": a built-in one or an endpoint; None for one that there is not."""
        return registry.provider_of(name, self.endpoints)

    def of(self, name: str) -> Profile:
        """The profile of "provider:model": the provider's fields, then each matching entry's, the user's
        last."""
        provider, _, model = name.partition(":")
        known = self.provider_of(provider)
        merged: dict[str, object] = {}
        for general, entries in (({}, self.models), (self.own_providers, self.own_models)):
            merged |= general.get(provider, {})
            for key in sorted((key for key in entries if _matches(key, provider, model)), key=_exactness):
                merged |= entries[key]
        return replace(known.profile if known else Profile(), **merged)  # type: ignore[arg-type]

    def known(self) -> tuple[str, ...]:
        """Names of the models with an entry of their own, the user's first; families ("gpt-5*") left out."""
        names = dict.fromkeys((*self.own_models, *self.models))
        return tuple(name for name in names if not name.endswith("*"))


def load_profiles(workspace: Path | None = None) -> Profiles:
    """The built-in rules, with `models.toml` in the workspace on top if there is one. Raises UsageError,
    naming what is wrong in it."""
    own = workspace / "models.toml" if workspace is not None else None
    if own is None or not own.is_file():
        return read_profiles("")
    try:
        return read_profiles(own.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(
            f"models.toml in the workspace cannot be read ({problem}): correct it or remove it."
        ) from None


def read_profiles(text: str) -> Profiles:
    """The built-in rules with those of a user's file on top. Unknown sections, keys and words are refused by
    name (UsageError)."""
    shipped = _read(_FILE.read_text(encoding="utf-8"))
    return replace(_read(text), models=shipped.own_models)


def _read(text: str) -> Profiles:
    """One file, without the built-in models."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"models.toml is not valid TOML ({problem}): correct that place.") from None
    refuse_unknown(given, ("providers", "models", "prices", "endpoints"), "models.toml")
    for section, entries in given.items():
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            example = "endpoints.my-server" if section == "endpoints" else f'{section}."openai:my-model"'
            raise UsageError(f"models.toml: [{section}] needs a name, such as [{example}].")
    own = read_endpoints(given.get("endpoints", {}))
    known = registry.provider_names(own.endpoints)
    models = {name: check_profile(entry, name) for name, entry in given.get("models", {}).items()}
    providers = {name: check_profile(entry, name) for name, entry in given.get("providers", {}).items()}
    prices = {
        name: check_price(entry, f'[prices."{name}"]') for name, entry in given.get("prices", {}).items()
    }
    for name in (*models, *prices):
        refuse_unknown([name.partition(":")[0]], known, f'models.toml, "{name}"')
    refuse_unknown(providers, known, "models.toml, [providers]")
    return Profiles({}, providers, models, {**own.prices, **prices}, own.endpoints)


def _matches(key: str, provider: str, model: str) -> bool:
    owner, _, pattern = key.partition(":")
    if owner != provider:
        return False
    if pattern.endswith("*"):
        return model.startswith(pattern[:-1])
    return model.startswith(pattern) and (len(model) == len(pattern) or model[len(pattern)] in _BOUNDARIES)


def _exactness(key: str) -> tuple[int, bool]:
    """Longer is more exact; at equal length a family is less exact than a name."""
    return len(key.rstrip("*")), not key.endswith("*")
