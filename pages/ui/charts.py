"""The charts: accuracy per step, label counts (the confusion matrix has a file of its own). Figures come in,
a plotly figure goes out.

Labels and texts are data: plotly reads a little HTML, so they are escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from textwrap import wrap

import plotly.graph_objects as go

from core.exports.report.palette import ACCENT, LOSS, QUIET, label_colors
from core.types import Decision, Metrics
from pages.ui.wording import half_width, percent, shortened, with_interval

FIGURE = {"displayModeBar": False, "responsive": True}
USUAL, LARGE = 10, 17  # pixels of a mark, and of the one that is chosen
BEFORE = -0.17  # of a step: a batch is read before its edit
KINDS = (
    ("kept", "circle", ACCENT, lambda step: step.kept),
    ("refused", "circle-open", LOSS, lambda step: not step.kept and step.decision != Decision.UNDECIDED),
    ("undecided", "diamond-open", QUIET, lambda step: not step.kept and step.decision == Decision.UNDECIDED),
)


def accuracy_chart(steps: Sequence, majority: float, chosen: int | None = None) -> go.Figure:
    """Validation accuracy per step with its interval: kept prompts filled, refused and undecided candidates
    hollow, the best so far as a line, training batches as small marks before their step, and the majority
    line. `steps` are the store's StepFigures. Each mark has the number of its step as `customdata`, a text;
    those of the `chosen` step are larger."""
    figure = go.Figure()
    measured = [step for step in steps if step.validation is not None and step.validation.n]
    batches = [step for step in steps if step.batch is not None and step.batch.n]
    figure.add_hline(
        y=100 * majority,
        line={"color": QUIET, "dash": "dot", "width": 1.5},
        annotation={
            "text": f"most frequent label, {percent(majority)}",
            "font": {"color": QUIET, "size": 12},
            "yanchor": "bottom",
        },
        annotation_position="top right",
    )
    words = {
        step.number: f"Step {step.number}, training batch before the edit: " + _accuracy(step.batch)
        for step in batches
    }
    figure.add_scatter(
        name="training batch", **_marks(batches, "batch", "line-ew-open", QUIET, words, shift=BEFORE)
    )
    figure.add_scatter(
        name="best so far",
        x=[s.number for s in steps],
        y=_best_so_far(steps),
        mode="lines",
        hoverinfo="skip",
        line={"color": ACCENT, "width": 2, "shape": "hv"},
        connectgaps=True,
    )
    for name, symbol, color, belongs in KINDS:
        some = [step for step in measured if belongs(step)]
        words = {
            step.number: f"Step {step.number}, {name}: {_accuracy(step.validation)}<br>{_wrapped(step.reason)}"
            for step in some
        }
        if some:
            figure.add_scatter(name=name, **_marks(some, "validation", symbol, color, words))
    _choose(figure, str(chosen))
    last = max([step.number for step in steps], default=0)
    figure.update_xaxes(
        title="step",
        dtick=1 if last <= 20 else None,
        range=[-0.4, max(last, 4) + 0.4],
        zeroline=False,
        showgrid=False,
    )
    figure.update_yaxes(
        title="accuracy", ticksuffix=" %", range=_range(measured, batches, majority), zeroline=False
    )
    return _quiet(figure, height=330, legend=True).update_layout(legend={"itemsizing": "constant"})


def _marks(
    steps: Sequence, part: str, symbol: str, color: str, words: Mapping[int, str], shift: float = 0.0
) -> dict:
    read, quiet = [getattr(step, part) for step in steps], bool(shift)
    return {
        "x": [step.number + shift for step in steps],
        "y": [100 * each.accuracy for each in read],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "thickness": 0.8 if quiet else 1.2,
            "width": 0 if quiet else 3,
            "array": [100 * (each.interval[1] - each.accuracy) for each in read],
            "arrayminus": [100 * (each.accuracy - each.interval[0]) for each in read],
        },
        "mode": "markers",
        "marker": {"symbol": symbol, "size": USUAL, "color": color, "opacity": 1, "line": {"width": 2}},
        "selected": {"marker": {"size": LARGE}},
        "unselected": {"marker": {"opacity": 1, "size": USUAL}},
        "customdata": [str(step.number) for step in steps],
        "hovertext": [words[step.number] for step in steps],
        "hoverinfo": "text",
    }


def _choose(figure: go.Figure, chosen: str) -> None:
    """Enlarges the mark of the step on validation rows, or, where it was not measured, of its batch."""
    marks = [trace for trace in figure.data if trace.customdata is not None]
    has = [trace for trace in marks if chosen in trace.customdata]
    for trace in has[-1:]:
        trace.marker.size = [LARGE if name == chosen else USUAL for name in trace.customdata]


def _accuracy(read: Metrics) -> str:
    return f"{with_interval(read.accuracy, read.interval)} on {read.n:,} rows"


def _wrapped(words: str) -> str:
    """In lines, as a hover box has no width of its own."""
    return "<br>".join(escape(line) for line in wrap(shortened(words, 300), 60))


def _best_so_far(steps: Sequence) -> list[float | None]:
    best, line = None, []
    for step in steps:
        if step.kept and step.validation is not None and step.validation.n:
            best = max(best or 0.0, 100 * step.validation.accuracy)
        line.append(best)
    return line


def _range(measured: Sequence, batches: Sequence, majority: float) -> list[float]:
    lows = [100 * majority] + [
        100 * s.validation.accuracy - half_width(s.validation.interval) for s in measured
    ]
    lows += [100 * s.batch.accuracy - half_width(s.batch.interval) for s in batches]
    highs = [100 * majority] + [
        100 * s.validation.accuracy + half_width(s.validation.interval) for s in measured
    ]
    highs += [100 * s.batch.accuracy + half_width(s.batch.interval) for s in batches]
    return [max(0, min(lows) - 6), min(102, max(highs) + 6)]


def label_counts_chart(counts: Mapping[str, int], labels: Sequence[str]) -> go.Figure:
    """A bar per label in its own colour, most frequent first."""
    colors = label_colors(labels)
    ranked = sorted(counts.items(), key=lambda item: -item[1])[:20]
    total = sum(counts.values()) or 1
    figure = go.Figure(
        go.Bar(
            x=[count for _, count in ranked],
            y=list(range(len(ranked))),
            orientation="h",
            marker={"color": [colors.get(label, QUIET) for label, _ in ranked]},
            text=[f"{count:,} · {100 * count / total:.0f} %" for _, count in ranked],
            textposition="outside",
            cliponaxis=False,
            hovertext=[f"{escape(label)}: {count:,} rows" for label, count in ranked],
            hoverinfo="text",
        )
    )
    figure.update_yaxes(
        tickvals=list(range(len(ranked))),
        ticktext=[escape(shortened(label, 24)) for label, _ in ranked],
        autorange="reversed",
        showgrid=False,
    )
    figure.update_xaxes(visible=False, range=[0, 1.25 * max([count for _, count in ranked], default=1)])
    return _quiet(figure, height=60 + 30 * max(len(ranked), 2))


def _quiet(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 30 if legend else 12, "b": 8},
        showlegend=legend,
        dragmode=False,
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
    )
    return figure
