"""A label keeps its colour on every chart: the palette is the one of the report, safe for colour-blind eyes.
Runs that are compared have colours of their own (Paul Tol's "bright"), each with a letter and a mark, so that
no colour has to be told from another."""

from core.exports.report.palette import ACCENT, GAIN, LABELS, LOSS, QUIET, label_colors

RUNS = ("#4477AA", "#EE6677", "#228833", "#AA3377", "#CCBB44", "#66CCEE")
RUN_MARKS = ("circle", "square", "diamond", "triangle-up", "pentagon", "triangle-down")

__all__ = ["ACCENT", "GAIN", "LABELS", "LOSS", "QUIET", "RUNS", "RUN_MARKS", "label_colors"]
