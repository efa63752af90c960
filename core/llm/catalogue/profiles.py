"""What differs between models, read from models.toml beside this file and from the user's own in the
workspace.

A model that is in neither gets the plainest request: model, messages, system text, a length cap; no
temperature, no effort.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path

from core.errors import UsageError
from core.llm.catalogue.profile import FORMER_FIELDS, WORDS, Profile
from core.llm.providers import registry

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
    providers, models and prices (dollars per million tokens)."""

    models: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    own_providers: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    own_models: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    prices: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, name: str) -> Profile:
        """The profile of "provider:model": the provider's fields, then each matching entry's, the user's
        last."""
        provider, _, model = name.partition(":")
        known = registry.provider_of(provider)
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
    _, shipped, _ = _sections(_FILE.read_text(encoding="utf-8"))
    return Profiles(shipped, *_sections(text))


def _sections(text: str) -> tuple[_Entries, _Entries, Mapping[str, Mapping[str, float]]]:
    """Providers, models and prices of one file."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"models.toml is not valid TOML ({problem}): correct that place.") from None
    _refuse_unknown(given, ("providers", "models", "prices"), "models.toml")
    for section, entries in given.items():
        if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
            raise UsageError(f'models.toml: [{section}] needs a name, such as [{section}."openai:my-model"].')
    known = registry.provider_names()
    models = {name: _checked(entry, name) for name, entry in given.get("models", {}).items()}
    providers = {name: _checked(entry, name) for name, entry in given.get("providers", {}).items()}
    prices = {name: _checked_price(entry, name) for name, entry in given.get("prices", {}).items()}
    for name in (*models, *prices):
        _refuse_unknown([name.partition(":")[0]], known, f'models.toml, "{name}"')
    _refuse_unknown(providers, known, "models.toml, [providers]")
    return providers, models, prices


def _checked(entry: Mapping[str, object], name: str) -> dict[str, object]:
    entry = {key: value for key, value in entry.items() if key not in FORMER_FIELDS}
    _refuse_unknown(entry, [one.name for one in fields(Profile)], f'models.toml, "{name}"')
    checked: dict[str, object] = {}
    for key, value in entry.items():
        default = getattr(Profile(), key)
        if key in WORDS and value not in WORDS[key]:
            raise UsageError(
                f'models.toml, "{name}": {key} is {value!r}; it can be '
                + ", ".join(repr(word) for word in WORDS[key])
                + "."
            )
        if key == "temperature" and isinstance(value, (int, float)) and not isinstance(value, bool):
            value = float(value)
        elif (
            isinstance(default, tuple)
            and isinstance(value, list)
            and all(isinstance(one, str) for one in value)
        ):
            value = tuple(value)
        elif not _same_kind(key, value, default):
            raise UsageError(
                f'models.toml, "{name}": {key} cannot be {value!r}; see the built-in models.toml for its form.'
            )
        checked[key] = value
    return checked


def _same_kind(key: str, value: object, default: object) -> bool:
    if key == "retires":
        return type(value) is date
    if isinstance(default, int) and not isinstance(default, bool):
        return type(value) is int and value >= 0
    return isinstance(value, dict) if key == "extra" else type(value) is type(default)


def _checked_price(entry: Mapping[str, object], name: str) -> dict[str, float]:
    _refuse_unknown(entry, ("input", "output", "cached_input"), f'models.toml, [prices."{name}"]')
    for key, value in entry.items():
        if type(value) not in (int, float) or not 0 <= float(value) < 1e6:  # type: ignore[arg-type]
            raise UsageError(
                f'models.toml, [prices."{name}"]: {key} must be dollars per million tokens, such as 0.5.'
            )
    if "input" not in entry or "output" not in entry:
        raise UsageError(
            f'models.toml, [prices."{name}"] needs both input and output, in dollars per million tokens.'
        )
    return {key: float(value) for key, value in entry.items()}  # type: ignore[arg-type]


def _refuse_unknown(given: Iterable[str], allowed: Sequence[str], where: str) -> None:
    for key in given:
        if key not in allowed:
            raise UsageError(f"{where} has an unknown key {key!r}; there are " + ", ".join(allowed) + ".")


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
