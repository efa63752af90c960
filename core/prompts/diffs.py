"""What changed between two prompts, as a unified diff by field."""

from __future__ import annotations

from difflib import unified_diff

from core.types import PROMPT_FIELDS, FewShot, Prompt


def diff(before: Prompt, after: Prompt) -> str:
    """Per changed field a line "=== field" and its hunks; the few-shot choice counts as a field. "" if
    nothing changed."""
    pairs = [(name, getattr(before, name), getattr(after, name)) for name in PROMPT_FIELDS]
    pairs.append(("few_shot", _in_lines(before.few_shot), _in_lines(after.few_shot)))
    return "\n".join(line for name, old, new in pairs if old != new for line in _field_diff(name, old, new))


def _field_diff(name: str, old: str, new: str) -> list[str]:
    # split("\n") and not splitlines(): a trailing newline that came or went shows as a line, never as a note
    hunks = list(unified_diff(_lines(old), _lines(new), lineterm=""))[
        2:
    ]  # without the two lines of file names
    return ["=== " + name, *hunks]


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


def _in_lines(few_shot: FewShot) -> str:
    shots = [shot.label + ": " + shot.text for shot in few_shot.examples]
    return "\n".join(["strategy: " + few_shot.strategy, "k: " + str(few_shot.k), *shots])
