"""Feedback and rules in words. None of it is escaped yet."""

from __future__ import annotations

from datetime import datetime

from core.store.feedback.records import (
    CORRECTION,
    INBOX,
    Feedback,
    FeedbackRule,
    RuleEffect,
    ServedPrediction,
    State,
)
from core.types import Outcome
from pages.ui.answers import IN_TABLE

STATES = {
    State.INBOX: "in the inbox",
    State.APPLIED: "in the rows",
    State.NEW: "matched by no rule",
    State.WAITING: "waits for its prediction",
    State.DISCARDED: "discarded",
}
KINDS = {"positive": "Positive feedback", "correction": "Corrections"}
WAYS = {"straight": "straight into the rows", "inbox": "through the inbox"}
EFFECTS = {
    RuleEffect.ADD: "adds a row",
    RuleEffect.UPDATE: "corrects its row",
    RuleEffect.SAME: "already in the rows",
    RuleEffect.INBOX: "goes to the inbox",
    RuleEffect.ALREADY: "used before",
}
SOURCES = {"playground": "the playground", "api": "an HTTP call", "library": "a program", "file": "a file"}
UNKNOWN = "(not known yet)"


def feedback_in_a_word(feedback: Feedback) -> str:
    """What was said: the label that is right, or the score."""
    return feedback.correction or f"score {feedback.score:g}"


def answered(answer: ServedPrediction | None) -> str:
    if answer is None:
        return UNKNOWN
    return answer.label or IN_TABLE.get(Outcome(answer.outcome), "(no label)")


def became(feedback: Feedback) -> str:
    """In the rows: “crash at start” added as “bug”"""
    words = (
        feedback.why
        if feedback.why.startswith("discarded")
        else STATES[State(feedback.state)] + (": " + feedback.why if feedback.why else "")
    )
    return words[0].upper() + words[1:]


def came_from(answer: ServedPrediction | None) -> str:
    """Where the prediction was made."""
    return SOURCES.get(answer.source, answer.source) if answer else ""


def when(feedback: Feedback) -> str:
    return datetime.fromtimestamp(feedback.at).strftime("%d %b, %H:%M").lstrip("0")


def rule_in_words(rule: FeedbackRule) -> str:
    """Scores of at least 1, of 10 % of the predictions, by offline:reader, as bug or idea: by way of the
    inbox"""
    parts = ["Corrections" if rule.kind == CORRECTION else f"Scores of at least {rule.least:g}"]
    if rule.share < 1:
        parts.append(f"for {100 * rule.share:.3g} % of the predictions")
    for names, word in (
        (rule.models, "by "),
        (rule.prompts, "with the prompt "),
        (rule.labels, "as "),
        (rule.keys, "with the key "),
    ):
        if names:
            parts.append(word + " or ".join(names))
    return ", ".join(parts) + ": " + WAYS[INBOX if rule.way == INBOX else "straight"]
