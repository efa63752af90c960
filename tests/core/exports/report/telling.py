"""Runs to report, made by hand: what each step read and how it ended are the test's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.exports.report.run import ReportRun
from core.metrics.comparison import compare, comparison_in_words
from core.metrics.metrics import evaluation, majority_accuracy
from core.prompts.edits import apply_edits
from core.prompts.starting_prompt import starting_prompt
from core.tuning.acceptance import claim
from core.types import (
    SPLITS,
    Dataset,
    Decision,
    Edit,
    EditResult,
    Evaluation,
    Example,
    LabelSet,
    Message,
    Outcome,
    Prediction,
    Reflection,
    Request,
    Result,
    Scored,
    Settings,
    Spend,
    Step,
    Verdict,
)

LABELS = ("bug", "docs", "idea")
GOOD = Edit("system_prompt", "", "\nAnything about a guide is docs.")
BAD = Edit("system_prompt", "", "\nWhen in doubt, answer bug.")


def rows_of(labels: Sequence[str] = LABELS, each: int = 30, text: str = "") -> tuple[Example, ...]:
    """`each` rows per label and part, none alike."""
    return tuple(
        Example(
            f"{part}-{label}-{number}",
            f"{text}ticket {part} {number} about {label}, word{number}",
            label,
            split=part,
        )
        for part in SPLITS
        for label in labels
        for number in range(each)
    )


def reading(
    rows: Sequence[Example], labels: Sequence[str], right: int, reason: str = "It sounds so."
) -> Evaluation:
    """Of every ten rows the first `right` are read rightly, the others as the next label."""
    found = []
    for place, row in enumerate(rows):
        label = row.label if place % 10 < right else labels[(labels.index(row.label) + 1) % len(labels)]
        found.append(
            Prediction(row.id, Outcome.LABEL, label, label, reason, reason + " <label>" + label + "</label>")
        )
    return evaluation(rows, found, labels)


def report_run(
    right: tuple[int, int, int] = (3, 7, 5),
    test: tuple[int, int] | None = (3, 7),
    examples: Sequence[Example] = (),
    labels: LabelSet = LabelSet(LABELS),
    said: str = "The labels follow a house rule.",
    **changes: object,
) -> ReportRun:
    """A baseline, a step that is kept and one that is refused, each with so many of ten validation rows
    right; `test` the same for the starting and the best prompt, None where the test rows were not read.
    `changes` are fields of ReportRun."""
    rows = tuple(examples) or rows_of(labels.names)
    train, validation, sealed = ([row for row in rows if row.split == part] for part in SPLITS)
    names, start = labels.names, starting_prompt(labels)
    better, worse = apply_edits(start, [GOOD]), apply_edits(apply_edits(start, [GOOD]), [BAD])
    low, high, middle = (reading(validation, names, number) for number in right)
    up, down = (
        compare(validation, low.predictions, high.predictions),
        compare(validation, high.predictions, middle.predictions),
    )
    request = Request((Message("system", "You improve prompts."), Message("user", "<mistake>…</mistake>")))
    steps = [Step(0, start, start, None, low, None, Verdict(Decision.ACCEPTED, "The starting prompt."))]
    for number, candidate, edit, read, came, decision in (
        (1, better, GOOD, high, up, Decision.ACCEPTED),
        (2, worse, BAD, middle, down, Decision.REJECTED),
    ):
        verdict = Verdict(decision, comparison_in_words(came), came)
        reflection = Reflection(
            request, said + "\n<edit>…</edit>", (edit,), tuple(row.id for row in train[:3])
        )
        steps.append(
            Step(
                number,
                better,
                candidate,
                reading(train, names, 4),
                read,
                reflection,
                verdict,
                (EditResult(edit, verdict),),
            )
        )
    sizes = {"train": len(train), "validation": len(validation), "test": len(sealed)}
    first, last = {"validation": low}, {"validation": high}
    verdict = None
    if test is not None and sealed:
        first["test"], last["test"] = (reading(sealed, names, number) for number in test)
        verdict = claim(compare(sealed, first["test"].predictions, last["test"].predictions))
    result = Result(
        Scored(start, 0, first),
        Scored(better, 1, last),
        verdict,
        "iterations",
        sizes,
        majority_accuracy(sealed or validation),
    )
    spend = {
        "lightweight": Spend(300, 20, 0, 50_000, 4_000, 0.0312),
        "heavyweight": Spend(2, 0, 0, 9_000, 900, 0.05),
    }
    made = ReportRun(
        "abc123",
        "Run 1",
        Dataset("Tickets", labels, rows),
        "finished",
        "iterations",
        "",
        Settings(),
        tuple(steps),
        result,
        spend,
        125.0,
        "24 November 2026, 14:05 UTC",
        "0.1.0",
    )
    return replace(made, **changes)


def without_result(
    made: ReportRun, status: str, stop_reason: str = "", error: str = "", steps: int = 3
) -> ReportRun:
    return replace(
        made, result=None, status=status, stop_reason=stop_reason, error=error, steps=made.steps[:steps]
    )


def nothing_better(made: ReportRun) -> ReportRun:
    """The same run, had it ended with the prompt it began with."""
    return replace(made, result=replace(made.result, best=made.result.baseline))
