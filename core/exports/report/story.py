"""The prompt's story: each kept step with what the heavyweight model said, its edits and what they did; the
others in one line each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.exports.report.detail import Detail
from core.exports.report.run import ReportRun, is_accepted, validation_accuracy
from core.prompts.diffs import DiffLine, changed_lines, edit_lines, narrowed
from core.types import PROMPT_FIELDS, Decision, Edit, Step
from core.wording import DECIDED, FIELDS, percent, sentence, shortened, with_interval

_ANSWER = re.compile(r"<\s*(?:edit|" + "|".join(PROMPT_FIELDS) + r")\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One edit: where, the lines, and what became of it."""

    field: str
    lines: list[DiffLine]
    left_out: int
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class KeptStep:
    """A kept step. `comment` is what the heavyweight model wrote before its edits, shortened; `read` counts the
    mistakes it had read, or the rows (`kind`)."""

    number: int
    accuracy: str
    reason: str
    read: int
    comment: str
    changes: list[FieldDiff]
    refused: list[FieldDiff]
    kind: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A step that was not kept."""

    number: int
    verdict: str
    accuracy: str
    reason: str


def chapters_of(run: ReportRun, detail: Detail) -> list[KeptStep]:
    """The kept steps after the start."""
    return [_chapter(run, step, detail) for step in run.steps if step.number > 0 and is_accepted(step)]


def attempts_of(run: ReportRun) -> list[Attempt]:
    return [
        Attempt(
            step.number,
            DECIDED[step.verdict.decision],
            percent(validation_accuracy(step)),
            sentence(shortened(step.verdict.reason, 300)),
        )
        for step in run.steps
        if step.number > 0 and not is_accepted(step)
    ]


def _chapter(run: ReportRun, step: Step, detail: Detail) -> KeptStep:
    figures = step.validation.metrics if step.validation is not None else None
    reflection = step.reflection
    trials = [
        (trial.edit, trial.verdict.decision is Decision.ACCEPTED, trial.verdict.reason)
        for trial in step.trials
    ]
    if not trials and reflection is not None:
        trials = [(edit, True, "") for edit in reflection.edits]
    changes = [_change(edit, accepted, reason, detail) for edit, accepted, reason in trials]
    if not changes:
        changes = _between(run, step, detail)
    return KeptStep(
        step.number,
        with_interval(figures.accuracy, figures.interval) if figures else percent(None),
        sentence(step.verdict.reason),
        len(reflection.shown) if reflection is not None else 0,
        _comment(reflection.reply, detail.comment) if reflection is not None else "",
        [change for change in changes if change.accepted],
        [change for change in changes if not change.accepted],
        "mistake" if step.batch else "row",
    )


def _change(edit: Edit, accepted: bool, reason: str, detail: Detail) -> FieldDiff:
    return _diff(FIELDS.get(edit.field, edit.field), edit_lines(edit), accepted, reason, detail)


def _between(run: ReportRun, step: Step, detail: Detail) -> list[FieldDiff]:
    """What a step without edits changed: fields, or the examples in the prompt."""
    earlier = [each.prompt for each in run.steps if each.number < step.number]
    if not earlier:
        return []
    before, after = earlier[-1], step.prompt
    changes = [
        _diff(FIELDS[name], changed_lines(getattr(before, name), getattr(after, name)), True, "", detail)
        for name in PROMPT_FIELDS
        if getattr(before, name) != getattr(after, name)
    ]
    if before.few_shot != after.few_shot:
        old, new = (
            "\n".join(shot.label + ": " + shortened(shot.text, 160) for shot in each.few_shot.examples)
            for each in (before, after)
        )
        changes.append(_diff("Examples in the prompt", changed_lines(old, new), True, "", detail))
    return changes


def _diff(field: str, lines: Sequence[DiffLine], accepted: bool, reason: str, detail: Detail) -> FieldDiff:
    visible = narrowed(lines[: detail.lines], detail.wide)
    return FieldDiff(
        field, visible, len(lines) - len(visible), accepted, sentence(shortened(reason, detail.comment))
    )


def _comment(reply: str, longest: int) -> str:
    """The words before the answer form; where there are none, nothing."""
    answer = _ANSWER.search(reply)
    words = " ".join((reply[: answer.start()] if answer else reply).split())
    if len(words) <= longest:
        return words
    cut = words[:longest]
    end = max(cut.rfind(". "), cut.rfind("? "), cut.rfind("! "))
    return cut[: end + 1] + " …" if end > longest // 2 else cut.rstrip() + "…"
