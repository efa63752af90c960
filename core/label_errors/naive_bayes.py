"""Which label each row would get by its words alone, if only the other rows were known: naive Bayes, every
row left out in turn.

Counting words needs fewer rows than weighing them does (Ng, Jordan 2001), so this sees something where there
is little to learn from. Two ways of counting: what a label's own rows say, and what all rows but its own say,
which rare labels need (Rennie and others 2003).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

_OWN, _OTHER = 0.1, 0.3  # what is added to each count, so that a word never seen is not impossible


def naive_bayes_scores(
    words: csr_matrix, labels: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows by labels, twice: log chances up to a constant per row, with all rows of the same group (the same
    words) left out.

    `words` holds weights, rows by words; `labels` and `groups` are numbers from 0."""
    import numpy as np
    from scipy.sparse import csr_matrix

    rows, count = len(labels), int(labels.max()) + 1
    marks = csr_matrix((np.ones(rows), (np.arange(rows), labels)), shape=(rows, count))
    counts = (words.T @ marks).toarray().T  # labels by words
    within = csr_matrix((np.ones(rows), (groups, labels)), shape=(int(groups.max()) + 1, count)).toarray()[
        groups
    ]  # rows by labels
    own, other = np.zeros((rows, count)), np.zeros((rows, count))
    for label in range(count):
        rest = counts.sum(axis=0) - counts[label]
        own[:, label] = _likelihood(words, counts[label], within[:, label], _OWN)
        other[:, label] = -_likelihood(words, rest, within.sum(axis=1) - within[:, label], _OTHER)
    return own - own.mean(axis=1, keepdims=True), other - other.mean(axis=1, keepdims=True)


def _likelihood(words: csr_matrix, counts: np.ndarray, held: np.ndarray, added: float) -> np.ndarray:
    """Per row the log likelihood of its words under `counts`, less what `held` rows with the same words
    brought into them."""
    import numpy as np

    row_of = np.repeat(np.arange(words.shape[0]), np.diff(words.indptr))
    lengths = np.asarray(words.sum(axis=1)).ravel()
    left = np.maximum(counts[words.indices] - held[row_of] * words.data, 0.0) + added
    all_left = np.maximum(counts.sum() - held * lengths, 0.0) + added * words.shape[1]
    likelihood = np.bincount(row_of, words.data * np.log(left), minlength=words.shape[0])
    return np.asarray(likelihood - lengths * np.log(all_left))
