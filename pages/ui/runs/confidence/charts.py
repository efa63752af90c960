"""Coverage against accuracy: how many rows are answered, and how many of these answers are right."""

from __future__ import annotations

import plotly.graph_objects as go

from core.confidence.coverage import CoveragePoint, Gate
from core.confidence.trial import CascadeTrial
from core.exports.report.palette import ACCENT, QUIET
from core.wording import count, percent
from pages.ui.charts import LARGE, _quiet

OTHER = "#AA3377"
SMALL = 6


def coverage_chart(trial: CascadeTrial) -> go.Figure:
    """A line for the local model and one for the answers that samples agree with, or the model is sure of, each with the
    lower end of its interval, which decides, as a thin one; the chosen threshold is a large mark, the target a dotted line."""
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
    own = trial.wish.logprobs
    sure = "the model is sure of its label" if own else "replies agree"
    agreement = (
        ("local model and sure labels" if own else "local model and agreeing replies") if mixed else sure
    )
    if trial.local is not None:
        _add_line(figure, trial.local, "local model is sure", ACCENT, "circle")
    if trial.agreement is not None:
        _add_line(figure, trial.agreement, agreement, OTHER, "square")
    axes = {"ticksuffix": " %", "zeroline": False}
    figure.update_xaxes(title="rows answered", range=[0, 101], showgrid=False, **axes)
    figure.update_yaxes(title="answers right", **axes)
    legend = {"itemsizing": "constant"}
    return _quiet(figure, height=320, legend=True).update_layout(legend=legend, margin_r=16)


def _add_line(figure: go.Figure, gate: Gate, name: str, color: str, symbol: str) -> None:
    points = gate.curve
    figure.add_scatter(
        x=[100 * point.coverage for point in points],
        y=[100 * point.interval[0] for point in points],
        mode="lines",
        hoverinfo="skip",
        line={"color": color, "width": 1},
        showlegend=False,
        cliponaxis=False,
    )
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
    right = f"{point.right:,} right ({percent(point.accuracy)}, luck down to {percent(point.interval[0])})"
    return f"{percent(point.threshold, 0)} sure or more: {answered}<br>{right}"
