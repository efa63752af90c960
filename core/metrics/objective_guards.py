"""What no figure excuses: a prompt that is not better than always giving the most frequent answer, one that never
gives one of the labels, and a recall below its floor."""

from __future__ import annotations

from collections.abc import Sequence

from core.metrics.comparison import EVIDENCE, compare_answers, compare_scores, p_in_words
from core.metrics.metrics import measure
from core.metrics.objective_words import figure_in_words
from core.metrics.objectives import PairedAnswers, answers_of
from core.types import Example, Metrics, Objective, Prediction
from core.wording import quoted


def weakness(objective: Objective, *readings: Metrics) -> str:
    """Why a prompt with these readings, the one that counts first, is never called better, as the end of a
    sentence that has begun; empty where nothing speaks against it. A label that it gives in any of them is given."""
    readings = tuple(each for each in readings if each.n and 0 < len(each.confusion) == len(each.per_label))
    if not readings:
        return ""
    never = [label for label, count in _support(readings).items() if count and not _given(readings, label)]
    if never:
        rows = _support(readings)[never[0]]
        return f"it never answers “{never[0]}”, the label of {rows:,} row{'' if rows == 1 else 's'}"
    truth, answers = answers_of(readings[0])
    usual = max(dict.fromkeys(truth), key=truth.count)
    always = [usual] * len(truth)
    compared = compare_answers(
        PairedAnswers([str(number) for number in range(len(truth))], truth, always, answers), objective
    )
    if compared.p < EVIDENCE and compared.balance > 0:
        return ""
    figures = (
        f"{figure_in_words(objective, truth, answers)} against {figure_in_words(objective, truth, always)}"
    )
    return f"it is not proven better than always answering “{usual}” ({figures}, {p_in_words(compared.p)})"


def no_better_than(
    constant: tuple[str, Sequence[Prediction]], examples: Sequence[Example], read: Sequence[Prediction]
) -> str:
    """The same of free answers, which have no labels to miss: why they are not called better than the answer of
    `constant`, given to every row with these predictions."""
    answer, given = constant
    compared = compare_scores(examples, given, read)
    if not compared.n or (compared.p < EVIDENCE and compared.balance > 0):
        return ""
    means = [measure(examples, each, ()).score for each in (read, given)]
    figures = " against ".join(f"{100 * (mean or 0.0):.1f} %" for mean in means)
    return f"it is not proven better than always answering {quoted(answer, 60)} ({figures}, {p_in_words(compared.p)})"


def below_floors(objective: Objective, metrics: Metrics) -> tuple[str, ...]:
    """The labels whose recall is below its floor; one without rows is not."""
    floors = dict(objective.recall_floors)
    return tuple(
        row.label
        for row in metrics.per_label
        if row.support and row.label in floors and row.recall < floors[row.label]
    )


def floor_in_words(objective: Objective, metrics: Metrics, labels: Sequence[str]) -> str:
    """recall of “insincere” is 40.0 %, below its floor of 60 %"""
    floors, recall = dict(objective.recall_floors), {row.label: row.recall for row in metrics.per_label}
    return ", ".join(
        f"recall of “{label}” is {100 * recall[label]:.1f} %, below its floor of {100 * floors[label]:g} %"
        for label in labels
    )


def _support(readings: Sequence[Metrics]) -> dict[str, int]:
    support: dict[str, int] = {}
    for each in readings:
        for row in each.per_label:
            support[row.label] = support.get(row.label, 0) + row.support
    return support


def _given(readings: Sequence[Metrics], label: str) -> bool:
    for each in readings:
        names = [row.label for row in each.per_label]
        if label in names and any(row[names.index(label)] for row in each.confusion):
            return True
    return False
