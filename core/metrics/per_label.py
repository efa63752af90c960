"""Several prompts on the same rows, label by label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.metrics.comparison import compare
from core.metrics.metrics import measure
from core.types import Comparison, Example, LabelMetrics, Outcome, Prediction


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label: `n` rows have it, `figures` are of each prompt in turn, `comparison` is of the second prompt
    against the first on these rows alone (None where there are not two)."""

    label: str
    n: int
    figures: tuple[LabelMetrics, ...]
    comparison: Comparison | None


def scored_by_all(
    examples: Sequence[Example], readings: Sequence[Sequence[Prediction]]
) -> tuple[Example, ...]:
    """The rows that every reading has an answer for; a failed call is none."""
    answered = [{each.example_id for each in read if each.outcome is not Outcome.FAILED} for read in readings]
    common = set.intersection(*answered) if answered else set()
    return tuple(example for example in examples if example.id in common)


def per_label(
    examples: Sequence[Example], readings: Sequence[Sequence[Prediction]], labels: Sequence[str]
) -> tuple[LabelRow, ...]:
    """A row per label, in their order, on the examples that all readings have scored."""
    rows = scored_by_all(examples, readings)
    measured = [measure(rows, read, labels).per_label for read in readings]
    pair = readings[:2] if len(readings) > 1 else ()
    table: list[LabelRow] = []
    for at, label in enumerate(labels):
        own = [row for row in rows if row.label == label]
        table.append(
            LabelRow(
                label,
                len(own),
                tuple(each[at] for each in measured),
                compare(own, pair[0], pair[1]) if pair else None,
            )
        )
    return tuple(table)
