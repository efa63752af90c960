"""The charts: accuracy per step, label counts (the confusion matrix has a file of its own). Figures come in,
a plotly figure goes out.

Labels and texts are data: `escape_chart` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.exports.report.palette import ACCENT, LOSS, QUIET, label_colors
from core.metrics.metrics import by_score
from core.tuning.outcomes import EditOutcome, step_outcome
from core.types import Decision, LabelSet, Metrics, Verdict
from core.wording import constant_in_words
from pages.ui.wording import escape_chart, percent, shortened, with_interval

FIGURE = {"displayModeBar": False, "responsive": True}
USUAL, LARGE = 10, 17  # pixels of a mark, and of the one that is chosen
BESIDE = 96  # pixels right of the bars, for "12,345 · 31 %" however narrow they are
BEFORE = -0.17  # of a step: a batch is read before its edit
INK = {"light": "#1B2526", "dark": "#E4EAEA"}  # of words inside a chart
LEGIBLE = {"light": "#566365", "dark": "#9DADAF"}  # of words at an axis, 4.5 : 1 and more
BATCHES = "training rows"  # name of a trace
NAMES = {
    EditOutcome.KEPT: ("circle", ACCENT),
    EditOutcome.NOT_BEST: ("circle-open", ACCENT),
    EditOutcome.REFUSED: ("circle-open", LOSS),
    EditOutcome.RULED_OUT: ("x-thin-open", LOSS),
    EditOutcome.NOT_TRIED: ("diamond-open", QUIET),
}


def accuracy_chart(
    steps: Sequence,
    majority: float,
    chosen: int | None = None,
    best: int | None = None,
    planned: int | None = None,
    scorer: str = "",
) -> go.Figure:
    """Validation accuracy, or the mean score where answers are graded, per step with its interval, a sign for each
    outcome, the best so far as a line, training batches as small marks before their step, and the majority line (where
    `majority` is above 0, and accuracy is shown). `steps` are the store's StepFigures. Each mark has the number of its
    step as `customdata`, a text; those of the `chosen` step are larger. `best`: the step with the best prompt, else the
    best by what is shown. `planned`: of a run under way; the axes are those of the whole run, and stay."""
    graded = are_graded(steps)
    counted = "mean score" if graded else "accuracy"
    if graded:
        steps, majority = [_with_scores(step) for step in steps], 0.0
    figure, trail = go.Figure(), _best_so_far(steps)
    best = _best(steps) if best is None else best
    batches = [step for step in steps if step.batch is not None and step.batch.n]
    last = max([step.number for step in steps], default=0)
    if majority:
        line = {"color": QUIET, "dash": "dot", "width": 1.5}
        ends = [-0.4, max(last, planned or 4) + 0.4]
        figure.add_scatter(
            name=constant_in_words(scorer).removeprefix("the "),
            x=ends,
            y=[100 * majority] * 2,
            mode="lines",
            hoverinfo="skip",
            line=line,
            showlegend=False,
        )
    words = {
        step.number: f"Step {step.number}, training rows before the edit: " + _accuracy(step.batch)
        for step in batches
    }
    figure.add_scatter(name=BATCHES, **_marks(batches, "batch", "line-ew-open", QUIET, words, shift=BEFORE))
    figure.add_scatter(
        name="best so far",
        showlegend=False,
        x=[s.number for s in steps],
        y=trail,
        mode="lines",
        hoverinfo="skip",
        line={"color": ACCENT, "width": 2, "shape": "hv"},
        cliponaxis=False,
        connectgaps=True,
    )
    _add_outcomes(figure, steps, best, trail)
    _choose(figure, str(chosen))
    _set_axes(figure, steps, planned, majority)
    figure.update_yaxes(title=counted)
    return _quiet(figure, height=330, legend=True).update_layout(legend={"itemsizing": "constant"})


def are_graded(steps: Sequence) -> bool:
    """Whether their answers have scores between wrong and right: then the mean score is what counts."""
    read = [each for step in steps for each in (step.validation, step.batch) if each is not None and each.n]
    return any(each.graded for each in read)


def _with_scores(step: Any) -> Any:
    """Its mean scores in the place of accuracies."""
    validation, batch = (each and by_score(each) for each in (step.validation, step.batch))
    return replace(step, validation=validation, batch=batch)


def chart_in_words(steps: Sequence, majority: float, batches: bool = True, scorer: str = "") -> str:
    """What the chart's lines and bars are; its legend has the signs."""
    graded = are_graded(steps)
    counted = "Mean score" if graded else "Right answers"
    words = f"{counted} on the validation rows; thin bars: how far luck may move them (95 % interval)."
    if majority and not graded:
        words += f" Dotted line: always {constant_in_words(scorer)}, {percent(majority, 0)}."
    return words + (" Grey: the training rows that the step read, before its edits." if batches else "")


def outcome_of(step: Any, best: int) -> EditOutcome:
    """Of a step's figures, in a run whose best prompt is that of step `best`."""
    if step.number == 0:
        return EditOutcome.KEPT
    decision = Decision.ACCEPTED if step.kept else Decision(step.decision)
    measured = step.validation is not None and step.validation.n > 0
    return step_outcome(Verdict(decision, step.reason), measured, step.edits, step.number > best)


