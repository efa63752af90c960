"""The training rows most similar to a text, by embeddings; never the row itself nor its near duplicates: no
answer is given away."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.llm.embeddings.base import CachedEmbedder, Embedder
from core.llm.embeddings.offline import MOST_LEARNED, OfflineEmbedder
from core.llm.embeddings.vectors import Vectors
from core.similarity.char_ngrams import CharNgrams
from core.types import Example, Shot

if TYPE_CHECKING:
    import numpy as np

# A row whose split is not chosen yet is not held out: split the rows first where they are to be measured.
TRAINING = ("train", "")
AHEAD = 8  # rows looked at beyond those wanted, in case some are near duplicates
MOST_AT_ONCE = 20_000_000  # similarities in memory


@dataclass(frozen=True, slots=True)
class NearRow:
    """A row, and how alike it is: 0 to 1."""

    row: Example
    similarity: float

    @property
    def shot(self) -> Shot:
        return Shot(self.row.text, self.row.label)


class RowIndex:
    """Rows to choose from, ready to be compared with any text. Not changed once made: any thread may ask."""

    def __init__(
        self,
        rows: Sequence[Example],
        embedder: Embedder,
        vectors: Vectors | None = None,
        left_out: Collection[str] = (),
    ):
        """Of `rows`, the training rows that are not excluded; `left_out` are ids of others that may not be
        shown, such as suspects. What is in `vectors` is not embedded again. Raises what the embedder
        raises."""
        selected = selectable(rows, left_out)
        texts = [row.text for row in selected]
        cached = CachedEmbedder(embedder, vectors) if vectors is not None else embedder
        self._embed_rows = cached.embed
        if isinstance(embedder, OfflineEmbedder):  # a text at hand is embedded for nothing, or paid for once
            self._embed_texts, self._ngrams = embedder.embed, embedder.ngrams
        else:
            self._embed_texts, (self._ngrams, _) = cached.embed, CharNgrams.fit(texts[:MOST_LEARNED] or ["-"])
        self.rows, self._vectors = tuple(selected), cached.embed(texts)

    def plus(self, rows: Sequence[Example], left_out: Collection[str] = ()) -> RowIndex:
        """With more rows, of which only these are embedded; one with a known id replaces the old."""
        import numpy as np

        new = selectable(rows, left_out)
        gone = {row.id for row in rows} | set(left_out)
        stay = [at for at, row in enumerate(self.rows) if row.id not in gone]
        parts = [self._vectors[stay]] if stay or not new else []
        parts += [self._embed_rows([row.text for row in new])] if new else []
        other = copy.copy(self)
        other.rows, other._vectors = (*(self.rows[at] for at in stay), *new), np.concatenate(parts)
        return other

    def nearest(
        self, texts: Sequence[str], k: int, protected: bool = True, ids: Sequence[str] = ()
    ) -> list[tuple[NearRow, ...]]:
        """Per text its `k` most similar rows, least similar first. `ids`: whose texts they are, where they
        are rows. Not `protected`, near duplicates and the row itself may be among them: only to see what that
        would make of a score."""
        if k < 1 or not self.rows or not texts:
            return [()] * len(texts)
        owners = list(ids) or [""] * len(texts)
        step = max(1, MOST_AT_ONCE // len(self.rows))
        nearest: list[tuple[NearRow, ...]] = []
        for start in range(0, len(texts), step):
            part = texts[start : start + step]
            for scores, text, owner in zip(
                self._embed_texts(part) @ self._vectors.T, part, owners[start:], strict=False
            ):
                best = self._protected(scores, text, owner, k) if protected else next(_best(scores, k))
                nearest.append(
                    tuple(
                        NearRow(self.rows[at], min(1.0, max(0.0, float(scores[at]))))
                        for at in reversed(best[:k])
                    )
                )
        return nearest

    def _protected(self, scores: np.ndarray, text: str, owner: str, k: int) -> list[int]:
        """The `k` best that give nothing away, best first: looks further down until there are enough."""
        selected: list[int] = []
        seen = 0
        for best in _best(scores, k + AHEAD):
            fresh = best[seen:]
            duplicates = self._ngrams.near(text, [self.rows[at].text for at in fresh])
            selected += [
                at
                for at, duplicate in zip(fresh, duplicates, strict=True)
                if not duplicate and not (owner and self.rows[at].id == owner)
            ]
            seen = len(best)
            if len(selected) >= k:
                break
        return selected


def selectable(rows: Sequence[Example], left_out: Collection[str] = ()) -> list[Example]:
    """Training rows that are not excluded, not empty, not left out."""
    hidden = set(left_out)
    return [
        row
        for row in rows
        if row.split in TRAINING and not row.excluded and row.text.strip() and row.id not in hidden
    ]


def _best(scores: np.ndarray, count: int) -> Iterator[list[int]]:
    """The indices of the best scores, best first, the earlier of equals first: so many, then four times as
    many, until all."""
    import numpy as np

    while True:
        if count >= len(scores):
            yield np.argsort(-scores, kind="stable").tolist()
            return
        bound = np.partition(scores, len(scores) - count)[len(scores) - count]
        top = np.flatnonzero(
            scores >= bound
        )  # ties at the bound included, so that order decides, not partition
        yield top[np.argsort(-scores[top], kind="stable")].tolist()
        count *= 4
