"""The nearest of a prompt's examples as `nearest_in_prompt` (core/similarity/neighbours.py) finds them, without NumPy and
scikit-learn: TF-IDF cosine over character 3- to 5-grams.

Uses nothing but the standard library: exported Python files hold this source. The sums run in scikit-learn's order, so
that rows which are equally alike stand in the same order (tests/core/similarity/test_plain_neighbours.py).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

_SHORTEST_GRAM, _LONGEST_GRAM = 3, 5


class PlainNeighbours:
    """`examples` are (text, label); `k`: how many of them are nearest."""

    def __init__(self, examples: Sequence[tuple[str, str]], k: int):
        self._examples, self._k = examples, k
        self._keys = [_same_text(text) for text, _ in examples]
        counts = [_letter_groups(text) for text, _ in examples]
        uses = Counter(gram for each in counts for gram in each)
        total = 1.0 + len(examples)
        self._idf = {gram: math.log(total / (1.0 + n)) + 1.0 for gram, n in uses.items()}
        self._holders: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, each in enumerate(counts):
            for gram, weight in self._vector(each):
                self._holders[gram].append((index, weight))

    def nearest(self, text: str) -> list[tuple[str, str]]:
        """Least similar first; an example with the text itself is never among them."""
        key, scores = _same_text(text), [0.0] * len(self._examples)
        for gram, weight in self._vector(_letter_groups(text)):
            for index, other in self._holders[gram]:
                scores[index] += weight * other
        scores = [-1.0 if own == key else score for own, score in zip(self._keys, scores, strict=True)]
        order = sorted(range(len(scores)), key=scores.__getitem__)[-self._k :] if self._k else []
        return [self._examples[index] for index in order if scores[index] >= 0]

    def _vector(self, counts: Counter[str]) -> list[tuple[str, float]]:
        """Of length 1, its letter groups in alphabetical order."""
        known = sorted(gram for gram in counts if gram in self._idf)
        weights = [(math.log(counts[gram]) + 1.0) * self._idf[gram] for gram in known]
        length = 0.0
        for weight in weights:
            length += weight * weight
        length = math.sqrt(length) or 1.0
        return [(gram, weight / length) for gram, weight in zip(known, weights, strict=True)]


def _letter_groups(text: str) -> Counter[str]:
    """Within words, which have a space at both ends."""
    groups: Counter[str] = Counter()
    for word in text.lower().split():
        padded = f" {word} "
        for size in range(_SHORTEST_GRAM, _LONGEST_GRAM + 1):
            groups.update(padded[start : start + size] for start in range(max(1, len(padded) - size + 1)))
            if len(padded) <= size:
                break
    return groups


def _same_text(text: str) -> str:
    return " ".join(text.split()).casefold()
