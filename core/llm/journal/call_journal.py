"""Calls that have left and not come back, written down before they leave. So a kill hides no call that may have been
paid, and of two processes that want the same reply one asks and the other waits for it."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from core.llm.journal.senders import Sender
from core.sqlite_files import begin_anew, is_damage, open_cache

# What must be free on the disk before a call leaves: the replies of all that are under way fit, and the end of their run.
ROOM = 16 * 2**20
FILE = "sent.db"
T = TypeVar("T")
_TABLES = """
CREATE TABLE IF NOT EXISTS sent (key TEXT PRIMARY KEY, sender TEXT, account TEXT, role TEXT, tokens INTEGER, usd REAL);
CREATE TABLE IF NOT EXISTS lost (account TEXT, role TEXT, calls INTEGER, tokens INTEGER, usd REAL, PRIMARY KEY (account, role));
"""
_CLAIM = "INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?, ?, ?)"
_LOSE = """INSERT INTO lost VALUES (?, ?, 1, ?, ?) ON CONFLICT (account, role) DO UPDATE
SET calls = calls + 1, tokens = tokens + excluded.tokens, usd = usd + excluded.usd"""


@dataclass(frozen=True, slots=True)
class SentCall:
    """`key` of its reply in the cache; `account`: the run that pays, "" for none; `tokens`, `usd`: the most that it can
    use, as far as a cap asks for that."""

    key: str
    account: str
    role: str
    tokens: int = 0
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class LostCalls:
    """Calls of a role whose answer was never kept: each may have been paid. `tokens` and `usd` as in SentCall, of all."""

    role: str
    calls: int
    tokens: int
    usd: float


@dataclass(frozen=True, slots=True)
class Claim:
    """`ours`: the call may leave; else another process has sent it. `before`: the same call, sent by a process that
    died before its answer was kept."""

    ours: bool
    before: SentCall | None = None


class CallJournal:
    """A small database in the cache's folder, for all processes of the workspace. Claims and endings that come in one
    turn of the event loop share a transaction. Any method raises OSError or sqlite3.Error where the disk does not
    let it write; a damaged database is set aside and begun anew."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._sender: Sender | None = None
        self._claims: list[tuple[SentCall, asyncio.Future[Claim]]] = []
        self._ended: list[tuple[str, SentCall | None]] = []  # key, and the call where it counts as lost
        self._due = False
        self._closed = False
        self.over = False  # the program ends: nothing more may leave

    async def claim(self, call: SentCall) -> Claim:
        """Writes down that the call leaves now, unless another process that lives has sent it."""
        if shutil.disk_usage(self._folder).free < ROOM:
            raise OSError(f"less than {ROOM // 2**20} MB are free")
        answer: asyncio.Future[Claim] = asyncio.get_running_loop().create_future()
        self._claims.append((call, answer))
        self._write_soon()
        try:
            return await answer
        except asyncio.CancelledError:
            if answer.done() and not answer.cancelled() and not answer.exception() and answer.result().ours:
                self.settle([call.key])
            raise

    def settle(self, keys: Iterable[str]) -> None:
        """These calls have ended, and their answers are kept or there are none. From the event loop."""
        self._ended += [(key, None) for key in keys]
        self._write_soon()

    def lose(self, call: SentCall) -> None:
        """It has ended without an answer, and may have been paid. From the event loop."""
        self._ended.append((call.key, call))
        self._write_soon()

    def lost(self, account: str, is_kept: Callable[[str], bool]) -> Sequence[LostCalls]:
        """By role, the calls of a run whose answer was never kept, those of a killed process included. Of these,
        `is_kept` says whether the answer of a key is in the cache all the same. From any thread."""
        if not (self._folder / FILE).is_file():
            return ()
        return self._try(partial(_lost, account, is_kept))

    def close(self) -> None:
        """Calls still under way count as lost."""
        self._write()
        with self._lock:
            self._closed = True
            if self._database is not None:
                self._database.close()
            if self._sender is not None:
                self._sender.leave()
            self._database = self._sender = None

    # ---- in one transaction

    def _write_soon(self) -> None:
        if self._due or self._closed:
            return
        try:
            asyncio.get_running_loop().call_soon(self._write)
        except RuntimeError:  # the loop has ended, or there was none
            self._write()
        else:
            self._due = True

    def _write(self) -> None:
        claims, ended = self._claims, self._ended
        self._claims, self._ended, self._due = [], [], False
        if not claims and (not ended or self._database is None):
            return
        try:
            answers = self._try(partial(_written, claims, ended))
        except (OSError, sqlite3.Error) as error:
            self._ended = ended + self._ended  # with the next ones
            for _, answer in claims:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (call, answer), claim in zip(claims, answers, strict=True):
            if not answer.done():
                answer.set_result(claim)
            elif claim.ours:  # nobody waits for it any more: it does not leave
                self.settle([call.key])

    def _try(self, act: Callable[[sqlite3.Connection, Sender], T]) -> T:
        """In a file that turns out to be damaged nothing can be found again: it is done in a new one."""
        with self._lock:
            try:
                return act(*self._opened())
            except sqlite3.DatabaseError as error:
                if self._database is None or not is_damage(error):
                    raise
                self._database.close()
                self._database = None
                begin_anew(self._folder / FILE)
                return act(*self._opened())

    def _opened(self) -> tuple[sqlite3.Connection, Sender]:
        if self._database is None or self._sender is None:
            self._sender = self._sender or Sender(self._folder / "senders")
            self._database = open_cache(self._folder / FILE, _TABLES, 5)
        return self._database, self._sender


def _written(
    claims: Sequence[tuple[SentCall, asyncio.Future[Claim]]],
    ended: Sequence[tuple[str, SentCall | None]],
    database: sqlite3.Connection,
    sender: Sender,
) -> list[Claim]:
    with database:
        database.execute("BEGIN IMMEDIATE")
        for key, lost in ended:
            _end(database, sender.name, key, lost)
        return [_claim(database, sender, call) for call, _ in claims]


def _lost(
    account: str, is_kept: Callable[[str], bool], database: sqlite3.Connection, sender: Sender
) -> list[LostCalls]:
    rows = database.execute("SELECT * FROM sent WHERE account = ?", (account,)).fetchall()
    dead = [(row[1], SentCall(row[0], *row[2:])) for row in rows if sender.is_gone(row[1])]
    if dead:
        with database:
            database.execute("BEGIN IMMEDIATE")
            for name, call in dead:
                _end(database, name, call.key, None if is_kept(call.key) else call)
    found = database.execute("SELECT role, calls, tokens, usd FROM lost WHERE account = ?", (account,))
    return [LostCalls(*row) for row in found]


def _claim(database: sqlite3.Connection, sender: Sender, call: SentCall) -> Claim:
    mark = (call.key, sender.name, call.account, call.role, call.tokens, call.usd)
    if database.execute(_CLAIM, mark).rowcount:
        return Claim(True)
    row = database.execute("SELECT * FROM sent WHERE key = ?", (call.key,)).fetchone()
    if not sender.is_gone(row[1]):
        return Claim(False)
    before = SentCall(row[0], *row[2:])
    _end(database, row[1], call.key, before)
    database.execute(_CLAIM, mark)
    return Claim(True, before)


def _end(database: sqlite3.Connection, sender: str, key: str, lost: SentCall | None) -> None:
    database.execute("DELETE FROM sent WHERE key = ? AND sender = ?", (key, sender))
    if lost is not None and lost.account:
        database.execute(_LOSE, (lost.account, lost.role, lost.tokens, lost.usd))
