"""TF-IDF vectors of texts over words and over letter groups, and examples compared by words and word
pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.types import Example

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

_WORD = re.compile(r"\w")


def char_tfidf(lengths: tuple[int, int], **options: Any) -> TfidfVectorizer:
    """Over groups of letters within words, of these lengths."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char_wb", ngram_range=lengths, sublinear_tf=True, **options)


def word_tfidf(most_words: int = 1, token: str = r"(?u)\w+") -> TfidfVectorizer:
    """Over words, one-letter ones included, and runs of up to `most_words` of them."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(ngram_range=(1, most_words), sublinear_tf=True, token_pattern=token)


def has_words(texts: Sequence[str]) -> bool:
    return any(_WORD.search(text) for text in texts)


def text_ends(texts: Sequence[str], most: int) -> Iterator[str]:
    """Each text, or its beginning and end where it is longer than `most` characters."""
    half = most // 2
    return (text if len(text) <= 2 * half else f"{text[:half]} {text[-half:]}" for text in texts)


def row_products(one: csr_matrix, other: csr_matrix) -> np.ndarray:
    """The dot product of each row of one with the same row of the other: cosines, of rows of length 1."""
    import numpy as np

    return np.asarray(one.multiply(other).sum(axis=1)).ravel()


class Similarity:
    """The texts of some examples, ready to be compared with each other and with any other text."""

    def __init__(self, examples: Sequence[Example]):
        texts = [example.text for example in examples] or ["-"]
        # Where no text has a word, each sign is one.
        self._vectorizer = word_tfidf(2, r"(?u)\w+" if has_words(texts) else r"\S")
        self.vectors: csr_matrix = self._vectorizer.fit_transform(texts)
        self._ids = [example.id for example in examples]
        self._index = {example.id: at for at, example in enumerate(examples)}

    def among(self, one: Sequence[str], other: Sequence[str]) -> np.ndarray:
        """Ids by ids: len(one) x len(other), 0 to 1."""
        return _cosines(self._rows(one), self._rows(other))

    def nearest(self, one: str, count: int) -> list[tuple[str, float]]:
        """The ids of the rows most like this one, itself left out, most alike first; rows that share nothing
        with it are no neighbours."""
        import numpy as np

        # Not as `among` has it, which would turn all vectors round for one row.
        likeness = self.vectors @ self.vectors[self._index[one]].toarray().ravel()
        likeness[self._index[one]] = -1.0
        order = np.argsort(-likeness, kind="stable")[:count].tolist()
        return [(self._ids[at], float(likeness[at])) for at in order if likeness[at] > 0]

    def to_texts(self, texts: Sequence[str], ids: Sequence[str]) -> np.ndarray:
        """Texts by ids: len(texts) x len(ids), 0 to 1."""
        return _cosines(self._vectorizer.transform(texts), self._rows(ids))

    def _rows(self, ids: Sequence[str]) -> csr_matrix:
        return self.vectors[[self._index[identity] for identity in ids]]


def _cosines(one: csr_matrix, other: csr_matrix) -> np.ndarray:
    products: np.ndarray = (one @ other.T).toarray()
    return products
