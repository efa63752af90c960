"""Stubborn mistakes, sorted by what would mend them, with the evidence in plain words.

A mistake is stubborn when at least half of the prompt versions that read the row got it wrong. The first that holds decides: a reviewer
has called it a definition gap; replies cannot be read; label and every version contradict each other, and other rows take the versions'
side (mislabelled); one text has two labels (gap); some version got it right (fixable); versions contradict each other or similar rows
carry both labels (gap). What is left is for the prompt to learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.data.doubt.reasons import plainly
from core.data.similarity import Similarity
from core.data.suspects import Suspect
from core.data.wording import counted, quoted
from core.measure.metrics import right
from core.types import Example, Outcome, Prediction

DOUBT = 0.5  # from which on a label is more likely wrong than right
NEAREST = 5
ALIKE = 0.12  # likeness from which on a row is similar
BOTH_WAYS = 2  # similar rows that each of two labels must have


class Kind(StrEnum):
    FIXABLE = "fixable"
    MISLABELLED = "mislabelled"
    GAP = "gap"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Triaged:
    """`suggested` is the label to give instead, for mislabelled rows; `missed` of `read` prompt versions got the row wrong."""

    example_id: str
    kind: Kind
    evidence: tuple[str, ...]
    suggested: str = ""
    missed: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class _Case:
    """A row that was missed, with what each version said of it; failed calls are left out. `suspect` is of its present label."""

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
        return Counter(each.label for each in self.said if each.outcome is Outcome.LABEL and each.label != self.row.label)


@dataclass(frozen=True, slots=True)
class _Similar:
    """The similar rows of a row, found when they are first asked for: reading 100,000 texts takes seconds."""

    rows: Sequence[Example]
    readings: Mapping[str, Sequence[Prediction]]
    likeness: Callable[[], Similarity]
    by_id: Mapping[str, Example] = field(default_factory=dict)

    def to(self, row: Example) -> list[Example]:
        near = self.likeness().nearest(row.id, 2 * NEAREST)
        found = (self.by_id[other] for other, alike in near if alike >= ALIKE and other in self.by_id)
        return list(found)[:NEAREST]

    def right(self, row: Example) -> bool:
        said = _answered(self.readings.get(row.id, ()))
        return bool(said) and right(said[-1], row.label)


def triage(
    examples: Sequence[Example], readings: Mapping[str, Sequence[Prediction]], suspects: Iterable[Suspect],
    reviewed: Mapping[str, str] | None = None, likeness: Similarity | None = None,
) -> tuple[Triaged, ...]:
    """The stubborn mistakes among the rows that are not excluded, missed most often first.

    `readings`: by row id, oldest first, the word of each prompt version. `reviewed`: by row id "kept" (the label is right, so the row is
    never mislabelled) or "gap". `likeness` must hold every row that was read, if it is given; it is made if need be.
    """
    rows = [row for row in examples if not row.excluded]
    doubted, reviewed = {each.example_id: each for each in suspects}, reviewed or {}
    made: list[Similarity] = [] if likeness is None else [likeness]

    def once() -> Similarity:
        if not made:
            made.append(Similarity(rows))
        return made[0]

    similar = _Similar(rows, readings, once, {row.id: row for row in rows})
    cases = [_case(row, readings[row.id], doubted.get(row.id), reviewed.get(row.id, "")) for row in rows if row.id in readings]
    found = [_sorted(case, similar) for case in cases if case.said and 2 * case.hits <= len(case.said)]
    return tuple(sorted(found, key=lambda each: -each.missed))


def _case(row: Example, said: Sequence[Prediction], suspect: Suspect | None, review: str) -> _Case:
    return _Case(row, _answered(said), suspect if suspect is not None and suspect.label == row.label else None, review)


def _answered(said: Sequence[Prediction]) -> tuple[Prediction, ...]:
    return tuple(each for each in said if each.outcome is not Outcome.FAILED)


def _sorted(case: _Case, similar: _Similar) -> Triaged:
    for sort in (_reviewed, _unreadable, _mislabelled, _conflicting, _fixable, _disagreeing):
        found = sort(case, similar)
        if found is not None:
            kind, evidence = found
            break
    else:
        kind, evidence = _left(case, similar)
    suggested = case.suspect.suggested if kind is Kind.MISLABELLED else ""
    return Triaged(case.row.id, kind, tuple(evidence), suggested, len(case.said) - case.hits, len(case.said))


# ---- one function a reason; None where it does not hold

Sorted = tuple[Kind, list[str]] | None


def _reviewed(case: _Case, similar: _Similar) -> Sorted:
    if case.review != "gap":
        return None
    return Kind.GAP, ["A reviewer marked it as a definition gap", *_versions(case)]


def _unreadable(case: _Case, similar: _Similar) -> Sorted:
    unknown = [each.said for each in case.said if each.outcome is Outcome.UNKNOWN_LABEL]
    silent = sum(each.outcome is Outcome.UNREADABLE for each in case.said)
    if 2 * (len(unknown) + silent) <= len(case.said):
        return None
    evidence = [f"{_of(silent, case)} could not be read"] if silent else []
    if unknown:
        named = Counter(unknown).most_common(1)[0][0]
        evidence.append(f"{_of(len(unknown), case)} named a label that is not in the list, such as {quoted(named, 40)}")
    return Kind.UNREADABLE, evidence


def _mislabelled(case: _Case, similar: _Similar) -> Sorted:
    doubt = case.suspect
    if doubt is None or doubt.doubt < DOUBT or case.review == "kept" or case.wrong[doubt.suggested] < len(case.said):
        return None
    return Kind.MISLABELLED, [f"The label is in doubt ({100 * doubt.doubt:.0f} %)", *doubt.reasons, *_versions(case)]


def _conflicting(case: _Case, similar: _Similar) -> Sorted:
    twins = case.suspect.twins if case.suspect else ()
    labels = {similar.by_id[twin].label for twin in twins if twin in similar.by_id} - {case.row.label}
    if not labels:
        return None
    named = " and ".join(plainly(label) for label in sorted(labels))
    return Kind.GAP, [f"The same text is also labelled {named}: no prompt can get both right", *_versions(case)]


def _fixable(case: _Case, similar: _Similar) -> Sorted:
    if not case.hits:
        return None
    return Kind.FIXABLE, [f"{_of(case.hits, case, 'prompt version')} got it right"]


def _disagreeing(case: _Case, similar: _Similar) -> Sorted:
    if len(case.wrong) > 1:
        return Kind.GAP, _versions(case)
    near = similar.to(case.row)
    counts = Counter(row.label for row in near)
    said = next(iter(case.wrong), "")
    if not said or min(counts[case.row.label], counts[said]) < BOTH_WAYS:
        return None
    return Kind.GAP, [
        f"Of the {len(near)} most similar rows {counts[case.row.label]} are labelled {plainly(case.row.label)} and {counts[said]} "
        f"{plainly(said)}", *_versions(case),
    ]


def _left(case: _Case, similar: _Similar) -> tuple[Kind, list[str]]:
    near = [row for row in similar.to(case.row) if row.label == case.row.label and similar.right(row)]
    if near:
        lesson = f"{counted(len(near), 'similar row')} labelled {plainly(case.row.label)} {'is' if len(near) == 1 else 'are'} read right"
    else:
        lesson = "Nothing speaks clearly against the label: a rule, a note or an example may teach it"
    return Kind.FIXABLE, [lesson, *_versions(case)]


# ---- in words

def _of(count: int, case: _Case, noun: str = "reply") -> str:
    """2 of 5 replies, the only reply."""
    many = {"reply": "replies"}.get(noun, noun + "s")
    return f"{count} of {len(case.said)} {many}" if len(case.said) > 1 else f"The only {noun}"


def _versions(case: _Case) -> list[str]:
    """What the versions say instead of the label, commonest first; replies without a label are not counted here."""
    said = case.wrong.most_common()
    if not said:
        return []
    if len(case.said) == 1:
        return [f"The only prompt version that read it says {plainly(said[0][0])}"]
    if said[0][1] == len(case.said):
        return [f"All {len(case.said)} prompt versions say {plainly(said[0][0])}"]
    named = " and ".join(f"{times} {'says' if times == 1 else 'say'} {plainly(label)}" for label, times in said)
    return [f"Of {len(case.said)} prompt versions {named}"]
