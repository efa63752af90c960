"""Replies from the cache before the model: on disk, in memory for models that cost nothing, or nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.errors import CallFailed
from core.llm.account import Account
from core.llm.base import Layer, Model
from core.llm.layers.reply_cache import ReplyCache, cache_key, is_answer
from core.types import Reply, Request, Usage


class MemoryCache:
    """The cache of a run with models that cost nothing: as long as the run, so that each run counts the same
    calls."""

    def __init__(self) -> None:
        self._replies: dict[str, Reply] = {}

    def get(self, key: str) -> Reply | None:
        return self._replies.get(key)

    def set_soon(self, key: str, reply: Reply) -> None:
        self._replies[key] = reply

    def count_hit(self, saved_usd: float | None) -> None:
        """Nothing is saved where nothing costs."""


class Cached(Layer):
    """Answers from the cache at no cost. What a call brings is in the cache on disk when it comes (see sent_calls.py);
    the one in memory is filled here.

    A reply that this run paid for before it was interrupted is passed on as it was, not cached, the first
    time it is asked for, and the budget and `learn` are told: so the figures and the end of a resumed run are
    those of an uninterrupted one."""

    def __init__(
        self,
        model: Model,
        cache: ReplyCache | MemoryCache | None,
        account: Account,
        role: str,
        learn: Callable[[Request, Usage], None] = lambda request, usage: None,
    ):
        super().__init__(model)
        self.learn = learn
        self.cache = cache
        self.account = account
        self.role = role

    async def reply(self, request: Request) -> Reply:
        cache, account = self.cache, self.account
        if cache is None:
            return await self.model.reply(request)
        key = cache_key(self.exact(request), request.repeat)
        reply = cache.get(key)
        if reply is None:
            return await self._ask(request, key, cache)
        cache.count_hit(reply.cost_usd)
        if account.run_id and reply.paid_by == account.run_id and key not in account.paid:
            account.paid.add(key)
            account.budget.already(self.role, reply.usage, reply.cost_usd)
            self.learn(request, reply.usage)
            return reply
        return replace(reply, cached=True)

    async def _ask(self, request: Request, key: str, cache: ReplyCache | MemoryCache) -> Reply:
        reply = await self.model.reply(request)
        if not reply.cached and is_answer(reply):  # else another paid, and keeps it
            self.account.paid.add(key)
            # who takes a call over from one that is gone accounts for it
            if reply.paid_by != self.account.run_id or cache.get(key) is None:
                reply = replace(reply, paid_by=self.account.run_id)
                cache.set_soon(key, reply)
        return reply


class ReadOnly(Layer):
    """For a workspace that is only shown: nothing is spent. It needs no key."""

    async def reply(self, request: Request) -> Reply:
        raise CallFailed(
            f"{self.name} was not asked this before, and in a workspace shown read-only nothing is asked anew."
        )
