"""What changed in a dataset from one state to another: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.metrics.changed_labels import changes_since
from core.types import Dataset, Example
from core.wording import counted, quoted

KINDS = (
    "added",
    "removed",
    "relabelled",
    "reworded",
    "excluded",
    "included",
    "noted",
    "canonical",
    "moved",
)


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One thing that is different about a row: one of KINDS. `before` and `after` are its values: labels, texts, notes,
    parts; "yes" and "" for marks."""

    example_id: str
    text: str
    kind: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class DatasetChanges:
    """From one state to another. A row with a label that was renamed, or merged, in the label set is not relabelled; one
    that only got its part chosen is not moved. `redefined`: labels of both states with another definition."""

    rows: tuple[RowDifference, ...] = ()
    labels_added: tuple[str, ...] = ()
    labels_removed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    redefined: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.rows or self.labels_added or self.labels_removed or self.renamed or self.redefined)

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by kind, in the order of KINDS, those there are."""
        counted = Counter(each.kind for each in self.rows)
        return {kind: counted[kind] for kind in KINDS if counted[kind]}


def dataset_changes(then: Dataset, now: Dataset) -> DatasetChanges:
    old, new = {row.id: row for row in then.examples}, {row.id: row for row in now.examples}
    names, names_now = then.labels.names, now.labels.names
    renamed = dict(changes_since(then.examples, now.examples, names_now).renamed)
    changed = [each for row in then.examples if row.id in new for each in _of_row(row, new[row.id], renamed)]
    removed = [_whole(row, "removed") for row in then.examples if row.id not in new]
    added = [_whole(row, "added") for row in now.examples if row.id not in old]
    both = [name for name in names_now if name in names]
    was, becomes = then.labels.definitions, now.labels.definitions
    return DatasetChanges(
        (*added, *removed, *sorted(changed, key=lambda each: KINDS.index(each.kind))),
        tuple(name for name in names_now if name not in names and name not in renamed.values()),
        tuple(name for name in names if name not in names_now and name not in renamed),
        tuple(renamed.items()),
        tuple(name for name in both if was.get(name, "") != becomes.get(name, "")),
    )


def _whole(row: Example, kind: str) -> RowDifference:
    before, after = ("", row.label) if kind == "added" else (row.label, "")
    return RowDifference(row.id, row.text, kind, before, after)


def _of_row(was: Example, row: Example, renamed: Mapping[str, str]) -> Iterator[RowDifference]:
    def different(kind: str, before: object, after: object) -> Iterator[RowDifference]:
        if before != after:
            yield RowDifference(row.id, row.text, kind, _value(before), _value(after))

    if row.label != renamed.get(was.label, was.label):
        yield from different("relabelled", was.label, row.label)
    yield from different("reworded", was.text, row.text)
    yield from different("excluded" if row.excluded else "included", was.excluded, row.excluded)
    yield from different("noted", was.note, row.note)
    yield from different("canonical", was.canonical, row.canonical)
    if was.split:
        yield from different("moved", was.split, row.split)


def _value(value: object) -> str:
    return ("yes" if value else "") if isinstance(value, bool) else str(value)


# ---- in words

_WORDS = {
    "added": "added",
    "removed": "removed",
    "relabelled": "relabelled",
    "reworded": "with another text",
    "excluded": "excluded",
    "included": "taken in again",
    "noted": "with another note",
    "canonical": "marked or unmarked as canonical",
    "moved": "moved to another part",
}


def changes_in_words(changes: DatasetChanges) -> str:
    """Such as "3 rows relabelled, 1 row added; label spam added"."""
    if changes.nothing:
        return "nothing changed"
    rows = [f"{counted(number, 'row')} {_WORDS[kind]}" for kind, number in changes.counts.items()]
    labels = [f"label {quoted(old)} renamed {quoted(new)}" for old, new in changes.renamed]
    labels += [f"label {quoted(name)} added" for name in changes.labels_added]
    labels += [f"label {quoted(name)} removed" for name in changes.labels_removed]
    labels += [f"definition of {quoted(name)} changed" for name in changes.redefined]
    return "; ".join(filter(None, (", ".join(rows), ", ".join(labels))))
