"""Replies as JSON; errors as one sentence with its status, and never a trace of where they came from."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from msgspec.json import encode
from starlette.responses import Response

from core.errors import (
    CapReached,
    Conflict,
    DataError,
    ModelError,
    NotFound,
    PromptError,
    Stopped,
    StoreError,
    UsageError,
    WhetstoneError,
)
from core.http.schemas import Problem

STATUSES: tuple[tuple[type[WhetstoneError], int, str], ...] = (
    (NotFound, 404, "not_found"),
    (Conflict, 409, "conflict"),
    (StoreError, 503, "store"),
    (DataError, 400, "data"),
    (PromptError, 400, "prompt"),
    (UsageError, 400, "usage"),
    (ModelError, 502, "model"),
    (CapReached, 429, "cap"),
    (Stopped, 503, "stopped"),
)
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
log = logging.getLogger(__name__)


class Refused(Exception):
    """What the door itself refuses: `status`, one sentence, and headers for the reply."""

    def __init__(self, status: int, kind: str, sentence: str, headers: Mapping[str, str] | None = None):
        super().__init__(sentence)
        self.status = status
        self.kind = kind
        self.headers = dict(headers or {})


def reply(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(encode(content), status, HEADERS | dict(headers or {}), "application/json")


def refusal(error: Exception) -> Response:
    """The reply to an error. One that was not foreseen is told to the log, and to the caller only that it
    happened."""
    if isinstance(error, Refused):
        return reply(Problem(str(error), error.kind), error.status, error.headers)
    for kind, status, name in STATUSES:
        if isinstance(error, kind):
            return reply(Problem(str(error), name), status)
    log.error("The API could not answer", exc_info=error)
    sentence = (
        "Something went wrong inside Whetstone: try again, and if it stays so, look at the server's log."
    )
    return reply(Problem(sentence, "internal"), 500)