def _add_outcomes(figure: go.Figure, steps: Sequence, best: int, trail: Sequence[float | None]) -> None:
    """What was not measured stands on the line of the best so far, without an interval."""
    for outcome, (symbol, color) in NAMES.items():
        some = [step for step in steps if outcome_of(step, best) is outcome]
        measured = [step for step in some if step.validation is not None and step.validation.n]
        words = {
            step.number: f"Step {step.number}, {outcome}: {_accuracy(step.validation)}<br>{_wrapped(step.reason)}"
            for step in measured
        }
        if measured:
            figure.add_scatter(name=str(outcome), **_marks(measured, "validation", symbol, color, words))
        unmeasured = [step for step in some if step not in measured]
        if unmeasured:
            heights = dict(zip([step.number for step in steps], trail, strict=True))
            figure.add_scatter(
                name=str(outcome),
                x=[step.number for step in unmeasured],
                y=[heights[step.number] for step in unmeasured],
                mode="markers",
                marker=_look(symbol, color),
                showlegend=not measured,
                customdata=[str(step.number) for step in unmeasured],
                hovertext=[
                    f"Step {step.number}, {outcome}<br>{_wrapped(step.reason)}" for step in unmeasured
                ],
                hoverinfo="text",
                cliponaxis=False,  # a mark at 100 % is whole
            )


def _set_axes(figure: go.Figure, steps: Sequence, planned: int | None, majority: float) -> None:
    last = max([step.number for step in steps], default=0)
    end = max(last, 4 if planned is None else planned)
    ticks = list(range(end + 1)) if end <= 20 else None
    examples = {step.number for step in steps if step.number and step.batch is None and not step.edits}
    figure.update_xaxes(
        title={"text": "step", "standoff": 4},
        tickvals=ticks,
        ticktext=ticks and [f"{tick}<br>examples" if tick in examples else str(tick) for tick in ticks],
        range=[-0.4, end + 0.4],
        zeroline=False,
        showgrid=False,
    )
    span = _range(steps, majority) if planned is None else [0, 100]
    figure.update_yaxes(ticksuffix=" %", range=span, zeroline=False)


def _look(symbol: str, color: str) -> dict:
    """A mark and its ring have one colour, on every ground."""
    return {
        "symbol": symbol,
        "size": USUAL,
        "color": color,
        "opacity": 1,
        "line": {"width": 2, "color": color},
    }


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
            "color": color,
            "array": [100 * (each.interval[1] - each.accuracy) for each in read],
            "arrayminus": [100 * (each.accuracy - each.interval[0]) for each in read],
        },
        "mode": "markers",
        "marker": _look(symbol, color),
        "selected": {"marker": {"size": LARGE}},
        "unselected": {"marker": {"opacity": 1, "size": USUAL}},
        "customdata": [str(step.number) for step in steps],
        "hovertext": [words[step.number] for step in steps],
        "hoverinfo": "text",
        "cliponaxis": False,  # a mark at 100 % is whole
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
    return "<br>".join(escape_chart(line) for line in wrap(shortened(words, 300), 60))


def _best_so_far(steps: Sequence) -> list[float | None]:
    best, line = None, []
    for step in steps:
        if step.kept and step.validation is not None and step.validation.n:
            best = max(best or 0.0, 100 * step.validation.accuracy)
        line.append(best)
    return line


def _best(steps: Sequence) -> int:
    """The last of the kept steps that did best on validation rows."""
    kept = [step for step in steps if step.kept and step.validation is not None and step.validation.n]
    return max(kept, key=lambda step: (step.validation.accuracy, step.number)).number if kept else 0


def _range(steps: Sequence, majority: float) -> list[float]:
    """With every interval whole, and room below them: no bar reaches the names of the steps."""
    read = [each for step in steps for each in (step.validation, step.batch) if each is not None and each.n]
    ends = [100 * end for each in read for end in each.interval] + [100 * majority]
    return [max(-3, min(ends) - 6), min(102, max(ends) + 6)]


def label_counts_chart(counts: Mapping[str, int], labels: LabelSet, rows: int) -> go.Figure:
    """A bar per label in its own colour, most frequent first, with its share of the `rows`, which may have several."""
    colors = label_colors(labels.names, labels.good)
    ranked = sorted(counts.items(), key=lambda item: -item[1])[:20]
    figure = go.Figure(
        go.Bar(
            x=[count for _, count in ranked],
            y=list(range(len(ranked))),
            orientation="h",
            marker={"color": [colors.get(label, QUIET) for label, _ in ranked]},
            text=[f"{count:,} · {100 * count / (rows or 1):.0f} %" for _, count in ranked],
            textposition="outside",
            cliponaxis=False,
            hovertext=[f"{escape_chart(label)}: {count:,} rows" for label, count in ranked],
            hoverinfo="text",
        )
    )
    figure.update_yaxes(
        tickvals=list(range(len(ranked))),
        ticktext=[escape_chart(shortened(label, 24)) for label, _ in ranked],
        autorange="reversed",
        showgrid=False,
    )
    figure.update_xaxes(visible=False, range=[0, max([count for _, count in ranked], default=1)])
    quiet = _quiet(figure, height=60 + 30 * max(len(ranked), 2))
    return quiet.update_layout(margin={"r": BESIDE}, minreducedwidth=30)  # names before bars


def scheme() -> str:
    """The browser's: "light" or "dark"."""
    return st.context.theme.type or "light"


def _quiet(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    words = LEGIBLE[scheme()]
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 30 if legend else 12, "b": 8},
        showlegend=legend,
        dragmode=False,
        hoverlabel={"align": "left"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        font_color=words,
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
    )
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont_color=words, title_font_color=words)
    return figure
