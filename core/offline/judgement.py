"""From a Guide and a text to a label, with the evidence that decided."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.offline.guide import Guide, Rule
from core.offline.shape import Shape
from core.offline.words import Term, Words

NEIGHBOUR_WEIGHT = 3.0  # of an example turn that is the text itself
SMALLEST_LIKENESS = 0.15


@dataclass(frozen=True, slots=True)
class Evidence:
    """`weight` for (or against) `label`, from words of the text, from a rule, or from an example turn."""

    label: str
    weight: float
    terms: tuple[Term, ...] = ()
    rule: Rule | None = None
    example: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """`how` is "evidence", "otherwise" (the prompt's own answer for such texts) or "guess", whose evidence is
    that of a tie."""

    label: str
    how: str
    evidence: tuple[Evidence, ...] = ()


def evidence(guide: Guide, words: Words, shape: Shape) -> list[Evidence]:
    found = [
        Evidence(sign.label, sign.weight, (sign.term,)) for sign in guide.signs if words.holds(sign.term)
    ]
    for rule in guide.rules:
        hits = [condition.found(words, shape) for condition in rule.conditions]
        if all(hit is not None for hit in hits):
            terms = tuple(term for hit in hits for term in hit or ())
            found.append(Evidence(rule.label, rule.weight * (1 + 0.15 * max(len(terms) - 1, 0)), terms, rule))
    return found


def alike(words: Words, shots: Sequence[tuple[Words, str]]) -> list[Evidence]:
    """Example turns by the share of rare words in common (cosine over inverse frequency among the turns)."""
    counts = Counter(stem for shown, _ in shots for stem in set(shown.stems))

    def weights(text: Words) -> dict[str, float]:
        content = text.content() or frozenset(text.stems)
        return {stem: math.log(1 + len(shots) / counts[stem]) if counts[stem] else 1.0 for stem in content}

    mine = weights(words)
    length = math.sqrt(sum(value**2 for value in mine.values())) or 1.0
    found = []
    for shown, label in shots:
        theirs = weights(shown)
        norm = math.sqrt(sum(value**2 for value in theirs.values())) or 1.0
        likeness = sum(mine[stem] * value for stem, value in theirs.items() if stem in mine) / (length * norm)
        if likeness >= SMALLEST_LIKENESS:
            found.append(Evidence(label, NEIGHBOUR_WEIGHT * likeness**1.5, example=True))
    return found


def judge(guide: Guide, text: str, found: Sequence[Evidence]) -> Judgement:
    scores = dict.fromkeys(guide.labels, 0.0)
    for item in found:
        if item.label in scores:
            scores[item.label] += item.weight
    best = max(scores.values())
    tied = [label for label in guide.labels if scores[label] > best - 1e-9]
    if len(tied) == 1 and (best > 0 or min(scores.values()) < 0):
        return Judgement(
            tied[0], "evidence", tuple(item for item in found if item.label == tied[0] or item.weight < 0)
        )
    if guide.otherwise and (best <= 0 or guide.otherwise in tied):
        return Judgement(guide.otherwise, "otherwise")
    drawn = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8]) % len(tied)
    return Judgement(tied[drawn], "guess", tuple(item for item in found if item.label in tied))
