"""When a try is over and whether there is another one. The only owner of retries: the SDKs' own are off."""

from __future__ import annotations

import asyncio
from random import Random

from core.errors import CallFailed, ModelRefused
from core.llm.base import Layer, Model, is_empty
from core.llm.catalogue.limits import CallLimits
from core.types import Reply, Request

FIRST_BACKOFF = 0.25  # seconds
LONGEST_BACKOFF = 8.0
TRIES_TO_CONNECT = 3  # to a provider that has never been reached
EMPTY_TRIES = 3  # for an answer that is billed and says nothing
UNCLEAR_TRIES = 5  # for an answer that cannot be read, or an error without a status: it may have been billed


class WithTimeout(Layer):
    """One try, ended after `timeout` seconds."""

    def __init__(self, model: Model, timeout: float):
        super().__init__(model)
        self.timeout = timeout

    async def reply(self, request: Request) -> Reply:
        try:
            async with asyncio.timeout(self.timeout):
                return await self.model.reply(request)
        except TimeoutError as error:
            raise CallFailed(
                f"{self.name} did not answer within {self.timeout:g} s.",
                transient=True,
                lost=True,
                late=True,
            ) from error


class Retrying(Layer):
    """Tries again after a transient failure or an empty reply, until the tries or the deadline are used up.

    Between tries it sleeps for an exponential backoff with jitter, or what the provider asked for, never
    longer than the user's longest wait. What comes back and cannot be used is asked for a few times only. "Too many
    requests" uses up no try, and its wait is the rate limiter's (see rate_limited.py)."""

    def __init__(self, model: Model, limits: CallLimits, rng: Random):
        super().__init__(model)
        self.limits = limits
        self.rng = rng
        self.reached = False

    async def reply(self, request: Request) -> Reply:
        loop = asyncio.get_running_loop()
        seconds, tries, empty, unclear = 0.0, 0, 0, 0
        while True:
            asked = loop.time()
            try:
                reply = await self.model.reply(request)
                self.reached = True
                if not is_empty(request, reply):
                    return reply
                empty += 1
                failure = CallFailed(f"{self.name} sent an empty reply.", transient=empty < EMPTY_TRIES)
            except CallFailed as error:
                failure = error
                self.reached = self.reached or not error.unreached
            if not failure.rate_limited:
                tries += 1
                asked = failure.left_at or asked  # to wait for one's turn takes nothing from the deadline
            seconds += loop.time() - asked
            unclear += failure.unclear
            if not failure.transient or unclear >= UNCLEAR_TRIES or self._is_enough(tries, seconds):
                raise _verdict(failure)
            if not failure.rate_limited:
                pause = self._pause(tries, failure.retry_after)
                seconds += pause
                await asyncio.sleep(pause)

    def _is_enough(self, tries: int, seconds: float) -> bool:
        most = self.limits.tries if self.reached else min(TRIES_TO_CONNECT, self.limits.tries)
        return tries >= most or seconds >= self.limits.deadline

    def _pause(self, tries: int, retry_after: float | None) -> float:
        backoff = min(FIRST_BACKOFF * 2.0 ** (tries - 1), LONGEST_BACKOFF) * self.rng.uniform(0.5, 1.0)
        return min(max(backoff, retry_after or 0.0), self.limits.longest_wait)


def _verdict(failure: CallFailed) -> CallFailed | ModelRefused:
    """What is never reached refuses every call, not only this one."""
    if failure.unreached:
        return ModelRefused(f"{failure} Check the network and the address, then try again.")
    return failure
