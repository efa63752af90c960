"""What has become of the rows of a run since it started, by row id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from core.metrics.comparison import luck_in_words, moves_in_words
from core.prompts.label_match import match_label
from core.types import Comparison, Example, Outcome, Prediction
from core.wording import count, percent


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
    def rows(self) -> frozenset[str]:
        """Ids of the rows that differ."""
        return frozenset((*self.relabelled, *self.excluded, *self.included, *self.reworded, *self.gone))

    @property
    def count(self) -> int:
        """Rows that differ, and labels renamed or merged."""
        return len(self.rows) + len(self.renamed)


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


def changed_rows_in_words(changes: Changes, read: Collection[str], part: str) -> str:
    """6 rows, 2 of them test rows (1 of them a test row), and 1 label renamed or merged; `read`: ids of the rows of the `part` ("test")."""
    rows, held = len(changes.rows), len(changes.rows & set(read))
    among = f"{held:,} of them {part} rows" if held else f"no {part} row"
    if held == 1:
        among = f"1 of them a {part} row"
    if rows == 1:
        among = f"{'a' if held else 'no'} {part} row"
    labels = f"{count(len(changes.renamed), 'label')} renamed or merged" if changes.renamed else ""
    return ", and ".join(filter(None, [f"{count(rows, 'row')}, {among}" if rows else "", labels]))


@dataclass(frozen=True, slots=True)
class CorrectCount:
    """So many right of so many scored. `accuracy` is 0 to 1, None where nothing was scored."""

    correct: int
    n: int

    @property
    def accuracy(self) -> float | None:
        return self.correct / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class RunCount:
    """What a run came to on the rows of a `part` ("test"), by one set of labels: with its starting prompt, with its best
    one, and both compared; None where there is nothing to compare. `graded`: answers have scores, of which only the full
    one is right."""

    before: CorrectCount | None
    after: CorrectCount
    comparison: Comparison | None
    part: str
    graded: bool = False

    def in_words(self, named: bool = True) -> str:
        """31 → 39 of 48 test rows right: 12 mistakes fixed, 4 new; may be luck (p = 0.077). No verdict where validation
        rows picked the prompt."""
        rows = f"{self.part} rows " if named else ""
        if not self.after.n:
            return f"no {self.part} row can be scored"
        right = f"{self.after.correct:,} of {self.after.n:,} {rows}right"
        if self.before is not None and self.before.n == self.after.n:
            right = f"{self.before.correct:,} → {right}"
        elif self.before is not None:
            right = f"{percent(self.before.accuracy)} → {percent(self.after.accuracy)} {'of the ' if rows else ''}{rows}right"
        right += " (full score)" if self.graded else ""
        if self.comparison is None or not self.comparison.n:
            return right
        luck = f"; {luck_in_words(self.comparison)}" if self.part == "test" else ""
        return f"{right}: {moves_in_words(self.comparison)}{luck}"
