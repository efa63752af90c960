"""Plain English into rules: `If the text mentions "docs" or "readme", answer documentation, even if other words point elsewhere.`

The forms that are understood (any label, any words; quoted words count as they stand, others without stop words):
    - label: word, word, a phrase; not word                     words that point to a label, the most telling first
    - label: prose that explains it                              each word of it counts a little
    If the text mentions | starts with | ends with WORDS, answer LABEL [, even if …].     "or": one is enough; "both": all
    If the text … and … / but not …, answer LABEL.
    If the text ends with a question mark | contains a number | contains code | has fewer (more) than N words, …
    If the two … share at least (less than) N % of their words, …
    If nothing else points to a label, answer LABEL.             (also "otherwise", "when in doubt")
    Never answer LABEL if the text mentions WORDS.
    Anything about WORDS is LABEL, not LABEL.
"""

from __future__ import annotations

import re

from core.models.offline.guide import Condition, Rule, Sign
from core.models.offline.labels import LabelFinder, Mention
from core.models.offline.words import Term, words

PLAIN_RULE, PRIORITY_RULE, HEDGED_RULE, LOOSE_WORD, LISTED_WORD = 2.5, 6.0, 1.0, 0.5, 1.0
_HEDGED = re.compile(r"\b(?:usually|often|probably|mostly|likely|typically|tends?|may|might|perhaps|sometimes)\b", re.I)
_QUOTED = re.compile(r"[\"“]([^\"”\n]+)[\"”]|(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`")
_EVEN = re.compile(r",?\s*\(?\b(?:even|whatever|regardless|no matter|despite)\b.*$", re.I)
_PRIORITY = re.compile(r"\b(?:even|whatever|regardless|no matter|despite|always|first of all|above all|before anything)\b", re.I)
_OTHERWISE = re.compile(
    r"\b(?:otherwise|nothing (?:else |here )?(?:points|speaks|fits|applies)|none of (?:these|this|the)|no (?:rule|word|label|sign)\b|in doubt|unsure|not sure|"
    r"everything else|anything else|by default)",
    re.I,
)
_AGAINST = re.compile(r"(?:\bnever|\bnot|n't|\brather than|\binstead of|\bother than)\b[^,;:.]{0,25}$", re.I)
_VERDICT = re.compile(r"\b(?:answer|choose|pick|label|classify|it is|it's|use|say|count|counts|is|are|means|reply|call)\b|→|->|=>|:", re.I)
_IF = re.compile(r"\b(?:if|when|whenever|where)\b", re.I)
_CLAUSE = re.compile(r"(?:,\s*)?\b(?:and|but)\s+(?=(?:it |the text |does |do )?(?:not\b|never\b|mentions?|contains?|starts?|begins?|opens?|ends?|has\b|have\b|is\b|says?|uses?|shares?|names?|without))", re.I)
_STARTS = re.compile(r"\b(?:starts?|begins?|opens?) with\b(?: the words?)?", re.I)
_ENDS = re.compile(r"\b(?:ends?|closes) with\b(?: the words?)?", re.I)
_MENTIONS = re.compile(r"\b(?:mentions?|contains?|says?|includes?|names?|talks? about|speaks? of|uses?|has|have|is about|about|asks? (?:for|about))\b(?: (?:of )?(?:the )?(?:words?|phrases?|terms?))?", re.I)
_NUMBER = r"(\d+(?:\.\d+)?)"
_FEW = re.compile(r"\b(?:shorter than|fewer than|less than|under|below)\s+" + _NUMBER, re.I)
_MANY = re.compile(r"\b(?:longer than|more than|over|above)\s+" + _NUMBER, re.I)
_AT_LEAST = re.compile(r"\bat least\s+" + _NUMBER, re.I)
_AT_MOST = re.compile(r"\b(?:at most|up to)\s+" + _NUMBER, re.I)
_LEAD_IN = re.compile(r"^(?:typical words|words|mentions|words (?:such as|like)|look for|such as|like|e\.g\.|for example)\s*:?\s+(?=\S)", re.I)


def listed_signs(label: str, body: str) -> list[Sign]:
    """Signs from what follows "label:". A list of words counts by its order; prose counts a little per word."""
    body = _LEAD_IN.sub("", body.strip())
    items = [item.strip(" .") for item in re.split(r"[,;]\s+|[,;]$", body) if item.strip(" .")]
    if not _is_list(items):
        return [Sign((stem,), label, LOOSE_WORD) for stem in sorted(_loose(body))]
    signs = []
    for place, item in enumerate(items):
        against = re.match(r"(?:but )?(?:not|never|no)\s+(?=\S)", item, re.I)
        weight = LISTED_WORD * (1.3 - 0.6 * place / max(len(items) - 1, 8))
        signs += [Sign(term, label, -weight if against else weight) for term in _terms(item[against.end() if against else 0 :])]
    return signs


def _is_list(items: list[str]) -> bool:
    return bool(items) and all(len(item.split()) <= 4 for item in items) and (len(items) > 1 or len(items[0].split()) <= 2)


def _loose(prose: str) -> set[str]:
    found = words(_QUOTED.sub(" ", prose))
    return set(found.content()) | {term[0] for term in _quoted(prose) if len(term) == 1}


def _quoted(text: str) -> list[Term]:
    return [term for match in _QUOTED.finditer(text) if (term := words(next(filter(None, match.groups()))).stems)]


