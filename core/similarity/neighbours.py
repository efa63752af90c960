"""The labelled examples nearest to a text by its letter groups: out of a prompt's own, and out of rows, where a
row never sees itself or its near duplicates, neither as a vote nor as an example.

Without that, similar rows would answer for each other by heart, and the figure would not hold for a text that
is new.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.similarity.duplicates import group_near_duplicates
from core.similarity.tfidf import Similarity, char_tfidf
from core.types import Example, FewShot, Shot

NEAREST = 5
_AT_ONCE = 500  # texts compared with all examples at once: a number for each pair is held
MOST_SEARCHED = 4_000  # rows that are searched for neighbours: seconds, whatever the size of the data


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An example that is shown beside a text. `similarity` is 0 to 1."""

    text: str
    label: str
    similarity: float

    @property
    def shot(self) -> Shot:
        return Shot(self.text, self.label)


def nearest_in_prompt(few_shot: FewShot, texts: Sequence[str]) -> list[tuple[Neighbour, ...]]:
    """Per text its `k` nearest of the prompt's examples, least similar first, by TF-IDF cosine over character
    3- to 5-grams.

    Empty for every strategy but "similar". An example with the text itself is never its neighbour.
    """
    shots = few_shot.examples
    return [
        tuple(Neighbour(shots[at].text, shots[at].label, min(1.0, alike)) for at, alike in nearest)
        for nearest in _nearest(few_shot, texts)
    ]


def neighbours_from_prompt(few_shot: FewShot, texts: Sequence[str]) -> list[tuple[Shot, ...]]:
    """As nearest_in_prompt, as a request carries them."""
    shots = few_shot.examples
    return [tuple(shots[at] for at, _ in nearest) for nearest in _nearest(few_shot, texts)]


def _nearest(few_shot: FewShot, texts: Sequence[str]) -> Iterator[list[tuple[int, float]]]:
    """Per text the places of its neighbours among the prompt's examples, each with its cosine."""
    if few_shot.strategy != "similar" or not few_shot.examples or few_shot.k < 1 or not texts:
        yield from ([] for _ in texts)
        return
    import numpy as np

    examples, vectorizer = [shot.text for shot in few_shot.examples], char_tfidf((3, 5))
    pool = vectorizer.fit_transform(examples)
    own_keys = np.array([_key(text) for text in examples], object)
    for start in range(0, len(texts), _AT_ONCE):
        part = texts[start : start + _AT_ONCE]
        scores = (vectorizer.transform(part) @ pool.T).toarray()
        scores[np.array([_key(text) for text in part], object)[:, None] == own_keys] = -1.0
        order = np.argsort(scores, axis=1, kind="stable")[:, -few_shot.k :]
        cosines = np.take_along_axis(scores, order, axis=1)
        own = (cosines < 0).sum(axis=1).tolist()  # they stand first
        for places, alike, first in zip(order.tolist(), cosines.tolist(), own, strict=True):
            yield list(zip(places[first:], alike[first:], strict=True))


@dataclass(frozen=True, slots=True)
class Nearby:
    """Labels of `pool` are for `rows`; `groups` by text: near duplicates have the same number."""

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
        # Near duplicates that a row has to look past.
        most = max((sizes[self.groups[row.text]] for row in self.rows), default=0)
        few_shot = FewShot("similar", k + most, tuple(Shot(row.text, row.label) for row in self.pool))
        nearest = neighbours_from_prompt(few_shot, [row.text for row in self.rows])
        return [
            tuple(shot for shot in shots if self.groups[shot.text] != self.groups[row.text])[-k:]
            for row, shots in zip(self.rows, nearest, strict=True)
        ]

    def _vote(self, row: Example, alike: Sequence[float], k: int) -> str:
        own = self.groups[row.text]
        apart = [at for at, other in enumerate(self.pool) if alike[at] > 0 and self.groups[other.text] != own]
        weights: dict[str, float] = defaultdict(float)
        for at in sorted(apart, key=lambda at: (-alike[at], at))[:k]:
            weights[self.pool[at].label] += float(alike[at])
        return max(weights, key=lambda label: (weights[label], label), default="")


def nearby(rows: Sequence[Example], pool: Sequence[Example], rng: random.Random) -> Nearby:
    """Rows and pool may overlap. Of a large pool MOST_SEARCHED rows by chance are searched."""
    searched = tuple(pool)
    if len(pool) > MOST_SEARCHED:
        searched = tuple(pool[at] for at in sorted(rng.sample(range(len(pool)), MOST_SEARCHED)))
    texts = [row.text for row in (*rows, *searched)]
    return Nearby(tuple(rows), searched, dict(zip(texts, group_near_duplicates(texts), strict=True)))


def most_frequent(rows: Sequence[Example]) -> str:
    """The label that most rows have, the first by name among equals; "" without rows."""
    counts = Counter(row.label for row in rows)
    return min(counts, key=lambda label: (-counts[label], label), default="")


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()
