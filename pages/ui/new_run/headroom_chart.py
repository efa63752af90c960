"""The chart of a headroom check: six ways to label the same rows, a dot each with its interval, and the line
that any prompt must beat."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.exports.report.palette import ACCENT, QUIET
from core.studies.headroom.advice import KIND_NAMES, Kind, Line
from pages.ui.wording import count, escape_chart, percent, with_interval

MEANING = {
    Kind.MAJORITY: "No model: always the same answer, the one that most rows have.",
    Kind.STARTING: "The lightweight model with the prompt that a run begins with.",
    Kind.REPAIRED: "The same replies; those that name no label of the set count as the label they most likely meant.",
    Kind.NEAREST: "No model: the label that the most similar training rows have, near duplicates left out.",
    Kind.EXAMPLES: "The lightweight model, shown those similar rows with their labels in the prompt.",
    Kind.CEILING: "The heavyweight model with the starting prompt: the likely ceiling.",
}
TICKS = (0, 25, 50, 75, 100)
WITHOUT_MODEL = (Kind.MAJORITY, Kind.NEAREST)


def headroom_chart(lines: Sequence[Line]) -> go.Figure:
    """From the top: what there is without a prompt, where a run begins, what more there may be. Figures stand
    beside the names."""
    figure, places = go.Figure(), {line.kind: place for place, line in enumerate(lines)}
    majority = next((line.accuracy for line in lines if line.kind is Kind.MAJORITY), None)
    if majority is not None:
        figure.add_vline(x=100 * majority, line={"color": QUIET, "dash": "dot", "width": 1.5})
    for line in lines:
        if line.evaluation is not None and line.evaluation.metrics.n:
            figure.add_scatter(**_dot(line, places[line.kind]))
    figure.update_yaxes(
        tickvals=list(places.values()),
        ticktext=[_name(line) for line in lines],
        range=[len(lines) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        ticks="",
    )
    figure.update_xaxes(
        range=[-2, 102], tickvals=TICKS, ticktext=[f"{tick} %" for tick in TICKS], zeroline=False
    )
    figure.update_layout(
        height=60 + 46 * len(lines),
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        showlegend=False,
        dragmode=False,
        hoverlabel={"align": "left"},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def in_figures(lines: Sequence[Line]) -> str:
    """The same in words, for those who do not see the chart."""
    return "; ".join(f"{KIND_NAMES[line.kind]}: {_figures(line)}" for line in lines)


def _dot(line: Line, place: int) -> dict:
    figures = line.evaluation.metrics
    share, (low, high) = 100 * figures.accuracy, (100 * end for end in figures.interval)
    color = QUIET if line.kind in WITHOUT_MODEL else ACCENT
    return {
        "x": [share],
        "y": [place],
        "mode": "markers",
        "marker": {
            "size": 12,
            "color": color,
            "symbol": "diamond" if line.kind is Kind.CEILING else "circle",
            "line": {"width": 0},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [high - share],
            "arrayminus": [share - low],
            "thickness": 2,
            "width": 5,
            "color": color,
        },
        "hovertext": [_hover(line)],
        "hoverinfo": "text",
    }


def _name(line: Line) -> str:
    return f"{KIND_NAMES[line.kind]}<br><span style='font-size:12px;color:{QUIET}'>{escape_chart(_figures(line))}</span>"


def _figures(line: Line) -> str:
    if line.evaluation is None or not line.evaluation.metrics.n:
        return "not read"
    return with_interval(line.accuracy, line.evaluation.metrics.interval)


def _hover(line: Line) -> str:
    figures = line.evaluation.metrics
    told = [
        f"{percent(figures.accuracy)}: {figures.correct:,} of {count(figures.n, 'row')}",
        MEANING[line.kind],
    ]
    nameless = figures.unreadable + figures.unknown_label
    told += [f"{count(nameless, 'reply')} without a label of the set"] if nameless else []
    told += [f"{figures.cut_off:,} of them cut off at the length limit"] if figures.cut_off else []
    told += [f"{count(figures.failed, 'call')} failed and counted nowhere"] if figures.failed else []
    if line.against is not None and line.against.n:
        told.append(
            f"Against the starting prompt: {len(line.against.fixed):,} more right, {len(line.against.broke):,} more wrong"
        )
    return "<br>".join(told)
