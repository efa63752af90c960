"""A judgement in words, in the form that the prompt asks for."""

from __future__ import annotations

import json

from core.offline.judgement import Judgement
from core.offline.labels import AnswerForm
from core.offline.request import ParsedRequest
from core.offline.words import StemmedText, Term

MERE_GUESS = "Nothing in the prompt decides about this text"
NO_DECISION = "No word or rule of the prompt decides"
GUESSED = "is a guess."


def format_answer(
    parsed: ParsedRequest, form: AnswerForm, decided: tuple[str, str] | None, structured: bool
) -> str:
    """(reason, label) as the prompt wants it; a reply prefix stands in front and is gone on with."""
    if decided is None:
        return parsed.reply_prefix + "The prompt lists no labels, so there is nothing to choose from."
    reason, label = decided
    if structured:
        return json.dumps({"reason": reason, "label": label}, ensure_ascii=False)
    opening, closing = (f"<{form.tag}>", f"</{form.tag}>") if form.tag else ("", "")
    begun = parsed.reply_prefix
    if opening and begun.rstrip().endswith(opening):
        return begun.rstrip() + label + closing
    lines = [reason] if form.reason else []
    gap = " " if begun and not begun[-1].isspace() else ""
    return begun + gap + "\n".join([*lines, opening + label + closing])


def reason_for(judgement: Judgement, text: StemmedText) -> str:
    """One sentence that names what decided, in the words of the text."""
    label = judgement.label
    if judgement.how == "guess":
        tied = list(dict.fromkeys(item.label for item in judgement.evidence if item.weight > 0))
        if len(tied) > 1:
            return f"The prompt speaks as much for {' as for '.join(tied)}, so {label} {GUESSED}"
        return f"{MERE_GUESS}, so {label} {GUESSED}"
    if judgement.how == "otherwise":
        return f"{NO_DECISION}, and for that case it says to answer {label}."
    speaking = sorted((item for item in judgement.evidence if item.weight > 0), key=lambda item: -item.weight)
    if not speaking:
        return f"The prompt speaks against the other labels, which leaves {label}."
    first = speaking[0]
    if first.rule is not None:
        return f"A rule{' about ' + _named(first.terms, text) if first.terms else ''} says {label}."
    if first.example:
        return f"The text is most like an example of {label}."
    terms = tuple(
        dict.fromkeys(term for item in speaking if not item.rule and not item.example for term in item.terms)
    )[:3]
    return f"{_named(terms, text)} {'points' if len(terms) == 1 else 'point'} to {label}."


def is_mere_guess(reply: str) -> bool:
    """Whether a reply says that nothing decided, and so nothing about its text."""
    return MERE_GUESS in reply


def is_undecided(reason: str) -> bool:
    """Whether the reader's reason says that its label is the one for such cases, or a guess."""
    return reason.startswith(NO_DECISION) or reason.endswith(GUESSED)


def _named(terms: tuple[Term, ...], text: StemmedText) -> str:
    quoted = ['"' + text.phrase(term) + '"' for term in terms]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]
