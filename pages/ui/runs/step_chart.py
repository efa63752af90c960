"""Accuracy per step, with marks that open their step: the same choice as in the list of steps."""

from __future__ import annotations

from collections.abc import Sequence

from core.store.records import StepFigures
from pages.ui.address import turn_to
from pages.ui.charts import accuracy_chart
from pages.ui.clickable import show_clickable
from pages.ui.runs.steps import BEST
from pages.ui.words import percent


def show_accuracy(figures: Sequence[StepFigures], majority: float, chosen: int) -> None:
    """`chosen` is the number of the step that is shown. A second click on its mark goes back to the best so
    far."""
    about = (round(majority, 6), *((step.number, step.saved) for step in figures))
    show_clickable(
        "accuracy",
        about,
        str(chosen),
        lambda marked: accuracy_chart(figures, majority, None if marked is None else int(marked)),
        lambda name: turn_to("step", BEST if name is None else int(name)),
        alt=f"Accuracy per step on validation rows and on training batches; the most frequent label alone reaches {percent(majority)}",
    )
