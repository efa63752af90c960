"""Figures of one evaluation. Failed calls are left out and counted; unreadable replies and unknown labels are
wrong answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import sqrt

from core.errors import DataError
from core.metrics.confusion import column_of
from core.types import Evaluation, Example, LabelMetrics, Metrics, Outcome, Prediction

Z = 1.959963984540054  # 97.5 % point of the normal distribution: intervals hold with 95 %


def measure(examples: Sequence[Example], predictions: Sequence[Prediction], labels: Sequence[str]) -> Metrics:
    """Figures of the predictions, joined to the examples by id; predictions of other rows do not count.

    Macro-F1 is the mean over the labels that are correct for some scored row or predicted for one (what
    sklearn.metrics.f1_score gives for average="macro" and these labels, zero_division=0).
    Without `labels` the answers are free: their figures are those of the scores, and none is by label.
    Raises DataError if an example has a label outside `labels`.
    """
    if not labels:
        return _measure_scores(examples, predictions)
    truth = {example.id: example.label for example in examples}
    answers = [prediction for prediction in predictions if prediction.example_id in truth]
    scored = [answer for answer in answers if answer.outcome is not Outcome.FAILED]
    confusion = _confusion(truth, scored, labels)
    n = len(scored)
    correct = sum(confusion[i][i] for i in range(len(labels)))
    per_label = tuple(_label_metrics(label, i, confusion) for i, label in enumerate(labels))
    scores = [
        figures.f1
        for i, figures in enumerate(per_label)
        if figures.support or any(row[i] for row in confusion)
    ]
    return Metrics(
        n=n,
        correct=correct,
        accuracy=correct / n if n else None,
        interval=wilson(correct, n) if n else None,
        macro_f1=sum(scores) / len(scores) if scores else None,
        unreadable=sum(row[-1] for row in confusion),
        unknown_label=sum(row[-2] for row in confusion),
        failed=len(answers) - n,
        per_label=per_label,
        confusion=tuple(tuple(row) for row in confusion),
        cut_off=sum(answer.cut_off for answer in scored),
    )


def evaluation(
    examples: Sequence[Example], predictions: Sequence[Prediction], labels: Sequence[str]
) -> Evaluation:
    """The predictions with their figures."""
    return Evaluation(tuple(predictions), measure(examples, predictions, labels))


def majority_accuracy(examples: Sequence[Example]) -> float:
    """Share of the most frequent label, 0 to 1: the accuracy of always giving the same answer. 0 without
    rows."""
    counts = Counter(example.label for example in examples)
    return max(counts.values()) / len(examples) if counts else 0.0


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % interval of a share of k in n (Wilson 1927, "Probable inference"). (0, 1) for n = 0: nothing is
    known.

    The closed form, equal to scipy's binomtest(k, n).proportion_ci(method="wilson") without its 0.8 s of
    import.
    """
    if n == 0:
        return 0.0, 1.0
    return wilson_of_share(k / n, n)


def wilson_of_share(share: float, n: float) -> tuple[float, float]:
    """The same for a share of an effective number of rows, above 0."""
    square = Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = Z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return 0.0 if share == 0 else middle - half, 1.0 if share == 1 else middle + half


def score_interval(metrics: Metrics) -> tuple[float, float] | None:
    """95 % interval of the mean score, None without one: Wilson's, which is wide enough, since scores from 0 to 1 with
    a mean m vary by m(1 - m) at most, and do where they are all 0 or 1 (Bhatia and Davis 2000, "A better bound on
    the variance")."""
    return None if metrics.score is None else wilson_of_share(metrics.score, metrics.n)


def by_score(metrics: Metrics) -> Metrics:
    """With the mean score and its interval in the place of accuracy, where there are scores."""
    if metrics.score is None:
        return metrics
    return replace(metrics, accuracy=metrics.score, interval=score_interval(metrics))


def right(prediction: Prediction, label: str) -> bool:
    """Only a label can be right."""
    return prediction.outcome is Outcome.LABEL and prediction.label == label


def is_mistake(prediction: Prediction, label: str) -> bool:
    """A reply that is not the correct label. A failed call is no mistake."""
    return prediction.outcome is not Outcome.FAILED and not right(prediction, label)


def answer_score(prediction: Prediction, label: str) -> float:
    """0 to 1; of an answer without a score, whether it is the correct label."""
    return float(right(prediction, label)) if prediction.score is None else prediction.score


def improves(before: Prediction, after: Prediction, label: str) -> bool:
    """From a mistake to the correct label, or to an answer with a higher score. A failed call on either side says
    nothing."""
    failed = Outcome.FAILED in (before.outcome, after.outcome)
    return not failed and answer_score(after, label) > answer_score(before, label)


def is_graded(prediction: Prediction) -> bool:
    """Whether it has a score between wrong and right."""
    return prediction.score is not None and 0 < prediction.score < 1


def _measure_scores(examples: Sequence[Example], predictions: Sequence[Prediction]) -> Metrics:
    truth = {example.id: example.label for example in examples}
    answers = [prediction for prediction in predictions if prediction.example_id in truth]
    scored = [answer for answer in answers if answer.outcome is not Outcome.FAILED]
    n, correct = len(scored), sum(right(answer, truth[answer.example_id]) for answer in scored)
    total = sum(answer_score(answer, truth[answer.example_id]) for answer in scored)
    return Metrics(
        n=n,
        correct=correct,
        accuracy=correct / n if n else None,
        interval=wilson(correct, n) if n else None,
        macro_f1=None,
        unreadable=sum(answer.outcome is Outcome.UNREADABLE for answer in scored),
        unknown_label=0,
        failed=len(answers) - n,
        per_label=(),
        confusion=(),
        cut_off=sum(answer.cut_off for answer in scored),
        score=total / n if n else None,
    )


def _confusion(
    truth: Mapping[str, str], scored: Sequence[Prediction], labels: Sequence[str]
) -> list[list[int]]:
    index = {label: i for i, label in enumerate(labels)}
    table = [[0] * (len(labels) + 2) for _ in labels]
    for answer in scored:
        label = truth[answer.example_id]
        if label not in index:
            raise DataError(
                "Row "
                + answer.example_id
                + " has the label "
                + label
                + ", which is not in the label set: relabel or exclude it."
            )
        column = column_of(answer, index)
        if column is not None:
            table[index[label]][column] += 1
    return table


def _label_metrics(label: str, i: int, confusion: Sequence[Sequence[int]]) -> LabelMetrics:
    hits, support, predicted = confusion[i][i], sum(confusion[i]), sum(row[i] for row in confusion)
    return LabelMetrics(
        label=label,
        support=support,
        precision=hits / predicted if predicted else 0.0,
        recall=hits / support if support else 0.0,
        f1=2 * hits / (support + predicted) if support + predicted else 0.0,
    )
