"""What is odd about rows, before anything is stored: what repeats, what contradicts itself, which labels may
be one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from core.label_sets.sets import label_names, set_label, single_labels
from core.similarity.duplicates import comparables, group_near_duplicates
from core.similarity.minhash import group_by_words
from core.types import Dataset, Example

RARE = 5
# Up to here every pair of texts that is close is looked for; above, texts that share most of their words.
MOST_ROWS_COMPARED = 20_000
_LONG_AT_LEAST, _TIMES_LONGER = 1_000, 10
_BETWEEN = re.compile(r"(?<=\w)[\s_\-]+(?=\w)")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One text (but for case, spaces and punctuation) with several labels: (example id, label) of each of its
    rows."""

    text: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Example ids, in groups where rows belong together. `labels` and `rare` are (label, rows), most frequent
    first. Each group of `spellings` may be one label; its first is the most frequent. `thorough`: all close
    pairs were looked for, not only by words."""

    rows: int
    labels: tuple[tuple[str, int], ...]
    empty: tuple[str, ...]
    repeats: tuple[tuple[str, ...], ...]
    near: tuple[tuple[str, ...], ...]
    contradictions: tuple[Contradiction, ...]
    spellings: tuple[tuple[str, ...], ...]
    rare: tuple[tuple[str, int], ...]
    long: tuple[str, ...]
    thorough: bool


def row_report(dataset: Dataset) -> Report:
    """Of all rows, excluded ones too. Texts count as the same where they differ in case, spaces and
    punctuation alone; `repeats` have the same label as well, `near` say nearly the same. 100,000 rows take a
    few seconds. A row without a label contradicts none."""
    examples = dataset.examples
    filled = [row for row in examples if row.text.strip()]
    keys = comparables([row.text for row in filled])
    same: dict[str, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        same[key].append(at)
    labels = Counter(single_labels(dataset)).most_common()
    thorough = len(same) <= MOST_ROWS_COMPARED
    return Report(
        len(examples),
        tuple(labels),
        tuple(row.id for row in examples if not row.text.strip()),
        _repeats(filled, same),
        _near(filled, same, thorough),
        _contradictions(filled, same),
        spellings(dict(labels)),
        tuple((label, n) for label, n in labels if n < RARE),
        _long(filled),
        thorough,
    )


def spellings(labels: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    """Groups of labels that differ in case, spaces, hyphens, dots at the end or the form of a character alone, the
    most frequent first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in sorted(labels, key=lambda label: (-labels[label], label)):
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold()).strip()
        groups[_BETWEEN.sub("", folded.rstrip(".… ") or folded)].append(label)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def new_spellings(labels: Mapping[str, int], known: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """As `spellings`, of labels that come to a dataset which has the labels `known`: those lead, and are
    never offered to be given up."""
    there = set(known)
    most = max(labels.values(), default=0) + 1
    weights = {**labels, **{label: labels.get(label, 0) + most for label in there}}
    groups = [
        (group[0], *(label for label in group[1:] if label not in there)) for group in spellings(weights)
    ]
    return tuple(group for group in groups if len(group) > 1)


def unite_labels(dataset: Dataset, groups: Sequence[Sequence[str]]) -> Dataset:
    """The dataset with every label of a group named as the group's first; its definition is the first one
    that there is."""
    into = {label: group[0] for group in groups for label in group}
    names = tuple(sorted({into.get(name, name) for name in dataset.labels.names}))
    known = dataset.labels.definitions
    definitions = {
        into.get(name, name): known[name] for name in reversed(dataset.labels.names) if name in known
    }
    definitions |= {name: known[name] for name in names if name in known}
    several = dataset.labels.several
    rows = tuple(
        replace(row, label=set_label(into.get(name, name) for name in label_names(row.label)))
        if several
        else replace(row, label=into.get(row.label, row.label))
        for row in dataset.examples
    )
    return replace(
        dataset, labels=replace(dataset.labels, names=names, definitions=definitions), examples=rows
    )


def _repeats(rows: Sequence[Example], same: Mapping[str, list[int]]) -> tuple[tuple[str, ...], ...]:
    repeats: list[tuple[str, ...]] = []
    for indexes in same.values():
        if len(indexes) > 1:
            by_label: dict[str, list[str]] = defaultdict(list)
            for at in indexes:
                by_label[rows[at].label].append(rows[at].id)
            repeats += [tuple(ids) for ids in by_label.values() if len(ids) > 1]
    return tuple(repeats)


def _contradictions(rows: Sequence[Example], same: Mapping[str, list[int]]) -> tuple[Contradiction, ...]:
    return tuple(
        Contradiction(rows[indexes[0]].text, tuple((rows[at].id, rows[at].label) for at in indexes))
        for indexes in same.values()
        if len({rows[at].label for at in indexes} - {""}) > 1
    )


def _near(
    rows: Sequence[Example], same: Mapping[str, list[int]], thorough: bool
) -> tuple[tuple[str, ...], ...]:
    """Groups of texts that are not the same: of each text its first row."""
    firsts = [indexes[0] for indexes in same.values()]
    numbers = (
        group_near_duplicates([rows[at].text for at in firsts]) if thorough else group_by_words(list(same))
    )
    groups: dict[int, list[str]] = defaultdict(list)
    for at, number in zip(firsts, numbers, strict=True):
        groups[number].append(rows[at].id)
    return tuple(tuple(ids) for ids in groups.values() if len(ids) > 1)


def _long(rows: Sequence[Example]) -> tuple[str, ...]:
    """Ten times as long as a usual text, and longer than 1,000 characters; the longest first."""
    if not rows:
        return ()
    limit = max(_LONG_AT_LEAST, _TIMES_LONGER * median(len(row.text) for row in rows))
    return tuple(row.id for row in sorted(rows, key=lambda row: -len(row.text)) if len(row.text) > limit)
