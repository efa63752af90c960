"""How far the labels can be trusted, judged from the rows alone: equal texts with different labels, and labels in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.similarity import label_odds
from core.prompts.folding import fold
from core.types import Example

CONTRADICTED = 3.0  # how much likelier another label must be for a label to be in doubt
FEWEST = 60  # rows below which the estimate says nothing


@dataclass(frozen=True, slots=True)
class Noise:
    """`twins` are groups of rows with the same text and different labels. `doubtful` are ids, most doubtful first; None where the rows
    are too few to tell. `asked` counts the rows that were judged."""

    rows: int
    asked: int
    twins: tuple[tuple[Example, ...], ...]
    doubtful: tuple[str, ...] | None

    @property
    def conflicting(self) -> int:
        """Rows that have such a twin."""
        return sum(map(len, self.twins))


def noise_of(rows: Sequence[Example], seed: int = 0) -> Noise:
    """An estimate, no finding: on the samples, whose wrong labels are known, the number of doubtful labels comes near that of the wrong
    ones (35 for 34, 43 for 32, 14 for 21), while about one in three of the doubtful ones is truly wrong."""
    odds = label_odds(rows, seed) if len(rows) >= FEWEST else {}
    found = []
    for row in rows:
        chances = odds.get(row.id)
        if chances and max(chances.values()) > CONTRADICTED * chances.get(row.label, 0.0):
            found.append((chances.get(row.label, 0.0) / max(chances.values()), row.id))
    doubtful = tuple(id for _, id in sorted(found)) if odds else None
    return Noise(len(rows), len(odds), _twins(rows), doubtful)


def _twins(rows: Sequence[Example]) -> tuple[tuple[Example, ...], ...]:
    groups: dict[str, list[Example]] = {}
    for row in rows:
        groups.setdefault(fold(row.text), []).append(row)
    return tuple(tuple(group) for group in groups.values() if len({row.label for row in group}) > 1)
