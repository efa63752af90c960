"""Which rows without a label are worth labelling next, and what their labelled neighbours say: uncertain rows
first, no two of a batch alike.

Batches are chosen by k-means weighted by uncertainty (Zhdanov 2019, "Diverse mini-batch active learning"): as
many clusters as rows are wanted, each represented by the row nearest to its centre, so that ten near duplicates
are one choice. Uncertainty is one minus the margin between the two labels that the nearest labelled rows vote
for (Scheffer, Decomain, Wrobel 2001). As long as nothing is labelled every row weighs the same, and the batch
is diverse only. Measured by tests/bench/labelling.py; docs/labelling.md has the figures.
"""

from __future__ import annotations

from collections import Counter
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
        """At least one row. 3,000 texts of 25 words take some seconds."""
        from scipy.sparse import hstack
        from sklearn.preprocessing import normalize

        texts = [text if text.strip() else "-" for text in text_ends([row.text for row in rows], LETTERS)]
        parts = [char_tfidf((3, 5)).fit_transform(texts)]
        if has_words(texts):
            parts.append(word_tfidf(2).fit_transform(texts))
        vectors = normalize(hstack(parts, format="csr"))
        return cls(tuple(row.id for row in rows), vectors, _reduced(vectors))

    def votes(self, labels: Mapping[str, str], wanted: Sequence[str]) -> dict[str, NeighbourVote]:
        """By wanted row what its nearest labelled rows say; rows that are like nothing labelled are left out.
        Ids that are not in this space count for nothing."""
        import numpy as np

        at = {identity: place for place, identity in enumerate(self.ids)}
        known = [identity for identity in labels if identity in at]
        rows = [identity for identity in wanted if identity in at]
        if not known or not rows:
            return {}
        given = [labels[identity] for identity in known]
        counts = Counter(given)
        usual = {label: _BELIEVED * counts[label] / len(given) for label in counts}
        pool = self.vectors[[at[identity] for identity in known]]
        likeness = (self.vectors[[at[identity] for identity in rows]] @ pool.T).toarray()
        order = np.argsort(-likeness, axis=1, kind="stable")[:, :NEAREST].tolist()
        near = (
            [(known[place], given[place], float(alike[place])) for place in nearest if alike[place] > 0]
            for nearest, alike in zip(order, likeness, strict=True)
        )
        return {row: _vote(usual, each) for row, each in zip(rows, near, strict=True) if each}

    def order(self, labels: Mapping[str, str], wanted: Sequence[str], batch: int, seed: int = 0) -> list[str]:
        """Those of `wanted` that are in this space, as they are worth labelling: a diverse batch first, in it
        those of the largest clusters; behind it the most uncertain ones. The same for the same rows and
        seed."""
        import numpy as np

        places = {identity: place for place, identity in enumerate(self.ids)}
        here = [identity for identity in wanted if identity in places]
        if len(here) <= 1:
            return here
        votes = self.votes(labels, here)
        margins = [votes[identity].margin if identity in votes else 0.0 for identity in here]
        points = self.reduced[[places[identity] for identity in here]]
        first = _representatives(points, 1.0 + _LEAST - np.array(margins), batch, seed)
        rest = np.argsort(margins, kind="stable").tolist()
        return [here[place] for place in dict.fromkeys([*first, *rest])]


def _vote(usual: Mapping[str, float], nearest: Sequence[tuple[str, str, float]]) -> NeighbourVote:
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
    with np.errstate(invalid="ignore"):  # equal texts have no variance to share out
        directions = TruncatedSVD(size, random_state=0).fit_transform(vectors)
    return np.asarray(normalize(directions))


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
