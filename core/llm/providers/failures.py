"""Every way a call can fail, as one sentence: CallFailed (this call; transient or not) or ModelRefused (every
call)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz

from core.errors import CallFailed, ModelError, ModelRefused
from core.llm.providers.access import masked

_TRANSIENT = {408, 409, 425, 429}
# A filter's verdict on one text comes as a 400 from some servers.
_FILTERED = (
    "content_filter",
    "content_policy_violation",
    "content management policy",
    "content filtering policy",
    "invalid_prompt",
)
# One text is too long; the next may not be.
_TOO_LONG = (
    "context_length_exceeded",
    "prompt is too long",
    "maximum context length",
    "context window",
    "request_too_large",
    "string_above_max_length",
)
_NO_MONEY = ("insufficient_quota", "billing_hard_limit_reached", "credit balance")
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called: the name to begin a sentence with, the address, and the key to keep out of it."""

    name: str
    url: str
    key: str


class Filtered(Exception):
    """The provider's filter refused this text: a reply of its own kind, not a failure."""


def from_status(
    caller: Caller, status: int, headers: Mapping[str, str], body: object
) -> ModelError | Filtered:
    """The error for a reply with an error status. `body` is the decoded JSON, or text, or None."""
    code, text = _code_and_message(body)
    reason = _sentence(masked(text, caller.key)) or "no reason given."
    signs = (code + " " + text).lower()
    if status in (400, 422) and any(sign in signs for sign in _FILTERED):
        return Filtered(reason)
    if status == 413 or (status in (400, 422) and any(sign in signs for sign in _TOO_LONG)):
        return CallFailed(f"{caller.name} finds this text too long ({status}): {reason}")
    if status == 429 and any(sign in signs for sign in _NO_MONEY):
        return ModelRefused(f"{caller.name} refuses the account: {reason}")
    if status in _TRANSIENT or status >= 500:
        again = headers.get("x-should-retry", "") != "false"
        words = (
            "asks to slow down" if status == 429 else "is overloaded" if status in (503, 529) else "failed"
        )
        text = f"{caller.name} {words} ({status}): {reason}"
        return CallFailed(text, transient=again, retry_after=retry_after(headers), rate_limited=status == 429)
    words = {401: "refuses the key", 403: "refuses access", 404: "does not know this model or address"}.get(
        status, "refuses the request"
    )
    return ModelRefused(f"{caller.name} {words} ({status}): {reason}")


def from_connection(caller: Caller, error: BaseException) -> CallFailed:
    """No reply came: refused, unresolved, reset, cut off or out of time. Always transient. Whatever broke
    after a connection came about is lost: it may have been answered, and billed."""
    chain = _chain(error)
    names = " ".join(type(one).__name__ for one in chain).lower()
    lost = False
    if "proxy" in names:
        what = "could not be reached through the proxy"
    elif any(isinstance(one, ConnectionRefusedError) for one in chain):
        what = "does not listen at " + caller.url + " (connection refused)"
    elif "dns" in names or "gaierror" in names:
        what = "cannot be found at " + caller.url + " (no such host, or no network)"
    elif "ssl" in names or "certificate" in names:
        what = "showed a certificate that is not trusted at " + caller.url
    elif "decodingerror" in names:
        what, lost = "sent a reply that cannot be unpacked", True
    elif any(
        name in names
        for name in (
            "disconnected",
            "reset",
            "payload",
            "readerror",
            "oserror",
            "protocolerror",
            "brokenpipe",
        )
    ):
        what, lost = "closed the connection before the reply was whole", True
    elif "connectorerror" in names:
        what = "cannot be reached at " + caller.url
    else:
        what, lost = "did not answer in time", "connecttimeout" not in names
    return CallFailed(f"{caller.name} {what}.", transient=True, lost=lost, unreached=not lost)


def unreadable(caller: Caller, what: str) -> CallFailed:
    """A reply came, and was no reply: cut-off JSON, no choices, no text. It may have been billed."""
    return CallFailed(f"{caller.name} sent {what}.", transient=True, lost=True)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: `retry-after-ms`, or `retry-after` in seconds or as a date. None
    if it does not say."""
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(header)
        if not text:
            continue
        try:
            seconds = float(text) * unit
        except ValueError:
            when = parsedate_tz(text)
            seconds = mktime_tz(when) - time.time() if when else math.nan
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None


def _code_and_message(body: object) -> tuple[str, str]:
    """Both wire formats, and what compatible servers make of them."""
    if isinstance(body, list) and body:  # Google wraps its errors in a list
        body = body[0]
    if not isinstance(body, Mapping):
        text = body if isinstance(body, str) else ""
        return "", "" if text.lstrip().startswith("<") else text
    inner = body.get("error", body)
    if not isinstance(inner, Mapping):
        return "", str(inner)
    codes = " ".join(str(inner[key]) for key in ("code", "type") if inner.get(key))
    return codes, str(inner.get("message") or inner.get("detail") or "")


def _sentence(text: str) -> str:
    """One line, not too long, with a full stop."""
    line = " ".join(text.split())
    line = line[:_LONGEST] + "…" if len(line) > _LONGEST else line
    return line if not line or line[-1] in ".!?…" else line + "."


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__ or getattr(current, "os_error", None)
    return chain
