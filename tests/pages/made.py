"""Runs for pages to show: real records, carried out as a run is, over readings whose quality the test
sets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from core.data.importing.mapping import import_dataset
from core.data.splits import split
from core.jobs.run_job import Work, execute_run
from core.metrics.comparison import compare, comparison_in_words
from core.metrics.metrics import evaluation, majority_accuracy
from core.prompts.edits import apply_edits
from core.prompts.starting_prompt import starting_prompt
from core.samples import sample
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.tuning.acceptance import claim
from core.types import (
    SPLITS,
    Dataset,
    Decision,
    Edit,
    EditResult,
    Evaluation,
    Example,
    Message,
    Outcome,
    Prediction,
    Progress,
    Reflection,
    Request,
    Result,
    Scored,
    Settings,
    Step,
    Verdict,
)

GOOD_EDIT = Edit("system_prompt", "", "\nAnything about docs is documentation, even a bug in them.")
BAD_EDIT = Edit("system_prompt", "", "\nWhen in doubt, answer bug.")


def dataset_of(store: Store, name: str = "five_topics") -> str:
    """The id of a sample as a dataset."""
    chosen = sample(name)
    dataset = import_dataset(chosen.path.read_bytes(), chosen.title).dataset
    return store.datasets.add(dataset, origin="test")


def wait_for_runs(store: Store) -> None:
    """Until none is under way."""
    deadline = time.monotonic() + 180
    while any(run.active for run in store.runs.all()):
        assert time.monotonic() < deadline, "a run does not end"
        time.sleep(0.05)


def run_of(
    store: Store,
    dataset_id: str,
    name: str = "",
    settings: Settings = Settings(),
    ends: Callable | None = None,
    then: Dataset | None = None,
) -> str:
    """The id of a run that was carried out, on the dataset as it is or was `then`; `ends(events)` may change its end."""
    run_id = store.runs.create(dataset_id, settings, name, rows=then)

    def begin(
        dataset: Dataset, settings: Settings, run_id: str, on_progress: Callable[[Progress], None]
    ) -> Work:
        made = events(dataset, settings)
        return Work(ends(made) if ends else made, dict)

    execute_run(store, run_id, new_owner(), begin)
    return run_id


def failing_after(steps: int, error: Exception) -> Callable:
    """Ends a run with an error after so many steps."""

    def ends(made: Iterator[Step | Result]) -> Iterator[Step | Result]:
        for number, event in enumerate(made):
            if number == steps:
                raise error
            yield event

    return ends


def events(dataset: Dataset, settings: Settings) -> Iterator[Step | Result]:
    """The baseline (3 of 10 right), a step that is kept (7 of 10), one that is refused (5 of 10), the
    result."""
    rows = split(dataset.examples, settings.seed)
    train, validation, test = ([row for row in rows if row.split == name] for name in SPLITS)
    labels, start = dataset.labels.names, starting_prompt(dataset.labels)
    better, worse = apply_edits(start, [GOOD_EDIT]), apply_edits(apply_edits(start, [GOOD_EDIT]), [BAD_EDIT])
    low, high, middle = (
        reading(validation, labels, 3),
        reading(validation, labels, 7),
        reading(validation, labels, 5),
    )
    yield Step(0, start, start, None, low, None, Verdict(Decision.ACCEPTED, "The starting prompt."))
    up, down = (
        compare(validation, low.predictions, high.predictions),
        compare(validation, high.predictions, middle.predictions),
    )
    for number, prompt, candidate, edit, read, came, decision in (
        (1, better, better, GOOD_EDIT, high, up, Decision.ACCEPTED),
        (2, better, worse, BAD_EDIT, middle, down, Decision.REJECTED),
    ):
        verdict = Verdict(decision, comparison_in_words(came), came)
        request = Request(
            (Message("system", "You improve prompts."), Message("user", "Mistakes: <mistake>…</mistake>"))
        )
        said = f"Step {number}: the labels follow a house rule.\n<edit>…</edit>"
        reflection = Reflection(request, said, (edit,), tuple(row.id for row in train[:3]))
        yield Step(
            number,
            prompt,
            candidate,
            reading(train, labels, 4),
            read,
            reflection,
            verdict,
            (EditResult(edit, verdict),),
        )
    before, after = reading(test, labels, 3), reading(test, labels, 7)
    verdict = claim(compare(test, before.predictions, after.predictions)) if test else None
    yield Result(
        Scored(start, 0, {"validation": low, "test": before}),
        Scored(better, 1, {"validation": high, "test": after}),
        verdict,
        "iterations",
        {"train": len(train), "validation": len(validation), "test": len(test)},
        majority_accuracy(test),
    )


def reading(rows: Sequence[Example], labels: Sequence[str], right: int) -> Evaluation:
    """Of every ten rows the first `right` are read correctly, the others as the next label."""
    return evaluation(
        rows, [_prediction(row, labels, place % 10 < right) for place, row in enumerate(rows)], labels
    )


def _prediction(row: Example, labels: Sequence[str], right: bool) -> Prediction:
    label = row.label if right else labels[(labels.index(row.label) + 1) % len(labels)]
    return Prediction(
        row.id,
        Outcome.LABEL,
        label,
        label,
        f"It sounds like {label}.",
        f"It sounds like {label}. <label>{label}</label>",
    )
