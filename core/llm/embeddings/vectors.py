"""Vectors kept on disk: one per model and text, made once. Raw float32, never a pickle."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.llm.embeddings.offline import text_digest
from core.private_files import private_folder
from core.sqlite_files import begin_anew, is_damage, open_cache

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")
log = logging.getLogger(__name__)

_TABLE = "create table if not exists vectors (model text, hash blob, vector blob, primary key (model, hash)) without rowid"
_AT_ONCE = 500  # below SQLite's bound on parameters


class Vectors:
    """A file of vectors; safe from several threads and processes. A row that is no vector counts as missing. It never
    stops anybody: a damaged file is set aside and begun anew, and what cannot be kept is made again."""

    def __init__(self, folder: str | Path):
        """OSError, sqlite3.Error where there can be no such file."""
        self.path = Path(folder) / "vectors.db"
        private_folder(self.path.parent)
        self._lock = threading.Lock()
        self._file = open_cache(self.path, _TABLE, 30)

    def get(self, model: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """By text, those that are there."""
        import numpy as np

        by_hash, result = {text_digest(text): text for text in texts}, {}
        for hashes in _in_parts(list(by_hash)):
            for hash_, raw in self._try(partial(_rows, model, hashes)) or ():
                if isinstance(raw, bytes) and raw and len(raw) % 4 == 0:
                    vector = np.frombuffer(raw, dtype="<f4")
                    if np.isfinite(vector).all():
                        result[by_hash[hash_]] = vector
        return result

    def put(self, model: str, vectors: dict[str, np.ndarray]) -> None:
        """By text. All of them, or none."""
        rows = [
            (model, text_digest(text), vector.astype("<f4").tobytes()) for text, vector in vectors.items()
        ]
        self._try(partial(_put, rows))

    def count(self, model: str) -> int:
        query = "select count(*) from vectors where model = ?"
        return self._try(lambda file: int(file.execute(query, (model,)).fetchone()[0])) or 0

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _try(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        """What it makes of the file; None where it cannot."""
        with self._lock:
            try:
                return act(self._file)
            except sqlite3.Error as error:
                log.warning("Vectors in %s are not kept, or not read (%s).", self.path, error)
                if is_damage(error):
                    self._file.close()
                    self._try_anew()
                return None

    def _try_anew(self) -> None:
        try:
            begin_anew(self.path)
            self._file = open_cache(self.path, _TABLE, 30)
        except (OSError, sqlite3.Error) as error:
            log.warning("No new file of vectors could be begun in %s (%s).", self.path.parent, error)


def _rows(model: str, hashes: Sequence[bytes], file: sqlite3.Connection) -> list[tuple[bytes, object]]:
    marks = ",".join("?" * len(hashes))
    query = "select hash, vector from vectors where model = ? and hash in (" + marks + ")"
    return file.execute(query, (model, *hashes)).fetchall()


def _put(rows: Sequence[tuple[str, bytes, bytes]], file: sqlite3.Connection) -> None:
    file.execute("begin immediate")
    try:
        file.executemany("insert or replace into vectors values (?, ?, ?)", rows)
    except BaseException:
        file.execute("rollback")
        raise
    file.execute("commit")


def _in_parts(hashes: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(hashes), _AT_ONCE):
        yield hashes[start : start + _AT_ONCE]
