"""The attacks on "what was acknowledged is there": kills between posts, edits, imports and migrations, and many who write at
once. Each leaves a row: how many blows, how much was checked, how much of it was broken."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.store.store import Store
from core.types import Dataset, LabelSet
from tests.core.cli.trade import rows, write_csv
from tests.core.http.posting import FASTER, Posting, lost_and_doubled
from tests.core.http.serving import ApiServer
from tests.core.store import schema_1
from tests.core.store.building import dataset
from tests.core.store.posting import LABELS, answer
from tests.soak.world import ROOT

DATABASE = "whetstone.db"


@dataclass(frozen=True)
class Kept:
    attack: str
    blows: int
    checked: int
    broken: int
    notes: str = ""

    @property
    def kept(self) -> bool:
        return not self.broken and bool(self.checked)


def acknowledged_posts(folder: Path, seed: int, blows: int = 4, each: int = 250) -> Kept:
    """Eight clients post feedback over HTTP; the server is killed among them, started again, and everything is posted again."""
    rng, done, broken, before = random.Random(seed), 0, 0, 0
    with Store.open(folder / "workspace" / DATABASE) as store:
        dataset_id = store.datasets.add(Dataset("posts", LabelSet(LABELS), ()), "soak")
        store.answers.add_all([answer(n, dataset_id) for n in range(blows * each)])
        server = ApiServer(folder / "workspace", **FASTER)
        for blow in range(blows):
            numbers = range(blow * each, (blow + 1) * each)
            server.start()
            first = Posting(server.port, numbers)
            first.until(rng.randint(each // 8, each * 3 // 4))
            server.kill()
            first.wait()
            broken += lost_and_doubled(store, dataset_id, first.acknowledged)[0]
            before += len(first.acknowledged)
            server.start()
            again = Posting(server.port, numbers)
            again.wait()
            server.stop()
            done += len(again.acknowledged)
            broken += sum(lost_and_doubled(store, dataset_id, again.acknowledged)) + len(again.refused)
        broken += abs(store.datasets.info(dataset_id).rows - done)
    return Kept("posts over HTTP, kill -9", blows, done, broken, f"{before} acknowledged before a kill")


def edits_over_kills(folder: Path, seed: int, blows: int = 8) -> Kept:
    """Two processes edit rows at once; both are killed, again and again."""
    rng, acknowledged = random.Random(seed), set()
    with Store.open(folder / DATABASE) as store:
        dataset_id = store.datasets.add(dataset(40), "soak")
        for blow in range(blows):
            children = [_editing(folder, dataset_id, f"{blow}-{place}", 10_000) for place in range(2)]
            _read_until(children[0], rng.randint(20, 120), acknowledged)
            for child in children:
                child.kill()
                _read_until(child, 10**9, acknowledged)
        broken = _broken_edits(store, folder, dataset_id, acknowledged)
    return Kept("edits, kill -9", 2 * blows, len(acknowledged), broken)


def concurrent_edits(folder: Path, seed: int, writers: int = 6, each: int = 250) -> Kept:
    """So many processes edit rows of one dataset at once, with two threads each."""
    acknowledged: set[str] = set()
    with Store.open(folder / DATABASE) as store:
        dataset_id = store.datasets.add(dataset(40), "soak")
        children = [_editing(folder, dataset_id, str(place), each) for place in range(writers)]
        for child in children:
            _read_until(child, 10**9, acknowledged)
        broken = sum(child.wait(60) != 0 for child in children) + writers * each - len(acknowledged)
        broken += _broken_edits(store, folder, dataset_id, acknowledged)
    return Kept("edits of many at once", 0, len(acknowledged), broken, f"{writers} processes")


def killed_imports(folder: Path, seed: int, blows: int = 10, count: int = 20_000) -> Kept:
    """`import` killed at any moment: the dataset is there with all rows, or not at all."""
    rng, data, whole, broken = random.Random(seed), write_csv(folder / "data.csv", rows(count)), 0, 0
    words = [sys.executable, "-m", "core", "import", str(data), "--workspace", str(folder / "ws")]
    started = time.monotonic()
    subprocess.run([*words, "--as", "first"], cwd=ROOT, check=True, capture_output=True)
    longest = time.monotonic() - started
    for blow in range(blows):
        child = subprocess.Popen(
            [*words, "--as", f"d{blow}"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(longest * rng.uniform(0.4, 1.0))  # most of what comes before are Python's own imports
        child.kill()
        child.wait()
    with Store.open(folder / "ws" / DATABASE) as store:
        for info in store.datasets.all():
            whole += 1
            broken += info.rows != count or len(store.datasets.get(info.id).examples) != count
    return Kept(
        "imports, kill -9",
        blows,
        blows,
        broken + _damaged(folder / "ws" / DATABASE),
        f"{whole - 1} whole, the rest not there",
    )


def killed_migrations(folder: Path, seed: int, blows: int = 10, count: int = 20_000) -> Kept:
    """A workspace of version 0.1 brought up to date, killed at any moment: it is the old one or the new one, and opens."""
    rng, old, broken, ended = random.Random(seed), folder / "old.db", 0, Counter()
    schema_1.build(old)
    with sqlite3.connect(old) as file:
        columns = [row[1] for row in file.execute("pragma table_info(examples)")]
        chosen = ", ".join({"id": "'x' || n", "position": "n + 10"}.get(name, name) for name in columns)
        numbers = f"with recursive c(n) as (select 1 union all select n + 1 from c where n < {count})"
        file.execute(
            f"{numbers} insert into examples select {chosen} from c, (select * from examples where id = 'r0')"
        )
    file.close()
    code = "import sys; from core.store.store import Store; print('begun', flush=True); Store.open(sys.argv[1]).close(); print('ended')"
    longest = 0.0
    for blow in range(blows + 1):
        here = folder / f"m{blow}" / DATABASE
        here.parent.mkdir()
        shutil.copy(old, here)
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(here)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        child.stdout.readline()
        started = time.monotonic()
        if not blow:  # how long it takes undisturbed
            child.wait()
            longest = time.monotonic() - started
            continue
        time.sleep(longest * rng.uniform(0.1, 0.95))
        child.kill()
        child.wait()
        ended[_schema(here)] += 1
        with Store.open(here) as store:
            broken += (
                len(store.datasets.get("d1").examples) != count + 2 or store.runs.get("run1").result is None
            )
        broken += _damaged(here)
        shutil.rmtree(here.parent)
    found = ", ".join(f"{n} at schema {schema}" for schema, n in sorted(ended.items()))
    return Kept("migrations, kill -9", blows, blows, broken, found)


KEPT: tuple[Callable[[Path, int], Kept], ...] = (
    acknowledged_posts,
    edits_over_kills,
    concurrent_edits,
    killed_imports,
    killed_migrations,
)


def _editing(folder: Path, dataset_id: str, name: str, count: int) -> subprocess.Popen[str]:
    words: Sequence[object] = (folder / DATABASE, dataset_id, name, count)
    command = [sys.executable, "-m", "tests.soak.editing", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _read_until(child: subprocess.Popen[str], count: int, acknowledged: set[str]) -> None:
    """Takes in so many lines, or all that were said before the end. A line that a kill cut off counts for nothing."""
    assert child.stdout is not None
    for _ in range(count):
        line = child.stdout.readline()
        if not line.endswith("\n"):
            return
        acknowledged.add(line.strip())


def _broken_edits(store: Store, folder: Path, dataset_id: str, acknowledged: set[str]) -> int:
    """Edits that are not in the history, or twice; rows that do not have what the last edit gave them."""
    entries = store.edits.history(dataset_id, limit=10**6)
    said = Counter(entry.after for entry in entries)
    last = {entry.example_id: entry.after for entry in reversed(entries)}
    notes = {row.id: row.note for row in store.datasets.get(dataset_id).examples}
    wrong = sum(notes[row] != note for row, note in last.items())
    return (
        len(acknowledged - set(said))
        + sum(n > 1 for n in said.values())
        + wrong
        + _damaged(folder / DATABASE)
    )


def _damaged(path: Path) -> int:
    file = sqlite3.connect(path)
    try:
        return int(file.execute("pragma integrity_check").fetchone() != ("ok",))
    finally:
        file.close()


def _schema(path: Path) -> int:
    file = sqlite3.connect(path)
    try:
        return int(file.execute("select value from meta where key = 'schema'").fetchone()[0])
    finally:
        file.close()
