"""Figures of predictions where rows have several labels: by label, over all of them, and whole sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.label_sets.sets import label_names, set_f1
from core.types import SPLITS, Example, LabelMetrics, Outcome, Prediction, Result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Sums = NDArray[np.float64]

SWAPS, SLICE = 10_000, 1_000  # swaps of a test, and how many at a time
CLOSE = 1e-12  # differences of sums of floats that are the same number


@dataclass(frozen=True, slots=True)
class SetFigures:
    """Of `n` rows that were scored, failed calls left out; rates are 0 to 1. `exact`: the share whose set is the row's
    own; `micro_f1`: over all labels of all rows; `macro_f1`: the mean over the labels that a row has or was given;
    `mean_f1`: the mean over rows of the F1 of their sets. As scikit-learn's f1_score has them for average="micro",
    "macro" and "samples" (Tsoumakas and Katakis 2007), but that what a reply names beside the label set counts as
    given in `mean_f1`."""

    n: int
    exact: float
    micro_f1: float
    macro_f1: float
    mean_f1: float
    per_label: tuple[LabelMetrics, ...]


def set_figures(
    examples: Sequence[Example], predictions: Sequence[Prediction], labels: Sequence[str]
) -> SetFigures | None:
    """Joined by id; None where no row was scored."""
    pairs = _pairs(examples, predictions)
    if not pairs:
        return None
    rows = tuple(_of_label(label, pairs) for label in labels)
    hits, support, given = (sum(row[at] for _, row in rows) for at in range(3))
    counted = [figures for figures, (_, own, said) in rows if own or said]
    return SetFigures(
        len(pairs),
        sum(set(wanted) == set(answer) for wanted, answer in pairs) / len(pairs),
        2 * hits / (support + given) if support + given else 0.0,
        sum(each.f1 for each in counted) / len(counted) if counted else 0.0,
        sum(set_f1(answer, wanted) for wanted, answer in pairs) / len(pairs),
        tuple(figures for figures, _ in rows),
    )


@dataclass(frozen=True, slots=True)
class SetComparison:
    """A run's first and best prompt on the same rows. `macro_f1_p`: of the difference in macro-F1."""

    start: SetFigures
    best: SetFigures
    macro_f1_p: float


def run_set_figures(examples: Sequence[Example], result: Result) -> dict[str, SetComparison]:
    """By part, those that both prompts have read; none where a row has one label."""
    compared: dict[str, SetComparison] = {}
    labels = result.best.prompt.several
    if not labels:
        return compared
    for part in SPLITS:
        read = [each.evaluations.get(part) for each in (result.baseline, result.best)]
        if part == SPLITS[0] or read[0] is None or read[1] is None:
            continue
        sides = read[0].predictions, read[1].predictions
        start, best = (set_figures(examples, side, labels) for side in sides)
        if start is not None and best is not None:
            compared[part] = SetComparison(start, best, macro_f1_p(examples, sides, labels))
    return compared


def macro_f1_p(
    examples: Sequence[Example],
    sides: tuple[Sequence[Prediction], Sequence[Prediction]],
    labels: Sequence[str],
) -> float:
    """Two-sided p of the difference in macro-F1 of two prompts on the rows that both have scored: the share of ways to
    swap both answers of a row, 10,000 drawn by a fixed seed, whose difference is at least as large (Yeh 2000)."""
    import numpy as np

    known = [{each.example_id: each for each in side if each.outcome is not Outcome.FAILED} for side in sides]
    both = [example for example in examples if all(example.id in side for side in known)]
    if not both:
        return 1.0
    truth = np.array([[label in label_names(example.label) for label in labels] for example in both], float)
    before, after = (_sums(both, side, labels, truth) for side in known)
    change, support = after - before, truth.sum(axis=0)
    moved = abs(change).sum(axis=1) > 0
    change = change[moved]
    first, second = before.sum(axis=0), after.sum(axis=0)

    def difference(swapped: Sums) -> Sums:
        return _macro(second - swapped, support) - _macro(first + swapped, support)

    least = abs(difference(np.zeros((1, change.shape[1])))[0]) - CLOSE
    rng, extreme = np.random.default_rng(len(change)), 0
    for _ in range(SWAPS // SLICE):
        swaps = rng.integers(0, 2, (SLICE, len(change))).astype(float)
        extreme += int((abs(difference(swaps @ change)) >= least).sum())
    return (extreme + 1) / (SWAPS + 1)


def _pairs(
    examples: Sequence[Example], predictions: Sequence[Prediction]
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The row's own labels and those given."""
    own = {example.id: label_names(example.label) for example in examples}
    return [
        (own[each.example_id], _given(each))
        for each in predictions
        if each.example_id in own and each.outcome is not Outcome.FAILED
    ]


def _given(prediction: Prediction) -> tuple[str, ...]:
    return label_names(prediction.label) if prediction.outcome is Outcome.LABEL else ()


def _of_label(
    label: str, pairs: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]
) -> tuple[LabelMetrics, tuple[int, int, int]]:
    """Its figures; rows right, rows with it, rows given it."""
    support = sum(label in wanted for wanted, _ in pairs)
    given = sum(label in answer for _, answer in pairs)
    hits = sum(label in wanted and label in answer for wanted, answer in pairs)
    figures = LabelMetrics(
        label,
        support,
        hits / given if given else 0.0,
        hits / support if support else 0.0,
        2 * hits / (support + given) if support + given else 0.0,
    )
    return figures, (hits, support, given)


def _sums(
    rows: Sequence[Example], side: Mapping[str, Prediction], labels: Sequence[str], truth: Sums
) -> Sums:
    """A line per row: for each label whether it was given rightly, then whether it was given."""
    import numpy as np

    given = np.array([[label in _given(side[row.id]) for label in labels] for row in rows], float)
    return np.hstack([given * truth, given])


def _macro(sums: Sums, support: Sums) -> Sums:
    import numpy as np

    hits, given = sums[..., : len(support)], sums[..., len(support) :]
    counted = support + given
    f1 = 2 * hits / np.maximum(counted, 1)
    return np.asarray(f1.sum(axis=-1) / np.maximum((counted > 0).sum(axis=-1), 1))
