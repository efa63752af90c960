"""Coverage against accuracy: how many rows are answered, and how many of these answers are right."""

from __future__ import annotations

import plotly.graph_objects as go

from core.confidence.coverage import CoveragePoint, Gate
from core.confidence.trial import CascadeTrial
from core.exports.report.palette import ACCENT, QUIET
from core.wording import count, percent
from pages.ui.charts import LARGE, LEGIBLE, scheme

OTHER = "#AA3377"
SMALL = 6


def coverage_chart(trial: CascadeTrial) -> go.Figure:
    """A line for the local model and one for the answers that samples agree with; the chosen threshold is a large mark,
    the target a dotted line."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100],
        y=[100 * trial.target] * 2,
        mode="lines",
        name="target",
        hoverinfo="skip",
        line={"color": QUIET, "dash": "dot", "width": 1.5},
    )
    mixed = trial.local is not None and trial.local.threshold is not None
    agreement = "local model and agreeing replies" if mixed else "replies agree"
    if trial.local is not None:
        _add_line(figure, trial.local, "local model is sure", ACCENT, "circle")
    if trial.agreement is not None:
        _add_line(figure, trial.agreement, agreement, OTHER, "square")
    return _with_axes(figure)


def _add_line(figure: go.Figure, gate: Gate, name: str, color: str, symbol: str) -> None:
    points = gate.curve
    figure.add_scatter(
        x=[100 * point.coverage for point in points],
        y=[100 * (point.accuracy or 0.0) for point in points],
        mode="lines+markers",
        name=name,
        line={"color": color, "width": 2},
        marker={
            "symbol": symbol,
            "color": color,
            "size": [LARGE if point.threshold == gate.threshold else SMALL for point in points],
        },
        hovertext=[_in_words(point) for point in points],
        hoverinfo="text",
        cliponaxis=False,
    )


def _in_words(point: CoveragePoint) -> str:
    answered = f"{point.answered:,} of {count(point.rows, 'row')} answered"
    return f"{percent(point.threshold, 0)} sure or more: {answered}<br>{point.right:,} right ({percent(point.accuracy)})"


def _with_axes(figure: go.Figure) -> go.Figure:
    words = LEGIBLE[scheme()]
    figure.update_layout(
        height=320,
        margin={"l": 8, "r": 16, "t": 40, "b": 8},
        dragmode=False,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        legend_itemsizing="constant",
        font_color=words,
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
    )
    axes = {"ticksuffix": " %", "zeroline": False, "tickfont_color": words, "title_font_color": words}
    figure.update_xaxes(title="rows answered", range=[0, 101], showgrid=False, **axes)
    figure.update_yaxes(title="answers right", **axes)
    return figure
