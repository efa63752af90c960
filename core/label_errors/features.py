"""Texts as rows of numbers from which labels can be read: words, groups of letters, and how the parts of a
text compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.label_errors.text_parts import comparisons
from core.similarity.tfidf import char_tfidf, has_words, text_ends, word_tfidf

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

# Bounds on time: letters looked at in all texts together; from so many rows on, what stands in one row only
# is dropped.
_LETTERS = 3_000_000
_MANY_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class Features:
    """`text`: rows of length 1, whose products are likenesses 0 to 1. `whole`: the same, beside the
    comparison of the parts of each text where texts have parts; the model reads these. `words`: rows by
    `vocabulary`, above 0 where the row has the word."""

    text: csr_matrix
    whole: csr_matrix
    words: csr_matrix
    vocabulary: tuple[str, ...]


def features_of(texts: Sequence[str]) -> Features:
    """A row of features per text. TF-IDF of single words and of groups of 2 to 5 letters, half each."""
    from scipy.sparse import csr_matrix, hstack

    texts = [text if text.strip() else "-" for text in texts]
    letters = _letters(texts)
    words, vocabulary = _words(texts)
    text = hstack([words * 0.5**0.5, letters * 0.5**0.5], format="csr") if vocabulary else letters
    parts = comparisons(texts)
    whole = text if parts is None else hstack([text * 0.5**0.5, csr_matrix(parts * 0.5**0.5)], format="csr")
    return Features(text, whole, words, vocabulary)


def _words(texts: Sequence[str]) -> tuple[csr_matrix, tuple[str, ...]]:
    from scipy.sparse import csr_matrix

    if not has_words(texts):
        return csr_matrix((len(texts), 0)), ()
    vectorizer = word_tfidf()
    return vectorizer.fit_transform(texts), tuple(vectorizer.get_feature_names_out())


def _letters(texts: Sequence[str]) -> csr_matrix:
    many = len(texts) > _MANY_ROWS
    vectorizer = char_tfidf((3, 5) if many else (2, 5), min_df=2 if many else 1)
    return vectorizer.fit_transform(text_ends(texts, max(100, _LETTERS // len(texts))))
