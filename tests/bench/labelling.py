"""How much sooner the neighbours of a row know its label when rows are labelled in the order of
core/similarity/labelling_order.py, against a random order. Not a test:

PYTHONPATH=. .venv/bin/python tests/bench/labelling.py [SPLITS]     20 by default: a minute

Of each sample three fifths are to be labelled, in batches of ten; the rest is read by the votes of the nearest
labelled rows. Printed: accuracy, and the mean recall of the labels, after 20, 40 and 80 labels, and the mean
difference with its standard error over the splits.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import random
import statistics
import sys
from collections.abc import Callable, Sequence

from core.data.importing.mapping import import_dataset
from core.samples import sample
from core.similarity.labelling_order import RowSpace
from core.types import Example

SETS = ("github_issues", "insincere_questions", "question_pairs")
STEP, AFTER = 10, (20, 40, 80)
Order = Callable[[RowSpace, dict[str, str], list[str], random.Random], list[str]]


def by_chance(space: RowSpace, labels: dict[str, str], left: list[str], rng: random.Random) -> list[str]:
    return rng.sample(left, STEP)


def by_order(space: RowSpace, labels: dict[str, str], left: list[str], rng: random.Random) -> list[str]:
    return space.order(labels, left, STEP, rng.randrange(1_000))[:STEP]


def measured(rows: Sequence[Example], order: Order, seed: int) -> list[float]:
    """Accuracy and mean recall after each of AFTER."""
    rng = random.Random(seed)
    shuffled = rng.sample(list(rows), len(rows))
    test, pool = shuffled[: 2 * len(rows) // 5], shuffled[2 * len(rows) // 5 :]
    space, truth = RowSpace.of(rows), {row.id: row.label for row in rows}
    labels: dict[str, str] = {}
    figures: list[float] = []
    while len(labels) < max(AFTER):
        left = [row.id for row in pool if row.id not in labels]
        labels |= {identity: truth[identity] for identity in order(space, labels, left, rng)}
        if len(labels) in AFTER:
            figures += _scores(space, labels, test)
    return figures


def _scores(space: RowSpace, labels: dict[str, str], test: Sequence[Example]) -> tuple[float, float]:
    usual = statistics.mode(labels.values())
    votes = space.votes(labels, [row.id for row in test])
    said = {identity: vote.label for identity, vote in votes.items()}
    right = [(row.label, said.get(row.id, usual) == row.label) for row in test]
    names = sorted({row.label for row in test})
    recalls = [statistics.mean(hit for label, hit in right if label == name) for name in names]
    return statistics.mean(hit for _, hit in right), statistics.mean(recalls)


def main(splits: int) -> None:
    heads = [f"{what} {after}" for after in AFTER for what in ("accuracy", "recall")]
    print(f"{'':28}" + "".join(f"{head:>14}" for head in heads))
    for name in SETS:
        dataset = import_dataset(sample(name).path.read_bytes(), name).dataset
        tables = [
            [measured(dataset.examples, order, seed) for seed in range(splits)]
            for order in (by_chance, by_order)
        ]
        for title, table in zip(("random", "uncertain and diverse"), tables, strict=True):
            print(
                f"{name[:8]:9}{title:19}"
                + "".join(f"{statistics.mean(each):14.3f}" for each in zip(*table, strict=True))
            )
        gains = [[new - old for old, new in zip(*pair, strict=True)] for pair in zip(*tables, strict=True)]
        line = [
            f"{statistics.mean(each):+.3f} ±{statistics.stdev(each) / splits**0.5:.3f}"
            for each in zip(*gains, strict=True)
        ]
        print(f"{'':9}{'difference':19}" + "".join(f"{each:>14}" for each in line))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
