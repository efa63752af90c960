"""Vectors kept on disk: one per model and text, made once. Raw float32, never a pickle."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.llm.embeddings.offline import text_digest

if TYPE_CHECKING:
    import numpy as np

_TABLE = "create table if not exists vectors (model text, hash blob, vector blob, primary key (model, hash)) without rowid"
_AT_ONCE = 500  # below SQLite's bound on parameters


class Vectors:
    """A file of vectors; safe from several threads and processes. A row that is no vector counts as
    missing."""

    def __init__(self, folder: str | Path):
        self.path = Path(folder) / "vectors.db"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = sqlite3.connect(self.path, timeout=30, check_same_thread=False, isolation_level=None)
        self._file.execute("pragma journal_mode=wal")
        self._file.execute("pragma synchronous=normal")
        self._file.execute(_TABLE)

    def get(self, model: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """By text, those that are there."""
        import numpy as np

        by_hash, result = {text_digest(text): text for text in texts}, {}
        for hashes in _in_parts(list(by_hash)):
            marks = ",".join("?" * len(hashes))
            with self._lock:
                rows = self._file.execute(
                    "select hash, vector from vectors where model = ? and hash in (" + marks + ")",
                    (model, *hashes),
                ).fetchall()
            for hash_, raw in rows:
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
        with self._lock:
            self._file.execute("begin immediate")
            try:
                self._file.executemany("insert or replace into vectors values (?, ?, ?)", rows)
            except BaseException:
                self._file.execute("rollback")
                raise
            self._file.execute("commit")

    def count(self, model: str) -> int:
        with self._lock:
            return int(
                self._file.execute("select count(*) from vectors where model = ?", (model,)).fetchone()[0]
            )

    def close(self) -> None:
        with self._lock:
            self._file.close()


def _in_parts(hashes: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(hashes), _AT_ONCE):
        yield hashes[start : start + _AT_ONCE]
