"""Rows to train, validation and test: stratified, near-duplicates together, the same whatever the order of
the rows."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.data.quotas import RARE, Quotas, quotas
from core.errors import DataError
from core.similarity.duplicates import group_near_duplicates
from core.types import SPLITS, Example

FRACTIONS = (0.5, 0.25, 0.25)
HELD_OUT = SPLITS[1:]
# Below this many rows a test part would say nothing and starve the other two.
MIN_FOR_TEST = 12


def split(
    examples: Sequence[Example],
    seed: int,
    free: bool = False,
    fractions: tuple[float, float, float] = FRACTIONS,
) -> tuple[Example, ...]:
    """The same rows in the same order, each with a split; excluded rows have none.

    Given splits stand. Near-duplicates never part (see group_near_duplicates), canonical rows go to train,
    and each label is spread by `fractions` (train, validation, test) as exactly as its groups allow; rare
    labels go to train first. Under MIN_FOR_TEST usable rows there is no test part. Depends on seed, ids and
    texts, not on the order of the rows. Of rows with `free` answers, or several labels, none are spread: nearly every
    row would be one of a rare label. Raises DataError where train or validation would be empty.
    """
    if free:
        parts = split([replace(e, label="") for e in examples], seed, fractions=fractions)
        return tuple(replace(e, split=part.split) for e, part in zip(examples, parts, strict=True))
    usable = sorted((e for e in examples if not e.excluded), key=lambda e: (e.id, e.text, e.label))
    chosen = {id(e): e.split for e in usable}
    if not all(chosen.values()):  # near-duplicates of 20,000 rows take seconds to find
        groups = _groups(usable, seed)
        if len(usable) < MIN_FOR_TEST:
            fractions = (fractions[0], fractions[1], 0.0)
        _assign(groups, quotas(Counter(e.label for e in usable), fractions))
        chosen = {id(e): e.split or group.split for group in groups for e in group.rows}
    for needed in ("train", "validation"):
        if needed not in chosen.values():
            raise DataError(_no_rows_for(needed, usable))
    return tuple(replace(e, split=chosen.get(id(e), "")) for e in examples)


@dataclass(slots=True)
class _Group:
    """Near-duplicates. `split` is where those of its rows go that have none; `order` is chance, fixed by the
    seed."""

    rows: list[Example]
    order: str
    split: str = ""

    @property
    def free(self) -> bool:
        """Whether nothing but balance decides where it goes."""
        return not any(e.split or e.canonical for e in self.rows)

    @property
    def labels(self) -> Counter[str]:
        return Counter(e.label for e in self.rows)


def _groups(usable: Sequence[Example], seed: int) -> list[_Group]:
    """Groups in an order drawn by the seed from ids alone."""
    members: dict[int, list[Example]] = defaultdict(list)
    for number, example in zip(group_near_duplicates([e.text for e in usable]), usable, strict=True):
        members[number].append(example)
    return sorted(
        (_Group(rows, min(_chance(seed, e.id) for e in rows)) for rows in members.values()),
        key=lambda g: g.order,
    )


def _chance(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).hexdigest()


def _assign(groups: list[_Group], wanted: Quotas) -> None:
    """Decide the split of each group: first those with no choice, then by need, larger groups before
    smaller."""
    for group in groups:
        given = {e.split for e in group.rows} - {""}
        if given:
            group.split = next(name for name in SPLITS if name in given)
        elif not group.free:
            group.split = "train"
        if group.split:
            for e in group.rows:
                wanted.take(e.split or group.split, {e.label: 1})
    free = sorted((g for g in groups if not g.split), key=lambda g: -len(g.rows))
    for group in free:
        group.split = wanted.neediest(group.labels)
        wanted.take(group.split, group.labels)
    _repair(groups, free)


def _repair(groups: list[_Group], free: list[_Group]) -> None:
    """Move groups, the smallest first, where a label or a whole part is missing that could be there."""
    held = {name: Counter[str]() for name in SPLITS}
    for group in groups:
        for e in group.rows:
            held[e.split or group.split][e.label] += 1
    totals = sum(held.values(), Counter[str]())
    for label in sorted(label for label, n in totals.items() if n >= RARE):
        for needed in ("train", "validation"):
            if not held[needed][label]:
                _move(free, held, needed, [g for g in free if g.labels[label]])
    for needed in ("train", "validation"):
        if not held[needed].total():
            _move(free, held, needed, free)


def _move(free: list[_Group], held: dict[str, Counter[str]], to: str, candidates: list[_Group]) -> None:
    """Move the smallest candidate that can be spared where it is, if there is one, to split `to`."""

    def spared(group: _Group) -> bool:
        here = held[group.split]
        if group.split == to or (here.total() == len(group.rows) and group.split != "test"):
            return False
        totals = sum(held.values(), Counter[str]())
        return group.split == "test" or all(
            here[label] > n or totals[label] < RARE for label, n in group.labels.items()
        )

    movable = [group for group in candidates if spared(group)]
    if movable:
        group = min(movable, key=lambda g: (len(g.rows), g.order))
        held[group.split] -= group.labels
        held[to] += group.labels
        group.split = to


def _no_rows_for(needed: str, usable: Sequence[Example]) -> str:
    if not usable:
        return (
            "There are no usable rows to split: label some on Review, add labelled rows, "
            "or include some that are excluded."
        )
    if all(e.split for e in usable):
        return f"Every row has a split and none is {needed}: mark some rows as {needed}, or leave some splits empty."
    return (
        f"No rows are left for {needed}, because rows with nearly the same text, given splits and canonical rows stay where they are: "
        "add rows with different texts."
    )
