"""What is asked for one cell of the confusion matrix: the rows that are read, the request that is made of
them, and what it takes.

The heavyweight model sees training rows only, here as everywhere: where none of them is in the cell, it is
told which labels are mixed up and sees training rows of both that were read rightly.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from core.costs.call_price import CallPrice, Range, mean_size, price_of_calls, request_size
from core.data.splits import split
from core.errors import UsageError
from core.llm.connections import ModelContext
from core.metrics.confusion import MatrixCell, cells_of
from core.metrics.metrics import right
from core.prompts.rules import PromptTerms, size_limit_from, usual_size
from core.similarity.examples import without_examples
from core.similarity.requests import classify_requests
from core.tuning.reflection_request import ReflectionInputs, reflection_data, reflection_request
from core.types import (
    Dataset,
    Evaluation,
    Example,
    LabelSet,
    Message,
    Outcome,
    Prediction,
    Prompt,
    Request,
    Settings,
)

MOST_READ, CONTRAST = (
    60,
    12,
)  # training rows that are read: of the correct label, and of the label that they were taken for
MOST_MISTAKES, MOST_CORRECT = (
    24,
    6,
)  # rows in the request: of the cell, and of either label those read rightly
REPLY_BYTES = 150  # of the lightweight model, as it stands beside a mistake
TASK = (
    "Answer with exactly one edit: the one change most likely to mend this kind of mistake in texts it has not seen. It is measured on "
    "rows of all labels, and what it breaks there counts against it, so say where the rule ends."
)


@dataclass(frozen=True, slots=True)
class CellContext:
    """A cell of mistakes, the prompt that made them, and the rows at hand. `likely` are ids of training rows
    that an earlier prompt read into the cell: they are read first. `held_out` are texts that no prompt may
    quote, `terms` the run's own rules for prompts."""

    prompt: Prompt
    labels: LabelSet
    cell: MatrixCell
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    held_out: frozenset[str] = field(repr=False)
    seed: int = 0
    likely: frozenset[str] = frozenset()
    terms: PromptTerms = field(default_factory=PromptTerms)

    @property
    def rows_to_read(self) -> list[Example]:
        """Training rows of the correct label, and some of the other: likely ones first, canonical and noted
        ones next, then by chance."""
        rng = random.Random(f"cell/{self.seed}/{self.cell}")
        names = self.labels.names
        ranked = sorted(
            self.train,
            key=lambda row: (row.id not in self.likely, not row.canonical, not row.note, rng.random()),
        )
        taken_for = names[self.cell.column] if self.cell.column < len(names) else None
        mine = [row for row in ranked if row.label == names[self.cell.row]][:MOST_READ]
        return mine + [row for row in ranked if row.label == taken_for][:CONTRAST]


def ground_of(
    dataset: Dataset,
    seed: int,
    prompt: Prompt,
    cell: MatrixCell,
    measured: Collection[str],
    likely: Collection[str] = (),
    terms: PromptTerms = PromptTerms(),
) -> CellContext:
    """`dataset` is the run's copy of the rows, `seed` the run's; `measured` are ids of the validation rows
    that its steps were read on. Raises UsageError for a cell of the diagonal, and where there is nothing to
    learn from or to measure on."""
    if cell.right:
        raise UsageError(
            "These rows were predicted right, so there is nothing to mend: choose a cell off the diagonal."
        )
    rows = [row for row in dataset.examples if not row.excluded]
    rows = (
        rows
        if all(row.split for row in rows)
        else [row for row in split(dataset.examples, seed) if not row.excluded]
    )
    train = without_examples([row for row in rows if row.split == "train"], prompt.few_shot)
    wanted = set(measured)
    validation = tuple(row for row in rows if row.split == "validation" and row.id in wanted)
    held_out = frozenset(row.text for row in rows if row.split != "train")
    ground = CellContext(
        prompt, dataset.labels, cell, tuple(train), validation, held_out, seed, frozenset(likely), terms
    )
    if not validation:
        raise UsageError(
            "No validation rows were read in this step, so an edit could not be measured: choose another step."
        )
    if not ground.rows_to_read:
        none = "No training row has the label " + dataset.labels.names[cell.row]
        raise UsageError(none + ", so there is nothing to learn from: move some of its rows to training.")
    return ground


# ---- the request


def findings_of(ground: CellContext, read: Evaluation) -> ReflectionInputs:
    """The training rows of the cell, and for contrast some of both labels that were read rightly."""
    names, predictions = ground.labels.names, {each.example_id: each for each in read.predictions}
    cells = cells_of(ground.train, read.predictions, names)
    rows = [row for row in ground.rows_to_read if row.id in cells]
    mistakes = [row for row in rows if cells[row.id] == ground.cell][:MOST_MISTAKES]
    rights = [row for row in rows if right(predictions[row.id], row.label)]
    mine = [row for row in rights if row.label == names[ground.cell.row]]
    others = [row for row in rights if row.label != names[ground.cell.row]]
    return ReflectionInputs(
        ground.prompt,
        ground.labels,
        mistakes,
        mine[:MOST_CORRECT] + others[:MOST_CORRECT],
        predictions,
        size_limit=size_limit_from(ground.terms.start, usual_size(ground.labels.names)),
        locked=ground.terms.locked,
    )


def cell_request(ground: CellContext, findings: ReflectionInputs) -> Request:
    """What the heavyweight model is sent: the request of a step, with these rows and a task that speaks of
    one kind of mistake."""
    request = reflection_request(findings)
    system, user = request.messages
    kind = reflection_data(
        f"the correct label is {ground.labels.names[ground.cell.row]}, and the small model {_reply_in_words(ground)}."
    )
    if findings.mistakes:
        kind_in_words = "All these mistakes are of one kind: " + kind
    else:
        kind_in_words = (
            "None of the mistakes to mend is shown, since their rows are kept for measuring. They are of one kind: "
            + kind
        )
    return replace(
        request, messages=(system, Message("user", user.content + "\n\n" + kind_in_words + " " + TASK))
    )


def _reply_in_words(ground: CellContext) -> str:
    names, column = ground.labels.names, ground.cell.column
    if column < len(names):
        return "says " + names[column]
    return (
        "answers with a label that is not in the list"
        if column == len(names)
        else "gives no label that can be read"
    )


# ---- what it takes


def price(
    settings: Settings, ground: CellContext, again: bool, shared: ModelContext
) -> tuple[CallPrice, CallPrice]:
    """Lightweight and heavyweight part, were nothing in the cache; `again`: the validation rows are read with
    the old prompt, too."""
    rows = [*ground.rows_to_read, *ground.validation, *(ground.validation if again else ())]
    sent = classify_requests(
        ground.prompt, [row.text for row in rows], ground.labels.names if settings.structured_output else ()
    )
    size = mean_size(sent)
    sample = ground.rows_to_read[:MOST_MISTAKES]
    blank = {row.id: Prediction(row.id, Outcome.LABEL, reply="x" * REPLY_BYTES) for row in sample}
    low, high = (
        request_size(
            cell_request(
                ground,
                ReflectionInputs(
                    ground.prompt, ground.labels, mistakes, (), blank, locked=ground.terms.locked
                ),
            )
        )
        for mistakes in (sample[:1], sample)
    )
    return (
        price_of_calls(settings, "lightweight", len(rows), size, shared),
        price_of_calls(settings, "heavyweight", 1, Range(low, high), shared),
    )
