"""What a named version costs, beside a copy of the rows. Not a test: `PYTHONPATH=. python tests/bench/versions.py
[--rows N] [--edits N]`.

Edits are single rows, each a change set of its own, the dearest way; then a bulk edit, an import and an undo."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core.data.importing.update import UpdatePlan
from core.services.versions.changes import dataset_changes
from core.store.codec import encode, pack
from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet

T = TypeVar("T")
WORDS = (
    "export",
    "report",
    "invoice",
    "login",
    "crash",
    "slow",
    "guide",
    "umlaut",
    "backup",
    "search",
    "customer",
    "page",
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--edits", type=int, default=500)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "whetstone.db") as store:
        measure(store, wish.rows, wish.edits)


def measure(store: Store, count: int, edits: int) -> None:
    labels = LabelSet(tuple(f"label {n}" for n in range(20)))
    rng = random.Random(0)
    texts = (" ".join(rng.choices(WORDS, k=30)) + f" ticket {rng.randrange(10**9)}" for _ in range(count))
    rows = tuple(Example(f"r{n}", text, labels.names[n % 20]) for n, text in enumerate(texts))
    dataset_id = store.datasets.add(Dataset("bench", labels, rows), "a bench")
    before = store.datasets.get(dataset_id)
    version = store.versions.add(dataset_id, "gold", "as imported")
    print(
        f"{count:,} rows: a copy of them would take {len(pack(before)):,} bytes, the name takes {len(encode(version)):,}"
    )
    for number in range(edits):
        store.edits.change(
            dataset_id, [Change(f"r{number * 7 % count}", "label", f"label {(number + 3) % 20}")]
        )
    store.edits.change_all(dataset_id, RowQuery(labels=("label 5",)), "excluded", True)
    store.edits.update(dataset_id, UpdatePlan((Example("new", "A new text", "label 1"),), (), 0, ()))
    store.edits.undo(dataset_id)
    seconds, then = timed(lambda: store.versions.dataset(version))
    plain, now = timed(lambda: store.datasets.get(dataset_id))
    compared, changes = timed(lambda: dataset_changes(then, now))
    print(f"back after {edits + 3:,} change sets in {seconds:.2f} s, the rows as they were: {then == before}")
    print(
        f"reading the rows of today takes {plain:.2f} s, comparing both {compared:.2f} s: {dict(changes.counts)}"
    )


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """The best of three, in seconds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        done = work()
        times.append(time.perf_counter() - start)
    return min(times), done


if __name__ == "__main__":
    main()
