"""Every way a call can fail, as one sentence: CallFailed (this call; transient or not) or ModelRefused (every
call)."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz

from core.errors import CallFailed, ModelError, ModelRefused
from core.llm.providers.access import masked, public_url, without_secret
from core.llm.providers.bodies.error_body import ErrorBody, read_error, seconds_in, status_of
from core.llm.providers.fault import Fault, fault_of

# A model of some size takes minutes; who is told so comes later, as with "too many", and has not called.
_LOADING = re.compile(r"\bloading\b|being loaded|starting up")
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Caller:
    """Who called: the name to begin a sentence with, the address, and the key and other secrets to keep out of
    it."""

    name: str
    url: str
    key: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def masked(self, text: str) -> str:
        for secret in (*self.secrets, self.key):
            text = masked(text, secret)
        return text

    def without_secrets(self, text: str) -> str:
        for secret in (*self.secrets, self.key):
            text = without_secret(text, secret)
        return text


class Filtered(Exception):
    """The provider's filter refused this text: a reply of its own kind, not a failure."""


class BodyTooLarge(Exception):
    """A body of more than so many bytes: the rest was not read."""

    def __init__(self, most: int):
        super().__init__(most)
        self.most = most


class BodyDecodingError(Exception):
    """A body that is not packed as its headers say."""


def from_status(
    caller: Caller, status: int, headers: Mapping[str, str], body: object
) -> ModelError | Filtered:
    """The error for a reply with an error status. `body` is the decoded JSON, or text, or None.

    Whose fault it is stands in fault.py; a failure that names neither the text nor the model is `unclear`."""
    if 300 <= status < 400:
        return _redirected(caller, status, headers.get("location", ""))
    error = read_error(body)
    reason = _reason(caller, error)
    by_header = retry_after(headers)
    wait = error.wait if by_header is None else by_header
    fault = fault_of(status, error, wait)
    if fault is Fault.FILTER:
        return Filtered(reason)
    if fault is Fault.LENGTH:
        return CallFailed(f"{caller.name} finds this text too long ({status}): {reason}")
    if fault is Fault.DAY:
        return ModelRefused(f"{caller.name} has reached its limit for the day: {reason}")
    if fault is Fault.PASSING:
        return _passing(caller, status, headers, reason, wait)
    words = {401: "refuses the key", 403: "refuses access", 404: "does not know this model or address"}.get(
        status, "refuses the request"
    )
    if fault is Fault.MODEL:
        where = "refuses the account" if status == 429 else f"{words} ({status})"
        return ModelRefused(f"{caller.name} {where}: {reason}")
    again = headers.get("x-should-retry", "") == "true"
    return CallFailed(f"{caller.name} {words} ({status}): {reason}", transient=again, unclear=True)


def _passing(
    caller: Caller, status: int, headers: Mapping[str, str], reason: str, wait: float | None
) -> CallFailed:
    again = headers.get("x-should-retry", "") != "false"
    loading = status == 503 and _LOADING.search(reason.lower()) is not None
    words = (
        "asks to slow down"
        if status == 429
        else "is not ready"
        if loading
        else "is overloaded"
        if status in (503, 529)
        else "failed"
    )
    text = f"{caller.name} {words} ({status}): {reason}"
    return CallFailed(text, transient=again, retry_after=wait, rate_limited=status == 429 or loading)


def from_answer(caller: Caller, headers: Mapping[str, str], body: object) -> ModelError | Filtered:
    """The failure inside a reply with status 200: by its own code if that is a status, else the provider's
    trouble, unclear."""
    status = status_of(read_error(body))
    failure = from_status(caller, status, headers, body)
    if isinstance(failure, CallFailed) and status == 500 and failure.transient:
        failure.unclear = True
    return failure


def _redirected(caller: Caller, status: int, location: str) -> ModelRefused:
    """The key would go wherever a server points to, so no call follows."""
    target = caller.masked(public_url(location)) if "://" in location else "another path"
    return ModelRefused(
        f"{caller.name} is sent on to {target[:_LONGEST]} ({status}), which calls do not follow: "
        f"{caller.url} is not the address to set."
    )


def from_connection(caller: Caller, error: BaseException) -> CallFailed:
    """No reply came: refused, unresolved, reset, cut off or out of time. Always transient. Whatever broke
    after a connection came about is lost: it may have been answered, and billed."""
    chain = _chain(error)
    if large := next((one for one in chain if isinstance(one, BodyTooLarge)), None):
        return CallFailed(
            f"{caller.name} sent more than {large.most / 1e6:g} MB and was not read on.",
            lost=True,
            unclear=True,
        )
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
    return CallFailed(f"{caller.name} sent {what}.", transient=True, lost=True, unclear=True)


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
            seconds = _until(text[:100])
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None


def _until(text: str) -> float:
    """Seconds to a date, or of "30s"; not a number where it is neither."""
    if (seconds := seconds_in(text.strip().lower())) is not None:
        return seconds
    when = parsedate_tz(text)
    return mktime_tz(when) - time.time() if when else math.nan


def _reason(caller: Caller, error: ErrorBody) -> str:
    if error.page:
        return f"it sent a web page{': ' + _sentence(caller.masked(error.text)) if error.text else '.'}"
    return _sentence(caller.masked(error.text)) or "no reason given."


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
