"""What one way to answer came to, as JSON."""

from __future__ import annotations

from core.confidence.trial import WayFigures


def answer_fields(figures: WayFigures) -> dict[str, object]:
    """The counts, and their shares."""
    return {
        "n": figures.rows,
        "answered": figures.answered,
        "coverage": figures.coverage,
        "right": figures.right,
        "accuracy": figures.accuracy,
        "interval": list(figures.interval) if figures.answered else None,
        "risk": figures.risk,
        "local": figures.local,
    }
