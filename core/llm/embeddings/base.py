"""What an embedder is, and one that makes no vector twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from core.llm.embeddings.vectors import Vectors

if TYPE_CHECKING:
    import numpy as np

AT_ONCE = 2_048  # texts that are embedded before their vectors are put on disk


class Embedder(Protocol):
    """`name` is "provider:model", or more where vectors of one model differ. Texts of one embedder have
    vectors of one size."""

    @property
    def name(self) -> str: ...

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """len(texts) x size, float32, rows no longer than 1: their products are cosines. Raises CallFailed,
        ModelRefused, CapReached."""


class CachedEmbedder:
    """An embedder around an embedder: what is on disk is not asked for again; what came before a failure
    stays."""

    def __init__(self, embedder: Embedder, vectors: Vectors):
        self.name = embedder.name
        self._embedder = embedder
        self._vectors = vectors

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        distinct = list(dict.fromkeys(texts))
        vectors = self._vectors.get(self.name, distinct)
        lacking = [text for text in distinct if text not in vectors]
        for start in range(0, len(lacking), AT_ONCE):
            part = lacking[start : start + AT_ONCE]
            made = dict(zip(part, self._embedder.embed(part), strict=True))
            self._vectors.put(self.name, made)
            vectors |= made
        return np.stack([vectors[text] for text in texts]) if texts else np.zeros((0, 0), dtype=np.float32)

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Those that would be asked for, each once."""
        distinct = list(dict.fromkeys(texts))
        vectors = self._vectors.get(self.name, distinct)
        return [text for text in distinct if text not in vectors]
