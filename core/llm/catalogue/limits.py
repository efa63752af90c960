"""limits.toml of the workspace: what the user allows to be asked of each model, as data.

[others]                          # every model without an entry of its own
concurrency = 64
["openai:gpt-6-luna"]             # what it leaves out is as for the others
requests_per_minute = 500
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.errors import UsageError
from core.llm.providers import registry
from core.llm.providers.provider import Provider

NAME = "limits.toml"
OTHERS = ""  # under this name ModelContext looks for the limits of all other models
_OTHERS_IN_FILE = "others"
_WHOLE = ("concurrency", "tries")
_MOST = {"concurrency": 1_000, "tries": 100}
_HEAD = (
    "# What may be asked of each model; see the settings page. Models without an entry are as in [others].\n"
)


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What the user allows for one model. Seconds; None is no limit. `timeout` ends one try, `deadline` ends
    the tries of a call (and the run, where nothing at all came back for so long); no sleep is longer than
    `longest_wait`."""

    concurrency: int = 256
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    longest_wait: float = 60.0
    timeout: float = 60.0
    deadline: float = 300.0
    tries: int = 10


Given = Mapping[
    str, Mapping[str, Any]
]  # by model, OTHERS for all others: the fields of Limits that the user has set


def load_limits(workspace: Path, endpoints: Sequence[Provider]) -> Given:
    """Nothing where there is no file. `endpoints` are those of the workspace, whose models may be named. Raises
    UsageError, naming what is wrong in it."""
    path = workspace / NAME
    try:
        return read_limits(path.read_text(encoding="utf-8"), endpoints) if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(
            f"{NAME} in the workspace cannot be read ({problem}): correct it or remove it."
        ) from None


def read_limits(text: str, endpoints: Sequence[Provider]) -> dict[str, dict[str, float]]:
    """Raises UsageError for what is no TOML, no model, no limit."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"{NAME} is not valid TOML ({problem}): correct that place.") from None
    read: dict[str, dict[str, float]] = {}
    for name, entry in given.items():
        if not isinstance(entry, dict):
            raise UsageError(
                f'{NAME}: {name} needs a model, such as ["openai:my-model"], or [{_OTHERS_IN_FILE}].'
            )
        model = OTHERS if name == _OTHERS_IN_FILE else name
        check_name(model, endpoints)
        read[model] = {key: check_limit(key, value, name) for key, value in entry.items()}
    return read


def limits_of(given: Given) -> dict[str, CallLimits]:
    """Whole limits by model: the usual ones, then those of all others, then those of its endpoint (named
    "endpoint:"), then its own."""
    others = replace(CallLimits(), **given.get(OTHERS, {}))
    return {OTHERS: others} | {
        name: replace(others, **{**given.get(name.partition(":")[0] + ":", {}), **entry})
        for name, entry in given.items()
        if name != OTHERS
    }


def limits_text(given: Given, endpoints: Sequence[Provider]) -> str:
    """The file; entries without a limit are left out. Raises UsageError as `read_limits`."""
    parts = [_HEAD]
    for name in sorted(given):
        check_name(name, endpoints)
        lines = [
            f"{key} = {check_limit(key, value, name or _OTHERS_IN_FILE)!r}"
            for key, value in given[name].items()
        ]
        if lines:
            parts.append(
                "\n".join(
                    [f"[{json.dumps(name, ensure_ascii=False) if name else _OTHERS_IN_FILE}]", *lines, ""]
                )
            )
    return "\n".join(parts)


def check_name(name: str, endpoints: Sequence[Provider]) -> None:
    provider, _, model = name.partition(":")
    if name != OTHERS and (
        registry.provider_of(provider, endpoints) is None or not model.strip() or not name.isprintable()
    ):
        raise UsageError(
            f"{NAME}: {name!r} is no model: write it as provider:model; providers are "
            + ", ".join(registry.provider_names(endpoints))
            + "."
        )


def check_limit(key: str, value: Any, name: str) -> float:
    """The value as the field's type. `name` is for the sentence of the UsageError."""
    known = [one.name for one in fields(CallLimits)]
    if key not in known:
        raise UsageError(f"{NAME}, [{name}] has an unknown key {key!r}; there are " + ", ".join(known) + ".")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and math.isfinite(value) and 0 < value <= _MOST.get(key, 1e12):
        if key not in _WHOLE:
            return float(value)
        if value == int(value):
            return int(value)
    what = f"a whole number from 1 to {_MOST[key]:,}" if key in _WHOLE else "a number above 0"
    raise UsageError(f"{NAME}, [{name}]: {key} cannot be {value!r}; it must be {what}.")
