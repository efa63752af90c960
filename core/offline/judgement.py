"""From a Guide and a text to a label, with the evidence that decided."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.offline.guide import Guide, KeywordRule
from core.offline.shape import Shape
from core.offline.words import StemmedText, Term

NEIGHBOUR_WEIGHT = 3.0  # of an example turn that is the text itself
SMALLEST_LIKENESS = 0.15


@dataclass(frozen=True, slots=True)
class LabelEvidence:
    """`weight` for (or against) `label`, from words of the text, from a rule, or from an example turn."""

    label: str
    weight: float
    terms: tuple[Term, ...] = ()
    rule: KeywordRule | None = None
    example: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """`how` is "evidence", "otherwise" (the prompt's own answer for such texts) or "guess", whose evidence is
    that of a tie."""

    label: str
    how: str
    evidence: tuple[LabelEvidence, ...] = ()


def evidence(guide: Guide, words: StemmedText, shape: Shape) -> list[LabelEvidence]:
    speaking = [
        LabelEvidence(sign.label, sign.weight, (sign.term,)) for sign in guide.signs if words.holds(sign.term)
    ]
    for rule in guide.rules:
        hits = [condition.matches(words, shape) for condition in rule.conditions]
        if all(hit is not None for hit in hits):
            terms = tuple(term for hit in hits for term in hit or ())
            speaking.append(
                LabelEvidence(rule.label, rule.weight * (1 + 0.15 * max(len(terms) - 1, 0)), terms, rule)
            )
    return speaking


def alike(words: StemmedText, shots: Sequence[tuple[StemmedText, str]]) -> list[LabelEvidence]:
    """Example turns by the share of rare words in common (cosine over inverse frequency among the turns)."""
    counts = Counter(stem for shot, _ in shots for stem in set(shot.stems))

    def weights(text: StemmedText) -> dict[str, float]:
        content = text.content() or frozenset(text.stems)
        return {stem: math.log(1 + len(shots) / counts[stem]) if counts[stem] else 1.0 for stem in content}

    mine = weights(words)
    length = math.sqrt(sum(value**2 for value in mine.values())) or 1.0
    speaking = []
    for shot, label in shots:
        theirs = weights(shot)
        norm = math.sqrt(sum(value**2 for value in theirs.values())) or 1.0
        likeness = sum(mine[stem] * value for stem, value in theirs.items() if stem in mine) / (length * norm)
        if likeness >= SMALLEST_LIKENESS:
            speaking.append(LabelEvidence(label, NEIGHBOUR_WEIGHT * likeness**1.5, example=True))
    return speaking


def judgement_of(guide: Guide, text: str, speaking: Sequence[LabelEvidence]) -> Judgement:
    scores = dict.fromkeys(guide.labels, 0.0)
    for item in speaking:
        if item.label in scores:
            scores[item.label] += item.weight
    best = max(scores.values())
    tied = [label for label in guide.labels if scores[label] > best - 1e-9]
    if len(tied) == 1 and (best > 0 or min(scores.values()) < 0):
        return Judgement(
            tied[0], "evidence", tuple(item for item in speaking if item.label == tied[0] or item.weight < 0)
        )
    if guide.otherwise and (best <= 0 or guide.otherwise in tied):
        return Judgement(guide.otherwise, "otherwise")
    drawn = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8]) % len(tied)
    return Judgement(tied[drawn], "guess", tuple(item for item in speaking if item.label in tied))
