"""A process that takes in feedback from several threads at once, as a server does, and says "got ID" for each
that it acknowledged.

python -m tests.core.store.posting ADDRESS DATASET_ID THREADS FIRST LAST      posts on the predictions p{FIRST} to p{LAST - 1}
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from core.store.feedback.records import ServedPrediction
from core.store.store import Store

LABELS = ("bug", "documentation", "improvement")


def answer(number: int, dataset_id: str) -> ServedPrediction:
    return ServedPrediction(
        f"p{number}", dataset_id, 0.0, f"text number {number}", LABELS[number % 3], "label", source="api"
    )


def post(store: Store, dataset_id: str, number: int) -> None:
    """Every second one is a correction."""
    if number % 2:
        store.feedback.give(
            dataset_id, f"p{number}", correction=LABELS[(number + 1) % 3], note=f"why {number}"
        )
    else:
        store.feedback.give(dataset_id, f"p{number}", score=1.0)


def main(address: str, dataset_id: str, threads: int, numbers: range) -> None:
    lock = threading.Lock()

    def one(number: int) -> None:
        post(store, dataset_id, number)
        with lock:
            print(f"got p{number}", flush=True)

    with Store.open(address) as store, ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, numbers))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), range(int(sys.argv[4]), int(sys.argv[5])))
