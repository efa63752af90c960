"""What one way to answer came to, as JSON."""

from __future__ import annotations

from core.confidence.trial import WayFigures


def confidence_cell(confidence: float | None) -> str:
    """As tables have it: two digits, four where it is nearly certain."""
    if confidence is None:
        return ""
    return f"{confidence:.4f}" if 0.99 <= confidence < 1 else f"{confidence:.2f}"


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
