"""Kept replies that are older than a moment: counted, and taken away."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass

from core.errors import StoreError
from core.llm.layers.reply_cache import ReplyCache
from core.sqlite_files import connect_to_read

_AT_ONCE = 5_000  # per transaction: calls that come back meanwhile do not wait long
_OLD = "store_time < ? and key <> 'counts'"


@dataclass(frozen=True, slots=True)
class OldReplies:
    """Stored before the moment (seconds since 1970). Those that a run of `unfinished` has paid for stay: resumed, it asks
    for them again. Methods raise StoreError where the cache cannot be used."""

    replies: ReplyCache
    before: float
    unfinished: Collection[str] = ()

    def count(self) -> tuple[int, int]:
        """How many `remove` would take away, and how many stay for the runs that are not finished."""
        path = self.replies.folder / "cache.db"
        if not path.is_file():
            return 0, 0
        query = f"select count(*), coalesce(sum(needed(value)), 0) from Cache where {_OLD}"
        try:
            with closing(connect_to_read(path)) as file:
                self._teach(file)
                older, kept = file.execute(query, (self.before,)).fetchone()
                return older - kept, kept
        except sqlite3.Error as error:
            raise StoreError(_unusable(error)) from error

    def remove(self) -> int:
        """How many they were."""
        query = f"delete from Cache where rowid in (select rowid from Cache where {_OLD} and not needed(value) limit {_AT_ONCE})"
        gone = 0
        try:
            with closing(sqlite3.connect(self.replies.folder / "cache.db", timeout=30)) as file:
                self._teach(file)
                while True:
                    with file:
                        last = file.execute(query, (self.before,)).rowcount
                    gone += last
                    if last < _AT_ONCE:
                        return gone
        except sqlite3.Error as error:
            raise StoreError(_unusable(error)) from error

    def _teach(self, file: sqlite3.Connection) -> None:
        def needed(value: object) -> bool:
            try:
                account = str(json.loads(str(value)).get("paid_by")) if self.unfinished else ""
            except (ValueError, AttributeError):  # no reply
                return False
            return account.partition("+")[0] in self.unfinished  # behind it: with other caps

        file.create_function("needed", 1, needed)


def _unusable(error: sqlite3.Error) -> str:
    return f"The kept replies cannot be cleaned up ({error}): try again when nothing else works on them."
