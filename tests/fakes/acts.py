"""What the fake server can be told to do with one request: good and bad weather, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Act:
    """`kind` is "reply" (with `text` and `finish`), "status", "reset", "hang", "cut" (the connection ends in
    the middle of the body), "half" (a complete HTTP reply whose JSON is cut off), "invalid" (not JSON),
    "no_choices" or "empty"."""

    kind: str = "reply"
    text: str | None = None
    finish: str = "stop"
    status: int = 200
    message: str = ""
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


REPLY = Act()
RESET = Act("reset")
HANG = Act("hang")
CUT = Act("cut")
HALF = Act("half")
INVALID = Act("invalid")
NO_CHOICES = Act("no_choices")
EMPTY = Act("empty")
REFUSAL = Act(text="I can't help with that.", finish="refusal")
LENGTH = Act(text="The wording points", finish="length")
FILTER = Act(text="", finish="filter")


def status(
    number: int, message: str = "something went wrong", code: str | None = None, **headers: str
) -> Act:
    """A failure by status; header names are given with underscores: status(429, retry_after="2")."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Act("status", status=number, message=message, code=code, headers=sent)


def reply(text: str, finish: str = "stop") -> Act:
    return Act(text=text, finish=finish)


RATE_LIMITED = status(429, "Rate limit reached", "rate_limit_exceeded")
BROKEN = status(500, "The server had an error")
OVERLOADED = status(529, "Overloaded")
FILTERED_REQUEST = status(400, "The prompt was filtered by the content management policy.", "content_filter")
UNKNOWN_MODEL = status(
    404, "The model `nope` does not exist or you do not have access to it.", "model_not_found"
)
NO_QUOTA = status(
    429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"
)

# A fifth of the calls of issue 3's storm are one of these (not EMPTY, which is asked for three times at most).
STORM = (RATE_LIMITED, BROKEN, CUT, HALF, INVALID)
