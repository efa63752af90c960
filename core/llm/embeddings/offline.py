"""Embeddings without a model: TF-IDF over letter groups, reduced to its main directions (latent semantic
analysis: Deerwester 1990)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.similarity.char_ngrams import CharNgrams

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

NAME = "offline:svd"
SIZE = 128
MOST_LEARNED = 16_384  # texts that directions are learned from; more add time, not neighbours


@dataclass(frozen=True)
class OfflineEmbedder:
    """Learned from some texts. `directions`: size x places, float32. `name` tells what it was learned from:
    other texts, other vectors."""

    name: str
    ngrams: CharNgrams
    directions: np.ndarray = field(repr=False)

    @classmethod
    def learned(cls, texts: Sequence[str], size: int = SIZE) -> OfflineEmbedder:
        """From distinct texts in any order, the same for the same texts. Few texts get fewer directions."""
        import numpy as np
        from sklearn.decomposition import TruncatedSVD

        name, ordered = (
            name_of(texts, size),
            sorted(set(texts), key=text_digest),
        )  # in an order that no file's order tells of
        ngrams, vectors = CharNgrams.fit(ordered[:MOST_LEARNED] or ["-"])
        if vectors.shape[0] <= size:
            return cls(name, ngrams, _spanned(vectors))
        svd = TruncatedSVD(size, n_iter=3, random_state=0).fit(vectors)
        return cls(name, ngrams, svd.components_.astype(np.float32))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """len(texts) x size, float32; rows are no longer than 1: what of a text the directions do not hold is
        nobody's likeness."""
        import numpy as np

        return np.asarray(self.ngrams.transform(texts) @ self.directions.T, dtype=np.float32)


def _spanned(vectors: csr_matrix) -> np.ndarray:
    """Directions that hold all of so few rows: nothing is lost."""
    import numpy as np

    lengths, turned = np.linalg.eigh((vectors @ vectors.T).toarray().astype(np.float64))
    held = lengths > 1e-6 if (lengths > 1e-6).any() else np.arange(len(lengths)) == 0
    return np.asarray((turned / np.sqrt(np.maximum(lengths, 1e-6)))[:, held].T @ vectors, dtype=np.float32)


def text_digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def name_of(texts: Sequence[str], size: int) -> str:
    """Of what is learned from these texts."""
    whole = hashlib.sha256(b"".join(sorted({text_digest(text) for text in texts}))).hexdigest()
    return f"{NAME}-{size}@{whole[:24]}"
