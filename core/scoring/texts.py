"""Scores of an answer against a reference answer, text against text."""

from __future__ import annotations

import re
from collections import Counter

from core.prompts.label_match import fold, match_label

_WORD = re.compile(r"\w+")
LONGEST_MATCHED = 10_000  # characters of an answer that a pattern is held against


def exact(answer: str, reference: str) -> float:
    """White space around them aside."""
    return float(answer.strip() == reference.strip())


def normalised(answer: str, reference: str) -> float:
    """As labels are compared: case, Unicode variants, repeated white space, quotation marks around it and a final
    period aside."""
    return float(bool(match_label(answer, (reference,))))


def token_f1(answer: str, reference: str) -> float:
    """F1 of the words that both have, as often as both have them (Rajpurkar et al. 2016, "SQuAD"; articles count
    here). Case and punctuation aside."""
    given, wanted = (Counter(_WORD.findall(fold(text))) for text in (answer, reference))
    shared = (given & wanted).total()
    return 2 * shared / (given.total() + wanted.total()) if shared else 0.0


def matches(answer: str, pattern: str) -> float:
    """Whether the whole answer matches the regular expression that the row has as its reference."""
    return float(bool(re.fullmatch(pattern, answer.strip()[:LONGEST_MATCHED])))


def pattern_problem(reference: str) -> str:
    try:
        re.compile(reference)
    except (re.error, OverflowError, RecursionError) as error:
        return f"which is no regular expression ({error})"
    return ""


def matched_part(text: str, pattern: str) -> str:
    """What the pattern first matches, its first group where it has one; "" where it matches nothing."""
    match = re.search(pattern, text[:LONGEST_MATCHED])
    return "" if match is None else (match.group(1) or "" if match.re.groups else match.group())


def token_problem(reference: str) -> str:
    return "" if _WORD.search(fold(reference)) else "which holds no word"
