"""Refusals that name no reason are one text's, until they are all that comes back."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import CallFailed, ModelRefused
from core.llm.base import Layer, Model
from core.types import Reply, Request

MOST_AT_FIRST = 3  # different requests in a row, of a model that has never answered
MOST = 20  # of one that has


class Refusals:
    """The unclear refusals of one model in one role since its last answer, over all runs."""

    def __init__(self) -> None:
        self.answered = False  # in this process or, as replies that were kept show, before it
        self._requests: set[int] = set()

    def succeeded(self) -> None:
        self.answered = True
        self._requests.clear()

    def refused(self, request: Request) -> bool:
        """Counts a refusal; True when there are so many that it is not the texts."""
        self._requests.add(hash(request))
        return len(self._requests) >= (MOST if self.answered else MOST_AT_FIRST)


class RefusalLimited(Layer):
    """Ends the run where the server refuses everything and does not say why. Stands inside the rate limiter, so that
    calls that wait are refused too."""

    def __init__(self, model: Model, refusals: Refusals, answered: Callable[[], bool] = lambda: False):
        """`answered`: whether the model is known to have answered otherwise, as by replies of the cache."""
        super().__init__(model)
        self.refusals = refusals
        self.answered = answered

    async def reply(self, request: Request) -> Reply:
        try:
            reply = await self.model.reply(request)
        except CallFailed as error:
            if self.answered():
                self.refusals.answered = True
            if error.unclear and self.refusals.refused(request):
                raise ModelRefused(
                    f"{error} Nothing else comes back: check the model, its address and its settings."
                ) from error
            raise
        self.refusals.succeeded()
        return reply
