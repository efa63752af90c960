"""What stands around every call that leaves: written down before, kept after, asked once by all processes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import ModelRefused, Stopped, StoreError
from core.llm.call_loop import CLOSED
from core.llm.journal.call_journal import LostCalls, SentCall
from core.llm.layers.reply_cache import ReplyCache, is_answer
from core.types import Reply

FIRST_LOOK, LAST_LOOK = 0.02, 0.5  # seconds between looks for a reply that another process has asked for


@dataclass(frozen=True, slots=True)
class CallClaim:
    """`reply`: another process has brought it, so that nothing leaves; `before`: the same call of a process that died."""

    reply: Reply | None = None
    before: SentCall | None = None


class SentCalls:
    """With a cache whose folder cannot be used at all nothing is kept and nothing written down."""

    def __init__(self, cache: ReplyCache):
        self._cache = cache
        self._journal = cache.journal

    async def begin(self, call: SentCall) -> CallClaim:
        """To be asked right before the call leaves. ModelRefused where its answer could not be kept, Stopped where the
        program ends."""
        if not self._cache.is_open:
            return CallClaim()
        wait = FIRST_LOOK
        while True:
            if self._journal.over:
                raise Stopped(CLOSED)
            self._check_room()
            try:
                claim = await self._journal.claim(call)
            except (OSError, sqlite3.Error) as error:
                raise self._refusal(str(error)) from error
            # it may have been brought between the first look into the cache and the claim
            if (reply := self._cache.get(call.key)) is not None:
                if claim.ours:
                    self._journal.settle([call.key])
                return CallClaim(reply)
            if claim.ours:
                return CallClaim(before=claim.before)
            await asyncio.sleep(wait)
            wait = min(1.5 * wait, LAST_LOOK)

    async def keep(self, call: SentCall, reply: Reply, is_empty: bool) -> None:
        """The reply is on the disk before whoever asked for it sees it. An empty one is asked for again."""
        if is_answer(reply) and not is_empty:
            self._cache.set_soon(call.key, reply)
            await asyncio.sleep(0)  # it is written at the end of this turn of the loop
        else:
            self.settle(call)

    def settle(self, call: SentCall) -> None:
        """It never left, or the provider answered with an error, which is not paid."""
        self._journal.settle([call.key])

    def lose(self, call: SentCall) -> None:
        """It may have been paid, and its answer was lost on the way."""
        self._journal.lose(call)

    def lost(self, account: str) -> Sequence[LostCalls]:
        """See CallJournal. StoreError where the disk does not let it look."""
        try:
            return self._journal.lost(account, lambda key: self._cache.get(key) is not None)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(str(self._refusal(str(error)))) from error

    def _check_room(self) -> None:
        if self._cache.unwritten and not self._cache.write():
            raise self._refusal("its latest answers still wait for that")

    def _refusal(self, why: str) -> ModelRefused:
        return ModelRefused(
            f"Nothing more was sent: what {self._cache.folder} keeps of paid answers could not be written ({why}). "
            "Make room on its disk, then go on: what was answered is kept."
        )
