"""The heat map of a benchmark: a cell per pair, coloured and labelled by one figure; a click on one opens its
run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go

from core.metrics.comparison import p_in_words
from core.services.benchmark.table import BenchmarkCell, BenchmarkTable
from pages.ui.wording import count, duration, escape_chart, half_width, money, percent, points, shortened

MEASURES = ("Test accuracy", "Gain", "Cost", "Time")
STATES = {
    "queued": "waiting",
    "running": "running …",
    "failed": "failed",
    "interrupted": "interrupted",
    "paused": "paused",
    "stopped": "stopped",
    "missing": "no run",
    "finished": "not read",
}
GREEN, ORANGE, GREY = "27,138,133", "213,94,0", "138,151,153"
EMPTY = f"rgba({GREY},0.12)"
DEEPEST = 0.75  # opacity of the strongest colour: numbers stay readable on it, by day and by night
ROW = 92  # pixels


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What a cell shows: its value for the colour, and its lines."""

    value: float | None
    lines: tuple[str, ...]


def heat_map(results: BenchmarkTable, measure: str, ink: str) -> go.Figure:
    """Lightweight models down, heavyweight ones across. Every cell has a mark that can be clicked, with its
    place in the order of the cells as `customdata`, a text. `ink` is the colour of numbers, which plotly
    cannot choose on half-transparent cells."""
    across, down = results.spec.heavyweights, results.spec.lightweights
    drawn = [[_drawn(results.cells[light, heavy], measure) for heavy in across] for light in down]
    low, high, scale = _scale(
        [each.value for row in drawn for each in row if each.value is not None], measure, results.majority
    )
    ground = {
        "x": list(range(len(across))),
        "y": list(range(len(down))),
        "hoverinfo": "skip",
        "showscale": False,
        "xgap": 3,
        "ygap": 3,
    }
    figure = go.Figure(
        go.Heatmap(z=[[0] * len(across) for _ in down], colorscale=[[0, EMPTY], [1, EMPTY]], **ground)
    )
    figure.add_heatmap(
        z=[[each.value for each in row] for row in drawn],
        zmin=low,
        zmax=high,
        colorscale=scale,
        **ground,
    )
    for y, row in enumerate(drawn):
        for x, each in enumerate(row):
            quiet = each.value is None
            figure.add_annotation(
                x=x,
                y=y,
                text="<br>".join(each.lines),
                showarrow=False,
                font={"color": ink, "size": 13},
                opacity=0.65 if quiet else 1,
            )
    figure.add_scatter(**_marks(results))
    figure.update_xaxes(
        title="heavyweight model",
        tickvals=list(range(len(across))),
        ticktext=[_name(name) for name in across],
        side="top",
        showgrid=False,
        zeroline=False,
        range=[-0.5, len(across) - 0.5],
        fixedrange=True,
    )
    figure.update_yaxes(
        title="lightweight model",
        tickvals=list(range(len(down))),
        ticktext=[_name(name) for name in down],
        showgrid=False,
        zeroline=False,
        range=[len(down) - 0.5, -0.5],
        fixedrange=True,
    )
    figure.update_layout(
        height=90 + ROW * len(down),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        showlegend=False,
        hoverlabel={"align": "left"},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
    )
    return figure


def _marks(results: BenchmarkTable) -> dict:
    cells = list(results.cells.values())
    unseen = {"marker": {"opacity": 0}}
    return {
        "x": [results.spec.heavyweights.index(cell.heavyweight) for cell in cells],
        "y": [results.spec.lightweights.index(cell.lightweight) for cell in cells],
        "mode": "markers",
        "marker": {"symbol": "square", "size": ROW - 8, "opacity": 0},
        "selected": unseen,
        "unselected": unseen,
        "customdata": [str(index) for index in range(len(cells))],
        "hovertext": [_hover(cell) for cell in cells],
        "hoverinfo": "text",
    }


