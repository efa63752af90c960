"""Neighbour examples: of the examples a prompt carries, the few most similar to the text at hand."""

from __future__ import annotations

from collections.abc import Sequence

from core.types import FewShot, Shot


def neighbours_of(few_shot: FewShot, texts: Sequence[str]) -> list[tuple[Shot, ...]]:
    """Per text its `k` nearest examples, least similar first, by TF-IDF cosine over character 3- to 5-grams.

    Empty for every strategy but "similar". An example with the text itself is never its neighbour.
    """
    if few_shot.strategy != "similar" or not few_shot.examples or few_shot.k < 1 or not texts:
        return [()] * len(texts)
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    shots = few_shot.examples
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    similarity = (vectorizer.fit_transform([shot.text for shot in shots]), vectorizer.transform(texts))
    scores = (similarity[1] @ similarity[0].T).toarray()
    own = np.array([[_same(text, shot.text) for shot in shots] for text in texts])
    scores[own] = -1.0
    order = np.argsort(scores, axis=1, kind="stable")[:, -few_shot.k :]
    return [tuple(shots[j] for j in row if scores[i, j] >= 0) for i, row in enumerate(order)]


def _same(text: str, other: str) -> bool:
    return " ".join(text.split()).casefold() == " ".join(other.split()).casefold()
