"""What the parts of the story page share of a run."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.exports.report.run import ReportRun, best_number
from core.exports.story.chapters import Chapter
from core.services.story.outline import run_chapter
from core.store.records import RunRecord, StepFigures
from core.types import Metrics
from pages.ui.runs.steps import run_dataset
from pages.ui.shell import workspace

END = "end"  # the stop after the last step: the prompt that came of it


@dataclass(frozen=True, slots=True)
class RunStory:
    """`outline` has the figures of the steps and no predictions."""

    run: RunRecord
    figures: tuple[StepFigures, ...]
    outline: ReportRun
    dataset: str

    @property
    def stamp(self) -> tuple[float, ...]:
        """Another one when a step was added, or took the place of one when the run was resumed."""
        return tuple(step.saved for step in self.figures)

    @property
    def numbers(self) -> list[int]:
        return [step.number for step in self.figures]

    @property
    def best(self) -> int:
        return best_number(self.outline)

    @property
    def turning_point(self) -> int:
        """The step that brought most right answers; where none brought any, the best one or the last."""
        return self.brought_most or self.best or self.numbers[-1]

    @property
    def brought_most(self) -> int:
        """The kept step with the largest gain of right answers; 0 where none gained any."""
        gains, before = dict[int, float](), None
        for step in self.figures:
            if step.kept and step.validation:
                if before is not None:
                    gains[step.number] = points_of(step.validation) - before
                before = points_of(step.validation)
        most = max(gains, key=lambda number: (gains[number], -number), default=0)
        return most if most and gains[most] > 0 else 0

    def step(self, number: int) -> StepFigures:
        return next(each for each in self.figures if each.number == number)


def points_of(metrics: Metrics) -> float:
    """How many rows are right; of graded answers the sum of their scores."""
    return metrics.score * metrics.n if metrics.graded else metrics.correct


def chapter_of_step(story: RunStory, number: int) -> Chapter:
    return _chapter(story.run.id, number, story.stamp)


@st.cache_resource(max_entries=60, show_spinner=False)
def _chapter(run_id: str, number: int, stamp: tuple[float, ...]) -> Chapter:
    store, rows = workspace().store, {row.id: row for row in run_dataset(run_id).examples}
    return run_chapter(store, run_id, number, store.steps.figures(run_id), rows)
