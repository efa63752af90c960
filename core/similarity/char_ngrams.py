"""Texts as vectors of their letter groups: the measure by which near duplicates are told, for rows without
number and any new text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.similarity.duplicates import THRESHOLD, comparables

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

PLACES = 2**16  # groups are hashed to as many places, so that there is no vocabulary to keep
LETTERS = 4_000  # of a text, its beginning


@dataclass(frozen=True)
class Grams:
    """`weights`: inverse document frequency per place, float32, as learned from some texts; smoothed, so that
    no place has none."""

    weights: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, texts: Sequence[str]) -> Grams:
        """Learned from these texts. 100,000 short ones take about ten seconds."""
        return cls.learned(texts)[0]

    @classmethod
    def learned(cls, texts: Sequence[str]) -> tuple[Grams, csr_matrix]:
        """And their vectors."""
        import numpy as np

        counts = _counted(texts)
        uses = np.bincount(counts.indices, minlength=PLACES)
        made = cls((np.log((1 + len(texts)) / (1 + uses)) + 1).astype(np.float32))
        return made, made._weighed(counts)

    def vectors(self, texts: Sequence[str]) -> csr_matrix:
        """len(texts) x PLACES, float32, each row of length 1 (0 for a text without letters)."""
        return self._weighed(_counted(texts))

    def near(self, text: str, others: Sequence[str]) -> list[bool]:
        """Which of the others say the same in nearly the same words: alike as core/similarity/duplicates.py has it,
        directly, not by a chain."""
        if not others:
            return []
        keys = comparables([text, *others])
        found = self._weighed(_hasher().transform(_cut(key) for key in keys))
        alike = (found[1:] @ found[0].T).toarray().ravel()
        return [
            key == keys[0] or bool(closeness >= THRESHOLD)
            for key, closeness in zip(keys[1:], alike, strict=True)
        ]

    def _weighed(self, counts: csr_matrix) -> csr_matrix:
        from sklearn.preprocessing import normalize

        if not counts.shape[0]:
            return counts
        weighed = counts.copy()
        weighed.data = (1 + _log(weighed.data)) * self.weights[weighed.indices]
        return normalize(weighed, copy=False)


def _counted(texts: Sequence[str]) -> csr_matrix:
    from scipy.sparse import csr_matrix

    if not texts:
        return csr_matrix((0, PLACES), dtype="float32")
    return _hasher().transform(_cut(key) for key in comparables(texts))


def _cut(key: str) -> str:
    return (
        key[:LETTERS].encode("utf-8", "replace").decode()
    )  # half a letter, a lone surrogate, cannot be hashed


def _hasher() -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 4),
        n_features=PLACES,
        alternate_sign=False,
        norm=None,
        lowercase=False,
        dtype=np.float32,
    )


def _log(counts: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.log(counts, dtype=np.float32)
