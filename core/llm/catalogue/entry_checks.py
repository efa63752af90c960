"""What entries of models.toml may hold: a model's fields and prices, checked and named where they are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date

from core.errors import UsageError
from core.llm.catalogue.profile import FORMER_FIELDS, WORDS, Profile


def check_profile(entry: Mapping[str, object], name: str) -> dict[str, object]:
    """The fields of a Profile that an entry sets, as its types. `name` is for the sentence of the
    UsageError."""
    entry = {key: value for key, value in entry.items() if key not in FORMER_FIELDS}
    refuse_unknown(entry, [one.name for one in fields(Profile)], f'models.toml, "{name}"')
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


def check_price(entry: Mapping[str, object], where: str) -> dict[str, float]:
    """Dollars per million tokens: input, output and perhaps cached_input. `where` names the table in the
    sentence of the UsageError."""
    refuse_unknown(entry, ("input", "output", "cached_input"), f"models.toml, {where}")
    for key, value in entry.items():
        if type(value) not in (int, float) or not 0 <= float(value) < 1e6:  # type: ignore[arg-type]
            raise UsageError(f"models.toml, {where}: {key} must be dollars per million tokens, such as 0.5.")
    if "input" not in entry or "output" not in entry:
        raise UsageError(f"models.toml, {where} needs both input and output, in dollars per million tokens.")
    return {key: float(value) for key, value in entry.items()}  # type: ignore[arg-type]


def refuse_unknown(given: Iterable[str], allowed: Sequence[str], where: str) -> None:
    for key in given:
        if key not in allowed:
            raise UsageError(f"{where} has an unknown key {key!r}; there are " + ", ".join(allowed) + ".")
