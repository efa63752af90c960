"""The API as one application, to be mounted at /api.

WHETSTONE_API_TOKEN   turns it on: 16 characters or more       WHETSTONE_API_RATE   requests per second of one address, 100 if not set
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from core.errors import UsageError
from core.http.guard import SHORTEST_TOKEN, Guard, Limits
from core.http.handlers import Handlers
from core.http.responses import Refused, refusal
from core.http.routes import Routes
from core.workspace import Workspace

TOKEN, RATE = "WHETSTONE_API_TOKEN", "WHETSTONE_API_RATE"


def api_app(
    workspace: Callable[[], Workspace],
    environment: Mapping[str, str],
    hosts: Callable[[], Sequence[str]] = tuple,
) -> ASGIApp:
    """Closed, which is 404 for everything, without a token. UsageError for one that is too short, or for a
    rate that is none."""
    token = environment.get(TOKEN, "").strip()
    if not token:
        return Starlette(exception_handlers={HTTPException: _closed})
    if len(token) < SHORTEST_TOKEN:
        raise UsageError(
            f"{TOKEN} must have {SHORTEST_TOKEN} characters or more: make one with “openssl rand -hex 24”."
        )
    limits = Limits(requests=_rate(environment.get(RATE, "")))
    inner = Starlette(
        routes=Routes(Handlers(workspace), limits).all(), exception_handlers={HTTPException: _refused}
    )
    return Guard(inner, token, limits, hosts)


def _rate(given: str) -> float:
    if not given.strip():
        return Limits().requests
    try:
        rate = float(given)
    except ValueError:
        rate = 0.0
    if not math.isfinite(rate) or rate <= 0:
        raise UsageError(
            RATE + " is a number of requests per second, such as 100: correct it or leave it out."
        )
    return rate


async def _closed(request: Request, error: Exception) -> Response:
    return refusal(Refused(404, "off", "The API is off: start Whetstone with " + TOKEN + " to turn it on."))


async def _refused(request: Request, error: Exception) -> Response:
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    if status == 404:
        return refusal(Refused(404, "not_found", "There is no such call: see /api/v1/openapi.json."))
    if status == 405:
        return refusal(
            Refused(405, "method", "This call is made in another way: see /api/v1/openapi.json.", headers)
        )
    return refusal(Refused(status, "request", "This request cannot be answered: see /api/v1/openapi.json."))
