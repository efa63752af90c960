"""The calls by their addresses. Every one reads, hands its work to a thread, and replies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from core.http.guard import Limits, read_body
from core.http.handlers import Handlers
from core.http.openapi import describe
from core.http.responses import Refused, refusal, reply
from core.http.schemas import ClassifyRequest, FeedbackRequest, read, read_query
from core.store.feedback.records import State

T = TypeVar("T")
Call = Callable[[Request], Awaitable[Response]]


class Threads:
    """So many calls of one kind at once in threads of their own, so many waiting; more are sent away."""

    def __init__(self, at_once: int, waiting: int):
        self._at_once = at_once
        self._most = at_once + waiting
        self._now = 0
        self._limiter: CapacityLimiter | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """Refused where too many wait. A caller that hangs up does not end the work."""
        if self._now >= self._most:
            raise Refused(
                503,
                "busy",
                "Too many calls are waiting already: try again in a moment.",
                {"Retry-After": "1"},
            )
        self._limiter = self._limiter or CapacityLimiter(self._at_once)  # made in the loop it belongs to
        self._now += 1
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._now -= 1


class Routes:
    """Slow calls of models have threads of their own: feedback never waits for them."""

    def __init__(self, desk: Handlers, limits: Limits):
        self._desk = desk
        self._limits = limits
        self._asking = Threads(limits.at_once, limits.waiting)
        self._storing = Threads(limits.at_once, limits.waiting)

    def all(self) -> list[Route]:
        return [
            Route("/v1/classify", _answered(self._classify), methods=["POST"]),
            Route("/v1/feedback", _answered(self._feedback), methods=["POST"]),
            Route("/v1/predictions/{prediction_id:path}", _answered(self._prediction), methods=["GET"]),
            Route("/v1/champion", _answered(self._champion), methods=["GET"]),
            Route("/v1/health", _answered(self._health), methods=["GET"]),
            Route("/v1/openapi.json", _answered(self._openapi), methods=["GET"]),
        ]

    async def _classify(self, request: Request) -> Response:
        body = read(await self._body(request), ClassifyRequest)
        return reply(await self._asking.run(lambda: self._desk.classify(body)))

    async def _feedback(self, request: Request) -> Response:
        body = read(await self._body(request), FeedbackRequest)
        feedback = await self._storing.run(lambda: self._desk.feedback(body))
        return reply(feedback, 202 if feedback.state == State.WAITING else 200)

    async def _prediction(self, request: Request) -> Response:
        read_query(dict(request.query_params), frozenset())
        prediction_id: str = request.path_params["prediction_id"]
        return reply(await self._storing.run(lambda: self._desk.prediction(prediction_id)))

    async def _champion(self, request: Request) -> Response:
        given = read_query(dict(request.query_params), frozenset({"dataset"}))
        return reply(await self._storing.run(lambda: self._desk.champion(given.get("dataset"))))

    async def _health(self, request: Request) -> Response:
        return reply(await self._storing.run(self._desk.health))

    async def _openapi(self, request: Request) -> Response:
        return reply(describe())

    async def _body(self, request: Request) -> bytes:
        read_query(dict(request.query_params), frozenset())
        return await read_body(request, self._limits.body)


def _answered(call: Call) -> Call:
    async def answered(request: Request) -> Response:
        try:
            return await call(request)
        except ClientDisconnect:
            return Response()  # which nobody gets
        except Exception as error:
            return refusal(error)

    return answered
