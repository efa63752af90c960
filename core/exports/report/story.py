"""The story in the report: each kept step as a chapter; the others in one line each."""

from __future__ import annotations

from dataclasses import dataclass

from core.exports.report.detail import Detail
from core.exports.report.run import ReportRun, is_accepted, validation_accuracy
from core.exports.story.chapters import Chapter, Entering, chapter_of, comment_of
from core.wording import DECIDED, percent, sentence, shortened


@dataclass(frozen=True, slots=True)
class Attempt:
    """A step that was not kept."""

    number: int
    verdict: str
    accuracy: str
    reason: str


def chapters_of(run: ReportRun, detail: Detail) -> list[tuple[Chapter, str]]:
    """The kept steps after the start, each with what the heavyweight model wrote before its edits, shortened."""
    rows = {row.id: row for row in run.dataset.examples}
    chapters: list[tuple[Chapter, str]] = []
    entering = None
    for step in run.steps:
        if step.number > 0 and is_accepted(step):
            if len(chapters) < detail.chapters:
                chapters.append((chapter_of(step, entering, rows), comment_of(step, detail.comment)))
        if is_accepted(step) and step.validation is not None:
            entering = Entering(step.prompt, step.validation)
    return chapters


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
