"""What can be wrong with a workspace (damaged, newer, gone, full), and the attack that tries each."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from core.store.store import Store
from core.types import Settings
from pages.ui.navigation import PAGES
from tests.soak.kept import DATABASE, Kept
from tests.soak.world import ROOT


@dataclass(frozen=True)
class Fault:
    """`while_open`: it strikes a dashboard that has been drawn. `disk`: on a small disk of its own. `told`: nothing can be
    shown, so every page says so."""

    name: str
    strike: Callable[[Path], object]
    while_open: bool = False
    disk: bool = False
    told: bool = True


def _database(act: Callable[[Path], object]) -> Callable[[Path], object]:
    def strike(folder: Path) -> None:
        for ending in ("-wal", "-shm"):
            (folder / (DATABASE + ending)).unlink(missing_ok=True)
        act(folder / DATABASE)

    return strike


def _overwritten(path: Path) -> None:
    """Every tenth page but the first, as a bad disk leaves it."""
    rng, size = random.Random(1), path.stat().st_size
    with path.open("r+b") as file:
        for start in range(4096 * 3, size - 4096, 4096 * 10):
            file.seek(start)
            file.write(rng.randbytes(4096))


def _folder_in_place(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _meta(value: str | None) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        with sqlite3.connect(path) as file:
            if value is None:
                file.execute("delete from meta")
            else:
                file.execute("update meta set value = ? where key = 'schema'", (value,))
        file.close()

    return act


def _foreign(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as file:
        file.execute("create table recipes (cake text)")
    file.close()


def _table_gone(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("pragma foreign_keys=off")
        file.execute("drop table runs")
    file.close()


def _garbled_records(path: Path) -> None:
    """Payloads that are no JSON."""
    with sqlite3.connect(path) as file:
        for table in ("steps", "runs", "datasets", "champions"):
            for _, name, kind, *_ in file.execute(f"pragma table_info({table})").fetchall():
                if kind in ("BLOB", "TEXT") and name in (
                    "payload",
                    "labels",
                    "prompt",
                    "settings",
                    "result",
                    "step",
                ):
                    file.execute(
                        f"update {table} set {name} = ?",
                        (b"\x00\x01garbage" if kind == "BLOB" else "{garbage",),
                    )
    file.close()


def _locked(begin: str) -> Callable[[Path], None]:
    """By a process that ends with this one."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute(sys.argv[2]); "
        "c.execute(sys.argv[3]); c.execute('select * from meta').fetchall(); print('held', flush=True); sys.stdin.read()"
    )

    def strike(folder: Path) -> None:
        mode = "exclusive" if "exclusive" in begin else "normal"
        words = [sys.executable, "-c", code, str(folder / DATABASE), f"pragma locking_mode={mode}", begin]
        child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdout is not None and child.stdout.readline(), "not locked"

    return strike


def _write(name: str, content: bytes) -> Callable[[Path], None]:
    def strike(folder: Path) -> None:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return strike


def _cache_files(folder: Path) -> None:
    for name in ("cache/cache.db", "cache/sent.db", "vectors/vectors.db"):
        _write(name, b"no database, " * 500)(folder)


def _own_files(folder: Path) -> None:
    for name in ("models.toml", "limits.toml", "settings.toml"):
        _write(name, b"\xff\xfe [[[ = no toml")(folder)
    _write("scorers/broken.py", b"def score(:\n")(folder)
    _write("classified/x/y/answers.jsonl", b"{broken")(folder)
    _write("classified/x/upload.json", b"{broken")(folder)


def _fill(folder: Path) -> None:
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


