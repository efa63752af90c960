"""Results as pandas DataFrames: one dict a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.errors import UsageError
from core.exports.report.run import ReportRun
from core.types import SPLITS, Evaluation, Example, LabelMetrics, Metrics, Outcome, Prediction, Step

if TYPE_CHECKING:
    import pandas

Row = Mapping[str, object]


def frame(rows: Iterable[Row]) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame.from_records(list(rows))


def check_kind(what: str, kinds: Sequence[str]) -> None:
    if what not in kinds:
        raise UsageError(f"There is no frame {what!r}: there are {', '.join(kinds)}.")


def figures_row(metrics: Metrics) -> Row:
    low, high = metrics.interval or (None, None)
    return {
        "n": metrics.n,
        "accuracy": metrics.accuracy,
        "low": low,
        "high": high,
        "macro_f1": metrics.macro_f1,
        "unreadable": metrics.unreadable,
        "unknown_label": metrics.unknown_label,
        "failed": metrics.failed,
        "score": metrics.score,
    }


def step_row(step: Step) -> Row:
    compared = step.verdict.comparison
    return {
        "step": step.number,
        "decision": str(step.verdict.decision),
        "accuracy": step.validation.metrics.accuracy if step.validation else None,
        "low": step.validation.metrics.interval[0]
        if step.validation and step.validation.metrics.interval
        else None,
        "high": step.validation.metrics.interval[1]
        if step.validation and step.validation.metrics.interval
        else None,
        "fixed": len(compared.fixed) if compared else None,
        "broke": len(compared.broke) if compared else None,
        "edits": len(step.reflection.edits) if step.reflection else 0,
        "reason": step.verdict.reason,
        "score": step.validation.metrics.score if step.validation else None,
    }


def prediction_row(row: Example, prediction: Prediction) -> Row:
    """`correct` is None where the call failed: that is no wrong answer."""
    failed = prediction.outcome is Outcome.FAILED
    return {
        "id": row.id,
        "text": row.text,
        "label": row.label,
        "predicted": prediction.label or None,
        "outcome": str(prediction.outcome),
        "correct": None if failed else prediction.label == row.label,
        "reason": prediction.reason or prediction.error,
        "note": row.note,
    }


def label_figures(label: LabelMetrics) -> Row:
    return {
        "label": label.label,
        "n": label.support,
        "precision": label.precision,
        "recall": label.recall,
        "f1": label.f1,
    }


def run_figures(run: ReportRun) -> list[Row]:
    """A row per prompt (start, best) and part."""
    if run.result is None:
        return []
    scored = {"start": run.result.baseline, "best": run.result.best}
    return [
        {"prompt": name, "step": each.step, "split": part, **figures_row(each.evaluations[part].metrics)}
        for name, each in scored.items()
        for part in SPLITS
        if part in each.evaluations
    ]


def run_predictions(run: ReportRun) -> list[Row]:
    """The held-out rows as the best prompt reads them; `start` is what the starting prompt said."""
    if run.result is None:
        return []
    examples = {row.id: row for row in run.dataset.examples}
    rows: list[Row] = []
    for part, evaluation in run.result.best.evaluations.items():
        before = _labels(run.result.baseline.evaluations.get(part))
        rows += [
            {
                "split": part,
                **prediction_row(examples[each.example_id], each),
                "start": before.get(each.example_id),
            }
            for each in evaluation.predictions
            if each.example_id in examples
        ]
    return rows


def _labels(evaluation: Evaluation | None) -> dict[str, str | None]:
    return {each.example_id: each.label or None for each in evaluation.predictions} if evaluation else {}
