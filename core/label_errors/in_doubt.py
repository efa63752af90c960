"""Which labels a run does not believe: the most doubtful rows of each label, no more than its errors can explain.

The doubt is Review's: every label counts the same, however rare it is. How many rows of a label may be wrong is
counted by confident learning (Northcutt, Jiang, Chuang 2021): those that speak for another label as clearly as
that label's own rows do. So what is only hard to read, as a rare label often is, is not taken for wrong.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.label_errors.evidence import ModelEvidence
from core.label_errors.suspects import WORTH_A_LOOK, Suspect, judged_rows
from core.types import Example

if TYPE_CHECKING:
    import numpy as np

MOST_ROWS_IN_DOUBT = 20_000  # beyond, nothing is doubted: it would take half a minute
LARGEST_SHARE = 0.25  # of a label's rows that may be set aside
FEWEST = 5  # rows of a label; with fewer, nothing can be told


def labels_in_doubt(examples: Sequence[Example], seed: int) -> dict[str, Suspect]:
    """By row id, the rows whose label is not believed, with reasons. What a person vouched for is never among
    them."""
    counts = Counter(example.label for example in examples if not example.excluded)
    rows = [each for each in examples if not each.excluded and counts[each.label] >= FEWEST]
    rows = rows[:MOST_ROWS_IN_DOUBT]
    if len({row.label for row in rows}) < 2:
        return {}
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        judged = judged_rows(rows, seed, ModelEvidence())
        posterior = judged.context.posterior
        left = _most(rows, posterior.names, posterior.chance)
        places = []
        for at in (-posterior.doubt).argsort(kind="stable").tolist():
            if posterior.doubt[at] < WORTH_A_LOOK:
                break
            if left[rows[at].label] > 0 and not vouched(rows[at]):
                left[rows[at].label] -= 1
                places.append(at)
        return {suspect.example_id: suspect for suspect in judged.suspects(places, places)}


def vouched(example: Example) -> bool:
    """Whether a person stands for the row's label: made it canonical, wrote a note, kept it when asked."""
    return example.canonical or bool(example.note) or example.reviewed


def _most(rows: Sequence[Example], names: Sequence[str], chance: np.ndarray) -> Counter[str]:
    """By label, how many of its rows may be wrong: as many as confident learning counts, and no more than
    LARGEST_SHARE of them."""
    import numpy as np
    from cleanlab.count import compute_confident_joint

    index = {name: at for at, name in enumerate(names)}
    given = np.array([index[row.label] for row in rows])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of labels with few rows
        joint = compute_confident_joint(given, chance, calibrate=False)
    counts = Counter(row.label for row in rows)
    return Counter(
        {
            name: min(int(joint[at].sum() - joint[at, at]), int(LARGEST_SHARE * counts[name]))
            for name, at in index.items()
        }
    )
