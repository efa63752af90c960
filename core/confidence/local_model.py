"""A local model: labels by the words and letter groups of a text, learned from rows in a second, without any call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import DataError
from core.similarity.tfidf import char_tfidf, has_words, text_ends, word_tfidf
from core.types import Shot

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

MOST_ROWS = 20_000  # learned from, by chance where there are more
LETTERS = 2_000  # of a text, its beginning and end
LOOSENESS = 10.0  # the inverse of the penalty on weights (scikit-learn's C)


@dataclass(frozen=True, slots=True)
class LocalAnswer:
    """`confidence`: the probability of the label, 0 to 1, as the model has it; not calibrated."""

    label: str
    confidence: float


class LocalModel:
    """TF-IDF of words, word pairs and groups of 2 to 5 letters, and logistic regression. The same rows give the same
    answers."""

    def __init__(self, rows: Sequence[Shot]):
        """DataError without rows of two labels or more."""
        if len({row.label for row in rows}) < 2:
            raise DataError(
                "A local model needs training rows of two labels or more: add rows, or do without one."
            )
        from threadpoolctl import threadpool_limits

        texts = list(text_ends([row.text for row in rows], LETTERS))
        self._model: Pipeline = _pipeline(texts)
        with threadpool_limits(1):  # more threads would wait for cores that a busy machine does not have
            self._model.fit(texts, [row.label for row in rows])

    def answers(self, texts: Sequence[str]) -> list[LocalAnswer]:
        """One per text, in order."""
        if not texts:
            return []
        chances = self._model.predict_proba(list(text_ends(texts, LETTERS)))
        names = self._model.classes_
        return [LocalAnswer(str(names[row.argmax()]), float(row.max())) for row in chances]


def learnable(rows: Sequence[Shot], seed: int = 0) -> tuple[Shot, ...]:
    """The rows to learn from, in their order: all, or MOST_ROWS by chance."""
    if len(rows) <= MOST_ROWS:
        return tuple(rows)
    return tuple(rows[at] for at in sorted(random.Random(seed).sample(range(len(rows)), MOST_ROWS)))


def _pipeline(texts: Sequence[str]) -> Pipeline:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    parts = [char_tfidf((2, 5), min_df=2 if len(texts) > 2_000 else 1)]
    parts += [word_tfidf(2)] if has_words(texts) else []
    return make_pipeline(make_union(*parts), LogisticRegression(C=LOOSENESS, max_iter=500))