def _replaced(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.replace(path)


def _deleted(what: str) -> Callable[[Path], None]:
    """By somebody else, while this dashboard shows it."""

    def strike(folder: Path) -> None:
        with Store.open(folder / DATABASE) as store:
            for one in (store.datasets if what == "datasets" else store.runs).all():
                (store.datasets if what == "datasets" else store.runs).delete(one.id)

    return strike


def _live_run_of_nothing(folder: Path) -> None:
    """A run waits for its turn while its dataset is deleted."""
    with Store.open(folder / DATABASE) as store:
        [dataset] = store.datasets.all()
        store.runs.create(dataset.id, Settings(), "Waiting")
        store.datasets.delete(dataset.id)


def _far_ahead(folder: Path) -> None:
    """Everything was written under a clock that went ten years ahead."""
    with closing(sqlite3.connect(folder / DATABASE)) as file, file:
        for table, column in (
            ("runs", "created"),
            ("runs", "heartbeat"),
            ("runs", "claimed"),
            ("runs", "finished"),
            ("datasets", "created"),
            ("champions", "adopted"),
            ("change_sets", "at"),
            ("steps", "at"),
        ):
            if column in [row[1] for row in file.execute(f"pragma table_info({table})")]:
                file.execute(f"update {table} set {column} = {column} + 315360000")


FAULTS = (
    Fault("none", lambda folder: None, told=False),
    Fault("pages overwritten", _database(_overwritten)),
    Fault(
        "first page overwritten",
        _database(lambda path: path.write_bytes(os.urandom(4096) + path.read_bytes()[4096:])),
    ),
    Fault("cut off in the middle", _database(lambda path: os.truncate(path, path.stat().st_size // 2 + 100))),
    Fault("empty file", _database(lambda path: os.truncate(path, 0)), told=False),
    Fault("folder in its place", _database(_folder_in_place)),
    Fault("no database", _database(lambda path: path.write_bytes(b"a letter to grandmother\n" * 500))),
    Fault("another program's database", _database(_foreign)),
    Fault("newer schema", _database(_meta("99"))),
    Fault("schema abc", _database(_meta("abc"))),
    Fault("no schema number", _database(_meta(None))),
    Fault("table gone", _database(_table_gone)),
    Fault("records garbled", _database(_garbled_records)),
    Fault("locked by another program", _locked("begin exclusive")),
    Fault("another program writes for long", _locked("begin immediate"), told=False),
    Fault("another program writes while open", _locked("begin immediate"), while_open=True, told=False),
    Fault("cache files damaged", _cache_files, told=False),
    Fault("cache is a file", _write("cache", b"in the way"), told=False),
    Fault("own files damaged", _own_files, told=False),
    Fault("folder gone", shutil.rmtree, while_open=True),
    Fault("database replaced", _database(_replaced), while_open=True),
    Fault("database gone", _database(lambda path: path.unlink()), while_open=True),
    Fault(
        "pages overwritten while open",
        lambda folder: _overwritten(folder / DATABASE),
        while_open=True,
        told=False,
    ),
    Fault(
        "cut off while open", lambda folder: os.truncate(folder / DATABASE, 8192), while_open=True, told=False
    ),
    Fault("datasets deleted while open", _deleted("datasets"), while_open=True, told=False),
    Fault("runs deleted while open", _deleted("runs"), while_open=True, told=False),
    Fault("dataset of a waiting run deleted", _live_run_of_nothing, while_open=True, told=False),
    Fault("clock set back ten years", _far_ahead, told=False),
    Fault("disk full", _fill, disk=True),
    Fault("disk full while open", _fill, while_open=True, disk=True, told=False),
)


def named(name: str) -> Fault:
    return next(fault for fault in FAULTS if fault.name == name)


@contextmanager
def small_disk(path: Path, megabytes: int = 40) -> Iterator[None]:
    """A tmpfs at `path`. It needs root."""
    path.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def faults(folder: Path, seed: int) -> Kept:
    """Every page, call and command on a workspace with each fault: no exception, no traceback, no status 500, one sentence."""
    sound, asked, wrong = folder / "sound", 0, []
    for words in ("tune data/samples/five_topics.csv --iterations 2", "adopt latest"):
        command = [sys.executable, "-m", "core", *words.split(), "--workspace", str(sound)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for fault in FAULTS:
        here = folder / fault.name
        with small_disk(here / "ws") if fault.disk else nullcontext():
            shutil.copytree(sound, here / "ws", dirs_exist_ok=True)
            command = [sys.executable, "-m", "tests.soak.walk", str(here / "ws"), fault.name]
            walk = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if walk.returncode:
            wrong.append(f"{fault.name}: {walk.stderr[-300:]}")
            continue
        found = json.loads(walk.stdout.splitlines()[-1])
        asked += len(found["said"])
        wrong += [f"{fault.name}: {each}" for each in found["wrong"]]
        silent = [page.title for page in PAGES if fault.told and not found["said"][page.title]]
        wrong += [f"{fault.name}: {page} says nothing" for page in silent]
    return Kept("workspaces with faults", len(FAULTS), asked, len(wrong), "; ".join(wrong[:3]))
