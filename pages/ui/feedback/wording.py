"""Feedback and rules in words. None of it is escaped yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from core.store.feedback.records import (
    CORRECTION,
    INBOX,
    NEGATIVE,
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
KINDS = {"positive": "Positive feedback", "negative": "Negative feedback", "correction": "Corrections"}
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
    """What was said: the label that is right, or the score. Posts with a key have scales of their own: there 0 may be
    good."""
    plain = {1.0: "right", 0.0: "wrong"}.get(feedback.score) if feedback.score is not None else None
    return feedback.correction or (plain if plain and not feedback.key else f"score {feedback.score:g}")


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


def prediction_facts(answer: ServedPrediction, prompts: Mapping[str, str]) -> dict[str, str]:
    """Where it comes from, by what each says. `prompts`: names of prompts by key."""
    return {
        "source": "from " + came_from(answer) if came_from(answer) else "",
        "model": answer.model,
        "prompt": prompts.get(answer.prompt_key) or f"prompt {answer.prompt_key}"
        if answer.prompt_key
        else "",
        "prediction": "prediction " + answer.id,
    }


def came_from(answer: ServedPrediction | None) -> str:
    """Where the prediction was made."""
    return SOURCES.get(answer.source, answer.source) if answer else ""


def when(feedback: Feedback) -> str:
    return datetime.fromtimestamp(feedback.at).strftime("%d %b, %H:%M").lstrip("0")


def rule_in_words(rule: FeedbackRule) -> str:
    """Right: scores of at least 1, of 10 % of the predictions, by offline:reader, as bug or idea: by way of the
    inbox"""
    parts = [_scores(rule)]
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
    way = WAYS[INBOX if rule.way == INBOX else "straight"]
    labelling = ", to be labelled" if rule.kind == NEGATIVE and rule.way != INBOX else ""
    return ", ".join(parts) + ": " + way + labelling


def _scores(rule: FeedbackRule) -> str:
    """Scores of at least 1 · Scores from 0 to 0.1 (right) · Scores of at most 0"""
    if rule.kind == CORRECTION:
        return "Corrections"
    if rule.least is not None and rule.most is not None:
        return f"Scores from {rule.least:g} to {rule.most:g}" + (
            " (wrong)" if rule.kind == NEGATIVE else " (right)"
        )
    if rule.most is None:
        return f"Scores of at least {rule.least:g}" + (" (wrong)" if rule.kind == NEGATIVE else "")
    return f"Scores of at most {rule.most:g}" + (" (right)" if rule.kind != NEGATIVE else "")
