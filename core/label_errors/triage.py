"""Stubborn mistakes, sorted by what would mend them, with the evidence in plain words.

A mistake is stubborn when at least half of the prompt versions that read the row got it wrong. The first that
holds decides: a reviewer has called it a definition gap; most replies cannot be read; the label is in doubt,
and two of three versions or more give the suggested one (mislabelled); one text has two labels (gap); some
version got it right (fixable); versions contradict each other or similar rows carry both labels (gap). What
is left is for the prompt to learn. (Two of three, not all: a first prompt often guesses.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.label_errors.reasons import plainly
from core.label_errors.suspects import Suspect
from core.metrics.metrics import right
from core.similarity.tfidf import Similarity
from core.types import Example, Outcome, Prediction
from core.wording import counted, quoted

DOUBT = 0.5  # from which on a label is more likely wrong than right
NEAREST = 5
ALIKE = 0.12  # likeness from which on a row is similar
BOTH_WAYS = 2  # similar rows that each of two labels must have
MOST_COMPARED = (
    2_000  # rows whose similar rows are looked for, those missed most often first: seconds, not minutes
)
AT_ONCE = 100


class TriageKind(StrEnum):
    FIXABLE = "fixable"
    MISLABELLED = "mislabelled"
    GAP = "gap"
    UNREADABLE = "unreadable"


Sorting = tuple[TriageKind, list[str]] | None  # what a row is, with the evidence


@dataclass(frozen=True, slots=True)
class Triaged:
    """`suggested` is the label to give instead, for mislabelled rows; `missed` of `read` prompt versions got
    the row wrong."""

    example_id: str
    kind: TriageKind
    evidence: tuple[str, ...]
    suggested: str = ""
    missed: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class _Missed:
    """A row that was missed, with the prediction of each version; failed calls are left out. `suspect` is of
    its present label."""

    row: Example
    predictions: tuple[Prediction, ...]
    suspect: Suspect | None
    review: str

    @property
    def hits(self) -> int:
        return sum(right(each, self.row.label) for each in self.predictions)

    @property
    def wrong(self) -> Counter[str]:
        """Labels that were said instead."""
        return Counter(
            each.label
            for each in self.predictions
            if each.outcome is Outcome.LABEL and each.label != self.row.label
        )


def triage(
    examples: Sequence[Example],
    readings: Mapping[str, Sequence[Prediction]],
    suspects: Iterable[Suspect],
    reviewed: Mapping[str, str] | None = None,
    likeness: Similarity | None = None,
) -> tuple[Triaged, ...]:
    """The stubborn mistakes among the rows that are not excluded, missed most often first.

    `readings`: by row id, oldest first, the prediction of each prompt version. `reviewed`: by row id "kept" (the
    label is right, so the row is never mislabelled) or "gap". `likeness`, if it is given, holds all these
    rows; else it is made if need be.
    """
    rows = {row.id: row for row in examples if not row.excluded}
    doubted, reviewed = {each.example_id: each for each in suspects}, reviewed or {}
    known = ((rows[row], predictions) for row, predictions in readings.items() if row in rows)
    cases = [
        _missed(row, predictions, doubted.get(row.id), reviewed.get(row.id, "")) for row, predictions in known
    ]
    stubborn = [case for case in cases if case.predictions and 2 * case.hits <= len(case.predictions)]
    stubborn.sort(key=lambda case: case.hits - len(case.predictions))
    decided = {case.row.id: _decided(case, rows) for case in stubborn}
    open_ = [case.row.id for case in stubborn if decided[case.row.id] is None][:MOST_COMPARED]
    similar = _similar(open_, rows, likeness)
    return tuple(
        _triaged(case, decided[case.row.id] or _by_similar(case, similar.get(case.row.id, []), readings))
        for case in stubborn
    )


def _missed(row: Example, predictions: Sequence[Prediction], suspect: Suspect | None, review: str) -> _Missed:
    return _Missed(
        row,
        _answered(predictions),
        suspect if suspect is not None and suspect.label == row.label else None,
        review,
    )


def _answered(predictions: Sequence[Prediction]) -> tuple[Prediction, ...]:
    return tuple(each for each in predictions if each.outcome is not Outcome.FAILED)


def _triaged(case: _Missed, sorted_as: tuple[TriageKind, list[str]]) -> Triaged:
    kind, evidence = sorted_as
    suggested = case.suspect.suggested if case.suspect and kind is TriageKind.MISLABELLED else ""
    return Triaged(
        case.row.id,
        kind,
        tuple(evidence),
        suggested,
        len(case.predictions) - case.hits,
        len(case.predictions),
    )


def _similar(
    ids: Sequence[str], rows: Mapping[str, Example], likeness: Similarity | None
) -> dict[str, list[Example]]:
    """By id, the NEAREST rows most like that row; fewer where others share too little with it."""
    if not ids:
        return {}
    import numpy as np

    likeness, others = likeness or Similarity(list(rows.values())), list(rows)
    similar: dict[str, list[Example]] = {}
    for start in range(0, len(ids), AT_ONCE):
        chunk = ids[start : start + AT_ONCE]
        alike = likeness.among(chunk, others)
        count = min(NEAREST + 1, len(others))
        nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        for one, nearest_rows, row in zip(chunk, nearest.tolist(), alike, strict=True):
            ranked = sorted(
                (at for at in nearest_rows if others[at] != one and row[at] >= ALIKE),
                key=lambda at: -row[at],
            )
            similar[one] = [rows[others[at]] for at in ranked[:NEAREST]]
    return similar


# ---- one function a reason; None where it does not hold


def _decided(case: _Missed, rows: Mapping[str, Example]) -> Sorting:
    """By the predictions of the row itself."""
    return (
        _reviewed(case)
        or _unreadable(case)
        or _mislabelled(case)
        or _conflicting(case, rows)
        or _fixable(case)
        or _disagreeing(case)
    )


def _reviewed(case: _Missed) -> Sorting:
    return (
        (TriageKind.GAP, ["A reviewer finds the definitions unclear here", *_versions(case)])
        if case.review == "gap"
        else None
    )


def _unreadable(case: _Missed) -> Sorting:
    unknown = [each.said for each in case.predictions if each.outcome is Outcome.UNKNOWN_LABEL]
    silent = sum(each.outcome is Outcome.UNREADABLE for each in case.predictions)
    if 2 * (len(unknown) + silent) <= len(case.predictions):
        return None
    evidence = [f"{_of(silent, case, 'reply', 'replies')} could not be read"] if silent else []
    if cut_off := sum(each.cut_off for each in case.predictions):
        evidence.append(
            f"{_of(cut_off, case, 'reply', 'replies')} reached the length limit: allow longer replies"
        )
    if unknown:
        named = Counter(unknown).most_common(1)[0][0]
        evidence.append(
            f"{_of(len(unknown), case, 'reply', 'replies')} named a label that is not in the list, such as {quoted(named, 40)}"
        )
    return TriageKind.UNREADABLE, evidence


def _mislabelled(case: _Missed) -> Sorting:
    doubt = case.suspect
    if (
        doubt is None
        or doubt.doubt < DOUBT
        or case.review == "kept"
        or 3 * case.wrong[doubt.suggested] < 2 * len(case.predictions)
    ):
        return None
    has_versions = any("prompt version" in reason for reason in doubt.reasons)
    return TriageKind.MISLABELLED, [
        f"Chance that the label is wrong: {100 * doubt.doubt:.0f} %",
        *doubt.reasons,
        *([] if has_versions else _versions(case)),
    ]


def _conflicting(case: _Missed, rows: Mapping[str, Example]) -> Sorting:
    twins = case.suspect.twins if case.suspect else ()
    labels = {rows[twin].label for twin in twins if twin in rows} - {case.row.label}
    if not labels:
        return None
    named = " and ".join(plainly(label) for label in sorted(labels))
    return TriageKind.GAP, [
        f"The same text is also labelled {named}: no prompt can get both right",
        *_versions(case),
    ]


def _fixable(case: _Missed) -> Sorting:
    if not case.hits:
        return None
    return TriageKind.FIXABLE, [
        f"{_of(case.hits, case, 'prompt version', 'prompt versions')} got it right",
        *_versions(case),
    ]


def _disagreeing(case: _Missed) -> Sorting:
    return (TriageKind.GAP, _versions(case)) if len(case.wrong) > 1 else None


def _by_similar(
    case: _Missed, near: Sequence[Example], readings: Mapping[str, Sequence[Prediction]]
) -> tuple[TriageKind, list[str]]:
    """Where every version made the same mistake: by the rows most like it."""
    counts, mine, other = Counter(row.label for row in near), case.row.label, next(iter(case.wrong), "")
    if other and min(counts[mine], counts[other]) >= BOTH_WAYS:
        both = f"{counts[mine]} are labelled {plainly(mine)} and {counts[other]} {plainly(other)}"
        return TriageKind.GAP, [f"Of the {len(near)} most similar rows {both}", *_versions(case)]
    known = sum(row.label == mine and _read_right(row, readings) for row in near)
    lesson = "Nothing speaks clearly against the label: a rule, a note or an example may teach it"
    if known:
        are = "is" if known == 1 else "are"
        lesson = f"{counted(known, 'similar row')} labelled {plainly(mine)} {are} predicted right, so this one can be learned"
    return TriageKind.FIXABLE, [lesson, *_versions(case)]


def _read_right(row: Example, readings: Mapping[str, Sequence[Prediction]]) -> bool:
    """By the latest version that answered."""
    predictions = _answered(readings.get(row.id, ()))
    return bool(predictions) and right(predictions[-1], row.label)


# ---- in words


def _of(count: int, case: _Missed, one: str, many: str) -> str:
    """2 of 5 replies, the only reply."""
    return f"{count} of {len(case.predictions)} {many}" if len(case.predictions) > 1 else f"The only {one}"


def _versions(case: _Missed) -> list[str]:
    """What the versions say instead of the label, commonest first; replies without a label are not counted
    here."""
    labels = case.wrong.most_common()
    if not labels:
        return []
    if len(case.predictions) == 1:
        return [f"The only prompt version that classified it predicts {plainly(labels[0][0])}"]
    if labels[0][1] == len(case.predictions):
        return [f"All {len(case.predictions)} prompt versions predict {plainly(labels[0][0])}"]
    *others, last = [
        f"{times} {'predicts' if times == 1 else 'predict'} {plainly(label)}" for label, times in labels
    ]
    return [
        f"Of {len(case.predictions)} prompt versions {', '.join(others) + ' and ' if others else ''}{last}"
    ]
