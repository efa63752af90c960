"""One decision: how many rows each part of a run may read, so that the caps are kept and the last reading is always possible."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import UsageError
from core.types import Example, Settings

SMALLEST_READING = 10  # rows below which a comparison says nothing


@dataclass(frozen=True, slots=True)
class Plan:
    """`kept_back` is the number of lightweight calls that the last reading of the test rows needs."""

    batch_size: int
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    kept_back: int


def plan(settings: Settings, train: Sequence[Example], validation: Sequence[Example], test: Sequence[Example]) -> Plan:
    """Without a call cap everything is read. Under a cap, at most a third of the calls go to the last reading (twice
    the test rows) and validation and batch shrink so that at least two candidates can be measured."""
    batch = min(settings.batch_size, len(train))
    cap = settings.max_calls
    if cap is None:
        return Plan(batch, tuple(validation), tuple(test), 2 * len(test))
    rng = random.Random(f"plan/{settings.seed}")
    read_test = min(len(test), cap // 6)
    left = cap - 2 * read_test
    read_validation = min(len(validation), max(left // 4, 1))
    batch = min(batch, max((left - 3 * read_validation) // 2, 1))
    if min(read_validation, batch) < min(SMALLEST_READING, len(validation), len(train)):
        raise UsageError(f"{cap} lightweight calls are too few for one step: allow at least {8 * SMALLEST_READING}, or leave the cap out.")
    return Plan(batch, some(validation, read_validation, rng), some(test, read_test, rng), 2 * read_test)


def some(examples: Sequence[Example], size: int, rng: random.Random) -> tuple[Example, ...]:
    """`size` of the examples in their order: canonical rows first, then by chance with each label's share kept."""
    if size >= len(examples):
        return tuple(examples)
    shuffled = sorted(examples, key=lambda example: (not example.canonical, rng.random()))
    groups: dict[str, list[Example]] = {}
    for example in shuffled:
        groups.setdefault(example.label, []).append(example)
    ranked = sorted(
        ((rank + 0.5) / len(group), example.label, example.id) for group in groups.values() for rank, example in enumerate(group)
    )
    chosen = {identity for _, _, identity in ranked[:size]}
    return tuple(example for example in examples if example.id in chosen)
