"""One of the readings of a step: which rows, read with which prompt; by the labels of today where they have
changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.services.evaluation.rescored import RowsSince
from core.store.records import RunRecord
from core.types import Evaluation, Prompt, Step
from pages.ui.row_panel.state import RowContext, ShownAnswers
from pages.ui.runs.steps import LoadedStep

READINGS = {
    "validation": "Validation rows, with this step's prompt",
    "batch": "Training rows, before the edit",
}


@dataclass(frozen=True, slots=True)
class StepEvaluation:
    """A reading that is looked at: `name` is "validation" or "batch", of the `loaded` step."""

    loaded: LoadedStep
    record: RunRecord
    name: str
    read: Evaluation

    @property
    def key(self) -> str:
        """Tells this reading from every other one."""
        return f"{self.record.id} {self.loaded.step.number} {self.name}"

    @property
    def context(self) -> RowContext:
        """For the panel of one of its rows."""
        answers = ShownAnswers(
            "Predicted",
            {each.example_id: each for each in self.read.predictions},
            self.prompt,
            self.record.settings,
            self.carried,
        )
        title = f"Step {self.loaded.step.number} of {self.record.name}"
        return RowContext(title, self.record.id, (answers,), then=self.loaded.rows)

    @property
    def prompt(self) -> Prompt:
        """What the rows were read with."""
        return (
            self.loaded.before if self.name == "batch" else self.loaded.step.candidate or self.loaded.prompt
        )

    @property
    def carried(self) -> bool:
        """Whether some replies may be those of an earlier prompt: under a cap on calls only what the edits
        may move is read again."""
        return (
            self.name == "validation"
            and self.loaded.step.number > 0
            and self.record.settings.max_calls is not None
        )


def by_todays_labels(loaded: LoadedStep, since: RowsSince) -> LoadedStep:
    """The step as it would be scored now."""
    step = loaded.step
    scored = replace(
        step,
        validation=since.rescored(step.validation) if step.validation else None,
        batch=since.rescored(step.batch) if step.batch else None,
    )
    return replace(loaded, step=scored, dataset=since.now, rows={row.id: row for row in since.now.examples})


def choose_reading(step: Step) -> tuple[str | None, Evaluation | None]:
    """Which rows to look at, where a step has read two kinds, and their reading."""
    readings = {
        name: getattr(step, name)
        for name in READINGS
        if getattr(step, name) is not None and getattr(step, name).predictions
    }
    if len(readings) < 2:
        name = next(iter(readings), None)
    else:
        name = st.segmented_control(
            "Rows",
            list(readings),
            default="validation",
            required=True,
            format_func=READINGS.get,
            key="reading",
        )
    return name, readings.get(name)
