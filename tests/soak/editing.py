"""A process that edits rows, two threads at once, and says each edit that was acknowledged.

python -m tests.soak.editing ADDRESS DATASET NAME COUNT"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from core.store.records import Change
from core.store.store import Store


def main(address: str, dataset_id: str, name: str, count: int) -> None:
    lock = threading.Lock()

    def edit(number: int) -> None:
        note = f"{name}: {number}"
        store.edits.change(dataset_id, [Change(f"r{number % 40}", "note", note)], name)
        with lock:
            print(note, flush=True)

    with Store.open(address) as store, ThreadPoolExecutor(2) as pool:
        list(pool.map(edit, range(count)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
