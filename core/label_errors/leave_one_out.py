"""Which label each row would get if only the other rows were known: ridge regression, every row left out in
turn.

Least squares on labels as +1 and -1 ranks classes as well as logistic regression does (Rifkin, Yeo, Poggio
2003), and what it says of a row that was left out follows from one solution in closed form (Allen 1974: the
residual over one minus the leverage). So no luck of folds is in it, and each row is judged by all others.
Beyond a few thousand rows folds do, since a row more or less no longer matters.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_matrix

MOST_EXACT = 2_000
FOLDS = 5
STRENGTH = 0.5  # of one row of a label as frequent as the others, against the penalty on weights


def ridge_scores(rows: csr_matrix, labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """Rows by labels: how much each label is favoured, about -1 to 1, with all rows of the same group left
    out.

    `labels` and `groups` are numbers from 0; every label counts the same, however rare it is."""
    import numpy as np

    count = int(labels.max()) + 1
    targets = np.where(np.eye(count)[labels] > 0, 1.0, -1.0)
    weights = STRENGTH * len(labels) / (count * np.bincount(labels, minlength=count)[labels])
    if len(labels) <= MOST_EXACT:
        return _exact(rows, targets, weights, groups)
    return _folded(rows, targets, weights, _folds(labels, groups, seed))


def _exact(rows: csr_matrix, targets: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> np.ndarray:
    import numpy as np

    products = (rows @ rows.T).toarray() + 1.0  # the one stands for a constant
    inverse = np.linalg.inv(products + np.diag(1.0 / weights))
    solution = inverse @ targets
    residuals = solution / np.diag(inverse)[:, None]
    for members in _shared_groups(groups):
        residuals[members] = np.linalg.solve(inverse[np.ix_(members, members)], solution[members])
    return np.asarray(targets - residuals)


def _shared_groups(groups: np.ndarray) -> list[np.ndarray]:
    import numpy as np

    order = np.argsort(groups, kind="stable")
    bounds = np.flatnonzero(np.diff(groups[order])) + 1
    return [members for members in np.split(order, bounds) if len(members) > 1]


def _folded(rows: csr_matrix, targets: np.ndarray, weights: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """0 throughout where there is nothing to learn from."""
    import numpy as np
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import Ridge

    rows = hstack([rows, csr_matrix(np.ones((rows.shape[0], 1)))], format="csr")
    scores = np.zeros_like(targets)
    for fold in range(FOLDS):
        inside = folds == fold
        if not inside.any() or inside.all():  # copies of one text stay together, and may leave nothing else
            continue
        model = Ridge(alpha=1.0, fit_intercept=False, solver="sparse_cg", tol=1e-3)
        model.fit(rows[~inside], targets[~inside], sample_weight=weights[~inside])
        scores[inside] = model.predict(rows[inside])
    return scores


def _folds(labels: np.ndarray, groups: np.ndarray, seed: int) -> np.ndarray:
    """A fold per row: whole groups, dealt out label by label in random order."""
    import numpy as np

    first = np.unique(groups, return_index=True)[1].tolist()
    random.Random(seed).shuffle(first)
    first.sort(key=lambda row: labels[row])
    fold_of = np.zeros(int(groups.max()) + 1, dtype=int)
    for turn, row in enumerate(first):
        fold_of[groups[row]] = turn % FOLDS
    return np.asarray(fold_of[groups])
