"""Two or more runs beside each other in words: who is better, on which rows, and whether that is luck."""

from __future__ import annotations

from collections.abc import Sequence

from core.metrics.comparison import (
    BETTER,
    EVIDENCE,
    comparison_in_words,
    moves_in_words,
    p_in_words,
    verdict_of,
)
from core.metrics.metrics import measure
from core.metrics.objective_words import objective_in_words, rank_of
from core.services.compare.basis import ComparedRun, ComparisonBasis
from core.types import Comparison
from core.types.objectives import ACCURACY
from core.wording import and_listed, count


def headline(sides: Sequence[ComparedRun], on: ComparisonBasis, part: str) -> str:
    """The answer in one sentence, by the rows of one part."""
    if len(sides) == 2:
        comparison = on.compared(part, 0, 1)
        ahead = int(comparison is not None and comparison.balance > 0)
        weak = on.drawback(part, ahead) if comparison and comparison.p < EVIDENCE else ""
        if comparison and weak:
            moved = f"{moves_in_words(comparison)}, {p_in_words(comparison.p)}"
            rows = count(comparison.n, part + " row")
            return f"{sides[ahead].name} is ahead on {rows} ({moved}), but not called better, since {weak}."
        return _of_two(sides[0].name, sides[1].name, comparison, part)
    common, read = on.common(part), on.answers[part]
    right = {
        index: rank_of(on.objective, measure(common, read[index], on.labels))
        for index in range(len(sides))
        if read[index]
    }
    if len(right) < 2 or not common:
        return f"These runs have no {part} row in common, so there is nothing to compare."
    best = max(right, key=lambda index: (right[index], -index))
    beaten: list[str] = []
    unproven: list[str] = []
    for index in right:
        if index != best:
            comparison = on.compared(part, index, best)
            proven = comparison is not None and comparison.p < EVIDENCE and comparison.balance > 0
            (beaten if proven else unproven).append(sides[index].name)
    rows = f"on the {count(len(common), part + ' row')} that they share"
    if not beaten:
        names = [sides[index].name for index in sorted(right)]
        by_accuracy = on.objective.kind == ACCURACY
        leading = "right most often" if by_accuracy else "ahead in " + objective_in_words(on.objective)
        return f"{and_listed(names)} may be equally good {rows}: {sides[best].name} is {leading}, which may be luck."
    if weak := on.drawback(part, best):
        return f"{sides[best].name} is ahead {rows}, but not called better, since {weak}."
    more = f"; its lead over {and_listed(unproven)} may be luck" if unproven else ""
    return f"{sides[best].name} is {BETTER} than {and_listed(beaten)} {rows}{more}."


def verdict(comparison: Comparison | None) -> str:
    """21 mistakes fixed, 4 new; not luck (p = 0.0009)"""
    words = comparison_in_words(comparison) if comparison is not None else "not read by both"
    return words[0].upper() + words[1:]


def _of_two(first: str, second: str, comparison: Comparison | None, part: str) -> str:
    if comparison is None or not comparison.n:
        return f"These runs have no {part} row in common, so there is nothing to compare."
    rows = count(comparison.n, part + " row")
    if comparison.p >= EVIDENCE:
        return f"{first} and {second} may be equally good on {rows}. From {first} to {second}: {comparison_in_words(comparison)}."
    moved = f"{moves_in_words(comparison)}; not luck ({p_in_words(comparison.p)})"
    return f"{second} is {verdict_of(comparison)} than {first} on {rows}: {moved}."
