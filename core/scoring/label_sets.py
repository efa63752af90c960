"""Several labels a row as answers that are scored: F1 of the labels given against the row's own."""

from __future__ import annotations

from dataclasses import replace

from core.errors import CallFailed, UsageError
from core.label_sets.answers import named_in
from core.label_sets.replies import predict_set
from core.label_sets.sets import SEPARATOR, label_names, set_f1, set_label
from core.scoring.scorer import Scorer
from core.types import Example, Outcome, Prediction, Reply

KIND = "labels"  # what the names of these scorers begin with


def set_scorer_name(labels: tuple[str, ...]) -> str:
    """ "labels:billing; bug": the scorer as runs store it, its labels with it."""
    return f"{KIND}:{set_label(labels)}"


def is_set_scorer(name: str) -> bool:
    return name.startswith(KIND + ":")


def set_scorer(name: str) -> Scorer:
    """UsageError where the name holds no labels."""
    labels = label_names(name.partition(":")[2])
    if not labels:
        raise UsageError(
            "The scorer labels is set by rows that have several labels: import them with --several keep, and leave --scorer out."
        )

    def score(example: Example, answer: str) -> float:
        known, unknown = named_in(answer, labels)
        return set_f1((*known, *unknown), label_names(example.label))

    return Scorer(name, score, graded=True, labels=labels)


def scored_set(scorer: Scorer, example: Example, reply: Reply | CallFailed, tagged: bool) -> Prediction:
    """What a reply says of a row, with its score. Where that is below 1, the label of the prediction is all that the
    reply names; what is no label of the set counts as given."""
    read = predict_set(example.id, reply, scorer.labels, tagged)
    if read.outcome is not Outcome.LABEL:
        return scorer.scored(example, read)
    return _with_set_score(scorer, example, read)


def scored_again(scorer: Scorer, example: Example, prediction: Prediction) -> Prediction:
    """A stored answer against another reference than it was scored by."""
    if scorer.labels:
        return _with_set_score(scorer, example, prediction)
    answer = replace(prediction, label=prediction.said or prediction.label)
    return scorer.scored(example, answer)


def _with_set_score(scorer: Scorer, example: Example, read: Prediction) -> Prediction:
    score = scorer.value(example, read.said)
    if score == 1:
        return replace(read, label=example.label, score=score)
    known, unknown = named_in(read.said, scorer.labels)
    return replace(read, label=SEPARATOR.join((set_label(known), *unknown)), score=score)
