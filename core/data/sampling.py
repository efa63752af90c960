"""Which rows a step is measured on, and which of them the heavyweight model is shown."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence

from core.types import Example, Outcome, Prediction


def draw_batch(
    train: Sequence[Example], size: int, rng: random.Random, retained: Collection[str] = ()
) -> tuple[Example, ...]:
    """Draw `size` rows of `train`, in random order, none twice, as even over the labels as supply allows.

    Canonical rows are always in, even where there are more of them than `size`. Rows whose ids are `retained`
    (stubborn mistakes) come next, up to half of the batch; the rest is drawn at random. `size` >= len(train)
    gives all.
    """
    if size >= len(train):
        return _shuffled(train, rng)
    batch = [example for example in train if example.canonical]
    retained = set(retained)
    stubborn = [e for e in train if e.id in retained and not e.canonical]
    others = [e for e in train if e.id not in retained and not e.canonical]
    batch += _fill(batch, stubborn, min(size // 2, size - len(batch)), rng)
    batch += _fill(batch, others, size - len(batch), rng)
    if (
        len(batch) < size
    ):  # others ran out: more of the stubborn ones than half is better than too small a batch
        present = {e.id for e in batch}
        batch += _fill(batch, [e for e in stubborn if e.id not in present], size - len(batch), rng)
    return _shuffled(batch, rng)


def draw_of_each_label(
    train: Sequence[Example], each: int, rng: random.Random, retained: Collection[str] = ()
) -> tuple[Example, ...]:
    """Draw `each` rows of every label, or as many as it has, in random order; within a label as draw_batch
    does."""
    by_label: dict[str, list[Example]] = {}
    for example in train:
        by_label.setdefault(example.label, []).append(example)
    drawn = [draw_batch(by_label[label], each, rng, retained) for label in sorted(by_label)]
    return _shuffled((example for rows in drawn for example in rows), rng)


def first_of_each_label(examples: Iterable[Example], each: int) -> list[Example]:
    """The first `each` of every label, in their order."""
    counts: Counter[str] = Counter()
    chosen = []
    for example in examples:
        counts[example.label] += 1
        if counts[example.label] <= each:
            chosen.append(example)
    return chosen


def _fill(batch: Sequence[Example], pool: Iterable[Example], n: int, rng: random.Random) -> list[Example]:
    """Up to `n` rows of `pool`, each from the label that has fewest rows so far."""
    return _balanced(_shuffled(pool, rng), n, key=lambda e: e.label, have=Counter(e.label for e in batch))


def select_for_reflection(
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    rng: random.Random,
    mistakes: int,
    correct: int,
) -> tuple[list[Example], list[Example]]:
    """Up to `mistakes` wrongly and `correct` rightly classified rows to show, in that order.

    Mistakes: canonical ones first, then balanced over confusions (correct label, predicted label), larger
    confusions first where there is not room for all; noted rows are preferred. Correct ones: balanced over
    labels, noted first. A failed call says nothing of a row, so it is never shown. Predictions are matched by
    example id.
    """
    by_id = {p.example_id: p for p in predictions if p.outcome is not Outcome.FAILED}
    answered = [e for e in examples if e.id in by_id]
    wrong = [e for e in answered if not _right(e, by_id[e.id])]
    right = [e for e in answered if _right(e, by_id[e.id])]

    def confusion(example: Example) -> tuple[str, Outcome, str]:
        prediction = by_id[example.id]
        return example.label, prediction.outcome, prediction.label

    must = _balanced(_noted_first((e for e in wrong if e.canonical), rng), mistakes, key=confusion)
    others = _noted_first((e for e in wrong if not e.canonical), rng)
    rest = _balanced(others, mistakes - len(must), key=confusion, have=Counter(map(confusion, must)))
    return must + rest, _balanced(_noted_first(right, rng), correct, key=lambda e: e.label)


def _right(example: Example, prediction: Prediction) -> bool:
    return prediction.outcome is Outcome.LABEL and prediction.label == example.label


def _balanced(
    pool: Sequence[Example],
    n: int,
    *,
    key: Callable[[Example], Hashable],
    have: Mapping[Hashable, int] | None = None,
) -> list[Example]:
    """Up to `n` rows in the order of `pool`, one at a time from the kind (`key`) with fewest rows, those it
    has already counted in; among equals from the largest kind."""
    queues: dict[Hashable, deque[Example]] = {}
    for example in pool:
        queues.setdefault(key(example), deque()).append(example)
    counts = Counter(have or {})
    size = {kind: len(queue) for kind, queue in queues.items()}
    chosen: list[Example] = []
    while queues and len(chosen) < n:
        kind = min(queues, key=lambda k: (counts[k], -size[k]))
        chosen.append(queues[kind].popleft())
        counts[kind] += 1
        if not queues[kind]:
            del queues[kind]
    return chosen


def _noted_first(rows: Iterable[Example], rng: random.Random) -> list[Example]:
    """In random order, those with a note before those without."""
    return sorted(_shuffled(rows, rng), key=lambda e: not e.note.strip())


def _shuffled(rows: Iterable[Example], rng: random.Random) -> tuple[Example, ...]:
    order = list(rows)
    rng.shuffle(order)
    return tuple(order)
