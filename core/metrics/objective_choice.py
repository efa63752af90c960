"""Which objective a run has: the one that was asked for, checked against the labels, or one that fits the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import isfinite

from core.errors import UsageError
from core.types import Example, Objective
from core.types.objectives import (
    ACCURACY,
    AUTOMATIC,
    BALANCED,
    COSTS,
    F1,
    MACRO_F1,
    RECALL,
    SCORE,
    UNREADABLE,
)

UNEVEN = (
    3.5  # from so many rows of the most frequent label for one of the rarest on, accuracy rewards guessing
)


def imbalance(examples: Iterable[Example]) -> float:
    """How many rows of the most frequent label there are for one of the rarest; 1 without rows."""
    counts = Counter(example.label for example in examples).values()
    return max(counts) / min(counts) if counts else 1.0


def objective_for(objective: Objective, examples: Sequence[Example]) -> Objective:
    """The objective itself; for `auto` the one that fits the training and validation rows among them (all, where
    none has a part): balanced accuracy where labels are uneven, else accuracy."""
    if objective.kind != AUTOMATIC:
        return objective
    used = [row for row in examples if not row.excluded]
    rows = [row for row in used if row.split in ("train", "validation")] or used
    kind = BALANCED if imbalance(rows) > UNEVEN else ACCURACY
    return replace(objective, kind=kind, chosen=True)


def check_objective(objective: Objective | None, labels: Sequence[str]) -> None:
    """Raises UsageError, in a sentence, for an objective that these labels do not have."""
    if objective is None:
        return
    free = (SCORE,) if not labels else ()  # of answers that a scorer reads
    if objective.kind not in (AUTOMATIC, ACCURACY, BALANCED, MACRO_F1, F1, RECALL, COSTS, *free):
        raise UsageError(f"There is no objective {objective.kind!r}: choose accuracy, balanced or macro-f1.")
    named = [objective.label] if objective.kind in (F1, RECALL) else []
    named += [label for label, _ in objective.recall_floors]
    named += [name for correct, predicted, _ in objective.costs for name in (correct, predicted)]
    for name in named:
        if name not in labels and not (name == UNREADABLE and objective.kind == COSTS):
            raise UsageError(
                f"The objective names the label {name!r}, which is not in the label set: correct it."
            )
    shares = [objective.floor, *(floor for _, floor in objective.recall_floors)]
    if not all(0 <= share <= 1 for share in shares):
        raise UsageError("A floor is a share of rows: give a number from 0 to 1, such as 0.6.")
    if not all(isfinite(cost) and cost >= 0 for _, _, cost in objective.costs):
        raise UsageError("A cost is a number, 0 or more: correct it.")
