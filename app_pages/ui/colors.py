"""A label keeps its colour on every chart: the palette is the one of the report, safe for colour-blind eyes."""

from core.report.palette import ACCENT, GAIN, LABELS, LOSS, QUIET, label_colors

__all__ = ["ACCENT", "GAIN", "LABELS", "LOSS", "QUIET", "label_colors"]
