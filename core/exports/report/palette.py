"""The colours of screen and report. A label keeps its colour on every chart; Okabe and Ito's palette, safe
for colour-blind eyes."""

from __future__ import annotations

from collections.abc import Sequence

ACCENT = "#1B8A85"
QUIET = "#8A9799"
GAIN = "#0072B2"
LOSS = "#D55E00"
LABELS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A600", "#7F6AB5")


def label_colors(labels: Sequence[str]) -> dict[str, str]:
    """By place in the label set, so that a filter never changes a colour."""
    return {label: LABELS[index % len(LABELS)] for index, label in enumerate(labels)}
