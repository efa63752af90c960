"""Texts as vectors of their letter groups, hashed: the measure of near duplicates, for rows without number and
any new text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.similarity.duplicates import THRESHOLD, comparables

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

FEATURES = 2**16  # groups are hashed to as many columns, so that there is no vocabulary to keep
LETTERS = 4_000  # of a text, its beginning


@dataclass(frozen=True)
class CharNgrams:
    """`weights`: inverse document frequency per column, float32, as learned from some texts; smoothed, so
    that no column has none."""

    weights: np.ndarray = field(repr=False)

    @classmethod
    def fit(cls, texts: Sequence[str]) -> tuple[CharNgrams, csr_matrix]:
        """Learned from these texts, and their vectors. 100,000 short ones take about ten seconds."""
        import numpy as np

        counts = _counts(comparables(texts))
        uses = np.bincount(counts.indices, minlength=FEATURES)
        fitted = cls((np.log((1 + len(texts)) / (1 + uses)) + 1).astype(np.float32))
        return fitted, fitted._weighted(counts)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """len(texts) x FEATURES, float32, each row of length 1 (0 for a text without letters)."""
        return self._weighted(_counts(comparables(texts)))

    def near(self, text: str, others: Sequence[str]) -> list[bool]:
        """Which of the others say the same in nearly the same words: alike as core/similarity/duplicates.py has it,
        directly, not by a chain."""
        if not others:
            return []
        keys = comparables([text, *others])
        vectors = self._weighted(_counts(keys))
        cosines = (vectors[1:] @ vectors[0].T).toarray().ravel()
        return [
            key == keys[0] or bool(cosine >= THRESHOLD) for key, cosine in zip(keys[1:], cosines, strict=True)
        ]

    def _weighted(self, counts: csr_matrix) -> csr_matrix:
        import numpy as np
        from sklearn.preprocessing import normalize

        if not counts.shape[0]:
            return counts
        weighted = counts.copy()
        weighted.data = (1 + np.log(weighted.data, dtype=np.float32)) * self.weights[weighted.indices]
        return normalize(weighted, copy=False)


def _counts(keys: Sequence[str]) -> csr_matrix:
    """Letter groups of comparable texts, counted."""
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import HashingVectorizer

    if not keys:
        return csr_matrix((0, FEATURES), dtype="float32")
    hasher = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 4),
        n_features=FEATURES,
        alternate_sign=False,
        norm=None,
        lowercase=False,
        dtype=np.float32,
    )
    # Half a letter, a lone surrogate, cannot be hashed.
    return hasher.transform(key[:LETTERS].encode("utf-8", "replace").decode() for key in keys)
