"""A judge in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from core.cli.shell import program
from core.metrics.judges.judge_figures import JudgeFigures
from core.services.judges.disagreements import Disagreement
from core.services.judges.report import JudgeReport
from core.services.judges.unjudged import JudgedAnswers
from core.services.judges.words import (
    CAUSES,
    causes_in_words,
    headline,
    kappa_in_words,
    rate_in_words,
    share_in_words,
)
from core.wording import aligned, estimates_in_words, quoted, shortened

MOST_LISTED = 12
WIDEST = 24


def judge_in_words(report: JudgeReport, found: Sequence[Disagreement], judged: JudgedAnswers | None) -> str:
    blocks = [[headline(report)], _table(report), _confusion(report.after), _disagreements(found)]
    if judged is not None:
        blocks.append([rate_in_words(judged.rate, report.good), estimates_in_words(judged.spend.values())])
    blocks.append([f"Next: {program()} export {report.run.run_id} --format llm-rubric --out rubric.yaml"])
    return "\n\n".join("\n".join(filter(None, block)) for block in blocks if block)


def _table(report: JudgeReport) -> list[str]:
    """Starting prompt and best one; one column where they are the same."""
    columns = [("starting prompt", report.before), (f"best prompt (step {report.step})", report.after)]
    columns = columns[1:] if report.step == 0 else columns
    lines = [
        ("", *(name for name, _ in columns)),
        ("agreement", *(share_in_words(each.agreed) for _, each in columns)),
        ("Cohen's kappa", *(kappa_in_words(each) for _, each in columns)),
        ("good, and the judge says so (TPR)", *(share_in_words(each.true_positive) for _, each in columns)),
        ("not good, and not called good (TNR)", *(share_in_words(each.true_negative) for _, each in columns)),
    ]
    return aligned(lines)


def _confusion(figures: JudgeFigures) -> list[str]:
    """People down, the judge across."""
    judges = list(next(iter(figures.confusion.values()), {}))
    names = ["people \\ judge", *(shortened(name, WIDEST) for name in judges)]
    rows = [
        [shortened(people, WIDEST), *(f"{n:,}" for n in row.values())]
        for people, row in figures.confusion.items()
    ]
    widths = [max(len(line[at]) for line in (names, *rows)) for at in range(len(names))]
    return [
        "  ".join(
            [
                line[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
            ]
        )
        for line in (names, *rows)
    ]


def _disagreements(found: Sequence[Disagreement]) -> list[str]:
    order = list(CAUSES)
    lines = [causes_in_words(found) + ("" if not found else ", each with what speaks for it")]
    for each in sorted(found, key=lambda one: order.index(one.cause))[:MOST_LISTED]:
        judge = each.prediction.label or "no verdict"
        lines.append(
            f"  {CAUSES[each.cause]}: people {each.row.label}, judge {judge}  {quoted(each.row.text, 90)}"
        )
        lines += [f"      {evidence}" for evidence in each.evidence[:1]]
    more = len(found) - MOST_LISTED
    return [*lines, f"  … and {more:,} more: --out FILE has them all"] if more > 0 else lines
