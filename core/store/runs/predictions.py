"""What every run has read of a dataset's rows: by row, which prompt said what and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.store.records import RunRecord, own_runs
from core.store.store import Store
from core.types import Evaluation, Outcome, Prediction, Prompt, Step


@dataclass(frozen=True, slots=True)
class StoredPrediction:
    """One prompt's word on one row. `version` tells the distinct prompts of all runs apart, counted from 1 in
    the order they came up."""

    run_id: str
    run_name: str
    step: int
    model: str
    version: int
    prediction: Prediction


def readings(store: Store, dataset_id: str) -> dict[str, tuple[StoredPrediction, ...]]:
    """By row id, oldest first, the last word of each prompt version. Unpacks every step of the dataset's
    runs: keep what it returns for as long as `fingerprint` says the same."""
    versions: dict[tuple[str, Prompt], int] = {}
    predictions: dict[str, dict[int, StoredPrediction]] = {}
    for record in reversed(store.runs.all(dataset_id)):
        model = record.settings.lightweight
        for step, prompt, read in _read(store.steps.all(record.id)):
            version = versions.setdefault((model, prompt), len(versions) + 1)
            for prediction in read.predictions:
                stored = StoredPrediction(record.id, record.name, step, model, version, prediction)
                predictions.setdefault(prediction.example_id, {})[version] = stored
    return {row: tuple(by_version.values()) for row, by_version in predictions.items()}


def fingerprint(store: Store, dataset_id: str) -> tuple[tuple[str, int], ...]:
    """Changes whenever a run of the dataset has read more, or is gone. One light query."""
    return tuple((record.id, record.steps) for record in store.runs.all(dataset_id))


def predicted_labels(read: Mapping[str, tuple[StoredPrediction, ...]]) -> dict[str, tuple[str, ...]]:
    """By row id the label that each prompt version gave it; replies without a label say nothing."""
    predicted = {
        row: tuple(each.prediction.label for each in versions if each.prediction.outcome is Outcome.LABEL)
        for row, versions in read.items()
    }
    return {row: labels for row, labels in predicted.items() if labels}


def last_run(store: Store, dataset_id: str) -> RunRecord | None:
    """The newest run that has read something; one of a benchmark or a migration only where there is no other."""
    return next(iter(own_runs([record for record in store.runs.all(dataset_id) if record.steps])), None)


def last_word(store: Store, run_id: str) -> dict[str, Prediction]:
    """By row id, what the best prompt of the run said of it; rows that only earlier prompts have read keep
    the latest of those."""
    predictions: dict[str, Prediction] = {}
    for _, _, read in _read(store.steps.all(run_id)):
        predictions.update(
            {each.example_id: each for each in read.predictions if each.outcome is not Outcome.FAILED}
        )
    result = store.runs.get(run_id).result
    if result is not None:
        for read in result.best.evaluations.values():
            predictions.update(
                {each.example_id: each for each in read.predictions if each.outcome is not Outcome.FAILED}
            )
    return predictions


def _read(steps: Iterable[Step]) -> Iterator[tuple[int, Prompt, Evaluation]]:
    """Every reading with the number of its step and its prompt: a step's batch is read with the prompt that
    the step before left."""
    before: Prompt | None = None
    for step in steps:
        if step.batch is not None and before is not None:
            yield step.number, before, step.batch
        if step.validation is not None and step.candidate is not None:
            yield step.number, step.candidate, step.validation
        before = step.prompt
