"""How many posts of feedback a workspace takes in, and that none that was acknowledged is lost or doubled
when processes are killed.

    PYTHONPATH=. .venv/bin/python tests/bench/feedback.py [posts]

10,000 by default: one server with 8 threads that is killed in the middle and started again, then 8 processes
at once, half of them killed, then streamlit_app.py over HTTP with 8 clients, killed in the middle and started again.
Every post is a classified text's score or correction, and becomes a row by the standing rules; everything is
posted again after the kill.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from core.store.feedback.records import State
from core.store.store import Store
from core.types import Dataset, LabelSet
from tests.core.http.posting import FASTER, Posting
from tests.core.http.serving import ApiServer
from tests.core.store.posting import LABELS, answer

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = 8


def main(posts: int) -> None:
    ways = (
        ("one server, 8 threads", one_server),
        ("8 processes", many_processes),
        ("streamlit_app.py, 8 clients over HTTP", over_http),
    )
    for name, work in ways:
        with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "bench.db") as store:
            dataset_id = store.datasets.add(Dataset("bench", LabelSet(LABELS), ()), "bench")
            answers = [answer(n, dataset_id) for n in range(posts)]
            timed(f"{posts:,} answers stored at once", partial(store.answers.add_all, answers))
            work(name, store, Path(folder) / "bench.db", dataset_id, posts)
            timed("  100 more, one after the other", partial(hundred_more, store, dataset_id, posts))
            print(f"  {(Path(folder) / 'bench.db').stat().st_size / 1e6:.1f} MB", flush=True)


def one_server(name: str, store: Store, path: Path, dataset_id: str, posts: int) -> None:
    started = time.perf_counter()
    first = Server(path, dataset_id, CLIENTS, 0, posts)
    while len(first.acknowledged) < posts // 2:
        time.sleep(0.005)
    first.kill()
    middle = time.perf_counter()
    check_acknowledged(store, dataset_id, first.acknowledged)
    print(
        f"{name}: killed after {len(first.acknowledged):,} acknowledged in {middle - started:.1f} s",
        flush=True,
    )
    again = Server(path, dataset_id, CLIENTS, 0, posts)
    again.wait()
    print(f"  all {posts:,} posted (again) in {time.perf_counter() - middle:.1f} s", flush=True)
    check_all(store, dataset_id, posts)


def many_processes(name: str, store: Store, path: Path, dataset_id: str, posts: int) -> None:
    share = posts // CLIENTS
    started = time.perf_counter()
    servers = [Server(path, dataset_id, 1, place * share, (place + 1) * share) for place in range(CLIENTS)]
    while sum(len(each.acknowledged) for each in servers) < posts // 2:
        time.sleep(0.005)
    for each in servers[::2]:
        each.kill()
    for each in servers[1::2]:
        each.wait()
    acknowledged = set().union(*(each.acknowledged for each in servers))
    check_acknowledged(store, dataset_id, acknowledged)
    print(
        f"{name}: half of them killed; {len(acknowledged):,} acknowledged in {time.perf_counter() - started:.1f} s",
        flush=True,
    )
    middle = time.perf_counter()
    for each in [Server(path, dataset_id, 1, place * share, (place + 1) * share) for place in range(CLIENTS)]:
        each.wait()
    print(f"  all {posts:,} posted (again) in {time.perf_counter() - middle:.1f} s", flush=True)
    check_all(store, dataset_id, share * CLIENTS)


def over_http(name: str, store: Store, path: Path, dataset_id: str, posts: int) -> None:
    server = ApiServer(path.parent, WHETSTONE_DATABASE_URL=str(path), **FASTER).start()
    started = time.perf_counter()
    first = Posting(server.port, range(posts))
    first.until(posts // 2)
    server.kill()
    first.wait()
    middle = time.perf_counter()
    check_acknowledged(store, dataset_id, first.acknowledged)
    print(
        f"{name}: killed after {len(first.acknowledged):,} acknowledged in {middle - started:.1f} s",
        flush=True,
    )
    server.start()
    middle = time.perf_counter()
    again = Posting(server.port, range(posts))
    again.wait()
    print(f"  all {posts:,} posted (again) in {time.perf_counter() - middle:.1f} s", flush=True)
    server.stop()
    if len(again.acknowledged) != posts or first.refused or again.refused:
        raise SystemExit(
            f"REFUSED: {len(again.acknowledged)} of {posts} acknowledged; {(first.refused + again.refused)[:1]}"
        )
    check_all(store, dataset_id, posts)


class Server:
    """A process of tests/core/store/posting.py, and what it has acknowledged."""

    def __init__(self, path: Path, dataset_id: str, threads: int, first: int, last: int):
        command = [
            sys.executable,
            "-m",
            "tests.core.store.posting",
            str(path),
            dataset_id,
            *map(str, (threads, first, last)),
        ]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.acknowledged: set[str] = set()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self._process.stdout:
            if line.endswith("\n"):
                self.acknowledged.add(line.split()[1])

    def kill(self) -> None:
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    def wait(self) -> None:
        code = self._process.wait()
        self._reader.join()
        if code:
            raise SystemExit(f"a process ended with {code}")


def check_acknowledged(store: Store, dataset_id: str, acknowledged: set[str]) -> None:
    kept = [each.prediction_id for each in store.feedback.all(dataset_id, limit=10**9)]
    if len(kept) != len(set(kept)) or not acknowledged <= set(kept):
        raise SystemExit(f"LOST {len(acknowledged - set(kept))} OR DOUBLED {len(kept) - len(set(kept))}")


def check_all(store: Store, dataset_id: str, posts: int) -> None:
    said = store.feedback.all(dataset_id, limit=10**9)
    rows = [row.text for row in store.datasets.get(dataset_id).examples]
    told, texts = {f"p{n}" for n in range(posts)}, {f"text number {n}" for n in range(posts)}
    whole = {each.prediction_id for each in said} == told and set(rows) == texts
    if (
        len(said) != posts
        or len(rows) != posts
        or not whole
        or {each.state for each in said} != {State.APPLIED}
    ):
        raise SystemExit(f"NOT WHOLE: {len(said)} posts, {len(rows)} rows of {posts}")
    print(f"  every one of {posts:,} is there once, and one row each", flush=True)


def hundred_more(store: Store, dataset_id: str, posts: int) -> None:
    store.answers.add_all([answer(n, dataset_id) for n in range(posts, posts + 100)])
    for n in range(posts, posts + 100):
        store.feedback.give(dataset_id, f"p{n}", score=1.0)


def timed(what: str, action) -> None:
    start = time.perf_counter()
    action()
    print(f"{what:40} {time.perf_counter() - start:8.3f} s", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
