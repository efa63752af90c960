"""Calls go out when the lane lets them."""

from __future__ import annotations

import asyncio

from core.errors import CallFailed, ModelRefused
from core.llm.base import Layer, Model, most_input_tokens
from core.llm.layers.rate_limiter import RateLimiter
from core.types import Reply, Request


class RateLimited(Layer):
    """Enters the lane before the call, and tells it how the call went."""

    def __init__(self, model: Model, lane: RateLimiter):
        super().__init__(model)
        self.lane = lane

    async def reply(self, request: Request) -> Reply:
        lane = self.lane
        tokens = most_input_tokens(request) // 3 if lane.tokens.interval else 0  # about what English takes
        started = await lane.enter(tokens)
        loop = asyncio.get_running_loop()
        try:
            reply = await self.model.reply(request)
            lane.succeeded(loop.time())
        except CallFailed as error:
            self._told(error, started, loop.time())
            raise
        except ModelRefused as refusal:
            lane.refused(refusal)
            raise
        finally:
            lane.leave(loop)
        if tokens:
            lane.tokens.correct(reply.usage.input + reply.usage.output - tokens)
        return reply

    def _told(self, error: CallFailed, started: float, now: float) -> None:
        lane, limits = self.lane, self.lane.limits
        if error.rate_limited:
            hopeless = lane.too_many(started, now, error.retry_after)
            why = (
                f"{self.name} asks to wait {error.retry_after or 0:.0f} s, longer than the {limits.longest_wait:g} s that you allow: "
                "resume the run later, or allow a longer wait."
            )
        else:
            hopeless = lane.failed(now)
            why = f"{self.name} has not answered for {limits.deadline:g} s ({error}): check the connection and resume the run later."
        if hopeless:
            refusal = ModelRefused(why)
            lane.refused(refusal)
            raise refusal from error
