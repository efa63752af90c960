"""The training rows most similar to a text, by embeddings; never the row itself nor its near duplicates: no
answer is given away."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.costs.run_estimate import Asking, Part, Range, part_of
from core.llm.connections import ModelContext
from core.llm.embeddings.base import CachedEmbedder, Embedder
from core.llm.embeddings.offline import MOST_LEARNED, OfflineEmbedder
from core.llm.embeddings.remote import LONGEST, batches
from core.llm.embeddings.vectors import Vectors
from core.similarity.char_ngrams import Grams
from core.types import Example, Shot

if TYPE_CHECKING:
    import numpy as np

TRAINING = (
    "train",
    "",
)  # a row whose split is not chosen yet is not held out: split the rows first where they are to be measured
AHEAD = 8  # rows looked at beyond those wanted, in case some are near duplicates
MOST_AT_ONCE = 20_000_000  # similarities in memory
SECONDS = 1.0  # that a provider takes for a batch, about


@dataclass(frozen=True, slots=True)
class Near:
    """A row, and how alike it is: 0 to 1."""

    row: Example
    similarity: float

    @property
    def shot(self) -> Shot:
        return Shot(self.row.text, self.row.label)


class Neighbours:
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
        chosen = may_be_shown(rows, left_out)
        texts = [row.text for row in chosen]
        offline = isinstance(embedder, OfflineEmbedder)
        keeping = CachedEmbedder(embedder, vectors) if vectors is not None else embedder
        self._embed_rows = keeping.embed
        self._embed_texts = (
            embedder.embed if offline else keeping.embed
        )  # a text at hand is embedded for nothing, or paid for once
        self._grams = embedder.grams if offline else Grams.of(texts[:MOST_LEARNED] or ["-"])
        self.rows, self._vectors = tuple(chosen), keeping.embed(texts)

    def plus(self, rows: Sequence[Example], left_out: Collection[str] = ()) -> Neighbours:
        """With more rows, of which only these are embedded; one with a known id takes the place of the
        old."""
        import numpy as np

        new = may_be_shown(rows, left_out)
        gone = {row.id for row in rows} | set(left_out)
        kept = [place for place, row in enumerate(self.rows) if row.id not in gone]
        made = self._embed_rows([row.text for row in new])
        vectors = (
            np.concatenate([self._vectors[kept], made])
            if kept and len(new)
            else made
            if len(new)
            else self._vectors[kept]
        )
        other = copy.copy(self)
        other.rows, other._vectors = (*(self.rows[place] for place in kept), *new), vectors
        return other

    def nearest(
        self, texts: Sequence[str], k: int, protected: bool = True, ids: Sequence[str] = ()
    ) -> list[tuple[Near, ...]]:
        """Per text its `k` most similar rows, least similar first. `ids`: whose texts they are, where they
        are rows. Not `protected`, near duplicates and the row itself may be among them: only to see what that
        would make of a score."""
        if k < 1 or not self.rows or not texts:
            return [()] * len(texts)
        whose = list(ids) or [""] * len(texts)
        step, found = max(1, MOST_AT_ONCE // len(self.rows)), []
        for start in range(0, len(texts), step):
            part = texts[start : start + step]
            scores = self._embed_texts(part) @ self._vectors.T
            for place, text in enumerate(part):
                chosen = (
                    self._chosen(scores[place], text, whose[start + place], k)
                    if protected
                    else next(_best(scores[place], k))
                )
                found.append(
                    tuple(
                        Near(self.rows[j], min(1.0, max(0.0, float(scores[place, j]))))
                        for j in reversed(chosen[:k])
                    )
                )
        return found

    def _chosen(self, scores: np.ndarray, text: str, own: str, k: int) -> list[int]:
        """Places of the `k` best that give nothing away, best first: looks further down until there are
        enough."""
        chosen: list[int] = []
        seen = 0
        for best in _best(scores, k + AHEAD):
            fresh = best[seen:]
            near = self._grams.near(text, [self.rows[j].text for j in fresh])
            chosen += [
                j
                for j, alike in zip(fresh, near, strict=True)
                if not alike and not (own and self.rows[j].id == own)
            ]
            seen = len(best)
            if len(chosen) >= k:
                break
        return chosen


def may_be_shown(rows: Sequence[Example], left_out: Collection[str] = ()) -> list[Example]:
    """Training rows that are not excluded, not empty, not left out."""
    hidden = set(left_out)
    return [
        row
        for row in rows
        if row.split in TRAINING and not row.excluded and row.text.strip() and row.id not in hidden
    ]


def price_of_vectors(name: str, texts: Sequence[str], shared: ModelContext) -> Part:
    """What it takes to embed these texts, were none on disk (see `CachedEmbedder.missing`). Offline embeddings are
    free."""
    requests = list(batches([text for text in dict.fromkeys(texts) if text.strip()]))
    sizes = [
        sum(min(len(message.content.encode("utf-8", "replace")), LONGEST) for message in request.messages)
        for request in requests
    ]
    size = sum(sizes) / len(sizes) if sizes else 0.0
    at_a_time = min(4, shared.limits_of(name).concurrency)
    return part_of(
        Asking(name, len(requests), Range(0.8 * size, 1.6 * size), Range(0, 0), at_a_time, SECONDS), shared
    )


def _best(scores: np.ndarray, count: int) -> Iterator[list[int]]:
    """The places of the best scores, best first, the earlier of equals first: so many, then four times as
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
