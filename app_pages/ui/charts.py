"""The charts: accuracy per step, the confusion matrix, label counts. Figures come in, a plotly figure goes out.

Labels and texts are data: plotly reads a little HTML, so they are escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go

from app_pages.ui.colors import ACCENT, LOSS, QUIET, label_colors
from app_pages.ui.words import half_width, percent, shortened, with_interval
from core.types import Metrics

FIGURE = {"displayModeBar": False, "responsive": True}
EXTRA_COLUMNS = ("not in the list", "unreadable")


def accuracy_chart(steps: Sequence, majority: float, chosen: int | None = None) -> go.Figure:
    """Validation accuracy per step with its interval: kept prompts filled, refused and undecided candidates hollow, the
    best so far as a line, training batches as small marks, and the majority line. `steps` are the store's StepFigures."""
    figure = go.Figure()
    measured = [step for step in steps if step.validation is not None and step.validation.n]
    kept = [step for step in measured if step.kept]
    refused = [step for step in measured if not step.kept]
    batches = [step for step in steps if step.batch is not None and step.batch.n]
    figure.add_hline(
        y=100 * majority, line={"color": QUIET, "dash": "dot", "width": 1.5},
        annotation={"text": f"most frequent label, {percent(majority)}", "font": {"color": QUIET, "size": 12}, "yanchor": "bottom"},
        annotation_position="top right",
    )
    figure.add_scatter(
        name="training batch", x=[s.number for s in batches], y=[100 * s.batch.accuracy for s in batches], mode="markers",
        marker={"symbol": "line-ew-open", "size": 10, "color": QUIET, "line": {"width": 2}},
        hovertext=[f"Step {s.number}, training batch before the edit: {percent(s.batch.accuracy)}" for s in batches], hoverinfo="text",
    )
    figure.add_scatter(
        name="best so far", x=[s.number for s in steps], y=_best_so_far(steps), mode="lines", hoverinfo="skip",
        line={"color": ACCENT, "width": 2, "shape": "hv"}, connectgaps=True,
    )
    figure.add_scatter(name="kept", **_marks(kept, "circle", ACCENT))
    figure.add_scatter(name="refused or undecided", **_marks(refused, "circle-open", LOSS))
    if chosen is not None:
        figure.add_vline(x=chosen, line={"color": ACCENT, "width": 10}, opacity=0.12)
    last = max([step.number for step in steps], default=0)
    figure.update_xaxes(title="step", dtick=1 if last <= 20 else None, range=[-0.4, max(last, 4) + 0.4], zeroline=False, showgrid=False)
    figure.update_yaxes(title="accuracy", ticksuffix=" %", range=_range(measured, batches, majority), zeroline=False)
    return _quiet(figure, height=330, legend=True)


def _marks(steps: Sequence, symbol: str, color: str) -> dict:
    return {
        "x": [s.number for s in steps],
        "y": [100 * s.validation.accuracy for s in steps],
        "error_y": {
            "type": "data", "symmetric": False, "thickness": 1.2, "width": 3,
            "array": [100 * (s.validation.interval[1] - s.validation.accuracy) for s in steps],
            "arrayminus": [100 * (s.validation.accuracy - s.validation.interval[0]) for s in steps],
        },
        "mode": "markers",
        "marker": {"symbol": symbol, "size": 10, "color": color, "line": {"width": 2}},
        "customdata": [s.number for s in steps],
        "hovertext": [
            f"Step {s.number}: {with_interval(s.validation.accuracy, s.validation.interval)}<br>{escape(s.reason)}" for s in steps
        ],
        "hoverinfo": "text",
    }


def _best_so_far(steps: Sequence) -> list[float | None]:
    best, line = None, []
    for step in steps:
        if step.kept and step.validation is not None and step.validation.n:
            best = max(best or 0.0, 100 * step.validation.accuracy)
        line.append(best)
    return line


