"""Stubborn mistakes where rows may have several labels: triage asks of each label whether a row has it, and a row is
sorted by the label that calls for most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from core.label_errors.set_suspects import has_label, reason_start
from core.label_errors.suspects import Suspect
from core.label_errors.triage import Triaged, TriageKind, triage
from core.similarity.tfidf import Similarity
from core.types import Dataset, Example, Outcome, Prediction

_URGENCY = (TriageKind.MISLABELLED, TriageKind.GAP, TriageKind.UNREADABLE, TriageKind.FIXABLE)


def triage_dataset(
    dataset: Dataset,
    readings: Mapping[str, Sequence[Prediction]],
    suspects: Iterable[Suspect],
    reviewed: Mapping[str, str] | None = None,
) -> tuple[Triaged, ...]:
    """As `triage`, for rows with one label or with several: there `missed` and the evidence are of one label, and
    `suggested` is a whole set."""
    if not dataset.labels.several:
        return triage(dataset.examples, readings, suspects, reviewed)
    rows = [row for row in dataset.examples if not row.excluded]
    doubted = {each.example_id: each for each in suspects}
    likeness = Similarity(rows) if readings and rows else None
    worst: dict[str, Triaged] = {}
    for name in dataset.labels.names:
        asked = [replace(row, label=has_label(name, row.label)) for row in rows]
        for each in triage(asked, _read(name, readings), _doubts(name, rows, doubted), reviewed, likeness):
            known = worst.get(each.example_id)
            if known is None or _URGENCY.index(each.kind) < _URGENCY.index(known.kind):
                worst[each.example_id] = each
    sorted_rows = (
        replace(each, suggested=doubted[each.example_id].suggested) if each.suggested else each
        for each in worst.values()
    )
    return tuple(sorted(sorted_rows, key=lambda each: -each.missed))


def _read(name: str, readings: Mapping[str, Sequence[Prediction]]) -> dict[str, list[Prediction]]:
    return {
        row: [
            replace(each, label=has_label(name, each.label)) if each.outcome is Outcome.LABEL else each
            for each in predictions
        ]
        for row, predictions in readings.items()
    }


def _doubts(name: str, rows: Sequence[Example], doubted: Mapping[str, Suspect]) -> list[Suspect]:
    """Of the rows whose suggested set differs in this label."""
    of_rows = (doubted[row.id] for row in rows if row.id in doubted)
    return [
        replace(
            each,
            label=has_label(name, each.label),
            suggested=has_label(name, each.suggested),
            reasons=tuple(reason for reason in each.reasons if reason.startswith(reason_start(name))),
        )
        for each in of_rows
        if has_label(name, each.label) != has_label(name, each.suggested)
    ]