def _terms(listed: str) -> list[Term]:
    """Quoted words and phrases if there are any, else what stands between commas and "or"."""
    quoted = _quoted(listed)
    if quoted:
        return quoted
    items = re.split(r",|;|\bor\b|\band\b", listed)
    found = [words(re.sub(r"^\s*(?:an?|the|either|both)\s", "", item)) for item in items]
    terms = [[item.stems] if len(item.stems) <= 3 else [(stem,) for stem in sorted(item.content())] for item in found if item.content()]
    return [term for several in terms for term in several]


def sentence_rules(sentence: str, finder: LabelFinder) -> list[Rule]:
    """The rules one sentence makes; none if it mentions no label outside quoted words or says nothing about texts."""
    even = _EVEN.search(_blanked(sentence))
    core = sentence[: even.start()] if even else sentence
    mentions = _answers(core, finder)
    if not mentions:
        return []
    if _OTHERWISE.search(core):
        return [Rule(mentions[-1].label, (), 0.0, sentence)]
    outside = _QUOTED.sub(" ", sentence)
    weight = PRIORITY_RULE if _PRIORITY.search(outside) else HEDGED_RULE if _HEDGED.search(outside) or not _IF.search(outside) else PLAIN_RULE
    conditions = _conditions(core, mentions)
    if not conditions:
        return []
    return [Rule(m.label, conditions, -weight if _AGAINST.search(core[: m.start]) else weight, sentence) for m in mentions]


def _blanked(sentence: str) -> str:
    """The sentence with quoted words blanked out, of the same length."""
    return _QUOTED.sub(lambda match: "_" * len(match.group()), sentence)


def _answers(sentence: str, finder: LabelFinder) -> list[Mention]:
    """Labels the sentence gives as its answer: after the last word such as "answer"; else all it mentions outside quotes."""
    quotes = [match.span() for match in _QUOTED.finditer(sentence)]
    mentions = finder.mentions(sentence)
    free = [m for m in mentions if not any(start <= m.start < end for start, end in quotes)]
    verdicts = [match.end() for match in re.finditer(r"\b(?:answer|choose|pick|label (?:it|them)|classify (?:it|them)|reply|use)\b", sentence, re.I)]
    if verdicts and (after := [m for m in mentions if m.start >= verdicts[-1]]):
        head = sentence[verdicts[-1] :]
        cut = _IF.search(head)
        return [m for m in after if not cut or m.start < verdicts[-1] + cut.start()]
    return free if _VERDICT.search(sentence) else []


def _conditions(sentence: str, mentions: list[Mention]) -> tuple[Condition, ...]:
    clause = _condition_text(sentence, mentions)
    if clause is None:
        return ()
    found = [_condition(part) for part in _CLAUSE.split(clause)]
    return tuple(condition for condition in found if condition) if all(found) else ()


def _condition_text(sentence: str, mentions: list[Mention]) -> str | None:
    """What stands between "if" and the answer, or after an "if" that follows the answer; without "if", what precedes it."""
    first, last = mentions[0], mentions[-1]
    after = _IF.search(sentence, last.end)
    if after:
        return sentence[after.end() :]
    before = _IF.search(sentence[: first.start])
    head = sentence[before.end() if before else 0 : first.start]
    verdict = None
    for verdict in _VERDICT.finditer(head):
        pass
    head = head[: verdict.start()] if verdict else head
    return head if before or _MENTIONS.search(head) else "mentions " + head


def _condition(clause: str) -> Condition | None:
    outside = _QUOTED.sub(" ", clause)
    negated = bool(re.search(r"\b(?:not|no|never|without|lacks?)\b|n't\b", outside, re.I))
    if re.search(r"\b(?:share|common|overlap)", outside, re.I) and "%" in outside:
        low, high = _bounds(outside)
        return Condition("shared", low=low / 100, high=high / 100)
    if re.search(r"\b(?:words|characters) ?(?:long)?[\s,]*$", outside, re.I) and re.search(r"\d", outside):
        low, high = _bounds(outside)
        return Condition("length", low=low, high=high)
    for kind, pattern in _SHAPES.items():
        if pattern.search(outside):
            return Condition(kind, negated=negated)
    for kind, pattern in (("starts", _STARTS), ("ends", _ENDS), ("mentions", _MENTIONS)):
        match = pattern.search(clause)
        if match:
            rest = clause[match.end() :]
            terms = tuple(dict.fromkeys(_terms(rest)))
            every = kind == "mentions" and bool(re.search(r"\bboth\b", outside, re.I) or (_quoted(rest) and re.fullmatch(r"\W*and\W*", _QUOTED.sub("", rest).strip(" ,."))))
            return Condition(kind, terms, every, negated) if terms else None
    return None


_SHAPES = {
    "question": re.compile(r"\bquestion mark\b|\bis a question\b", re.I),
    "number": re.compile(r"\b(?:a number|numbers|digits?|a digit)\b", re.I),
    "code": re.compile(r"\b(?:code|backticks?)\b", re.I),
    "name": re.compile(r"\b(?:a|the|some) (?:proper )?name\b|\bcapital", re.I),
}


def _bounds(text: str) -> tuple[float, float]:
    low, high = 0.0, float("inf")
    if match := _AT_LEAST.search(text):
        low = float(match.group(1))
    if match := _MANY.search(text):
        low = float(match.group(1)) + 0.001
    if match := _FEW.search(text):
        high = float(match.group(1))
    if match := _AT_MOST.search(text):
        high = float(match.group(1)) + 0.001
    return low, high
