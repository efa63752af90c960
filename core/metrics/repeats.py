"""The same rows read several times, once per seed: an accuracy with an honest interval, and a paired verdict.

Readings of one row by several seeds are no independent evidence: a hard row is hard for all of them. Counting
every reading as a row of its own (Wilson on pooled counts) makes intervals too narrow and p too small. So the
row is the unit, here as in the survey literature, where it would be called a cluster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.metrics.comparison import mcnemar
from core.metrics.metrics import answer_score, wilson_of_share
from core.metrics.objective_words import difference_in_words
from core.metrics.objectives import PairedAnswers, paired_test
from core.metrics.paired_scores import CLOSE, sign_flip_p
from core.types import Comparison, Example, Objective, Outcome, Prediction
from core.types.objectives import ACCURACY, SCORE

# example id -> whether it was read rightly, 0 or 1; of graded answers the score between; failed calls left out
Marks = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Share:
    """`accuracy` of `readings` replies to `rows` rows, 0 to 1, with its 95 % interval over rows. `lowest` and
    `highest` are the accuracies of single seeds: how much luck there is in the tuning, which the interval
    does not hold."""

    accuracy: float
    interval: tuple[float, float]
    rows: int
    readings: int
    lowest: float
    highest: float


def marks_of(examples: Sequence[Example], predictions: Sequence[Prediction]) -> dict[str, float]:
    """By row, whether it was read rightly, or its score. Failed calls are left out."""
    truth = {example.id: example.label for example in examples}
    scored = [each for each in predictions if each.outcome is not Outcome.FAILED and each.example_id in truth]
    return {each.example_id: answer_score(each, truth[each.example_id]) for each in scored}


def share_of(seeds: Sequence[Marks]) -> Share | None:
    """Of all readings together; with as many rows for each seed this is the mean of the seeds' accuracies.
    None without readings.

    Wilson's interval (1927) for an effective number of rows, p(1 - p) / variance, where the variance of the
    share is the linearised one with rows as clusters (Korn and Graubard 1998, with Wilson's form for the
    interval). With one seed that is the number of rows, and the interval is the usual one. More seeds narrow
    it only as far as they disagree on rows, at most to as many rows as there are readings. It tells what
    these prompts would do on other rows of the same kind, not what another seed would find."""
    read = [marks for marks in seeds if marks]
    if not read:
        return None
    hits: dict[str, float] = {}
    times: dict[str, int] = {}
    for marks in read:
        for identity, is_right in marks.items():
            hits[identity] = hits.get(identity, 0.0) + is_right
            times[identity] = times.get(identity, 0) + 1
    readings = sum(times.values())
    share = sum(hits.values()) / readings
    variance = sum((hits[row] - share * times[row]) ** 2 for row in times) / readings**2
    spread = share * (1 - share)
    if spread == 0:
        effective = float(len(times))  # all right or all wrong: nothing tells that seeds would disagree
    else:
        effective = min(spread / variance, readings) if variance > 0 else float(readings)
    singles = [sum(marks.values()) / len(marks) for marks in read]
    return Share(share, wilson_of_share(share, effective), len(times), readings, min(singles), max(singles))


def compare_seeds_by(objective: Objective, readings: Sequence[PairedAnswers]) -> Comparison:
    """The same by another objective than accuracy: the difference is the mean of the seeds', and a row's answers
    of all seeds are swapped together. Fixed and broken are counted as there."""
    marks = [
        [
            {id: label == answer for id, label, answer in zip(each.ids, each.truth, answers, strict=True)}
            for answers in (each.before, each.after)
        ]
        for each in readings
    ]
    counted = compare_seeds([before for before, _ in marks], [after for _, after in marks])
    if objective.kind == ACCURACY:
        return counted
    difference, p = paired_test(objective, readings)
    return replace(counted, p=p, measure=difference_in_words(objective, difference), difference=difference)


def compare_seeds(before: Sequence[Marks], after: Sequence[Marks]) -> Comparison:
    """Seed by seed, the same rows under both prompts. A row counts as fixed if more seeds read it rightly
    after than before, as broken if fewer do; `p` is the exact sign test of these numbers, a toss for each row
    that moved on balance. With one seed it is McNemar's. Of graded answers rows count by the sum of their scores, and
    `p` flips the signs of their differences, as with one seed."""
    balance: dict[str, float] = {}
    for old, new in zip(before, after, strict=True):
        for identity in sorted(old.keys() & new.keys()):
            balance[identity] = balance.get(identity, 0.0) + new[identity] - old[identity]
    fixed = tuple(sorted(row for row, moved in balance.items() if moved > CLOSE))
    broke = tuple(sorted(row for row, moved in balance.items() if moved < -CLOSE))
    if not any(0 < mark < 1 for marks in (*before, *after) for mark in marks.values()):
        return Comparison(len(balance), fixed, broke, mcnemar(len(fixed), len(broke)))
    mean = sum(balance.values()) / (len(balance) * len(before)) if balance else 0.0
    measure = difference_in_words(Objective(SCORE), mean)
    return Comparison(len(balance), fixed, broke, sign_flip_p(list(balance.values())), measure, mean, True)
