"""Bins: numbers on a scale as a few labels, by edges that are given or chosen so that the bins have about as many
rows each."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.errors import UsageError
from core.wording import quoted

MOST_BINS = 20
AS_THEY_ARE = "none"
FORMS = "a number of bins from 2 to 20, such as 3, edges, such as 50,80 (a single one: 50,), or none"
_LONGEST = 40  # characters of a number
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?|[.,]\d+")
_AROUND = re.compile(r"([-+\u2212]?)\s*[$€£]?\s*(.*?)\s*[%€]?")


@dataclass(frozen=True, slots=True)
class Bins:
    """`count` bins, or those between `edges`, ascending; with neither the numbers stay labels as they are."""

    count: int = 0
    edges: tuple[float, ...] = ()

    @property
    def typed(self) -> str:
        """As it is typed: 3; 50,80; none."""
        if self.edges:
            return ",".join(map(number_in_words, self.edges)) + ("," if len(self.edges) == 1 else "")
        return str(self.count or AS_THEY_ARE)


def read_bins(typed: str) -> Bins:
    """3; 50,80; none. A single number is how many bins, with a comma behind it an edge. UsageError."""
    words = typed.strip()
    if words.casefold() == AS_THEY_ARE:
        return Bins()
    if words.isdecimal():
        return checked_bins(count=int(words))
    try:
        return checked_bins(edges=[float(part) for part in words.split(",") if part.strip()])
    except ValueError:
        raise UsageError(f"The bins {quoted(typed)} cannot be read: give {FORMS}.") from None


def checked_bins(count: int = 0, edges: Sequence[float] = ()) -> Bins:
    """UsageError for too many bins, one alone, or edges that do not ascend."""
    ends = tuple(edges)
    ascending = all(map(math.isfinite, ends)) and all(one < other for one, other in pairwise(ends))
    possible = ascending and len(ends) < MOST_BINS if ends else 2 <= count <= MOST_BINS
    if not possible:
        raise UsageError(f"The bins {quoted(Bins(count, ends).typed)} cannot be made: give {FORMS}.")
    return Bins(count, ends)


def number_of(cell: str) -> float | None:
    """The number in a cell, also with a currency, a percent sign, thousands apart (1,200.5) or a decimal comma; None
    where it is none."""
    bare = cell.strip()
    around = _AROUND.fullmatch(bare) if len(bare) <= _LONGEST else None
    if around is None:
        return None
    sign, digits = around.groups()
    if _THOUSANDS.fullmatch(digits):
        digits = digits.replace(",", "")
    elif not _NUMBER.fullmatch(digits):
        return None
    number = float(digits.replace(",", "."))
    return (-number if sign in ("-", "\u2212") else number) if math.isfinite(number) else None


def bin_edges(numbers: Sequence[float], count: int) -> tuple[float, ...]:
    """Edges between `count` bins with about as many of the numbers each, as round as they can be; fewer where many
    numbers are equal."""
    ordered, different = sorted(numbers), sorted(set(numbers))
    wanted = {ordered[round(at * len(ordered) / count)] for at in range(1, count)} - {different[0]}
    return tuple(_roundest(different[different.index(edge) - 1], edge) for edge in sorted(wanted))


def bin_names(edges: Sequence[float]) -> tuple[str, ...]:
    """under 50, 50 to under 80, 80 or more"""
    ends = [number_in_words(edge) for edge in edges]
    between = [f"{low} to under {high}" for low, high in pairwise(ends)]
    return (f"under {ends[0]}", *between, f"{ends[-1]} or more")


def bin_of(number: float, edges: Sequence[float]) -> int:
    """Which bin a number is in, from 0; one on an edge is in the upper one."""
    return bisect_right(edges, number)


def number_in_words(number: float) -> str:
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else format(number, ".12g")


def _roundest(low: float, high: float) -> float:
    """The number with the fewest digits above `low` and up to `high`: it parts the same rows."""
    for digits in range(-15, 16):
        candidate = round(math.floor(high * 10.0**digits) / 10.0**digits, max(digits, 0))
        if low < candidate <= high:
            return candidate
    return high
