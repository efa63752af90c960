"""How alike texts are: cosine of TF-IDF over words and word pairs. And which labels are in doubt when texts
alone are asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.types import Example

if TYPE_CHECKING:
    import numpy

_WORD = re.compile(r"\w")
MOST_ROWS_IN_DOUBT = 20_000
FOLDS = 5


class Similarity:
    """The texts of some examples, ready to be compared with each other and with any other text."""

    def __init__(self, examples: Sequence[Example]):
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = [example.text for example in examples] or ["-"]
        token = (
            r"(?u)\w+" if any(_WORD.search(text) for text in texts) else r"\S"
        )  # where no text has a word, each sign is one
        self._vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=token)
        self.vectors = self._vectorizer.fit_transform(texts)
        self._ids = [example.id for example in examples]
        self._place = {example.id: place for place, example in enumerate(examples)}

    def among(self, one: Sequence[str], other: Sequence[str]) -> numpy.ndarray:
        """Ids by ids: len(one) x len(other), 0 to 1."""
        return self._dense(self._rows(one), self._rows(other))

    def nearest(self, one: str, count: int) -> list[tuple[str, float]]:
        """The ids of the rows most like this one, itself left out, most alike first; rows that share nothing
        with it are no neighbours."""
        import numpy as np

        likeness = self._dense(self._rows([one]), self.vectors)[0]
        likeness[self._place[one]] = -1.0
        order = np.argsort(-likeness, kind="stable")[:count].tolist()
        return [(self._ids[place], float(likeness[place])) for place in order if likeness[place] > 0]

    def to_texts(self, texts: Sequence[str], ids: Sequence[str]) -> numpy.ndarray:
        """Texts by ids: len(texts) x len(ids), 0 to 1."""
        return self._dense(self._vectorizer.transform(texts), self._rows(ids))

    def _rows(self, ids: Sequence[str]):
        return self.vectors[[self._place[identity] for identity in ids]]

    @staticmethod
    def _dense(one, other) -> numpy.ndarray:
        return (one @ other.T).toarray()


def label_odds(examples: Sequence[Example], seed: int) -> dict[str, dict[str, float]]:
    """Per example id the probability of each label, judged from the other rows' texts and labels alone:
    logistic regression on TF-IDF, out of fold, so that no row speaks for its own label. Rows of a label with
    fewer than FOLDS rows are left out; empty where fewer than two labels are left. Any whole number is a
    `seed`.

    The idea is confident learning's (Northcutt, Jiang, Chuang 2021): a model that never saw a label can doubt
    it.
    """
    counts: dict[str, int] = {}
    for example in examples:
        counts[example.label] = counts.get(example.label, 0) + 1
    asked = [example for example in examples if counts[example.label] >= FOLDS][:MOST_ROWS_IN_DOUBT]
    if len({example.label for example in asked}) < 2:
        return {}
    from sklearn.linear_model import SGDClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    labels, seed = [example.label for example in asked], seed % 2**32
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    # Stochastic descent, since the usual solver waits for every core, which a busy machine does not have.
    model = SGDClassifier(loss="log_loss", alpha=3e-4, max_iter=30, tol=None, random_state=seed)
    chances = cross_val_predict(model, Similarity(asked).vectors, labels, cv=folds, method="predict_proba")
    names = sorted(set(labels))
    return {
        example.id: dict(zip(names, map(float, row), strict=True))
        for example, row in zip(asked, chances, strict=True)
    }
