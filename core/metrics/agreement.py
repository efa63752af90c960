"""How far two people agree who labelled the same rows: Cohen's kappa with an interval, and label by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

RESAMPLED = 2_000


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """`first` and `second` rows have the label by either person, `both` by both. `share` is the chance that the
    one gives it where the other does (positive specific agreement), None where nobody gave it."""

    label: str
    first: int
    second: int
    both: int

    @property
    def share(self) -> float | None:
        given = self.first + self.second
        return 2 * self.both / given if given else None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of `n` rows `agreed` have the same label. `kappa` is what of that is beyond chance, at most 1, with its
    95 % interval; None where it is not defined, because both gave the same label throughout. `confused`:
    (first, second, rows), most frequent first."""

    n: int
    agreed: int
    kappa: float | None
    interval: tuple[float, float] | None
    labels: tuple[LabelAgreement, ...]
    confused: tuple[tuple[str, str, int], ...]


def agreement_of(pairs: Sequence[tuple[str, str]], names: Sequence[str], seed: int = 0) -> Agreement:
    """Of the labels that two people gave to each row. `names` is the label set; the same for the same seed."""
    counts = Counter(pairs)
    every = list(dict.fromkeys([*names, *(label for pair in counts for label in pair)]))
    confused = sorted(
        ((*pair, rows) for pair, rows in counts.items() if pair[0] != pair[1]),
        key=lambda each: (-each[2], each),
    )
    return Agreement(
        len(pairs),
        sum(rows for (first, second), rows in counts.items() if first == second),
        _kappa(pairs, every),
        _interval(counts, every, seed),
        tuple(_of_label(counts, label) for label in every),
        tuple(confused),
    )


def _of_label(counts: Counter[tuple[str, str]], label: str) -> LabelAgreement:
    first = sum(rows for pair, rows in counts.items() if pair[0] == label)
    second = sum(rows for pair, rows in counts.items() if pair[1] == label)
    return LabelAgreement(label, first, second, counts[label, label])


def _kappa(pairs: Sequence[tuple[str, str]], names: Sequence[str]) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    if len({label for pair in pairs for label in pair}) < 2:
        return None
    first, second = zip(*pairs, strict=True)
    kappa = float(cohen_kappa_score(first, second, labels=list(names)))
    return None if isnan(kappa) else kappa


def _interval(
    counts: Counter[tuple[str, str]], names: Sequence[str], seed: int
) -> tuple[float, float] | None:
    """By bootstrap over rows (Efron, Tibshirani 1993): rows drawn with replacement are counts drawn from a
    multinomial. Draws in which kappa is not defined are left out."""
    import numpy as np

    if len({label for pair in counts for label in pair}) < 2:
        return None
    table = np.array([[counts[first, second] for second in names] for first in names], dtype=float)
    n = int(table.sum())
    drawn = np.random.default_rng(seed).multinomial(n, (table / n).ravel(), RESAMPLED)
    tables = drawn.reshape(RESAMPLED, *table.shape) / n
    observed = np.trace(tables, axis1=1, axis2=2)
    chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1)
    defined = chance < 1
    kappas = (observed[defined] - chance[defined]) / (1 - chance[defined])
    low, high = np.percentile(kappas, (2.5, 97.5)).tolist()
    return low, high
