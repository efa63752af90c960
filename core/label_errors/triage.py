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


class Kind(StrEnum):
    FIXABLE = "fixable"
    MISLABELLED = "mislabelled"
    GAP = "gap"
    UNREADABLE = "unreadable"


Sorted = tuple[Kind, list[str]] | None  # what a row is, with the evidence


@dataclass(frozen=True, slots=True)
class Triaged:
    """`suggested` is the label to give instead, for mislabelled rows; `missed` of `read` prompt versions got
    the row wrong."""

    example_id: str
    kind: Kind
    evidence: tuple[str, ...]
    suggested: str = ""
    missed: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class _Case:
    """A row that was missed, with what each version said of it; failed calls are left out. `suspect` is of
    its present label."""

    row: Example
    said: tuple[Prediction, ...]
    suspect: Suspect | None
    review: str

    @property
    def hits(self) -> int:
        return sum(right(each, self.row.label) for each in self.said)

    @property
    def wrong(self) -> Counter[str]:
        """Labels that were said instead."""
        return Counter(
            each.label for each in self.said if each.outcome is Outcome.LABEL and each.label != self.row.label
        )


def triage(
    examples: Sequence[Example],
    readings: Mapping[str, Sequence[Prediction]],
    suspects: Iterable[Suspect],
    reviewed: Mapping[str, str] | None = None,
    likeness: Similarity | None = None,
) -> tuple[Triaged, ...]:
    """The stubborn mistakes among the rows that are not excluded, missed most often first.

    `readings`: by row id, oldest first, the word of each prompt version. `reviewed`: by row id "kept" (the
    label is right, so the row is never mislabelled) or "gap". `likeness`, if it is given, holds all these
    rows; else it is made if need be.
    """
    rows = {row.id: row for row in examples if not row.excluded}
    doubted, reviewed = {each.example_id: each for each in suspects}, reviewed or {}
    known = ((rows[row], said) for row, said in readings.items() if row in rows)
    cases = [_case(row, said, doubted.get(row.id), reviewed.get(row.id, "")) for row, said in known]
    stubborn = [case for case in cases if case.said and 2 * case.hits <= len(case.said)]
    stubborn.sort(key=lambda case: case.hits - len(case.said))
    decided = {case.row.id: _decided(case, rows) for case in stubborn}
    open_ = [case.row.id for case in stubborn if decided[case.row.id] is None][:MOST_COMPARED]
    similar = _similar(open_, rows, likeness)
    return tuple(
        _triaged(case, decided[case.row.id] or _by_similar(case, similar.get(case.row.id, []), readings))
        for case in stubborn
    )


def _case(row: Example, said: Sequence[Prediction], suspect: Suspect | None, review: str) -> _Case:
    return _Case(
        row, _answered(said), suspect if suspect is not None and suspect.label == row.label else None, review
    )


def _answered(said: Sequence[Prediction]) -> tuple[Prediction, ...]:
    return tuple(each for each in said if each.outcome is not Outcome.FAILED)


def _triaged(case: _Case, sorted_as: tuple[Kind, list[str]]) -> Triaged:
    kind, evidence = sorted_as
    suggested = case.suspect.suggested if kind is Kind.MISLABELLED else ""
    return Triaged(case.row.id, kind, tuple(evidence), suggested, len(case.said) - case.hits, len(case.said))


def _similar(
    ids: Sequence[str], rows: Mapping[str, Example], likeness: Similarity | None
) -> dict[str, list[Example]]:
    """By id, the NEAREST rows most like that row; fewer where others share too little with it."""
    if not ids:
        return {}
    import numpy as np

    likeness, others = likeness or Similarity(list(rows.values())), list(rows)
    found: dict[str, list[Example]] = {}
    for start in range(0, len(ids), AT_ONCE):
        chunk = ids[start : start + AT_ONCE]
        alike = likeness.among(chunk, others)
        count = min(NEAREST + 1, len(others))
        nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]
        for one, places, row in zip(chunk, nearest.tolist(), alike, strict=True):
            ranked = sorted(
                (place for place in places if others[place] != one and row[place] >= ALIKE),
                key=lambda place: -row[place],
            )
            found[one] = [rows[others[place]] for place in ranked[:NEAREST]]
    return found


# ---- one function a reason; None where it does not hold


def _decided(case: _Case, rows: Mapping[str, Example]) -> Sorted:
    """By what was said of the row itself."""
    return (
        _reviewed(case)
        or _unreadable(case)
        or _mislabelled(case)
        or _conflicting(case, rows)
        or _fixable(case)
        or _disagreeing(case)
    )


