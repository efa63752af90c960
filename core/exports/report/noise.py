"""How far the labels can be trusted, judged from the rows alone: equal texts with different labels, and
labels in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.label_errors.suspects import WORTH_A_LOOK, Suspect, find_suspects
from core.types import Example

FEWEST = 20  # rows below which the estimate says nothing


@dataclass(frozen=True, slots=True)
class Noise:
    """`conflicting` rows have the text of another row and a different label; `suspects` are the labels worth
    a look, most doubtful first; `wrong` is how many labels are wrong by the chances of all of them, None
    where the rows are too few to tell."""

    rows: int
    conflicting: int
    suspects: tuple[Suspect, ...]
    wrong: float | None


def noise_of(rows: Sequence[Example]) -> Noise:
    """What `find_suspects` says of the same rows."""
    suspects = find_suspects(rows)
    doubtful = tuple(each for each in suspects if each.doubt >= WORTH_A_LOOK)
    enough = len(rows) >= FEWEST and bool(suspects)
    return Noise(
        len(rows),
        sum(bool(each.twins) for each in suspects),
        doubtful,
        sum(each.doubt for each in suspects) if enough else None,
    )
