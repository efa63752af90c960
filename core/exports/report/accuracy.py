"""Accuracy per step, drawn: kept prompts filled with their intervals, refused and undecided candidates
hollow, the best so far as a line, training batches as dashes, and the line that always answering the most
frequent label would reach. Where answers are graded it is the mean score, without that line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from core.exports.report.run import ReportRun, constant_of, is_accepted, is_graded_run, majority_of
from core.exports.report.svg import canvas, draw, share, written
from core.metrics.metrics import by_score
from core.types import Step
from core.wording import half_width, percent, sentence, shortened, with_interval

HEIGHT, TOP, BOTTOM = 300.0, 14.0, 34.0
TICKS = (1, 2, 5, 10, 20, 25, 50)
MOST_NUMBERS = 12  # along the axis: a telephone has no room for more


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a step and an accuracy (in percent) stand."""

    steps: int
    low: float
    high: float

    def x(self, step: float) -> float:
        """0 to 1, with half a step free at either end."""
        return (step + 0.5) / (self.steps + 1)

    def y(self, accuracy: float) -> float:
        """Pixels from the top."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.high - accuracy) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Point:
    """A step whose prompt was measured on validation rows."""

    step: Step
    accuracy: float
    interval: tuple[float, float]


def accuracy_chart(run: ReportRun) -> tuple[str, str]:
    """The axis and the plot, two drawings of one height, as SVG; both empty where no step was measured."""
    measured = [point for step in run.steps if (point := _point(step)) is not None]
    if not measured:
        return "", ""
    majority = None if is_graded_run(run) else 100 * majority_of(run)
    scale = _scale(run.steps, majority)
    name = f"Validation accuracy per step, with {constant_of(run)}'s share as a line"
    plot = canvas(
        HEIGHT, "Mean score per step on validation rows" if majority is None else name, "chart plot"
    )
    ticks = _ticks(scale)
    for tick in ticks:
        draw(plot, "line", kind="grid", x1="0", x2="100%", y1=scale.y(tick), y2=scale.y(tick))
    if majority is not None:
        _majority(plot, scale, majority, constant_of(run))
    for step in run.steps:
        if (read := _batch_accuracy(step)) is not None:
            _batch(plot, scale, step.number, read)
    _best_so_far(plot, scale, run.steps)
    for point in measured:
        _mark(plot, scale, point)
    _numbers(plot, scale, run.steps)
    axis = canvas(HEIGHT, f"{'Mean score' if majority is None else 'Accuracy'} in percent", "chart axis")
    for tick in ticks:
        draw(axis, "text", text=f"{tick:g} %", kind="tick", x="92%", y=scale.y(tick) + 4, text_anchor="end")
    return written(axis), written(plot)


def _point(step: Step) -> Point | None:
    metrics = by_score(step.validation.metrics) if step.validation is not None else None
    if metrics is None or metrics.accuracy is None or metrics.interval is None:
        return None
    return Point(step, metrics.accuracy, metrics.interval)


def _batch_accuracy(step: Step) -> float | None:
    return by_score(step.batch.metrics).accuracy if step.batch is not None else None


def _scale(steps: Sequence[Step], majority: float | None) -> Scale:
    low = [] if majority is None else [majority]
    high = list(low)
    for step in steps:
        point = _point(step)
        if point is not None:
            low.append(100 * point.accuracy - half_width(point.interval))
            high.append(100 * point.accuracy + half_width(point.interval))
        if (read := _batch_accuracy(step)) is not None:
            low.append(100 * read)
            high.append(100 * read)
    last = max(step.number for step in steps)
    return Scale(max(last, 1), max(0.0, min(low) - 6), min(102.0, max(high) + 6))


def _ticks(scale: Scale) -> list[float]:
    apart = next((tick for tick in TICKS if (scale.high - scale.low) / tick <= 7), TICKS[-1])
    first = -(-scale.low // apart)
    return [apart * number for number in range(int(first), int(scale.high // apart) + 1)]


def _majority(plot: Element, scale: Scale, majority: float, constant: str) -> None:
    y = scale.y(majority)
    draw(plot, "line", kind="majority", x1="0", x2="100%", y1=y, y2=y)
    draw(
        plot,
        "text",
        text=f"{constant.removeprefix('the ')}, {majority:.1f} %",
        kind="quiet",
        x="100%",
        y=y - 6,
        text_anchor="end",
    )


def _batch(plot: Element, scale: Scale, step: int, accuracy: float) -> None:
    x, y = scale.x(step), scale.y(100 * accuracy)
    hint = f"Step {step}, training batch before the edit: {percent(accuracy)}"
    mark = draw(plot, "svg", x=share(x), overflow="visible")
    draw(mark, "line", hint, kind="batch", x1=-6, x2=6, y1=y, y2=y)


def _best_so_far(plot: Element, scale: Scale, steps: Sequence[Step]) -> None:
    """A staircase; lines and not a path, as a path knows no percentages."""
    best: float | None = None
    at = 0.0
    for step in steps:
        point = _point(step)
        x = scale.x(step.number)
        if best is not None:
            draw(plot, "line", kind="best", x1=share(at), x2=share(x), y1=scale.y(best), y2=scale.y(best))
        if point is not None and is_accepted(step) and (best is None or 100 * point.accuracy > best):
            if best is not None:
                draw(
                    plot,
                    "line",
                    kind="best",
                    x1=share(x),
                    x2=share(x),
                    y1=scale.y(best),
                    y2=scale.y(100 * point.accuracy),
                )
            best = 100 * point.accuracy
        at = x


def _mark(plot: Element, scale: Scale, point: Point) -> None:
    step, kind = point.step, "kept" if is_accepted(point.step) else "refused"
    x, y = share(scale.x(step.number)), scale.y(100 * point.accuracy)
    low, high = (scale.y(100 * bound) for bound in point.interval)
    draw(plot, "line", kind="whisker " + kind, x1=x, x2=x, y1=low, y2=high)
    caps = draw(plot, "svg", x=x, overflow="visible")
    for end in (low, high):
        draw(caps, "line", kind="whisker " + kind, x1=-4, x2=4, y1=end, y2=end)
    hint = f"Step {step.number}: {with_interval(point.accuracy, point.interval)}. "
    hint += shortened(sentence(step.verdict.reason), 200)
    draw(plot, "circle", hint, kind="mark " + kind, cx=x, cy=y, r=5)


def _numbers(plot: Element, scale: Scale, steps: Sequence[Step]) -> None:
    apart = next(tick for tick in (1, 2, 5, 10, 20, 50, 100, 1_000_000) if len(steps) / tick <= MOST_NUMBERS)
    for step in steps:
        if step.number % apart == 0:
            name = "start" if step.number == 0 else str(step.number)
            draw(
                plot,
                "text",
                text=name,
                kind="tick",
                x=share(scale.x(step.number)),
                y=HEIGHT - 12,
                text_anchor="middle",
            )