def _drawn(cell: BenchmarkCell, measure: str) -> _Drawn:
    if measure in ("Test accuracy", "Gain") and cell.test is None:
        return _Drawn(None, (STATES.get(cell.state, cell.state),))
    if measure == "Test accuracy":
        lines = (
            f"<b>{percent(cell.test.accuracy)}</b>",
            f"± {half_width(cell.test.interval):.1f}",
            *_partly(cell),
        )
        return _Drawn(cell.test.accuracy, lines)
    if measure == "Gain":
        return _Drawn(
            cell.gain,
            (f"<b>{100 * cell.gain:+.1f}</b>", "points", p_in_words(cell.comparison.p), *_partly(cell)),
        )
    if not cell.seconds:
        return _Drawn(None, (STATES.get(cell.state, cell.state),))
    state = () if cell.state == "finished" else (STATES.get(cell.state, cell.state),)
    if measure == "Cost":
        return _Drawn(cell.usd, (f"<b>{money(cell.usd)}</b>", f"{sum(cell.calls.values()):,} calls", *state))
    return _Drawn(cell.seconds, (f"<b>{duration(cell.seconds)}</b>", *state))


def _partly(cell: BenchmarkCell) -> tuple[str, ...]:
    """While some of its seeds are still to come, or will not."""
    return () if cell.seeds_read == len(cell.runs) else (f"{cell.seeds_read} of {len(cell.runs)} seeds",)


def _scale(values: list[float], measure: str, majority: float | None) -> tuple[float, float, list]:
    """The ends of the colours. Gains are coloured about zero; accuracies from the most frequent label's, or the best
    constant answer's, up."""
    if measure == "Gain":
        most = max((abs(value) for value in values), default=0) or 1
        return (
            -most,
            most,
            [[0, f"rgba({ORANGE},{DEEPEST})"], [0.5, f"rgba({GREY},0.06)"], [1, f"rgba({GREEN},{DEEPEST})"]],
        )
    colour = GREEN if measure == "Test accuracy" else GREY
    floor = [] if majority is None else [majority]
    low = min([*floor, *values], default=0.0) if measure == "Test accuracy" else 0.0
    high = max([low, *values])
    return (
        low,
        high if high > low else low + 1,
        [[0, f"rgba({colour},0.08)"], [1, f"rgba({colour},{DEEPEST})"]],
    )


def _name(model: str) -> str:
    """The model's own name above its provider."""
    provider, _, name = model.partition(":")
    return escape_chart(shortened(name or provider, 18)) + (
        f"<br>{escape_chart(shortened(provider, 18))}" if name else ""
    )


def _hover(cell: BenchmarkCell) -> str:
    lines = [
        f"<b>{escape_chart(shortened(cell.lightweight, 40))} + {escape_chart(shortened(cell.heavyweight, 40))}</b>"
    ]
    if cell.test is not None:
        low, high = cell.test.interval
        lines += [f"Test: {percent(cell.test.accuracy)}, between {percent(low)} and {percent(high)}"]
        lines += (
            [f"Single seeds: {percent(cell.test.lowest)} to {percent(cell.test.highest)}"]
            if cell.seeds_read > 1
            else []
        )
        lines += [
            f"Starting prompt: {percent(cell.baseline.accuracy)} ({points(cell.baseline.accuracy, cell.test.accuracy)})"
        ]
        lines += [escape_chart(cell.verdict.reason)]
    else:
        lines += [STATES.get(cell.state, cell.state).capitalize()]
    lines += [escape_chart(shortened(why, 90)) for why in cell.why]
    if cell.seconds:
        lines += [f"{count(sum(cell.calls.values()), 'call')}, {money(cell.usd)}, {duration(cell.seconds)}"]
    return "<br>".join([*lines, "<i>Click to open</i>"])


def shares_in_words(results: BenchmarkTable) -> str:
    """For those who cannot see it: the best pair and how many there are."""
    best: Mapping[float, BenchmarkCell] = {
        cell.test.accuracy: cell for cell in results.cells.values() if cell.test
    }
    first = f"Test {results.counted} of {count(len(results.cells), 'pair')} of models"
    if not best:
        return first + ", none known yet"
    top = best[max(best)]
    return f"{first}; best: {top.lightweight} + {top.heavyweight} with {percent(top.test.accuracy)}"
