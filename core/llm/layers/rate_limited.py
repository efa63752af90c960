"""Calls go out when the rate limiter lets them."""

from __future__ import annotations

import asyncio

from core.errors import CallFailed, ModelRefused
from core.llm.base import Layer, Model, most_input_tokens
from core.llm.layers.rate_limiter import RateLimiter
from core.types import Reply, Request


class RateLimited(Layer):
    """Enters the rate limiter before the call, and tells it how the call went."""

    def __init__(self, model: Model, limiter: RateLimiter):
        super().__init__(model)
        self.limiter = limiter
        self.in_flight = lambda: limiter.flying

    async def reply(self, request: Request) -> Reply:
        limiter = self.limiter
        tokens = most_input_tokens(request) // 3 if limiter.tokens.interval else 0  # about what English takes
        started = await limiter.enter(tokens)
        loop, wait = asyncio.get_running_loop(), 0.0
        try:
            reply = await self.model.reply(request)
        except CallFailed as error:
            failure, error.left_at = error, started
            wait = self._on_failure(error, started, loop.time())
        except ModelRefused as refusal:
            limiter.refused(refusal)
            raise
        else:
            limiter.succeeded(loop.time())
            if tokens and not reply.usage.estimated:
                limiter.tokens.correct(reply.usage.input + reply.usage.output - tokens)
            return reply
        finally:
            limiter.leave(loop)
        if wait:
            await asyncio.sleep(wait)
        raise failure

    def _on_failure(self, error: CallFailed, started: float, now: float) -> float:
        """The seconds that the call waits by itself. Raises ModelRefused where waiting is no use."""
        limiter, limits, wait = self.limiter, self.limiter.limits, 0.0
        if not error.transient and not error.unclear:  # this text's: the provider has answered
            limiter.succeeded(now)
            return wait
        if error.rate_limited:
            wait = limiter.too_many(started, now, error.retry_after)
            hopeless = limiter.hopeless
            why = (
                f"{self.name} asks to wait {error.retry_after or 0:.0f} s, longer than the {limits.longest_wait:g} s that you allow: "
                "try again later, or allow a longer wait."
            )
        else:
            if error.late:
                limiter.too_slow(started, now)
            hopeless = limiter.failed(now)
            why = f"{self.name} has not answered for {limits.deadline:g} s ({error}): check the connection and try again later."
        if hopeless:
            refusal = ModelRefused(why)
            limiter.refused(refusal)
            raise refusal from error
        return wait
