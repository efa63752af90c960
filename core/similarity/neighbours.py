"""The labelled rows nearest to some rows, where a row never sees itself or its near duplicates: neither as a
vote nor as an example.

Without that, similar rows would answer for each other by heart, and the figure would not hold for a text that
is new.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.prompts.neighbours import neighbours_of
from core.similarity.duplicates import group_near_duplicates
from core.similarity.tfidf import Similarity
from core.types import Example, FewShot, Shot

NEAREST = 5
MOST_SEARCHED = 4_000  # rows that neighbours are looked for among: seconds, whatever the size of the data


@dataclass(frozen=True, slots=True)
class Nearby:
    """`rows` are asked about, `pool` has the labels; `groups` by text: near duplicates have the same
    number."""

    rows: tuple[Example, ...]
    pool: tuple[Example, ...]
    groups: Mapping[str, int]

    def votes(self, k: int = NEAREST) -> list[str]:
        """Per row the label that its `k` nearest rows of the pool have, each weighing as much as it is alike;
        the pool's most frequent label where nothing is alike. No model has a part in it. The pool must not be
        empty."""
        usual = most_frequent(self.pool)
        likeness = Similarity(self.pool).to_texts(
            [row.text for row in self.rows], [row.id for row in self.pool]
        )
        return [self._vote(row, alike, k) or usual for row, alike in zip(self.rows, likeness, strict=True)]

    def shots(self, k: int = NEAREST) -> list[tuple[Shot, ...]]:
        """Per row the `k` examples that a prompt with the few-shot strategy "similar" would carry, least
        similar first."""
        sizes = Counter(self.groups[row.text] for row in self.pool)
        most = max(
            (sizes[self.groups[row.text]] for row in self.rows), default=0
        )  # near duplicates that a row has to look past
        few_shot = FewShot("similar", k + most, tuple(Shot(row.text, row.label) for row in self.pool))
        found = neighbours_of(few_shot, [row.text for row in self.rows])
        return [self._apart(row, shots)[-k:] for row, shots in zip(self.rows, found, strict=True)]

    def _vote(self, row: Example, alike: Sequence[float], k: int) -> str:
        own = self.groups[row.text]
        apart = [
            place
            for place, other in enumerate(self.pool)
            if alike[place] > 0 and self.groups[other.text] != own
        ]
        weights: Counter[str] = Counter()
        for place in sorted(apart, key=lambda place: (-alike[place], place))[:k]:
            weights[self.pool[place].label] += float(alike[place])
        return max(weights, key=lambda label: (weights[label], label)) if weights else ""

    def _apart(self, row: Example, shots: Sequence[Shot]) -> tuple[Shot, ...]:
        return tuple(shot for shot in shots if self.groups[shot.text] != self.groups[row.text])


def nearby(rows: Sequence[Example], pool: Sequence[Example], rng: random.Random) -> Nearby:
    """Rows and pool may overlap. Of a large pool MOST_SEARCHED rows by chance are searched."""
    searched = (
        sorted(rng.sample(range(len(pool)), MOST_SEARCHED)) if len(pool) > MOST_SEARCHED else range(len(pool))
    )
    kept = tuple(pool[place] for place in searched)
    texts = [row.text for row in (*rows, *kept)]
    return Nearby(tuple(rows), kept, dict(zip(texts, group_near_duplicates(texts), strict=True)))


def most_frequent(rows: Sequence[Example]) -> str:
    """The label that most rows have, the first by name among equals; "" without rows."""
    counts = Counter(row.label for row in rows)
    return min(counts, key=lambda label: (-counts[label], label), default="")
