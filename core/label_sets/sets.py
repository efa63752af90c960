"""Several labels of one row as one text: the names in alphabetical order with "; " between them. Where a dataset says
that its rows have several labels, every label of a row is such a text, also one with a single name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.errors import DataError
from core.prompts.label_match import fold
from core.types import Dataset, LabelSet

SEPARATOR = "; "
RESERVED = ";"  # no name may hold it


def set_label(names: Iterable[str]) -> str:
    """ "billing; bug" of bug, billing and bug."""
    return SEPARATOR.join(sorted(dict.fromkeys(names)))


def label_names(label: str) -> tuple[str, ...]:
    """The names in it; none of an empty label."""
    return tuple(name for part in label.split(RESERVED) if (name := part.strip()))


def names_of(labels: Iterable[str]) -> tuple[str, ...]:
    """Every name that one of the labels has, in alphabetical order."""
    return tuple(sorted({name for label in labels for name in label_names(label)}))


def all_names(labels: Iterable[str]) -> list[str]:
    """The names of all labels, as often as they stand there."""
    return [name for label in labels for name in label_names(label)]


def one_label_each(dataset: Dataset) -> Dataset:
    """Where rows have several labels, a row for each of them; for whoever looks at rows label by label."""
    if not dataset.labels.several:
        return dataset
    rows = tuple(
        replace(row, id=f"{row.id}/{number}", label=label)
        for row in dataset.examples
        for number, label in enumerate(label_names(row.label) or ("",))
    )
    return replace(dataset, labels=replace(dataset.labels, several=False), examples=rows)


def check_single(labels: LabelSet, what: str) -> None:
    """DataError where rows have several labels; `what` is what needs one a row, such as "the benchmark"."""
    if labels.several:
        raise DataError(f"Rows have several labels here, and {what} takes one label a row.")


def whole_labels(dataset: Dataset) -> tuple[str, ...]:
    """What rows can have as their label: the names, or, where rows have several, the sets that there are."""
    if not dataset.labels.several:
        return dataset.labels.names
    return tuple(dict.fromkeys(row.label for row in dataset.examples if row.label))


def single_labels(dataset: Dataset) -> list[str]:
    """The labels of all rows that have one, each by itself where rows have several."""
    labels = [row.label for row in dataset.examples if row.label]
    return all_names(labels) if dataset.labels.several else labels


def set_f1(given: Sequence[str], wanted: Sequence[str]) -> float:
    """F1 of two sets of names, 0 to 1 (Dice 1945; with one name each it is whether they are the same)."""
    first, second = {fold(name) for name in given}, {fold(name) for name in wanted}
    return 2 * len(first & second) / (len(first) + len(second)) if first or second else 0.0