def _reviewed(case: _Case) -> Sorted:
    return (
        (Kind.GAP, ["A reviewer marked it as a definition gap", *_versions(case)])
        if case.review == "gap"
        else None
    )


def _unreadable(case: _Case) -> Sorted:
    unknown = [each.said for each in case.said if each.outcome is Outcome.UNKNOWN_LABEL]
    silent = sum(each.outcome is Outcome.UNREADABLE for each in case.said)
    if 2 * (len(unknown) + silent) <= len(case.said):
        return None
    evidence = [f"{_of(silent, case, 'reply', 'replies')} could not be read"] if silent else []
    if unknown:
        named = Counter(unknown).most_common(1)[0][0]
        evidence.append(
            f"{_of(len(unknown), case, 'reply', 'replies')} named a label that is not in the list, such as {quoted(named, 40)}"
        )
    return Kind.UNREADABLE, evidence


def _mislabelled(case: _Case) -> Sorted:
    doubt = case.suspect
    if (
        doubt is None
        or doubt.doubt < DOUBT
        or case.review == "kept"
        or 3 * case.wrong[doubt.suggested] < 2 * len(case.said)
    ):
        return None
    told = any("prompt version" in reason for reason in doubt.reasons)
    return Kind.MISLABELLED, [
        f"The label is in doubt ({100 * doubt.doubt:.0f} %)",
        *doubt.reasons,
        *([] if told else _versions(case)),
    ]


def _conflicting(case: _Case, rows: Mapping[str, Example]) -> Sorted:
    twins = case.suspect.twins if case.suspect else ()
    labels = {rows[twin].label for twin in twins if twin in rows} - {case.row.label}
    if not labels:
        return None
    named = " and ".join(plainly(label) for label in sorted(labels))
    return Kind.GAP, [
        f"The same text is also labelled {named}: no prompt can get both right",
        *_versions(case),
    ]


def _fixable(case: _Case) -> Sorted:
    if not case.hits:
        return None
    return Kind.FIXABLE, [
        f"{_of(case.hits, case, 'prompt version', 'prompt versions')} got it right",
        *_versions(case),
    ]


def _disagreeing(case: _Case) -> Sorted:
    return (Kind.GAP, _versions(case)) if len(case.wrong) > 1 else None


def _by_similar(
    case: _Case, near: Sequence[Example], readings: Mapping[str, Sequence[Prediction]]
) -> tuple[Kind, list[str]]:
    """Where every version made the same mistake: by the rows most like it."""
    counts, mine, said = Counter(row.label for row in near), case.row.label, next(iter(case.wrong), "")
    if said and min(counts[mine], counts[said]) >= BOTH_WAYS:
        both = f"{counts[mine]} are labelled {plainly(mine)} and {counts[said]} {plainly(said)}"
        return Kind.GAP, [f"Of the {len(near)} most similar rows {both}", *_versions(case)]
    known = sum(row.label == mine and _read_right(row, readings) for row in near)
    lesson = "Nothing speaks clearly against the label: a rule, a note or an example may teach it"
    if known:
        lesson = f"{counted(known, 'similar row')} labelled {plainly(mine)} {'is' if known == 1 else 'are'} read right"
    return Kind.FIXABLE, [lesson, *_versions(case)]


def _read_right(row: Example, readings: Mapping[str, Sequence[Prediction]]) -> bool:
    """By the latest version that answered."""
    said = _answered(readings.get(row.id, ()))
    return bool(said) and right(said[-1], row.label)


# ---- in words


def _of(count: int, case: _Case, one: str, many: str) -> str:
    """2 of 5 replies, the only reply."""
    return f"{count} of {len(case.said)} {many}" if len(case.said) > 1 else f"The only {one}"


def _versions(case: _Case) -> list[str]:
    """What the versions say instead of the label, commonest first; replies without a label are not counted
    here."""
    said = case.wrong.most_common()
    if not said:
        return []
    if len(case.said) == 1:
        return [f"The only prompt version that read it says {plainly(said[0][0])}"]
    if said[0][1] == len(case.said):
        return [f"All {len(case.said)} prompt versions say {plainly(said[0][0])}"]
    *others, last = [f"{times} {'says' if times == 1 else 'say'} {plainly(label)}" for label, times in said]
    return [f"Of {len(case.said)} prompt versions {', '.join(others) + ' and ' if others else ''}{last}"]
