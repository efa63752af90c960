"""Replies kept on disk, so that no answer is ever paid twice."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from core.llm.journal.call_journal import CallJournal
from core.private_files import private_folder
from core.sqlite_files import is_damage, set_aside
from core.types import Finish, Reply, Usage

Result = TypeVar("Result")
Disk = Any  # diskcache.Cache, which has no types

FORMAT = 1
COUNTED_EVERY = 1.0  # seconds, at most, that the figures on disk are behind
_read_reply = msgspec.json.Decoder(Reply).decode


def is_answer(reply: Reply) -> bool:
    """Whether a reply is kept: it is the model's answer to this request, whatever it says. One that ended normally
    and is empty may come out otherwise; a filter's verdict that came as an error was not billed."""
    if reply.finish is Finish.FILTER and reply.usage == Usage():
        return False
    return reply.finish is not Finish.STOP or bool(reply.text.strip())


def cache_key(exact: Mapping[str, object], repeat: int) -> str:
    """SHA-256 (hex) of the canonical JSON of all that would be sent, which of the repeats it is, and the
    format of the cache."""
    whole = (FORMAT, repeat, exact)
    try:
        data = msgspec.json.encode(whole, order="sorted")
    except UnicodeEncodeError:  # a lone surrogate: only escaped JSON can hold it
        data = json.dumps(whole, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class CacheStats:
    """`bytes` on disk; `hits` and `saved_usd` (known prices only) since the cache was made or cleared."""

    entries: int = 0
    bytes: int = 0
    hits: int = 0
    saved_usd: float = 0.0


class ReplyCache:
    """A folder of replies; safe from several threads and processes. It never fails: a row that cannot
    be read is a miss, a broken database is set aside, and where nothing can be written `problem` says so in a
    sentence. `journal` has the calls that are under way; an answer that cannot be written stays in memory."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.journal = CallJournal(self.folder)
        self._trouble = ""
        self._notice = ""
        self._lock = threading.Lock()
        self._new: dict[str, Reply] = {}
        self._to_write = False
        self.unwritten = False  # answers that the disk did not take
        self._hits = 0
        self._saved = 0.0
        self._counting: asyncio.AbstractEventLoop | None = None  # that will write the figures
        self._disk: Disk | None = None
        self._open()

    @property
    def problem(self) -> str:
        """What to tell the user, in a sentence; empty where all is well."""
        return self._trouble or self._notice

    @property
    def is_open(self) -> bool:
        """False where its folder could not be used from the start."""
        return self._disk is not None

    def get(self, key: str) -> Reply | None:
        """The reply as it was stored: `cached` is False, `paid_by` names the run that paid."""
        if (new := self._new.get(key)) is not None:
            return new
        text = self._try(lambda disk: disk.get(key))
        try:
            return None if text is None else _decode(text)
        except ValueError:  # garbage in a row, whoever wrote it
            return None

    def has_of(self, account: str) -> bool:
        """Whether any reply is kept that this run has paid for: all are looked through."""
        query, sign = (
            "select 1 from Cache where value like ? limit 1",
            f'%"{account}"%',
        )  # an id of random letters
        return bool(self._try(lambda disk: disk._sql(query, (sign,)).fetchone()))

    def set(self, key: str, reply: Reply) -> None:
        self._write({key: reply})

    def set_all(self, replies: Mapping[str, Reply]) -> None:
        """In one transaction."""
        if replies:
            self._write(replies)

    def set_soon(self, key: str, reply: Reply) -> None:
        """Like `set`, on an event loop: replies that come in the same turn of the loop are written in one
        transaction, at its end, which takes a third of the time."""
        if not self._to_write:
            self._to_write = True
            asyncio.get_running_loop().call_soon(self.write)
        self._new[key] = reply

    def write(self) -> bool:
        """Writes what is still to be written; False where something is left that could not be. The calls that
        brought it are over then."""
        self._to_write = False
        new, self._new = self._new, {}
        if not new:
            return True
        written = self._write(new)
        if written:
            self.journal.settle(new)
        elif self.is_open:
            self._new = new | self._new
        self.unwritten = bool(self._new)
        return written

    def _write(self, new: Mapping[str, Reply]) -> bool:
        written = bool(self._try(lambda disk: _set_all(disk, new)))
        if written:
            self._trouble = ""
        return written

    def count_hit(self, saved_usd: float | None) -> None:
        """On an event loop: the hits of a second are written in one transaction, so that a kill loses no more."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._hits += 1
            self._saved += saved_usd or 0.0
            if self._counting is loop:
                return
            self._counting = loop
        loop.call_later(COUNTED_EVERY, self._save_counts)

    def stats(self) -> CacheStats:
        self._save_counts()
        size = self._try(lambda disk: (len(disk), disk.volume(), _counts(disk)))
        if size is None:
            return CacheStats(hits=self._hits, saved_usd=self._saved)
        entries, volume, (hits, saved) = size
        return CacheStats(max(0, entries - (hits > 0)), volume, hits, saved)

    def clear(self) -> None:
        self._new.clear()
        with self._lock:
            self._hits, self._saved = 0, 0.0
        self._try(lambda disk: disk.clear(retry=True))

    def close(self) -> None:
        self.write()
        self.journal.close()
        self._save_counts()
        if self._disk is not None:
            self._disk.close()

    def _save_counts(self) -> None:
        with self._lock:
            hits, saved, self._hits, self._saved = self._hits, self._saved, 0, 0.0
            self._counting = None
        if hits and self._try(lambda disk: _add_counts(disk, hits, saved)) is None:
            with self._lock:
                self._hits, self._saved = self._hits + hits, self._saved + saved

    def _try(self, act: Callable[[Disk], Result]) -> Result | None:
        """What `act` makes of the database; None when it cannot, whatever the reason."""
        disk = self._disk
        if disk is None:
            return None
        try:
            return act(disk)
        except Exception as error:  # by contract anything is a miss
            self._note(disk, error)
            return None

    def _note(self, disk: Disk, error: Exception) -> None:
        from diskcache import Timeout

        if is_damage(error):
            with self._lock:
                if self._disk is not None and self._disk is disk:
                    self._disk.close()
                    self._disk = None
                    self._open()
        elif isinstance(error, Timeout | OSError | sqlite3.Error):
            self._trouble = self._sentence(error)

    def _open(self) -> None:
        from core.llm.layers.text_disk import open_disk

        for attempt in range(2):
            try:
                private_folder(self.folder)
                self._disk = open_disk(str(self.folder))
                return
            except Exception as error:  # a cache is never a reason to stop
                self._trouble = self._sentence(error)
                if attempt or not is_damage(error) or not self._set_aside():
                    return

    def _set_aside(self) -> bool:
        """Moves the broken database out of the way, under the first free name."""
        try:
            aside = set_aside(self.folder / "cache.db")
        except OSError:
            return False
        self._trouble = ""
        self._notice = f"The cache was damaged and a new one was started; the old one is kept as {aside.name} in {self.folder}."
        return True

    def _sentence(self, error: Exception) -> str:
        return (
            f"The cache folder {self.folder} cannot be used ({error or type(error).__name__}), so replies are not kept: "
            "check its permissions and the free space."
        )


def _encode(reply: Reply) -> str:
    try:
        return msgspec.json.encode(reply).decode()
    except UnicodeEncodeError:  # a lone surrogate
        return json.dumps(asdict(reply))


def _decode(text: str) -> Reply:
    """Raises ValueError for all that is not an answer."""
    try:
        reply = _read_reply(text)
    except msgspec.DecodeError:
        reply = msgspec.convert(json.loads(text), Reply)
    if reply.cached or not is_answer(reply):
        raise ValueError("not an answer")
    return reply


def _set_all(disk: Disk, replies: Mapping[str, Reply]) -> bool:
    with disk.transact():
        return all([disk.set(key, _encode(reply)) for key, reply in replies.items()])


def _counts(disk: Disk) -> tuple[int, float]:
    try:
        hits, saved = json.loads(disk.get("counts") or "[0, 0.0]")
        return int(hits), float(saved)
    except (ValueError, TypeError):
        return 0, 0.0


def _add_counts(disk: Disk, hits: int, saved: float) -> bool:
    with disk.transact():
        old_hits, old_saved = _counts(disk)
        return bool(disk.set("counts", json.dumps([old_hits + hits, old_saved + saved])))
