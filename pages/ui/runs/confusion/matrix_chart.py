"""The confusion matrix as a plotly figure: correct label down, what was read across. Right answers and what
got better in one colour, mistakes and what got worse in the other; the two are told apart by every eye, and
the diagonal is where the right ones are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.metrics.confusion import Counts, MatrixCell, column_names, shares
from core.wording import squeezed
from pages.ui.charts import INK, _quiet
from pages.ui.wording import escape_chart, shortened

FEW, NAMED = (
    10,
    20,
)  # labels up to which there is room for a unit in each cell, and for names under the columns
GOOD, BAD = "27,138,133", "213,94,0"  # the accent and the colour of losses, as plotly mixes them
SCALE = [
    [0, f"rgba({GOOD},0.8)"],
    [0.4999, f"rgba({GOOD},0.1)"],
    [0.4999, "rgba(138,151,153,0.09)"],
    [0.5001, "rgba(138,151,153,0.09)"],
    [0.5001, f"rgba({BAD},0.1)"],
    [1, f"rgba({BAD},0.8)"],
]


@dataclass(frozen=True, slots=True)
class Matrix:
    """`counts` are those of the reading that is shown, `grown` by how many rows each cell grew since another
    reading (None: that is not asked for), whose name is `since`. `by_share`: cells as shares of their row. `shown`: places of the labels
    that have a row and a column; empty: all of them."""

    labels: tuple[str, ...]
    counts: Counts
    grown: Counts | None = None
    since: str = ""
    by_share: bool = False
    shown: tuple[int, ...] = ()

    @property
    def rows(self) -> list[int]:
        """Places of the labels that are shown."""
        return list(self.shown or range(len(self.labels)))

    @property
    def columns(self) -> list[int]:
        """Places of the columns that are shown: every label of the rows, the two others only where they hold
        something."""
        tables = [table for table in (self.counts, self.grown) if table is not None]
        n = len(self.labels)
        others = [j for j in (n, n + 1) if any(table[i][j] for table in tables for i in self.rows)]
        return [*self.rows, *others]


def matrix_chart(matrix: Matrix, chosen: str | None, theme: str) -> go.Figure:
    """Each cell has its name (`MatrixCell` as a text) as `customdata` of an unseen mark on it, which shows as a
    frame once it is chosen."""
    rows, columns, few = matrix.rows, matrix.columns, len(matrix.rows) <= FEW
    ink, height = INK.get(theme, INK["light"]), 42 if few else 24
    cells = [MatrixCell(i, j) for i in rows for j in columns]
    places = {j: index for index, j in enumerate(columns)}
    figure = go.Figure(
        go.Heatmap(
            z=_strengths(matrix),
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            text=_written(matrix, few),
            texttemplate="%{text}",
            textfont={"color": ink},
            hoverinfo="skip",
            zmin=-1,
            zmax=1,
            colorscale=SCALE,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    names = [str(cell) for cell in cells]
    figure.add_scatter(
        x=[places[cell.column] for cell in cells],
        y=[places[cell.row] for cell in cells],
        mode="markers",
        customdata=names,
        hovertext=_hints(matrix, cells),
        hoverinfo="text",
        hoverlabel={"align": "left"},
        marker={
            "symbol": "square-open",
            "size": height - 8,
            "color": ink,
            "line": {"width": 2},
            "opacity": [int(name == chosen) for name in names],
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
    )
    down, across = _names(matrix)
    figure.update_xaxes(
        title="predicted",
        tickvals=list(range(len(columns))),
        ticktext=across,
        showgrid=False,
        zeroline=False,
        tickangle=0 if len(columns) <= 3 else -35 if few else -90,
        range=[-0.5, len(columns) - 0.5],
    )
    figure.update_yaxes(
        title="correct",
        tickvals=list(range(len(rows))),
        ticktext=down,
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return _quiet(figure, height=(110 if few else 170) + height * max(len(rows), 3)).update_layout(
        hoverdistance=-1
    )


def _names(matrix: Matrix) -> tuple[list[str], list[str]]:
    """Of rows and columns. Names often differ at their end, so it stays. Where there are too many to stand
    side by side, on a narrow screen above all, the columns have the numbers of the rows."""
    names, rows, columns = column_names(matrix.labels), matrix.rows, matrix.columns
    short = [escape_chart(squeezed(names[i], 18 if len(rows) <= FEW else 26)) for i in rows]
    if len(rows) <= NAMED:
        return short, [escape_chart(squeezed(names[j], 16)) for j in columns]
    numbered = [f"{name}  {index}" for index, name in enumerate(short, 1)]
    return numbered, [
        str(at + 1) if at < len(rows) else escape_chart(names[j]) for at, j in enumerate(columns)
    ]


def _strengths(matrix: Matrix) -> list[list[float]]:
    """-1 to 1: below 0 for what is good (right answers, or what got better), above for what is not."""
    if matrix.grown is None:
        table = shares(matrix.counts)
    else:
        most = max((abs(cell) for row in matrix.grown for cell in row), default=0) or 1
        table = [[cell / most for cell in row] for row in matrix.grown]
    return [[(-1 if i == j else 1) * table[i][j] for j in matrix.columns] for i in matrix.rows]


def _written(matrix: Matrix, few: bool) -> list[list[str]]:
    table = matrix.counts if matrix.grown is None else matrix.grown
    sign, unit = ("" if matrix.grown is None else "+"), (" %" if few else "")

    def text(cell: int, total: int) -> str:
        if not cell:
            return ""
        return (
            format(100 * cell / total, sign + ".0f") + unit if matrix.by_share else format(cell, sign + ",")
        ).replace("-", "−")

    return [[text(table[i][j], sum(matrix.counts[i]) or 1) for j in matrix.columns] for i in matrix.rows]


def _hints(matrix: Matrix, cells: Sequence[MatrixCell]) -> list[str]:
    names, hints = column_names(matrix.labels), []
    for cell in cells:
        count, total = matrix.counts[cell.row][cell.column], sum(matrix.counts[cell.row])
        read = f"<b>{count:,}</b> of {total:,} rows of {escape_chart(shortened(names[cell.row], 60))}"
        how = (
            "predicted right"
            if cell.right
            else f"predicted as {escape_chart(shortened(names[cell.column], 60))}"
        )
        if not cell.right and cell.column >= len(matrix.labels):
            how = escape_chart(names[cell.column])
        grown = 0 if matrix.grown is None else matrix.grown[cell.row][cell.column]
        since = (
            f"<br>{grown:+,} against {escape_chart(matrix.since)}".replace("-", "−")
            if matrix.grown is not None
            else ""
        )
        hints.append(f"{read}<br>{how}{since}")
    return hints
