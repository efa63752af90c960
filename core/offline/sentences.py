"""Plain English into rules: `If the text mentions "docs" or "readme", answer documentation, even if other
words point elsewhere.`

The forms that are understood (any label, any words; quoted words count as they stand, others without stop
words):
    - label: word, word, a phrase; not word                     words that point to a label
    - label: prose that explains it                              each word of it counts a little
    If the text mentions | starts with | ends with WORDS, answer LABEL [, even if …].     "or": one is enough;
    "both": all If the text … and … / but not …, answer LABEL.
    If the text ends with a question mark | contains a number | contains code | has fewer (more) than N words,
    … If the two … share at least (less than) N % of their words, …
    If nothing else points to a label, answer LABEL.             (also "otherwise", "when in doubt")
    Never answer LABEL if the text mentions WORDS.
    Anything about WORDS is LABEL, not LABEL.
"""

from __future__ import annotations

import re

from core.offline.conditions import MENTIONS, QUOTED, quoted_terms, read_conditions, terms_in
from core.offline.guide import KeywordRule, Sign
from core.offline.labels import LabelFinder, Mention
from core.offline.words import words

PLAIN_RULE, PRIORITY_RULE, HEDGED_RULE, LISTED_WORD, LOOSE_WORD = 2.5, 6.0, 1.0, 1.3, 0.5
_HEDGED = re.compile(
    r"\b(?:usually|often|probably|mostly|likely|typically|tends?|may|might|perhaps|sometimes)\b", re.I
)
_EVEN = re.compile(r",?\s*\(?\b(?:even|whatever|regardless|no matter|despite)\b.*$", re.I)
_PRIORITY = re.compile(
    r"\b(?:even|whatever|regardless|no matter|despite|always|first of all|above all|before anything|"
    r"never (?:answer|choose|pick|label|use))\b",
    re.I,
)
_OTHERWISE = re.compile(
    r"\b(?:otherwise|nothing (?:else |here )?(?:points|speaks|fits|applies)|none of (?:these|this|the)|"
    r"no (?:other )?(?:rule|word|label|sign)\b|in doubt|unsure|not sure|everything else|anything else|by default)",
    re.I,
)
_AGAINST = re.compile(r"(?:\bnever|\bnot|n't|\brather than|\binstead of|\bother than)\b[^,;:.]{0,25}$", re.I)
_VERDICT = re.compile(
    r"\b(?:answer|choose|pick|label|classify|it is|it's|use|say|count|counts|is|are|means|reply|call)\b|→|->|=>|:",
    re.I,
)
_ORDER = re.compile(r"\b(?:answer|choose|pick|label (?:it|them)|classify (?:it|them)|reply|use)\b", re.I)
_IF = re.compile(r"\b(?:if|when|whenever|where)\b", re.I)
_LEAD_IN = re.compile(
    r"^(?:typical words|words|mentions|words (?:such as|like)|look for|such as|like|e\.g\.|for example)\s*:?\s+(?=\S)",
    re.I,
)


def listed_signs(label: str, body: str) -> list[Sign]:
    """Signs from what follows "label:". Each word of a list counts fully; of prose, a little."""
    body = _LEAD_IN.sub("", body.strip())
    items = [item.strip(" .") for item in re.split(r"[,;]\s+|[,;]$", body) if item.strip(" .")]
    if not _is_list(items):
        return [Sign((stem,), label, LOOSE_WORD) for stem in sorted(_loose(body))]
    signs = []
    for item in items:
        against = re.match(r"(?:but )?(?:not|never|no)\s+(?=\S)", item, re.I)
        weight = -LISTED_WORD if against else LISTED_WORD
        signs += [Sign(term, label, weight) for term in terms_in(item[against.end() if against else 0 :])]
    return signs


def _is_list(items: list[str]) -> bool:
    return (
        bool(items)
        and all(len(item.split()) <= 4 for item in items)
        and (len(items) > 1 or len(items[0].split()) <= 2)
    )


def _loose(prose: str) -> set[str]:
    stemmed = words(QUOTED.sub(" ", prose))
    return set(stemmed.content()) | {term[0] for term in quoted_terms(prose) if len(term) == 1}


def sentence_rules(sentence: str, finder: LabelFinder) -> list[KeywordRule]:
    """The rules one sentence makes; none if it mentions no label outside quoted words or says nothing about
    texts."""
    even = _EVEN.search(_blanked(sentence))
    core = sentence[: even.start()] if even else sentence
    mentions = _answers(core, finder)
    if not mentions:
        return []
    if _OTHERWISE.search(core):
        return [KeywordRule(mentions[-1].label, (), 0.0)]
    outside = QUOTED.sub(" ", sentence)
    hedged = _HEDGED.search(outside) or not _IF.search(outside)
    weight = PRIORITY_RULE if _PRIORITY.search(outside) else HEDGED_RULE if hedged else PLAIN_RULE
    needed = read_conditions(_condition_text(core, mentions))
    if not needed:
        return []
    return [
        KeywordRule(m.label, needed, -weight if _AGAINST.search(core[: m.start]) else weight)
        for m in mentions
    ]


def _blanked(sentence: str) -> str:
    """The sentence with quoted words blanked out, of the same length."""
    return QUOTED.sub(lambda match: "_" * len(match.group()), sentence)


def _answers(sentence: str, finder: LabelFinder) -> list[Mention]:
    """Labels the sentence gives as its answer: after the last word such as "answer"; else all it mentions
    outside quotes."""
    quotes = [match.span() for match in QUOTED.finditer(sentence)]
    mentions = finder.mentions(sentence)
    free = [m for m in mentions if not any(start <= m.start < end for start, end in quotes)]
    verdicts = [match.end() for match in _ORDER.finditer(_blanked(sentence))]
    if verdicts and (after := [m for m in mentions if m.start >= verdicts[-1]]):
        head = sentence[verdicts[-1] :]
        cut = _IF.search(head)
        return [m for m in after if not cut or m.start < verdicts[-1] + cut.start()]
    return free if _VERDICT.search(sentence) else []


def _condition_text(sentence: str, mentions: list[Mention]) -> str:
    """What stands between "if" and the answer, or after an "if" that follows the answer; without "if", what
    precedes it."""
    first, last = mentions[0], mentions[-1]
    after = _IF.search(sentence, last.end)
    if after:
        return sentence[after.end() :]
    before = _IF.search(sentence[: first.start])
    head = sentence[before.end() if before else 0 : first.start]
    verdicts = [match.start() for match in _VERDICT.finditer(_blanked(head))]
    head = head[: verdicts[-1]] if verdicts else head
    return head if before or MENTIONS.search(head) else "mentions " + head
