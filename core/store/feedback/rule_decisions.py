"""What rules decide: pure functions of a feedback, its answer and the rows of the same text."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.data.splits import HELD_OUT
from core.errors import DataError, UsageError
from core.label_sets.sets import label_names, set_label
from core.prompts.label_match import fold
from core.store.codec import storable
from core.store.feedback.records import (
    CORRECTION,
    INBOX,
    NEGATIVE,
    POSITIVE,
    STRAIGHT,
    Feedback,
    FeedbackRule,
    RuleEffect,
    ServedPrediction,
)
from core.store.rows.changes import NO, YES
from core.types import LabelSet, Outcome

NEW_LABEL = "its label is new"
HELD_OUT_ROW = "its text is a row that is held out to measure with"
CANONICAL_ROW = "its text is a canonical row with another label"
CONFIRMED_ROW = "its text is a row whose label a reviewer kept"
DISPUTED_ROW = "its text is a row with the label that is called wrong"


class Stored(Protocol):
    """A row as it is stored."""

    id: str
    label: str
    note: str
    canonical: bool
    split: str
    review: str


@dataclass(frozen=True, slots=True)
class Ruled:
    """`rule` is the one that takes the feedback, None for none; `label` the one its row would get, "" where nobody has
    said yet which is right."""

    rule: FeedbackRule | None
    label: str
    way: str = ""
    why: str = ""


def standing(dataset_id: str) -> tuple[FeedbackRule, ...]:
    """The rules of a dataset for which nobody has set any: both kinds go straight into the rows."""
    return tuple(
        replace(rule_of_kind(dataset_id, kind), id=dataset_id + "-" + kind) for kind in (POSITIVE, CORRECTION)
    )


def rule_of_kind(dataset_id: str, kind: str) -> FeedbackRule:
    """A new rule that takes what is usual: 1 and more is right, 0 and less is wrong."""
    rule = FeedbackRule("", dataset_id, kind)
    return replace(rule, way=INBOX, least=None, most=0.0) if kind == NEGATIVE else rule


def checked_rule(rule: FeedbackRule) -> FeedbackRule:
    """UsageError where it means nothing, DataError where it cannot be stored."""
    if rule.kind not in (POSITIVE, NEGATIVE, CORRECTION):
        raise UsageError(
            "A rule is about positive feedback, negative feedback or corrections: choose one of these."
        )
    if rule.way not in (STRAIGHT, INBOX):
        raise UsageError(
            "A rule's feedback goes straight into the rows or to the inbox: choose one of these."
        )
    bounds = [bound for bound in (rule.least, rule.most) if bound is not None]
    if not all(map(math.isfinite, bounds)) or bounds != sorted(bounds):
        raise UsageError("The scores of a rule go from a lower number to a higher one, such as 0 to 0.5.")
    if rule.kind != CORRECTION and not bounds:
        raise UsageError("A rule for scores needs a lowest or a highest score: give one, such as 1.")
    if not 0 <= rule.share <= 1:
        raise UsageError("A rule takes a share from 0 to 1 of the feedback: 0.1 is one in ten.")
    for name in (*rule.models, *rule.prompts, *rule.labels, *rule.keys):
        storable(name, "A filter of the rule")
    return rule


def ruled(rules: Sequence[FeedbackRule], post: Feedback, answer: ServedPrediction, labels: LabelSet) -> Ruled:
    """What the first rule that takes it makes of it."""
    label = post.correction or answer.label
    rule = next((each for each in rules if takes(each, post, answer)), None)
    if rule is None:
        return Ruled(None, label)
    if rule.kind == NEGATIVE:
        return Ruled(rule, "", rule.way)
    new = not answer.free and _is_new(label, labels)
    return Ruled(rule, label, INBOX if new else rule.way, NEW_LABEL if new else "")


def takes(rule: FeedbackRule, post: Feedback, answer: ServedPrediction) -> bool:
    if not rule.on or (rule.kind == CORRECTION) != (post.score is None):
        return False
    if post.score is not None and not _in_range(rule, post.score):
        return False
    if rule.kind == POSITIVE and answer.outcome != Outcome.LABEL:
        return False
    label = post.correction or answer.label
    filters = (
        (rule.models, answer.model),
        (rule.prompts, answer.prompt_key),
        (rule.labels, label),
        (rule.keys, post.key),
    )
    return (
        all(not wanted or value in wanted for wanted, value in filters)
        and _drawn(post.prediction_id) < rule.share
    )


def leaves_nothing(earlier: FeedbackRule, later: FeedbackRule) -> bool:
    """Whether all that `later` would take is taken by `earlier`, which is asked before it."""
    filters = (
        (earlier.models, later.models),
        (earlier.prompts, later.prompts),
        (earlier.labels, later.labels),
        (earlier.keys, later.keys),
    )
    wide = all(not wanted or (named and set(named) <= set(wanted)) for wanted, named in filters)
    reaches = earlier.kind == CORRECTION or (
        _bound(earlier.least, -math.inf) <= _bound(later.least, -math.inf)
        and _bound(earlier.most, math.inf) >= _bound(later.most, math.inf)
    )
    return earlier.on and earlier.kind == later.kind and earlier.share >= 1 and wide and reaches


def proposed_label(
    rules: Sequence[FeedbackRule], post: Feedback, answer: ServedPrediction, labels: LabelSet
) -> str:
    """What a person who accepts the feedback would give the row; "" where the prediction is called wrong, so that they
    must choose."""
    if post.score is None:
        return post.correction
    decision = ruled(rules, post, answer, labels)
    return "" if decision.rule is None and post.score <= 0 else decision.label


def known_label(label: str, labels: LabelSet, free: bool = False) -> str:
    """The label as the label set writes it, read as replies are; itself if it is new, or a `free` answer."""
    if labels.several and not free:
        one = replace(labels, several=False)
        return set_label(known_label(name, one) for name in label_names(label))
    known = None if free else next((name for name in labels.names if fold(name) == fold(label)), None)
    return known or label.strip()


def _is_new(label: str, labels: LabelSet) -> bool:
    return not set(label_names(label) if labels.several else (label,)) <= set(labels.names)


def refuse_new_label(label: str, labels: LabelSet) -> None:
    """DataError: a new label needs a person who accepts it."""
    if _is_new(label, labels):
        raise DataError(
            "“"
            + label
            + "” is none of the labels "
            + ", ".join(labels.names)
            + ": correct it to one of them, "
            "or let a rule send corrections to the inbox, where a person can accept a new label."
        )


def effect(rows: Sequence[Stored], label: str, note: str, tuned: bool) -> tuple[RuleEffect, str]:
    """What a rule does with a text that these rows have, and why where that is for a person to decide.
    `tuned`: the dataset has runs, so held-out rows are not to move. Rules do not overrule a person either who
    vouched for a row."""
    if not rows:
        return RuleEffect.ADD, ""
    if not differing(rows, label, note):
        return RuleEffect.SAME, ""
    if tuned and any(row.split in HELD_OUT for row in rows):
        return RuleEffect.INBOX, HELD_OUT_ROW
    other = [row for row in rows if row.label != label]
    if any(row.canonical for row in other):
        return RuleEffect.INBOX, CANONICAL_ROW
    if any(row.review == "kept" for row in other):
        return RuleEffect.INBOX, CONFIRMED_ROW
    return RuleEffect.UPDATE, ""


def effect_of_wrong(rows: Sequence[Stored], predicted: str) -> tuple[RuleEffect, str]:
    """What a rule does with a text whose prediction is called wrong: nobody knows yet which label is right."""
    if not rows:
        return RuleEffect.ADD, ""
    disputed = any(row.label == predicted for row in rows)
    return (RuleEffect.INBOX, DISPUTED_ROW) if disputed else (RuleEffect.SAME, "")


def differing(rows: Sequence[Stored], label: str, note: str) -> list[tuple[str, str, str, str]]:
    """(row, field, before, after) for each field that would change; an empty note changes none. A row that
    gets its first label is taken in."""
    news = [(row.id, "label", row.label, label) for row in rows if row.label != label]
    news += [(row.id, "excluded", YES, NO) for row in rows if not row.label]
    return news + [(row.id, "note", row.note, note) for row in rows if note and row.note != note]


def note_of(post: Feedback) -> str:
    """What becomes the row's note: the "why" of a correction."""
    return post.note if post.score is None else ""


def _drawn(prediction_id: str) -> float:
    """From 0 up to 1, the same for the same id."""
    return int.from_bytes(hashlib.sha256(prediction_id.encode("utf-8", "surrogatepass")).digest()[:6]) / 2**48


def _in_range(rule: FeedbackRule, score: float) -> bool:
    return _bound(rule.least, -math.inf) <= score <= _bound(rule.most, math.inf)


def _bound(bound: float | None, without: float) -> float:
    return without if bound is None else bound
