"""The prompt's story: each kept step with what the heavyweight model said, its edits and what they did; the
others in one line each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.exports.report.changes import Line, changed_lines, edit_lines, narrowed
from core.exports.report.detail import Detail
from core.exports.report.run import Told, is_kept
from core.types import PROMPT_FIELDS, Decision, Edit, Step
from core.wording import FIELDS, percent, sentence, shortened, with_interval

VERDICTS = {Decision.ACCEPTED: "kept", Decision.REJECTED: "refused", Decision.UNDECIDED: "undecided"}
_ANSWER = re.compile(r"<\s*(?:edit|" + "|".join(PROMPT_FIELDS) + r")\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Change:
    """One edit: where, the lines, and what became of it."""

    field: str
    lines: list[Line]
    left_out: int
    kept: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A kept step. `said` is what the heavyweight model wrote before its edits, shortened; `whole` is the
    change of the prompt where no edit tells it."""

    number: int
    accuracy: str
    reason: str
    read: int
    said: str
    changes: list[Change]
    refused: list[Change]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A step that was not kept."""

    number: int
    verdict: str
    accuracy: str
    reason: str


def chapters_of(told: Told, detail: Detail) -> list[Chapter]:
    """The kept steps after the start."""
    return [_chapter(told, step, detail) for step in told.steps if step.number > 0 and is_kept(step)]


def attempts_of(told: Told) -> list[Attempt]:
    return [
        Attempt(
            step.number,
            VERDICTS[step.verdict.decision],
            percent(_accuracy(step)),
            sentence(shortened(step.verdict.reason, 300)),
        )
        for step in told.steps
        if step.number > 0 and not is_kept(step)
    ]


def _accuracy(step: Step) -> float | None:
    return step.validation.metrics.accuracy if step.validation is not None else None


def _chapter(told: Told, step: Step, detail: Detail) -> Chapter:
    figures = step.validation.metrics if step.validation is not None else None
    reflection = step.reflection
    trials = [
        (trial.edit, trial.verdict.decision is Decision.ACCEPTED, trial.verdict.reason)
        for trial in step.trials
    ]
    if not trials and reflection is not None:
        trials = [(edit, True, "") for edit in reflection.edits]
    changes = [_change(edit, kept, reason, detail) for edit, kept, reason in trials]
    if not changes:
        changes = _between(told, step, detail)
    return Chapter(
        step.number,
        with_interval(figures.accuracy, figures.interval) if figures else percent(None),
        sentence(step.verdict.reason),
        len(reflection.shown) if reflection is not None else 0,
        _said(reflection.reply, detail.said) if reflection is not None else "",
        [change for change in changes if change.kept],
        [change for change in changes if not change.kept],
    )


def _change(edit: Edit, kept: bool, reason: str, detail: Detail) -> Change:
    return _shown(FIELDS.get(edit.field, edit.field), edit_lines(edit), kept, reason, detail)


def _between(told: Told, step: Step, detail: Detail) -> list[Change]:
    """What a step without edits changed: fields, or the examples in the prompt."""
    earlier = [each.prompt for each in told.steps if each.number < step.number]
    if not earlier:
        return []
    before, after = earlier[-1], step.prompt
    found = [
        _shown(FIELDS[name], changed_lines(getattr(before, name), getattr(after, name)), True, "", detail)
        for name in PROMPT_FIELDS
        if getattr(before, name) != getattr(after, name)
    ]
    if before.few_shot != after.few_shot:
        old, new = (
            "\n".join(shot.label + ": " + shortened(shot.text, 160) for shot in each.few_shot.examples)
            for each in (before, after)
        )
        found.append(_shown("Examples in the prompt", changed_lines(old, new), True, "", detail))
    return found


def _shown(field: str, lines: Sequence[Line], kept: bool, reason: str, detail: Detail) -> Change:
    shown = narrowed(lines[: detail.lines], detail.wide)
    return Change(field, shown, len(lines) - len(shown), kept, sentence(shortened(reason, detail.said)))


def _said(reply: str, longest: int) -> str:
    """The words before the answer form; where there are none, nothing."""
    found = _ANSWER.search(reply)
    words = " ".join((reply[: found.start()] if found else reply).split())
    if len(words) <= longest:
        return words
    cut = words[:longest]
    end = max(cut.rfind(". "), cut.rfind("? "), cut.rfind("! "))
    return cut[: end + 1] + " …" if end > longest // 2 else cut.rstrip() + "…"