def _range(measured: Sequence, batches: Sequence, majority: float) -> list[float]:
    lows = [100 * majority] + [100 * s.validation.accuracy - half_width(s.validation.interval) for s in measured]
    lows += [100 * s.batch.accuracy for s in batches]
    highs = [100 * majority] + [100 * s.validation.accuracy + half_width(s.validation.interval) for s in measured]
    highs += [100 * s.batch.accuracy for s in batches]
    return [max(0, min(lows) - 6), min(102, max(highs) + 6)]


def confusion_chart(metrics: Metrics, labels: Sequence[str], shares: bool = False, ink: str = "#1B2526") -> go.Figure:
    """Correct label down, predicted label across; columns for replies that were no label only where there are any.
    `ink` is the colour of the numbers, which plotly cannot choose on half-transparent cells."""
    columns = [*labels, *EXTRA_COLUMNS]
    used = [i for i in range(len(columns)) if i < len(labels) or any(row[i] for row in metrics.confusion)]
    rows = [[row[i] for i in used] for row in metrics.confusion]
    totals = [sum(row) or 1 for row in rows]
    z = [[cell / total for cell in row] for row, total in zip(rows, totals, strict=True)]
    written = [
        [("" if not cell else f"{100 * share:.0f} %" if shares else f"{cell:,}") for cell, share in zip(row, part, strict=True)]
        for row, part in zip(rows, z, strict=True)
    ]
    names = [escape(shortened(columns[i], 18)) for i in used]
    hover = [
        [f"{cell:,} of {total:,} rows of {escape(label)}<br>read as {escape(columns[i])}" for i, cell in zip(used, row, strict=True)]
        for label, row, total in zip(labels, rows, totals, strict=True)
    ]
    places = list(range(len(used)))
    figure = go.Figure(go.Heatmap(
        z=z, x=places, y=list(range(len(labels))), text=written, texttemplate="%{text}", textfont={"color": ink},
        hovertext=hover, hoverinfo="text", zmin=0, zmax=1,
        colorscale=[[0, "rgba(27,138,133,0)"], [1, "rgba(27,138,133,0.75)"]], showscale=False, xgap=2, ygap=2,
    ))
    figure.update_xaxes(
        title="predicted", tickvals=places, ticktext=names, side="bottom", showgrid=False, zeroline=False,
        tickangle=-30 if len(used) > 4 else 0,
    )
    figure.update_yaxes(
        title="correct", tickvals=list(range(len(labels))), ticktext=[escape(shortened(label, 18)) for label in labels],
        autorange="reversed", showgrid=False, zeroline=False,
    )
    return _quiet(figure, height=110 + 42 * max(len(labels), 3))


def label_counts_chart(counts: Mapping[str, int], labels: Sequence[str]) -> go.Figure:
    """A bar per label in its own colour, most frequent first."""
    colors = label_colors(labels)
    ranked = sorted(counts.items(), key=lambda item: -item[1])[:20]
    total = sum(counts.values()) or 1
    figure = go.Figure(go.Bar(
        x=[count for _, count in ranked], y=list(range(len(ranked))), orientation="h",
        marker={"color": [colors.get(label, QUIET) for label, _ in ranked]},
        text=[f"{count:,} · {100 * count / total:.0f} %" for _, count in ranked], textposition="outside", cliponaxis=False,
        hovertext=[f"{escape(label)}: {count:,} rows" for label, count in ranked], hoverinfo="text",
    ))
    figure.update_yaxes(
        tickvals=list(range(len(ranked))), ticktext=[escape(shortened(label, 24)) for label, _ in ranked],
        autorange="reversed", showgrid=False,
    )
    figure.update_xaxes(visible=False, range=[0, 1.25 * max([count for _, count in ranked], default=1)])
    return _quiet(figure, height=60 + 30 * max(len(ranked), 2))


def _quiet(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 30 if legend else 12, "b": 8}, showlegend=legend, dragmode=False,
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        plot_bgcolor="rgba(0,0,0,0)", paper_bgcolor="rgba(0,0,0,0)",
    )
    return figure
