"""What a report is told of a run, and what follows from that: which prompt is meant, which reading stands for
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.metrics.metrics import majority_accuracy
from core.prompts.starting import starting_prompt
from core.types import Dataset, Evaluation, Example, Prompt, Result, Settings, Spend, Step

UNFINISHED = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Told:
    """A run with everything that was stored of it. `dataset` holds the rows it was started on, each with the
    split it had in this run; `status` is a word of the store ("finished", "stopped", ...), `stop_reason` and
    `error` as there; `created` is a date in words; `seconds` is time spent running; `version` is Whetstone's.
    `result` is None for a run that did not get to its end."""

    run_id: str
    name: str
    dataset: Dataset
    status: str
    stop_reason: str
    error: str
    settings: Settings
    steps: Sequence[Step]
    result: Result | None
    spend: Mapping[str, Spend]
    seconds: float
    created: str
    version: str


def rows_of(told: Told, split: str) -> list[Example]:
    """The rows of one part that took part in the run."""
    return [row for row in told.dataset.examples if row.split == split and not row.excluded]


def is_kept(step: Step) -> bool:
    """Whether the run went on with this step's candidate."""
    return step.candidate is not None and step.prompt == step.candidate


def kept_steps(told: Told) -> list[Step]:
    """The steps whose prompt the run went on with, the baseline first."""
    return [step for step in told.steps if is_kept(step) and step.validation is not None]


def best_number(told: Told) -> int:
    """The step that the run ended with; until then the kept one that did best on the validation rows, the
    later of equals."""
    if told.result is not None:
        return told.result.best.step
    kept = kept_steps(told)
    return (
        max(kept, key=lambda step: (step.validation.metrics.accuracy or 0.0, step.number)).number
        if kept
        else 0
    )


def first_prompt(told: Told) -> Prompt:
    if told.result is not None:
        return told.result.baseline.prompt
    baseline = next((step.candidate for step in told.steps if step.number == 0), None)
    return baseline or told.settings.start or starting_prompt(told.dataset.labels)


def prompt_of(told: Told, number: int) -> Prompt:
    """The prompt of a step: what it tried, or where nothing could be tried what the run went on with.
    KeyError if there is none."""
    if told.result is not None and number == told.result.best.step:
        return told.result.best.prompt
    found = {step.number: step for step in told.steps}
    if number == 0 and number not in found:
        return first_prompt(told)
    return found[number].candidate or found[number].prompt


def reading_of(told: Told, number: int, split: str) -> Evaluation | None:
    """The reading that stands for a step's prompt: the last one for the first and the best prompt, else the
    step's own."""
    ends = (told.result.baseline, told.result.best) if told.result is not None else ()
    for scored in ends:
        if scored.step == number and split in scored.evaluations:
            return scored.evaluations[split]
    step = next((step for step in told.steps if step.number == number), None)
    return step.validation if step is not None and split == "validation" else None


def majority_of(told: Told) -> float:
    """The share of the most frequent label among the rows that count at the end: the test rows, or else the
    validation rows."""
    if told.result is not None:
        return told.result.majority_accuracy
    return majority_accuracy(rows_of(told, "test") or rows_of(told, "validation"))
