"""Conditions of rules, in plain English: what stands between "if" and the answer."""

from __future__ import annotations

import re

from core.offline.guide import Condition
from core.offline.words import Term, words

QUOTED = re.compile(r"[\"“]([^\"”\n]+)[\"”]|(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`")
_CLAUSE = re.compile(
    r"(?:,\s*)?\b(?:and|but)\s+(?=(?:it |the text |does |do )?(?:not\b|never\b|mentions?|contains?|starts?|begins?|opens?|ends?|"
    r"has\b|have\b|is\b|says?|uses?|shares?|names?|without))",
    re.I,
)
_STARTS = re.compile(r"\b(?:starts?|begins?|opens?) with\b(?: the words?)?", re.I)
_ENDS = re.compile(r"\b(?:ends?|closes) with\b(?: the words?)?", re.I)
MENTIONS = re.compile(
    r"\b(?:mentions?|contains?|says?|includes?|names?|talks? about|speaks? of|uses?|has|have|is about|about|asks? (?:for|about))\b"
    r"(?: (?:of )?(?:the )?(?:words?|phrases?|terms?))?",
    re.I,
)
_HAS = r"\b(?:contains?|has|have|includes?|is|ends? with|with)\s+(?:an?\s|any\s|some\s)?\s*"
_SHAPES = {
    "question": re.compile(_HAS + r"question(?: mark)?\b", re.I),
    "number": re.compile(_HAS + r"(?:numbers?|digits?)\b", re.I),
    "code": re.compile(_HAS + r"(?:code|backticks?)\b", re.I),
}
_NEGATED = re.compile(r"\b(?:not|no|never|without|lacks?)\b|n't\b", re.I)
_SHARE = re.compile(r"\b(?:share|common|overlap).*%|%.*\b(?:share|common|overlap)", re.I)
_LENGTH = re.compile(r"\d.*\bwords ?(?:long)?[\s,]*$", re.I)
_NUMBER = r"(\d+(?:\.\d+)?)"
_FEW = re.compile(r"\b(?:shorter than|fewer than|less than|under|below)\s+" + _NUMBER, re.I)
_MANY = re.compile(r"\b(?:longer than|more than|over|above)\s+" + _NUMBER, re.I)
_AT_LEAST = re.compile(r"\bat least\s+" + _NUMBER, re.I)
_AT_MOST = re.compile(r"\b(?:at most|up to)\s+" + _NUMBER, re.I)
_BIT_MORE = 1e-6  # makes "more than" and "at most" out of "at least" and "less than"


def read_conditions(text: str) -> tuple[Condition, ...]:
    """All that must hold, joined by "and" or "but"; none if any part is not understood."""
    parts = [_condition(part) for part in _CLAUSE.split(text)]
    return tuple(condition for condition in parts if condition) if all(parts) else ()


def _condition(clause: str) -> Condition | None:
    outside = QUOTED.sub(" ", clause)
    if _SHARE.search(outside):
        low, high = _bounds(outside)
        return Condition("shared", low=low / 100, high=high / 100)
    if _LENGTH.search(outside):
        low, high = _bounds(outside)
        return Condition("length", low=low, high=high)
    negated = bool(_NEGATED.search(outside))
    for kind, pattern in _SHAPES.items():
        if pattern.search(outside):
            return Condition(kind, negated=negated)
    for kind, pattern in (("starts", _STARTS), ("ends", _ENDS), ("mentions", MENTIONS)):
        if match := pattern.search(clause):
            rest = clause[match.end() :]
            terms = tuple(dict.fromkeys(terms_in(rest)))
            return Condition(kind, terms, kind == "mentions" and _every(rest), negated) if terms else None
    return None


def _every(listed: str) -> bool:
    """ "both a and b", or just two quoted words with "and" between them."""
    outside = QUOTED.sub("", listed).strip(" ,.")
    return bool(re.search(r"\bboth\b", outside, re.I)) or outside.lower() == "and"


def _bounds(text: str) -> tuple[float, float]:
    """(low, high): low <= value < high."""
    low, high = 0.0, float("inf")
    if match := _AT_LEAST.search(text):
        low = float(match.group(1))
    if match := _MANY.search(text):
        low = float(match.group(1)) + _BIT_MORE
    if match := _FEW.search(text):
        high = float(match.group(1))
    if match := _AT_MOST.search(text):
        high = float(match.group(1)) + _BIT_MORE
    return low, high


def quoted_terms(text: str) -> list[Term]:
    return [
        term for match in QUOTED.finditer(text) if (term := words(next(filter(None, match.groups()))).stems)
    ]


def terms_in(listed: str) -> list[Term]:
    """Quoted words and phrases if there are any, else what stands between commas and "or"."""
    quoted = quoted_terms(listed)
    if quoted:
        return quoted
    items = re.split(r",|;|\bor\b|\band\b", listed)
    parts = [words(re.sub(r"^\s*(?:an?|the|either|both)\s", "", item)) for item in items]
    terms = [
        [item.stems] if len(item.stems) <= 3 else [(stem,) for stem in sorted(item.content())]
        for item in parts
        if item.content()
    ]
    return [term for several in terms for term in several]
