"""Which rows without a label are worth labelling next, and what their labelled neighbours say: uncertain rows
first, no two of a batch alike.

Batches are chosen by k-means weighted by uncertainty (Zhdanov 2019, "Diverse mini-batch active learning"): as
many clusters as rows are wanted, each represented by the row nearest to its centre, so that ten near duplicates
are one choice. Uncertainty is one minus the margin between the two labels that the nearest labelled rows vote
for (Scheffer, Decomain, Wrobel 2001). As long as nothing is labelled every row weighs the same, and the batch
is diverse only. Measured by tests/bench/labelling.py; docs/labelling.md has the figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.similarity.tfidf import char_tfidf, has_words, text_ends, word_tfidf
from core.types import Example

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

NEAREST = 5
LETTERS = 2_000  # of a text, its beginning and end
_DIRECTIONS = 32  # that clusters are looked for in
_BELIEVED = 0.05  # weight of how frequent a label is, beside neighbours whose likenesses are 0 to 1 each
_LEAST = 0.001  # weight of a row that its neighbours are sure of


@dataclass(frozen=True, slots=True)
class NeighbourVote:
    """What the labelled rows nearest to a row say. `share` is the weight of the label's votes, `margin` how far
    it is ahead of the next label, both 0 to 1; `nearest` are ids with their likeness, most alike first."""

    label: str
    share: float
    margin: float
    nearest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class RowSpace:
    """The texts of some rows, compared by words, word pairs and groups of letters. `vectors` are rows of length
    1, `reduced` the same in their main directions."""

    ids: tuple[str, ...]
    vectors: csr_matrix = field(repr=False)
    reduced: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, rows: Sequence[Example]) -> RowSpace:
        """At least one row. 4,000 short texts take a second or two."""
        from scipy.sparse import hstack
        from sklearn.preprocessing import normalize

        texts = [text if text.strip() else "-" for text in text_ends([row.text for row in rows], LETTERS)]
        parts = [char_tfidf((3, 5)).fit_transform(texts)]
        if has_words(texts):
            parts.append(word_tfidf(2).fit_transform(texts))
        vectors = normalize(hstack(parts, format="csr"))
        return cls(tuple(row.id for row in rows), vectors, _reduced(vectors))

    def votes(self, labels: Mapping[str, str], wanted: Sequence[str]) -> list[NeighbourVote | None]:
        """Per wanted row what its nearest labelled rows say; None where nothing labelled is like it. Ids that
        are not in this space count for nothing."""
        import numpy as np

        at = {identity: place for place, identity in enumerate(self.ids)}
        known = [identity for identity in labels if identity in at]
        rows = [at.get(identity, -1) for identity in wanted]
        if not known or not rows:
            return [None] * len(rows)
        pool = self.vectors[[at[identity] for identity in known]]
        given = [labels[identity] for identity in known]
        usual = {label: _BELIEVED * given.count(label) / len(given) for label in dict.fromkeys(given)}
        likeness = (self.vectors[[max(row, 0) for row in rows]] @ pool.T).toarray()
        order = np.argsort(-likeness, axis=1, kind="stable")[:, :NEAREST]
        return [
            _vote(usual, [(known[j], given[j], float(alike[j])) for j in nearest if alike[j] > 0])
            if row >= 0
            else None
            for row, nearest, alike in zip(rows, order.tolist(), likeness, strict=True)
        ]

    def batch(self, labels: Mapping[str, str], wanted: Sequence[str], count: int, seed: int = 0) -> list[str]:
        """The rows of `wanted` that are worth labelling next, at most `count`, those of the largest clusters
        first. The same for the same rows and seed."""
        import numpy as np

        places = {identity: place for place, identity in enumerate(self.ids)}
        here = [identity for identity in wanted if identity in places]
        if len(here) <= 1:
            return here
        margins = [0.0 if vote is None else vote.margin for vote in self.votes(labels, here)]
        weights = 1.0 + _LEAST - np.array(margins)
        chosen = _representatives(self.reduced[[places[each] for each in here]], weights, count, seed)
        return [here[place] for place in chosen]


def _vote(usual: Mapping[str, float], nearest: Sequence[tuple[str, str, float]]) -> NeighbourVote | None:
    if not nearest:
        return None
    weights = dict(usual)
    for _, label, alike in nearest:
        weights[label] += alike
    total = sum(weights.values())
    first, *rest = sorted(weights, key=lambda label: (-weights[label], label))
    share = weights[first] / total
    margin = share - (weights[rest[0]] / total if rest else 0.0)
    return NeighbourVote(
        first, share, margin, tuple((identity, min(alike, 1.0)) for identity, _, alike in nearest)
    )


def _reduced(vectors: csr_matrix) -> np.ndarray:
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    size = min(_DIRECTIONS, vectors.shape[0] - 1, vectors.shape[1] - 1)
    if size < 1:
        return np.zeros((vectors.shape[0], 1))
    return np.asarray(normalize(TruncatedSVD(size, random_state=0).fit_transform(vectors)))


def _representatives(points: np.ndarray, weights: np.ndarray, count: int, seed: int) -> list[int]:
    """Per cluster the place of the row nearest to its centre, the heaviest cluster first."""
    import numpy as np
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    clusters = min(count, len(np.unique(points.round(6), axis=0)))
    with threadpool_limits(1):  # more threads would wait for cores that a busy machine does not have
        model = KMeans(clusters, n_init=1, random_state=seed).fit(points, sample_weight=weights)
    away = ((points - model.cluster_centers_[model.labels_]) ** 2).sum(axis=1)
    heavy = np.argsort(-np.bincount(model.labels_, weights, clusters), kind="stable")
    members = [np.flatnonzero(model.labels_ == cluster) for cluster in heavy]
    return [int(each[np.argmin(away[each])]) for each in members if len(each)]
