"""Confusion matrices, drawn: correct label down, predicted label across; right answers in one colour, wrong
ones in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.exports.report.svg import draw, fixed, written
from core.metrics.confusion import OUTSIDE, mistakes_by_size
from core.types import Metrics
from core.wording import squeezed

OTHERS = "all other labels"
GUTTER, CELL, LINE, FOOT = 104.0, 50.0, 34.0, 62.0
NAME = 14  # characters of a label beside the matrix


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts with the names of rows and columns."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def named_rows(self) -> list[tuple[str, list[tuple[int, bool, float]]]]:
        """By label its cells: rows, whether they are the right answers, and their share of the row, 0 to 1."""
        return [
            (label, [(cell, i == j, cell / (sum(row) or 1)) for j, cell in enumerate(row)])
            for i, (label, row) in enumerate(zip(self.rows, self.counts, strict=True))
        ]


def most_confused(readings: Sequence[Metrics], labels: Sequence[str], most: int) -> list[int]:
    """The indexes of up to `most` labels, in their order: those with the most mistakes over all readings."""
    if len(labels) <= most:
        return list(range(len(labels)))
    wrong = [0] * len(labels)
    for read in readings:
        for i, row in enumerate(read.confusion):
            for j, cell in enumerate(row):
                if i != j:
                    wrong[i] += cell
                    if j < len(labels):
                        wrong[j] += cell
    return sorted(sorted(range(len(labels)), key=lambda i: (-wrong[i], i))[:most])


def matrix_of(read: Metrics, labels: Sequence[str], indexes: Sequence[int], extras: Sequence[bool]) -> Matrix:
    """The counts of the labels at `indexes`; predictions of the others fall into one column. `extras`: whether
    the columns for labels outside the list and unreadable replies are shown, so that all matrices of a run
    have the same columns."""
    n = len(labels)
    others = [j for j in range(n) if j not in set(indexes)]
    outside = [n + i for i, wanted in enumerate(extras) if wanted]
    rows = []
    for i in indexes:
        cells = [read.confusion[i][j] for j in indexes]
        cells += [sum(read.confusion[i][j] for j in others)] if others else []
        rows.append(tuple(cells + [read.confusion[i][j] for j in outside]))
    names = [labels[j] for j in indexes] + ([OTHERS] if others else []) + [OUTSIDE[j - n] for j in outside]
    return Matrix(tuple(labels[i] for i in indexes), tuple(names), tuple(rows))


def extras_of(readings: Sequence[Metrics]) -> tuple[bool, bool]:
    """Whether any reading has labels outside the list, and unreadable replies."""
    return any(read.unknown_label for read in readings), any(read.unreadable for read in readings)


def confusion_chart(matrix: Matrix, title: str) -> str:
    """As SVG. A cell's colour is its share of the row; cells without rows stay empty."""
    width, height = GUTTER + CELL * len(matrix.columns) + 4, LINE * len(matrix.rows) + FOOT
    drawing = fixed(width, height, title, "matrix")
    for i, (label, row) in enumerate(zip(matrix.rows, matrix.counts, strict=True)):
        y, total = LINE * i, sum(row)
        draw(
            drawing,
            "text",
            label,
            squeezed(label, NAME),
            kind="name",
            x=GUTTER - 8,
            y=y + 21,
            text_anchor="end",
        )
        for j, cell in enumerate(row):
            x, right = GUTTER + CELL * j, matrix.columns[j] == label and j < len(matrix.rows)
            kind = "cell" + (" right" if right else "")
            if not cell:
                draw(
                    drawing,
                    "rect",
                    kind=kind + " none",
                    x=x + 1,
                    y=y + 1,
                    width=CELL - 2,
                    height=LINE - 2,
                    rx=3,
                )
                continue
            hint = f"{cell:,} of {total:,} rows of {label}, predicted as {matrix.columns[j]}"
            opacity = f"{0.08 + 0.72 * cell / total:.2f}"
            draw(
                drawing,
                "rect",
                hint,
                kind=kind,
                x=x + 1,
                y=y + 1,
                width=CELL - 2,
                height=LINE - 2,
                rx=3,
                fill_opacity=opacity,
            )
            draw(
                drawing,
                "text",
                text=f"{cell:,}",
                kind="number",
                x=x + CELL / 2,
                y=y + 21,
                text_anchor="middle",
            )
    foot = LINE * len(matrix.rows) + 12
    for j, name in enumerate(matrix.columns):
        x = GUTTER + CELL * j + CELL / 2 + 4
        draw(
            drawing,
            "text",
            name,
            squeezed(name, NAME),
            kind="name",
            x=x,
            y=foot,
            text_anchor="end",
            transform=f"rotate(-32 {x:.1f} {foot:.1f})",
        )
    return written(drawing)


def worst_of(matrix: Matrix, most: int = 5) -> list[tuple[str, str, int]]:
    """The most frequent confusions: correct label, what it was read as, how often."""
    return [
        (matrix.rows[cell.row], matrix.columns[cell.column], count)
        for cell, count in mistakes_by_size(matrix.counts)[:most]
    ]
