"""Each call paid for: reserved, made, priced, settled, and counted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from core.errors import CallFailed, ModelRefused, UsageError
from core.llm.account import Account, Meter
from core.llm.base import Layer, Model, is_empty, most_input_tokens
from core.llm.budget import Hold
from core.llm.catalogue.prices import PriceList
from core.llm.journal.call_journal import SentCall
from core.llm.layers.reply_cache import cache_key
from core.llm.layers.sent_calls import SentCalls
from core.types import Reply, Request, Usage


class CallCost:
    """What one model can use and cost. `longest` makes the output tokens that are asked for those that the
    provider is told.

    A provider that counts more tokens than a request can have by its bytes is believed from its first reply
    on, and the first call of a run goes alone (see rate_limiter.py)."""

    def __init__(
        self, name: str, prices: PriceList, longest: Callable[[int], int] = lambda max_tokens: max_tokens
    ):
        self.name = name
        self.prices = prices
        self.longest = longest
        self._excess = 1.0
        self._least = (0, 0)

    def cost(self, usage: Usage) -> float | None:
        return self.prices.cost(self.name, usage)

    def tokens(self, request: Request) -> tuple[int, int]:
        """No fewer input and output tokens than the call can use."""
        least_input, least_output = self._least
        return (
            max(int(most_input_tokens(request) * self._excess + 1), least_input),
            max(self.longest(request.max_tokens), least_output),
        )

    def ceiling(self, request: Request) -> float:
        """The most that the call can cost. UsageError where the price is unknown."""
        ceiling = self.prices.ceiling(self.name, *self.tokens(request))
        if ceiling is None:
            raise UsageError(
                f"The price of {self.name} is unknown, so a cap in dollars cannot be kept: enter input and output, dollars per "
                f'million tokens, under [prices."{self.name}"] in models.toml of the workspace, or cap calls or tokens instead '
                "(--max-calls, --max-heavy-calls)."
            )
        return ceiling

    def learn(self, request: Request, usage: Usage) -> None:
        if usage.estimated:
            return
        expected = most_input_tokens(request)
        if usage.input > expected:
            self._excess = max(self._excess, usage.input / expected)
            self._least = max(self._least[0], usage.input), self._least[1]
        if usage.output > self._least[1]:
            self._least = self._least[0], usage.output


class Budgeted(Layer):
    """One call to the provider. It stands right around the call, inside retries and limits, so that every try
    that leaves is counted and none that did not.

    A call whose tokens the provider does not say is settled at what was reserved. A call whose answer was lost on
    the way may have been billed: its whole hold counts as used. One that was told "too many requests" was not
    made. A try that brought nothing is put on the meter here, since no reply will carry it out."""

    def __init__(
        self,
        model: Model,
        account: Account,
        role: str,
        call_cost: CallCost,
        sent_calls: SentCalls | None = None,
    ):
        super().__init__(model)
        self.account = account
        self.role = role
        self.call_cost = call_cost
        self.sent_calls = sent_calls

    async def reply(self, request: Request) -> Reply:
        hold = await reserve(self.account, self.role, self.call_cost, request)
        call = self._call(request, hold)
        if (brought := await self._begin(call, hold)) is not None:
            return replace(brought, cached=True)
        try:
            reply = await self.model.reply(request)
        except (Exception, asyncio.CancelledError) as error:
            self._settle_failure(hold, call, error)
            raise
        reply = self._settle(request, hold, reply)
        if call is not None and self.sent_calls is not None:
            self.account.paid.add(
                call.key
            )  # first: whoever finds it in the cache meanwhile has not paid as well
            await self.sent_calls.keep(call, reply, is_empty(request, reply))
        return reply

    def _call(self, request: Request, hold: Hold) -> SentCall | None:
        if self.sent_calls is None:
            return None
        key = cache_key(self.exact(request), request.repeat)
        return SentCall(key, self.account.run_id, self.role, hold.tokens, hold.usd)

    async def _begin(self, call: SentCall | None, hold: Hold) -> Reply | None:
        """The reply where another process has brought it; what leaves is written down. ModelRefused where it cannot."""
        if call is None or self.sent_calls is None:
            return None
        try:
            claim = await self.sent_calls.begin(call)
        except BaseException:
            self.account.budget.give_back(hold)
            raise
        if claim.reply is not None:
            self.account.budget.give_back(hold)
        if (lost := claim.before) is not None and lost.account == call.account:
            self.account.lost(lost.role, 1, lost.tokens, lost.usd)
        return claim.reply

    def _settle(self, request: Request, hold: Hold, reply: Reply) -> Reply:
        """The reply with what it cost."""
        account, call_cost, usage = self.account, self.call_cost, reply.usage
        if usage.estimated:
            usage = self._reserved(request, usage)
            reply = replace(reply, usage=usage)
        cost = call_cost.cost(usage)
        if hold.tokens or hold.usd:
            call_cost.learn(request, usage)
        account.budget.settle(hold, usage.input + usage.output, hold.usd if cost is None else cost)
        if is_empty(request, reply):
            account.meter.called(self.role, usage, cost)
        return replace(reply, cost_usd=cost, paid_by=account.run_id)

    def _reserved(self, request: Request, usage: Usage) -> Usage:
        """What the provider does not say is taken for what was reserved."""
        read, made = self.call_cost.tokens(request)
        return replace(usage, input=usage.input or read, output=usage.output or made)

    def _settle_failure(self, hold: Hold, call: SentCall | None, error: BaseException) -> None:
        budget = self.account.budget
        billed = isinstance(error, asyncio.CancelledError) or getattr(error, "lost", False)
        if call is not None and self.sent_calls is not None:
            (self.sent_calls.lose if billed else self.sent_calls.settle)(call)
        if getattr(error, "unreached", False) or getattr(error, "rate_limited", False):
            budget.give_back(hold)
            return
        budget.settle(hold, hold.tokens if billed else 0, hold.usd if billed else 0.0)
        if not billed:
            self.account.meter.called(self.role, Usage(), 0.0)
        else:
            self.account.meter.lost(self.role)


class Isolated(Layer):
    """For runs that are compared with one another: a reply that the cache, or another run, has brought is
    reserved and settled as if this run had asked for it, once, and is passed on as not cached. So calls,
    money and caps of a run are those it would have by itself, whatever is in the cache and whoever is faster.
    Transparent for accounts that are not `alone`."""

    def __init__(self, model: Model, account: Account, role: str, call_cost: CallCost):
        super().__init__(model)
        self.account = account
        self.role = role
        self.call_cost = call_cost
        self._seen: set[Request] = set()

    async def reply(self, request: Request) -> Reply:
        reply = await self.model.reply(request)
        if not self.account.alone:
            return reply
        first = request not in self._seen
        self._seen.add(request)
        if not reply.cached or not first:
            return reply
        hold = await reserve(self.account, self.role, self.call_cost, request)
        usage = reply.usage
        if hold.tokens or hold.usd:
            self.call_cost.learn(request, usage)
        self.account.budget.settle(
            hold, usage.input + usage.output, hold.usd if reply.cost_usd is None else reply.cost_usd
        )
        return replace(reply, cached=False)


async def reserve(account: Account, role: str, call_cost: CallCost, request: Request) -> Hold:
    """Sets aside what the call may take. Raises CapReached."""
    caps = account.budget.caps
    tokens = sum(call_cost.tokens(request)) if caps.tokens is not None else 0
    usd = call_cost.ceiling(request) if caps.usd is not None else 0.0
    return await account.budget.reserve(role, tokens, usd)


class Metered(Layer):
    """Counts every reply: as a call with its cost, or as cached and free; and every request that brought
    none.

    Tries that reached the provider in vain are counted where they are lost, in `Budgeted`. A reply of the
    cache that this very run paid for comes out of `Cached` as it came from the provider (not cached), once: a
    resumed run replays its own calls and sees the same numbers."""

    def __init__(self, model: Model, meter: Meter, role: str):
        super().__init__(model)
        self.meter = meter
        self.role = role

    async def reply(self, request: Request) -> Reply:
        try:
            reply = await self.model.reply(request)
        except (CallFailed, ModelRefused):
            self.meter.failed(self.role)
            raise
        if reply.cached:
            self.meter.cached(self.role)
        else:
            self.meter.called(self.role, reply.usage, reply.cost_usd)
        return reply
