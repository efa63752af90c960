"""From what models favour to chances: how likely each label is to be the true one, and how many labels are
wrong at all."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

USUAL_NOISE = 0.05
_LEAST_NOISE, _MOST_NOISE = 0.01, 0.4
_BELIEVED = 50  # rows with the usual share wrong, as if they had been counted as well: a few dozen rows tell little about it
_MOST_TRUST, _MOST_SHIFT = 12.0, 4.0


def stacked_probabilities(scores: Sequence[np.ndarray], labels: np.ndarray) -> tuple[np.ndarray, float]:
    """Rows by labels: the chance of each label, judged by the other rows, given that some labels are wrong;
    and the share that is.

    `scores`: per model a table, rows by labels, made without the row. The models are stacked (Wolpert
    1992): trusted as much as makes the given labels most likely. That is done twice. First as if all labels
    were right; then with the share that is wrong, so that wrong labels, which nothing can foretell, do not
    make the models timid.
    """
    tables = [table.astype(float) for table in scores]
    first = _stacked(tables, labels, 0.0)
    share = _share_wrong(first, labels)
    return _stacked(tables, labels, share), share


def _share_wrong(chance: np.ndarray, labels: np.ndarray) -> float:
    """Counted by confident learning (Northcutt, Jiang, Chuang 2021; cleanlab.count), and drawn towards
    USUAL_NOISE: the fewer the rows (the mean of a Beta distribution that begins with _BELIEVED rows), and the
    less the models beat a guess, for then their own mistakes are counted."""
    import numpy as np
    from cleanlab.count import num_label_issues

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of labels with few rows, which are dealt with elsewhere
        counted = (num_label_issues(labels, chance) + _BELIEVED * USUAL_NOISE) / (len(labels) + _BELIEVED)
    count = chance.shape[1]
    agree = chance.argmax(axis=1) == labels
    recall = float(np.mean([agree[labels == label].mean() for label in range(count)]))
    knowing = max(0.0, (recall - 1 / count) / (1 - 1 / count))
    share = np.exp(knowing * log(max(counted, _LEAST_NOISE)) + (1 - knowing) * log(USUAL_NOISE))
    return min(max(float(share), _LEAST_NOISE), _MOST_NOISE)


def _stacked(tables: Sequence[np.ndarray], labels: np.ndarray, noise: float) -> np.ndarray:
    """Chances from a sum of the tables, weighted, plus a shift per label. Labels count by the root of how
    frequent they are, which lies between all rows alike, where a rare label is never suggested, and all
    labels alike, where it always is."""
    import numpy as np
    from scipy.optimize import minimize

    stack = np.stack(tables)
    models, rows, count = stack.shape
    every = np.arange(rows)
    weights = np.bincount(labels)[labels] ** -0.5
    weights /= weights.sum()

    def surprise(solution: np.ndarray) -> tuple[float, np.ndarray]:
        chance = _softmax(np.tensordot(solution[:models], stack, 1) + solution[models:])
        given = chance[every, labels]
        seen = (1.0 - noise) * given + noise * (1.0 - given) / (count - 1) + 1e-12
        slope = -chance * given[:, None]
        slope[every, labels] += given
        slope *= (-weights / seen * (1.0 - noise - noise / (count - 1)))[:, None]
        return -float(weights @ np.log(seen)), np.concatenate(
            [(stack * slope).sum(axis=(1, 2)), slope.sum(axis=0)]
        )

    start = np.concatenate([[3.0], np.full(models - 1, 0.3), np.zeros(count)])
    bounds = [(0.0, _MOST_TRUST)] * models + [(-_MOST_SHIFT, _MOST_SHIFT)] * count
    solution = minimize(surprise, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return _softmax(np.tensordot(solution[:models], stack, 1) + solution[models:])


def _softmax(table: np.ndarray) -> np.ndarray:
    import numpy as np

    raised = np.exp(table - table.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
