"""The colours of screen and report. A label keeps its colour on every chart; Okabe and Ito's palette, safe
for colour-blind eyes."""

from __future__ import annotations

from collections.abc import Sequence

ACCENT = "#1B8A85"
QUIET = "#8A9799"
GAIN = "#0072B2"
LOSS = "#D55E00"
LABELS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A600", "#7F6AB5")


def under_white(color: str) -> str:
    """The colour, darker until white words on it reach a contrast of 4.5 : 1."""
    parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    while 1.05 / (_luminance(parts) + 0.05) < 4.5:
        parts = [round(0.96 * part) for part in parts]
    return "#" + "".join(f"{part:02X}" for part in parts)


def _luminance(parts: Sequence[int]) -> float:
    """As WCAG 2 defines it."""
    shares = [part / 255 for part in parts]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def label_colors(labels: Sequence[str], good: str = "") -> dict[str, str]:
    """By place in the label set, so that a filter never changes a colour. Of verdicts the `good` one comes first: blue, and
    not the orange of what got worse."""
    ranked = sorted(labels, key=lambda label: label != good)
    return {label: LABELS[index % len(LABELS)] for index, label in enumerate(ranked)}
