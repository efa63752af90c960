"""The cache of a workspace that is only shown: replies are read, nothing is kept or thrown away."""

from __future__ import annotations

import sqlite3
import threading

from core.errors import UsageError
from core.llm.layers.reply_cache import ReplyCache
from core.sqlite_files import connect_to_read

_TEXT = "select value from Cache where key = ? and raw = 1 and mode = 1 and filename is null"


class ShownReplies(ReplyCache):
    """Where there is no cache, nothing was kept."""

    def _open(self) -> None:
        try:
            self._disk = _Reader(connect_to_read(self.folder / "cache.db"))
        except sqlite3.Error:
            self._disk = None

    def set(self, key: str, reply: object) -> None: ...

    def set_soon(self, key: str, reply: object) -> None: ...

    def count_hit(self, saved_usd: float | None) -> None: ...

    def clear(self) -> None:
        raise UsageError("This workspace is shown read-only: its replies stay.")


class _Reader:
    """What ReplyCache reads of diskcache's table: rows of text, as TextDisk writes them."""

    def __init__(self, file: sqlite3.Connection):
        self._file = file
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        row = self._first(_TEXT, key)
        return row if isinstance(row, str) else None

    def __len__(self) -> int:
        return int(str(self._first("select count(*) from Cache")))

    def volume(self) -> int:
        """Bytes."""
        pages, size = self._first("pragma page_count"), self._first("pragma page_size")
        return int(str(pages)) * int(str(size))

    def close(self) -> None:
        self._file.close()

    def _first(self, query: str, *values: str) -> object:
        with self._lock:
            row = self._file.execute(query, values).fetchone()
        return row[0] if row else None
