"""An objective, and the figure of some answers under it, in words."""

from __future__ import annotations

from collections.abc import Sequence

from core.metrics.metrics import score_interval
from core.metrics.objectives import Answers, answers_of, objective_score
from core.types import Metrics, Objective
from core.types.objectives import ACCURACY, AUTOMATIC, BALANCED, COSTS, F1, MACRO_F1, RECALL, SCORE

NAMES = {
    AUTOMATIC: "chosen by the rows",
    ACCURACY: "accuracy",
    BALANCED: "balanced accuracy",
    MACRO_F1: "macro-F1",
    COSTS: "cost of a row",
    SCORE: "mean score",
}


def objective_in_words(objective: Objective) -> str:
    """Such as "balanced accuracy", "recall of “spam” at a precision of at least 80 %"."""
    if objective.kind == F1:
        return f"F1 of “{objective.label}”"
    if objective.kind == RECALL:
        return f"recall of “{objective.label}” at a precision of at least {100 * objective.floor:g} %"
    return NAMES.get(objective.kind, objective.kind)


def floors_in_words(objective: Objective) -> str:
    """recall of “spam” not below 60 %; empty without floors"""
    return ", ".join(
        f"recall of “{label}” not below {100 * floor:g} %" for label, floor in objective.recall_floors
    )


def asked_in_words(objective: Objective) -> str:
    """The objective with its floors, and why it is this one where nobody asked for it."""
    words = objective_in_words(objective)
    if objective.chosen:
        uneven = "uneven, and accuracy would reward guessing" if objective.kind == BALANCED else "even enough"
        words += f" (chosen since the labels are {uneven})"
    floors = floors_in_words(objective)
    return f"{words}; {floors}" if floors else words


def figure(objective: Objective, truth: Sequence[str], answers: Answers) -> float | None:
    """The value under the objective's name, 0 to 1 (a cost: what a row costs on average); None without rows. A
    recall is what it is, whether or not its precision reaches the floor."""
    if not truth:
        return None
    if objective.kind == RECALL:
        support = sum(label == objective.label for label in truth)
        return _hits(objective.label, truth, answers) / support if support else 0.0
    value = objective_score(objective, truth, answers)
    return -value + 0.0 if objective.kind == COSTS else value


def figure_of(objective: Objective, metrics: Metrics | None) -> float | None:
    """The same from the figures of an evaluation."""
    if metrics is None or not metrics.n:
        return None
    if objective.kind == SCORE:
        return metrics.score
    return metrics.accuracy if objective.kind == ACCURACY else figure(objective, *answers_of(metrics))


def rank_of(objective: Objective, metrics: Metrics) -> float:
    """The higher the better, for choosing among several; 0 where nothing was scored."""
    if objective.kind == SCORE:
        return metrics.score or 0.0
    if objective.kind == ACCURACY or not metrics.n:
        return metrics.accuracy or 0.0
    return objective_score(objective, *answers_of(metrics))


def figure_in_words(objective: Objective, truth: Sequence[str], answers: Answers) -> str:
    """61.2 %; 40.0 % at a precision of 31.0 %; 0.34 a row"""
    value = figure(objective, truth, answers)
    if value is None:
        return "not measured"
    if objective.kind == COSTS:
        return f"{value:.3g} a row"
    if objective.kind == RECALL:
        given = sum(answer == objective.label for answer in answers)
        precision = _hits(objective.label, truth, answers) / given if given else 0.0
        return f"{100 * value:.1f} % at a precision of {100 * precision:.1f} %"
    return f"{100 * value:.1f} %"


def measured_in_words(objective: Objective, metrics: Metrics) -> str:
    """The same from the figures of an evaluation."""
    if objective.kind == SCORE:
        interval = score_interval(metrics)
        ends = " ({:.1f} to {:.1f})".format(*(100 * end for end in interval)) if interval else ""
        return "not measured" if metrics.score is None else f"{100 * metrics.score:.1f} %{ends}"
    return figure_in_words(objective, *answers_of(metrics))


def difference_in_words(objective: Objective, difference: float) -> str:
    """balanced accuracy +12.3 points; 0.12 a row cheaper"""
    if objective.kind == COSTS:
        return f"a row costs {abs(difference):.3g} {'less' if difference >= 0 else 'more'}"
    name = objective_in_words(objective)
    if objective.kind == RECALL:  # across the floor of precision there is no difference to name
        return f"{name}: {'higher' if difference > 0 else 'lower' if difference else 'the same'}"
    change = f"{100 * difference:+.1f}".replace("-", "\N{MINUS SIGN}")
    return f"{name} {change} points"


def _hits(label: str, truth: Sequence[str], answers: Answers) -> int:
    return sum(correct == answer == label for correct, answer in zip(truth, answers, strict=True))
