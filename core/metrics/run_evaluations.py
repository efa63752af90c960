"""Every evaluation of a run in one list: of which prompt, at which step, on rows of which split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.types import SPLITS, Evaluation, Metrics, Prompt, Result, Step

STEP, END = "step", "end"  # stages of a run


@dataclass(frozen=True, slots=True)
class RunEvaluation:
    """`stage` is STEP, or END for the last reading of the validation and test rows; `step` is the one that the
    prompt comes from, at the end, and the one that read it, before."""

    step: int
    stage: str
    split: str
    prompt: Prompt | None
    evaluation: Evaluation


def run_evaluations(steps: Iterable[Step], result: Result | None) -> Iterator[RunEvaluation]:
    """In the order in which they were made."""
    before: Prompt | None = None
    for step in steps:
        yield from step_evaluations(step, before)
        before = step.prompt
    if result is not None:
        yield from end_evaluations(result)


def step_evaluations(step: Step, before: Prompt | None = None) -> Iterator[RunEvaluation]:
    """`before`: the prompt that entered the step, with which its batch was read."""
    if step.batch is not None:
        yield RunEvaluation(step.number, STEP, "train", before, step.batch)
    if step.validation is not None:
        yield RunEvaluation(step.number, STEP, "validation", step.candidate, step.validation)


def end_evaluations(result: Result) -> Iterator[RunEvaluation]:
    """Of the baseline and of the best prompt, once where they are the same."""
    scored = {each.step: each for each in (result.baseline, result.best)}
    for each in scored.values():
        for split, evaluation in each.evaluations.items():
            yield RunEvaluation(each.step, END, split, each.prompt, evaluation)


def cut_off_evaluation(result: Result) -> tuple[str, Metrics] | None:
    """The last part, of the held-out ones, on which replies to the best prompt were cut off, and its figures."""
    for part in reversed(SPLITS[1:]):
        evaluated = result.best.evaluations.get(part)
        if evaluated and evaluated.metrics.cut_off:
            return part, evaluated.metrics
    return None
