"""The compared runs, drawn: accuracy with intervals, and accuracy against what a classification costs. Names
are data: escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.costs.prompt_costs import PromptCost
from core.exports.report.palette import QUIET
from core.metrics.call_tokens import examples_in, front, knee
from core.metrics.flips import RightSide
from core.services.compare.basis import ComparisonBasis
from core.types import Metrics
from pages.ui.charts import _quiet
from pages.ui.compare.choice import Beside
from pages.ui.wording import escape_chart, half_width, percent, with_interval

BY_END = 0.3  # of the axis: as far as centred words would reach out of the chart


@dataclass(frozen=True, slots=True)
class Point:
    """A prompt of a compared run; `cost` is per 1,000 classifications, in dollars or in tokens."""

    beside: Beside
    served: PromptCost
    cost: float

    @property
    def worth(self) -> tuple[float, float]:
        return self.cost, self.served.accuracy


def worth_using(points: Sequence[Point]) -> list[Point]:
    """Those that their runs went on with: a refused prompt is recommended for nothing, whatever its figures."""
    return [point for point in points if point.served.kept] or list(points)


def accuracy_of_runs(runs: Sequence[Beside], on: ComparisonBasis, majority: float | None) -> go.Figure:
    """A line per run: validation filled, test hollow, each with its interval; the most frequent label as a
    dotted line. Of graded answers the mean score, and no `majority`."""
    figure, ends = go.Figure(), [] if majority is None else [100 * majority]
    for run in runs:
        for part, shift in (("validation", -0.13), ("test", 0.17)):
            metrics = on.shown(part, run.index)
            if metrics is not None:
                figure.add_scatter(**_interval(run, part, metrics, shift))
                ends += [100 * metrics.interval[0], 100 * metrics.interval[1]]
    places = list(range(len(runs)))
    figure.update_yaxes(
        tickvals=places,
        ticktext=[escape_chart(run.title) for run in runs],
        range=[len(runs) - 0.4, -0.6],
        showgrid=False,
        zeroline=False,
    )
    first, last = max(0, min(ends, default=0) - 4), min(101, max(ends, default=100) + 4)
    if majority is not None:
        _add_majority(figure, majority, "label" if on.labels else "answer", (first, last))
    figure.update_xaxes(
        title=f"{'mean score' if on.graded else 'accuracy'}: filled on validation rows, hollow on test rows",
        ticksuffix=" %",
        zeroline=False,
        range=[first, last],
    )
    return _quiet(figure, height=110 + 62 * max(len(runs), 2)).update_layout(margin_t=30)


def _add_majority(figure: go.Figure, majority: float, what: str, span: tuple[float, float]) -> None:
    """`span`: the axis, at whose ends the words begin or end at the line."""
    place = (100 * majority - span[0]) / (span[1] - span[0])
    figure.add_vline(
        x=100 * majority,
        line={"color": QUIET, "dash": "dot", "width": 1.5},
        annotation={
            "text": f"most frequent {what}, {percent(majority)}",
            "font": {"color": QUIET, "size": 12},
            "xanchor": "left" if place < BY_END else "right" if place > 1 - BY_END else "center",
            "yanchor": "bottom",
        },
        annotation_position="top",
    )


def _interval(run: Beside, part: str, metrics: Metrics, shift: float) -> dict:
    low, high = metrics.interval
    return {
        "x": [100 * metrics.accuracy],
        "y": [run.index + shift],
        "mode": "markers",
        "showlegend": False,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "thickness": 2 if part == "validation" else 1.2,
            "width": 4,
            "array": [100 * (high - metrics.accuracy)],
            "arrayminus": [100 * (metrics.accuracy - low)],
        },
        "marker": {
            "symbol": run.mark + ("" if part == "validation" else "-open"),
            "size": 11 if part == "validation" else 9,
            "color": run.color,
            "line": {"width": 2, "color": run.color},
        },
        "hovertext": [
            f"{escape_chart(run.title)}<br>{part}: {with_interval(metrics.accuracy, metrics.interval)} of {metrics.n:,} rows"
        ],
        "hoverinfo": "text",
    }


def serving_chart(points: Sequence[Point], unit: str, counted: str = "accuracy") -> go.Figure:
    """Every measured prompt: kept ones filled, the chosen one of each run large. The line is the front
    of the kept ones (none is both cheaper and better), a ring marks its knee. `unit` is "$" or "tokens", `counted` what they are
    judged by."""
    figure = go.Figure()
    kept = worth_using(points)
    edge = [kept[index] for index in front([point.worth for point in kept])]
    figure.add_scatter(
        name="cheapest for its accuracy",
        x=[point.cost for point in edge],
        y=[100 * point.served.accuracy for point in edge],
        mode="lines",
        line={"color": QUIET, "width": 1.5, "shape": "hv"},
        hoverinfo="skip",
    )
    for run in dict.fromkeys(point.beside.index for point in points):
        figure.add_scatter(**_prompts([point for point in points if point.beside.index == run], unit))
    bend = knee([point.worth for point in kept])
    if bend is not None:
        best = kept[bend]
        figure.add_scatter(
            name="best value",
            x=[best.cost],
            y=[100 * best.served.accuracy],
            mode="markers+text",
            text=["best value"],
            textposition="top left",
            textfont={"size": 12},
            marker={"symbol": "circle-open", "size": 24, "color": QUIET, "line": {"width": 2}},
            hoverinfo="skip",
            showlegend=False,
        )
    top = max(point.cost for point in points) or 1.0  # a mark at nothing is to be seen whole
    title = "dollars per 1,000 classifications" if unit == "$" else "tokens per 1,000 classifications"
    figure.update_xaxes(
        title=title,
        tickprefix="$" if unit == "$" else "",
        zeroline=False,
        range=[-0.04 * top, 1.08 * top],
        nticks=6,
    )
    lows = [100 * point.served.accuracy for point in points]
    ends = [max(0, min(lows) - 6), min(102, max(lows) + 8)]
    figure.update_yaxes(title="validation " + counted, ticksuffix=" %", zeroline=False, range=ends)
    return _quiet(figure, height=330, legend=True)


def _prompts(points: Sequence[Point], unit: str) -> dict:
    run = points[0].beside
    chosen = [
        point.served.step == run.side.step and point.served.examples == examples_in(run.side.prompt)
        for point in points
    ]
    return {
        "name": escape_chart(run.title),
        "x": [point.cost for point in points],
        "y": [100 * point.served.accuracy for point in points],
        "mode": "markers+text",
        "text": [f"{point.served.examples} examples" if point.served.examples else "" for point in points],
        "textposition": "bottom left",
        "textfont": {"size": 12, "color": QUIET},
        "marker": {
            "symbol": [run.mark + ("" if point.served.kept else "-open") for point in points],
            "color": run.color,
            "size": [14 if is_chosen else 9 for is_chosen in chosen],
            "line": {"width": 1.5, "color": run.color},
            "opacity": 1,
        },
        "customdata": [[run.record.id, point.served.step] for point in points],
        "hovertext": [_hover(point, unit) for point in points],
        "hoverinfo": "text",
    }


def _hover(point: Point, unit: str) -> str:
    made, name = point.served, escape_chart(point.beside.title)
    lines = [
        f"{name}, step {made.step}" + ("" if made.kept or made.examples else " (not kept)"),
        f"{percent(made.accuracy)} ± {half_width(made.interval):.1f} of {made.n:,} rows",
        f"{made.tokens.input:,.0f} tokens in, {made.tokens.output:,.0f} out a call",
        cost_in_words(point.cost, unit),
    ]
    return "<br>".join(lines + ([f"{made.examples} examples in the prompt"] if made.examples else []))


def cost_in_words(cost: float, unit: str) -> str:
    """$0.12 per 1,000 classifications"""
    if unit != "$":
        return f"{float(f'{cost:.3g}'):,.0f} tokens per 1,000 classifications"
    return (
        f"${cost:,.2f} per 1,000 classifications"
        if cost >= 0.1 or not cost
        else f"${cost:.2g} per 1,000 classifications"
    )


def side_names(first: Beside, second: Beside, graded: bool) -> dict[RightSide, str]:
    """What a row is called by who is right about it, or by whose answer has the higher score."""
    one, other = first.letter, second.letter
    if graded:
        names = "both the full score", f"{one} higher", f"{other} higher", "the same lower score"
    else:
        names = "both right", f"only {one} right", f"only {other} right", "both wrong"
    return dict(zip(RightSide, names, strict=True))


def tally_chart(
    counts: dict[RightSide, int], names: dict[RightSide, str], colors: tuple[str, str], ink: str
) -> go.Figure:
    """One bar: how many rows both, one or none of both read rightly. `ink` is for numbers on grey."""
    first, second = colors
    bars = (
        (RightSide.BOTH, names[RightSide.BOTH], "rgba(138,151,153,.35)", ink),
        (RightSide.FIRST, names[RightSide.FIRST], first, "#fff"),
        (RightSide.SECOND, names[RightSide.SECOND], second, "#fff"),
        (RightSide.NEITHER, names[RightSide.NEITHER], "rgba(138,151,153,.7)", ink),
    )
    figure = go.Figure()
    for side, name, color, number in bars:
        figure.add_bar(
            name=name,
            x=[counts[side]],
            y=[""],
            orientation="h",
            marker={"color": color},
            text=[f"{counts[side]:,}" if counts[side] else ""],
            textposition="inside",
            insidetextanchor="middle",
            textfont={"color": number},
            hovertext=[f"{name}: {counts[side]:,} rows"],
            hoverinfo="text",
        )
    # On a phone the legend takes a second line: Plotly makes room for it only down to this height of the bar.
    figure.update_layout(barmode="stack", bargap=0.1, legend_traceorder="normal", minreducedheight=30)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return _quiet(figure, height=104, legend=True)
