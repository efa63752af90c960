"""The settings that a program names, checked: a word that is none, or a number that cannot be meant, is one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from core.data.prompt_files import read_prompt
from core.errors import PromptError, UsageError
from core.prompts.files import PromptFile
from core.prompts.templates import ReadPrompt, check_names_labels, label_notices
from core.types import Objective, Prompt, Settings
from core.types.runs import MOST_REPLY_TOKENS


@dataclass(frozen=True, slots=True)
class NumberRange:
    least: float
    most: float = float("inf")
    whole: bool = True

    def check(self, name: str, value: object) -> None:
        """UsageError."""
        kinds = int if self.whole else (int, float)
        fits = isinstance(value, kinds) and not isinstance(value, bool) and self.least <= value <= self.most
        if not fits or value in (float("inf"), float("-inf")):
            kind = "a whole number" if self.whole else "an amount of dollars"
            most = "" if self.most == float("inf") else f" to {self.most:,.0f}"
            raise UsageError(f"{name} is {kind} from {self.least:,.0f}{most or ' on'}, not {value!r}.")


NUMBERS = {
    "iterations": NumberRange(0),
    "concurrency": NumberRange(1),
    "max_calls": NumberRange(0),
    "max_heavy_calls": NumberRange(0),
    "max_tokens": NumberRange(0),
    "budget_usd": NumberRange(0, whole=False),
    "seed": NumberRange(float("-inf")),
    "rows_per_label": NumberRange(1),
    "mistakes_per_label": NumberRange(1),
    "correct_per_label": NumberRange(0),
    "reply_tokens": NumberRange(1, MOST_REPLY_TOKENS),
    "shortlist": NumberRange(0),
}
WORDS = ("lightweight", "heavyweight", "strategy", "purpose", "scorer")
OTHERS = ("objective", "structured_output", "allow_canonical_breaks", "definitions_first", "locked")
NAMES = (*NUMBERS, *WORDS, *OTHERS)
STRATEGIES = ("edit", "rewrite")


def checked_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are not None, by their name in Settings. UsageError."""
    chosen = {name: value for name, value in given.items() if value is not None}
    for name, value in chosen.items():
        if name not in NAMES:
            close = get_close_matches(name, NAMES, 1)
            raise UsageError(
                f"There is no setting {name}: "
                + (f"did you mean {close[0]}?" if close else f"there are {', '.join(NAMES)}.")
            )
        if name in NUMBERS:
            NUMBERS[name].check(name, value)
        elif name in WORDS and not isinstance(value, str):
            raise UsageError(f"{name} is a text, not {value!r}.")
    if chosen.get("strategy", "edit") not in STRATEGIES:
        raise UsageError(f"strategy is {' or '.join(STRATEGIES)}, not {chosen['strategy']!r}.")
    if isinstance(chosen.get("objective"), str):
        chosen["objective"] = _objective(chosen["objective"])
    if "locked" in chosen:
        lines = chosen["locked"]
        chosen["locked"] = tuple([lines] if isinstance(lines, str) else lines)
    return chosen


def _objective(words: str) -> Objective:
    """accuracy, balanced, macro-f1, f1:LABEL, recall:LABEL@PRECISION, auto. UsageError."""
    kind, _, rest = words.partition(":")
    if kind != "recall":
        return Objective(kind, rest)
    label, _, floor = rest.rpartition("@")
    try:
        return Objective(kind, label, float(floor))
    except ValueError:
        raise UsageError(f"objective {words!r} cannot be read: write recall:LABEL@0.8.") from None


def prompt_from(given: object, labels: tuple[str, ...]) -> ReadPrompt:
    """A prompt as a program has it: a run, a prompt file, its path, a Prompt, or the text of one. `labels` are
    those of one that names none itself. PromptError."""
    made = getattr(given, "prompt_file", given)
    if isinstance(made, PromptFile):
        return ReadPrompt(made.prompt, made.labels, made.model, template=made.template)
    if isinstance(made, Prompt):
        return ReadPrompt(made, labels)
    if not isinstance(made, str | Path):
        raise PromptError(
            f"{type(given).__name__} is no prompt: give a run, the path of a prompt file, or the text of a prompt."
        )
    text, name = _text_of(made)
    read = read_prompt(text, labels, name)
    check_names_labels(read, labels)
    if read.labels:
        return read
    notices = (*read.notices, *label_notices(read.prompt, labels))
    return replace(read, labels=labels, notices=notices, free=False)


def _text_of(given: str | Path) -> tuple[str, str]:
    """The text, and the name of the file if it came from one. What has several words, or a brace, is a text."""
    if isinstance(given, str) and ("\n" in given or " " in given.strip() or "{" in given):
        if not _is_file(given):
            return given, ""
    path = Path(given).expanduser()
    try:
        return path.read_bytes().decode("utf-8-sig"), path.name
    except (OSError, UnicodeDecodeError):
        raise PromptError(
            f"The prompt file {path} cannot be read: check its path; a prompt file is UTF-8 text."
        ) from None


def _is_file(given: str) -> bool:
    try:
        return Path(given).expanduser().is_file()
    except (OSError, ValueError):  # too long for a name
        return False


def with_settings(settings: Settings, chosen: Mapping[str, Any]) -> Settings:
    """Settings with those that were chosen."""
    present = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return Settings(**present | dict(chosen))
