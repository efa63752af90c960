"""What a prompt says, as data: words that point to labels, rules with conditions, and what to answer when
nothing points anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from core.offline.shape import Shape
from core.offline.words import StemmedText, Term


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing a rule asks of a text. `kind` is "mentions", "starts", "ends" (with `terms`) or a property of
    its shape; `low` and `high` bound a length in words or a share (low <= value < high)."""

    kind: str
    terms: tuple[Term, ...] = ()
    every: bool = False
    negated: bool = False
    low: float = 0.0
    high: float = float("inf")

    def matches(self, words: StemmedText, shape: Shape) -> tuple[Term, ...] | None:
        """The terms that make it hold (none for a shape), or None if it does not hold."""
        hits = self._hits(words, shape)
        if self.negated:
            return () if hits is None else None
        return hits

    def _hits(self, words: StemmedText, shape: Shape) -> tuple[Term, ...] | None:
        if self.terms:
            hits = tuple(term for term in self.terms if self._occurs(term, words))
            return hits if hits and (not self.every or len(hits) == len(self.terms)) else None
        value = getattr(shape, self.kind)
        holds = value is not None and (
            self.low <= value < self.high if self.kind in ("length", "shared") else bool(value)
        )
        return () if holds else None

    def _occurs(self, term: Term, words: StemmedText) -> bool:
        if self.kind == "starts":
            return words.stems[: len(term)] == term
        if self.kind == "ends":
            return words.stems[-len(term) :] == term
        return words.holds(term)


@dataclass(frozen=True, slots=True)
class KeywordRule:
    """If all conditions hold, `weight` speaks for `label` (against it where negative). No conditions: what to
    answer otherwise."""

    label: str
    conditions: tuple[Condition, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Sign:
    """A word or phrase that points to (or, with a negative weight, away from) a label."""

    term: Term
    label: str
    weight: float


@dataclass(frozen=True, slots=True)
class Guide:
    labels: tuple[str, ...]
    signs: tuple[Sign, ...]
    rules: tuple[KeywordRule, ...]
    otherwise: str = ""
