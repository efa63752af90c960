"""What has become of the rows of a run since it started, by row id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from core.prompts.label_match import match_label
from core.types import Example, Outcome, Prediction


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of rows with another label (`relabelled`), left out since or taken in again, with another text, or
    deleted; a row may be in several. `renamed`: labels that have left the label set, and the one that their
    rows have now; such rows are not `relabelled`, nor are those that got their first label. `added` rows no
    run has read, so they change no past figure and are not part of `count`."""

    relabelled: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    reworded: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def count(self) -> int:
        """Rows that differ, and labels renamed or merged."""
        return len({*self.relabelled, *self.excluded, *self.included, *self.reworded, *self.gone}) + len(
            self.renamed
        )


def changes_since(then: Sequence[Example], now: Sequence[Example], labels: Collection[str]) -> Changes:
    """`then`: all rows as a run was started on them; `now`: all rows as they are; `labels`: the label set
    now."""
    old, new = {row.id: row for row in then}, {row.id: row for row in now}
    both = [(row, new[row.id]) for row in then if row.id in new]
    renamed = _renamed(both, labels)
    return Changes(
        relabelled=tuple(
            was.id for was, row in both if was.label and row.label != renamed.get(was.label, was.label)
        ),
        excluded=tuple(was.id for was, row in both if row.excluded and not was.excluded),
        included=tuple(was.id for was, row in both if was.excluded and not row.excluded),
        reworded=tuple(was.id for was, row in both if was.text != row.text),
        gone=tuple(row.id for row in then if row.id not in new),
        added=tuple(row.id for row in now if row.id not in old),
        renamed=tuple(renamed.items()),
    )


def _renamed(both: Sequence[tuple[Example, Example]], labels: Collection[str]) -> dict[str, str]:
    """A label that is no longer in the set, and the one that most of its rows have now: it was renamed or
    merged into that."""
    became: dict[str, Counter[str]] = {}
    for was, row in both:
        if was.label and was.label not in labels:
            became.setdefault(was.label, Counter())[row.label] += 1
    successor = {}
    for label, counts in became.items():
        most, times = counts.most_common(1)[0]
        if most in labels and 2 * times > counts.total():
            successor[label] = most
    return successor


def read_by(prediction: Prediction, labels: Collection[str], renamed: Mapping[str, str]) -> Prediction:
    """What a stored reply says by today's label set: a renamed label is the new one, and a label that was
    unknown then may be known now."""
    if prediction.outcome is Outcome.LABEL:
        return (
            replace(prediction, label=renamed[prediction.label])
            if prediction.label in renamed
            else prediction
        )
    if prediction.outcome is Outcome.UNKNOWN_LABEL and (label := match_label(prediction.said, tuple(labels))):
        return replace(prediction, outcome=Outcome.LABEL, label=label)
    return prediction
