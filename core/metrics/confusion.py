"""Cells of the confusion matrix: the rows behind each, the biggest mistakes, and what another prompt did to
all of them.

A matrix is that of `Metrics.confusion`: a row per correct label; a column per label, then labels outside the
list, then unreadable replies. Failed calls are in no cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.types import Example, Outcome, Prediction

OUTSIDE = ("not in the list", "unreadable")  # the names of the last two columns
Counts = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, order=True)
class MatrixCell:
    """Places in the label set; `column` goes two further: see `column_of`."""

    row: int
    column: int

    @property
    def right(self) -> bool:
        return self.row == self.column

    def __str__(self) -> str:
        return f"{self.row}-{self.column}"


@dataclass(frozen=True, slots=True)
class Move:
    """Rows of one correct label that one prompt read as `before` and another one as `after`, which are
    different cells."""

    before: MatrixCell
    after: MatrixCell
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CellEffect:
    """What another prompt did, seen from one cell of mistakes. `here`: its rows that both prompts were scored
    on; `fixed_here` and `moved_here` (still wrong, otherwise) are ids of them, `came_here` of rows that are
    in it now. `elsewhere` are the moves of all other rows, largest first; `fixed` and `broke` count those of
    them that became right, or wrong."""

    cell: MatrixCell
    here: int
    fixed_here: tuple[str, ...]
    moved_here: tuple[str, ...]
    came_here: tuple[str, ...]
    elsewhere: tuple[Move, ...]

    @property
    def fixed(self) -> int:
        return sum(len(move.ids) for move in self.elsewhere if move.after.right)

    @property
    def broke(self) -> int:
        return sum(len(move.ids) for move in self.elsewhere if move.before.right)


def column_of(prediction: Prediction, index: Mapping[str, int]) -> int | None:
    """The column of a reply, `index` being the place of each label; None for a failed call. A label that has
    left the set since it was read is outside the list by now."""
    if prediction.outcome is Outcome.FAILED:
        return None
    if prediction.outcome is Outcome.LABEL:
        return index.get(prediction.label, len(index))
    return len(index) + (prediction.outcome is Outcome.UNREADABLE)


def cells_of(
    examples: Iterable[Example], predictions: Iterable[Prediction], labels: Sequence[str]
) -> dict[str, MatrixCell]:
    """By row id, the cell of every scored row whose label is in the set, in the order of the predictions."""
    index = {label: at for at, label in enumerate(labels)}
    truth = {row.id: index[row.label] for row in examples if row.label in index}
    columns = ((each.example_id, column_of(each, index)) for each in predictions if each.example_id in truth)
    return {
        identity: MatrixCell(truth[identity], column) for identity, column in columns if column is not None
    }


def column_names(labels: Sequence[str]) -> tuple[str, ...]:
    return (*labels, *OUTSIDE)


def cell_in_words(cell: MatrixCell, labels: Sequence[str]) -> str:
    """bug predicted as improvement; bug predicted as a label not in the list; bug, reply unreadable; bug,
    predicted right"""
    label = labels[cell.row]
    if cell.right:
        return label + ", predicted right"
    if cell.column < len(labels):
        return f"{label} predicted as {labels[cell.column]}"
    return label + (
        " predicted as a label not in the list" if cell.column == len(labels) else ", reply unreadable"
    )


def mistakes_by_size(table: Counts) -> list[tuple[MatrixCell, int]]:
    """The cells off the diagonal that hold rows, most first."""
    cells = [
        (MatrixCell(i, j), count)
        for i, row in enumerate(table)
        for j, count in enumerate(row)
        if count and i != j
    ]
    return sorted(cells, key=lambda sized: (-sized[1], sized[0]))


def shares(table: Counts) -> list[list[float]]:
    """Each cell as a share of its row, 0 to 1; a row without rows is all 0."""
    return [[count / (sum(row) or 1) for count in row] for row in table]


def difference(
    before: Mapping[str, MatrixCell], after: Mapping[str, MatrixCell], labels: Sequence[str]
) -> list[list[int]]:
    """By how many rows each cell grew, over the rows scored by both: what fell out of one of the readings is
    no change."""
    grown = [[0] * (len(labels) + len(OUTSIDE)) for _ in labels]
    for identity in before.keys() & after.keys():
        old, new = before[identity], after[identity]
        grown[old.row][old.column] -= 1
        grown[new.row][new.column] += 1
    return grown


def moves(before: Mapping[str, MatrixCell], after: Mapping[str, MatrixCell]) -> tuple[Move, ...]:
    """Which rows went from which cell to which, the largest moves first; rows that only one prompt was scored
    on are left out."""
    by_cells: dict[tuple[MatrixCell, MatrixCell], list[str]] = {}
    for identity, old in before.items():
        new = after.get(identity, old)
        if new != old:
            by_cells.setdefault((old, new), []).append(identity)
    ranked = sorted(by_cells.items(), key=lambda move: (-len(move[1]), move[0]))
    return tuple(Move(old, new, tuple(ids)) for (old, new), ids in ranked)


def effect_on(
    cell: MatrixCell, before: Mapping[str, MatrixCell], after: Mapping[str, MatrixCell]
) -> CellEffect:
    """What became of the rows of one cell, and of all others. `before` and `after` are as `cells_of` gives
    them."""
    here = [identity for identity, old in before.items() if old == cell and identity in after]
    return CellEffect(
        cell,
        len(here),
        fixed_here=tuple(identity for identity in here if after[identity].right),
        moved_here=tuple(
            identity for identity in here if not after[identity].right and after[identity] != cell
        ),
        came_here=tuple(
            identity for identity, old in before.items() if old != cell and after.get(identity) == cell
        ),
        elsewhere=tuple(move for move in moves(before, after) if move.before != cell),
    )


def effect_in_words(effect: CellEffect, labels: Sequence[str], most: int = 4) -> str:
    """5 of 7 mistakes of this kind fixed (1 more predicted otherwise, still wrong), 2 new elsewhere: bug → improvement
    2; 1 fixed elsewhere"""
    here = f"{len(effect.fixed_here):,} of {effect.here:,} mistakes of this kind fixed"
    if effect.moved_here:
        here += f" ({len(effect.moved_here):,} more predicted otherwise, still wrong)"
    broken = [move for move in effect.elsewhere if move.before.right]
    names = column_names(labels)
    moved = [
        f"{names[move.before.column]} → {names[move.after.column]} {len(move.ids):,}"
        for move in broken[:most]
    ]
    moved += [f"and {sum(len(move.ids) for move in broken[most:]):,} more"] if len(broken) > most else []
    elsewhere = f"{effect.broke:,} new elsewhere: {', '.join(moved)}" if broken else "none new elsewhere"
    return f"{here}, {elsewhere}" + (f"; {effect.fixed:,} fixed elsewhere" if effect.fixed else "")
