"""What a report knows of a run, and what follows from that: which prompt is meant, which reading stands for
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.metrics.metrics import by_score, majority_accuracy
from core.prompts.starting_prompt import starting_prompt
from core.types import Dataset, Evaluation, Example, Prompt, Result, Settings, Spend, Step
from core.wording import constant_in_words

UNFINISHED = ("queued", "running")


@dataclass(frozen=True, slots=True)
class ReportRun:
    """A run with everything that was stored of it. `dataset` holds the rows it was started on, each with the
    split it had in this run; `status` is a word of the store ("finished", "stopped", ...), `stop_reason` and
    `error` as there; `created` is a date in words; `who` started it, if somebody was signed in; `seconds` is
    time spent running; `version` is Whetstone's. `result` is None for a run that did not get to its end. `thousand`:
    what so many classifications cost, in words; empty where nobody asked. `answering`: sentences on when the prompt should
    answer; empty where that was not measured."""

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
    who: str = ""
    thousand: str = ""
    answering: tuple[str, ...] = ()


def rows_of(run: ReportRun, split: str) -> list[Example]:
    """The rows of one part that took part in the run."""
    return [row for row in run.dataset.examples if row.split == split and not row.excluded]


def is_accepted(step: Step) -> bool:
    """Whether the run went on with this step's candidate."""
    return step.candidate is not None and step.prompt == step.candidate


def accepted_steps(run: ReportRun) -> list[Step]:
    """The steps whose prompt the run went on with, the baseline first."""
    return [step for step in run.steps if is_accepted(step) and step.validation is not None]


def validation_accuracy(step: Step) -> float | None:
    """The mean score where answers have scores."""
    return by_score(step.validation.metrics).accuracy if step.validation is not None else None


def is_graded_run(run: ReportRun) -> bool:
    """Whether answers have scores between wrong and right, whose mean is what counts."""
    return any(step.validation is not None and step.validation.metrics.graded for step in run.steps)


def best_number(run: ReportRun) -> int:
    """The step that the run ended with; until then the kept one that did best on the validation rows, the
    later of equals."""
    if run.result is not None:
        return run.result.best.step
    accepted = accepted_steps(run)
    return (
        max(accepted, key=lambda step: (validation_accuracy(step) or 0.0, step.number)).number
        if accepted
        else 0
    )


def first_prompt(run: ReportRun) -> Prompt:
    if run.result is not None:
        return run.result.baseline.prompt
    baseline = next((step.candidate for step in run.steps if step.number == 0), None)
    return baseline or run.settings.start or starting_prompt(run.dataset.labels, run.settings.purpose)


def prompt_of_step(run: ReportRun, number: int) -> Prompt:
    """The prompt of a step: what it tried, or where nothing could be tried what the run went on with.
    KeyError if there is none."""
    if run.result is not None and number == run.result.best.step:
        return run.result.best.prompt
    steps = {step.number: step for step in run.steps}
    if number == 0 and number not in steps:
        return first_prompt(run)
    return steps[number].candidate or steps[number].prompt


def reading_of(run: ReportRun, number: int, split: str) -> Evaluation | None:
    """The reading that stands for a step's prompt: the last one for the first and the best prompt, else the
    step's own."""
    ends = (run.result.baseline, run.result.best) if run.result is not None else ()
    for scored in ends:
        if scored.step == number and split in scored.evaluations:
            return scored.evaluations[split]
    step = next((step for step in run.steps if step.number == number), None)
    return step.validation if step is not None and split == "validation" else None


def constant_of(run: ReportRun) -> str:
    """What `majority_of` is the share of, in words."""
    return constant_in_words(run.settings.scorer)


def majority_of(run: ReportRun) -> float:
    """The share of the most frequent label among the rows that count at the end: the test rows, or else the
    validation rows."""
    if run.result is not None:
        return run.result.majority_accuracy
    return majority_accuracy(rows_of(run, "test") or rows_of(run, "validation"))
