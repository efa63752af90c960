"""A run whose replies are free answers: what of the loop does not hold there, and what takes its place.

There is no label set, so nothing is spread over labels, no label is in doubt, none gets a definition, and no figure is
by label. A row is right where the scorer gives its answer the full score; the mean score counts where there are
scores between. Instead of the most frequent label the floor is the best constant answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.data.splits import split
from core.errors import UsageError
from core.metrics.objective_guards import no_better_than
from core.scoring.constant import Constant
from core.scoring.label_sets import is_set_scorer
from core.scoring.scorer import Scorer
from core.tuning.setup import Switches
from core.types import Dataset, Example, LabelSet, Objective, Prediction, Settings
from core.types.objectives import ACCURACY, AUTOMATIC, SCORE

OPEN = LabelSet(())
BY_LABEL = ("rows_per_label", "mistakes_per_label", "correct_per_label")


def rows_in_parts(examples: Sequence[Example], settings: Settings) -> tuple[Example, ...]:
    """The rows, each with its part."""
    return split(examples, settings.seed, bool(settings.scorer))


def check_free(settings: Settings) -> None:
    """UsageError for settings that need labels, where a scorer is set."""
    if not settings.scorer:
        return
    named = next((name for name in BY_LABEL if getattr(settings, name) is not None), "")
    if settings.structured_output or settings.shortlist:
        named = "structured_output" if settings.structured_output else "shortlist"
    objective = settings.objective or Objective()
    if objective.kind not in (AUTOMATIC, ACCURACY, SCORE) or objective.recall_floors:
        named = "objective"
    if named and is_set_scorer(settings.scorer):
        raise UsageError(
            f"Rows have several labels, and how many of each row's are right is what counts: leave {named.replace('_', ' ')} out."
        )
    if named:
        raise UsageError(
            f"With a scorer there are no labels, and the score is what counts: leave {named.replace('_', ' ')} out."
        )


def free_run(
    dataset: Dataset, settings: Settings, switches: Switches, scorer: Scorer
) -> tuple[Dataset, Settings, Switches]:
    """What `tune` begins with. UsageError for settings that need labels, DataError for an answer that the scorer
    cannot score against."""
    check_free(settings)
    scorer.check(dataset.examples)
    return (
        replace(dataset, labels=OPEN),
        replace(settings, objective=scorer.objective, definitions_first=False),
        replace(switches, hold_back_doubtful=False),
    )


def weak_answers(constant: Constant, examples: Sequence[Example], predictions: Sequence[Prediction]) -> str:
    """Why a prompt with these answers is not called better than the constant one, as the end of a sentence; "" where
    nothing speaks against it."""
    return no_better_than((constant.answer, constant.predictions), examples, predictions)
