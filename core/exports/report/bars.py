"""Bars: how many rows each label has, and how many of them are read rightly before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.exports.report.palette import QUIET, label_colors
from core.exports.report.svg import canvas, draw, share, written
from core.types import Example, Metrics
from core.wording import count, percent

MOST_BARS = 20


@dataclass(frozen=True, slots=True)
class Bar:
    """A label with its bar as SVG and what stands at the bar's end."""

    label: str
    color: str
    drawing: str
    value: str
    more: str = ""


def count_bars(rows: Sequence[Example], labels: Sequence[str], good: str = "") -> list[Bar]:
    """A bar per label, most frequent first, in the label's colour."""
    counts = Counter(row.label for row in rows)
    ranked = sorted(labels, key=lambda label: -counts[label])[:MOST_BARS]
    colors, longest, total = label_colors(labels, good), max(counts.values(), default=1), len(rows) or 1
    return [
        Bar(
            label,
            colors[label],
            _bar(counts[label] / longest, colors[label], f"{label}: {count(counts[label], 'row')}"),
            f"{counts[label]:,}",
            percent(counts[label] / total, 0),
        )
        for label in ranked
    ]


def label_bars(before: Metrics | None, after: Metrics, labels: Sequence[str], good: str = "") -> list[Bar]:
    """Per label the share of its rows that is read rightly: the starting prompt above in grey, the best
    prompt below in the label's colour. Labels without a scored row have none; the largest changes come first
    where there are too many labels."""
    colors, old = label_colors(labels, good), {row.label: row for row in before.per_label} if before else {}
    rows = [row for row in after.per_label if row.support]
    if len(rows) > MOST_BARS:
        moved = {
            row.label: abs(row.recall - old[row.label].recall) if row.label in old else 0.0 for row in rows
        }
        chosen = set(sorted(moved, key=lambda label: -moved[label])[:MOST_BARS])
        rows = [row for row in rows if row.label in chosen]
    bars = []
    for row in rows:
        was = old.get(row.label)
        drawing = canvas(22, row.label + ": share of rows predicted right, before and after", "bar")
        draw(drawing, "rect", kind="track", width="100%", height=22, rx=3)
        if was is not None and was.support:
            hint = f"Starting prompt: {percent(was.recall)} of {count(was.support, 'row')}"
            draw(drawing, "rect", hint, width=share(was.recall), height=9, y=1, rx=2, fill=QUIET)
        hint = f"Best prompt: {percent(row.recall)} of {count(row.support, 'row')}"
        draw(drawing, "rect", hint, width=share(row.recall), height=9, y=12, rx=2, fill=colors[row.label])
        value = (
            percent(row.recall, 0)
            if was is None or not was.support
            else f"{percent(was.recall, 0)} → {percent(row.recall, 0)}"
        )
        bars.append(Bar(row.label, colors[row.label], written(drawing), value, f"of {row.support:,}"))
    return bars


def _bar(part: float, color: str, hint: str) -> str:
    drawing = canvas(14, hint, "bar")
    draw(drawing, "rect", hint, width=share(part), height=14, rx=3, fill=color)
    return written(drawing)
