"""What a server says of a failure, in whatever form: the wire formats' own errors, what compatible servers make
of them, errors wrapped in errors, plain text, and web pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

MOST_TEXT = 4_000  # characters of a message that are looked at; a server may repeat the whole text in it
_DEEPEST = 8
_MOST_RECORDS = 100
_CODES = ("code", "type", "status", "error_type", "error_code", "reason", "param")
_WORDS = (
    "message",
    "detail",
    "msg",
    "error_msg",
    "status_msg",
    "error_description",
    "reason",
    "title",
    "raw",
)
_INSIDE = ("error", "base_resp", "response", "innererror", "errors")
_WAITS = ("retryDelay", "retry_after", "retry_after_seconds", "estimated_time")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)
_QUOTED = re.compile(r'"(message|detail|error|msg)"\s{0,20}:\s{0,20}"((?:[^"\\]|\\.){1,4000})', re.DOTALL)
_DURATION = re.compile(
    r"(\d{1,9}(?:\.\d{0,9})?)\s?(ms|milliseconds?|h|hours?|m|minutes?|mins?|s|seconds?|secs?)(?![a-z])"
)
_ASKED = re.compile(r"(?:again|retry|wait)[a-z ]{0,30}?(?:in|after|for)\s(?:about )?(.{1,60})")
_JSON = re.compile(r'\s{0,99}(?:\{|\[\s{0,99}[\[{"])')  # "[json.exception…] parse error" of llama.cpp is none
_UNITS = {"ms": 0.001, "m": 60.0, "h": 3600.0, "s": 1.0}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """`codes` are the server's codes and kinds, `quotas` the names of quotas that are used up, all in small letters
    and separated by spaces; `text` is what it says, on one line; `wait` are the seconds after which it says one may
    try again; `page`: it sent a web page."""

    codes: str = ""
    text: str = ""
    quotas: str = ""
    wait: float | None = None
    page: bool = False


def read_error(body: object) -> ErrorBody:
    """`body` is decoded JSON, or text, or None."""
    if isinstance(body, str) and _is_page(body):
        title = _TITLE.search(body[:20_000])
        return ErrorBody(text=_line(html.unescape(title[1])) if title else "", page=True)
    records = list(islice(_records(body, 0), _MOST_RECORDS))
    codes = " ".join(_codes(records))[:MOST_TEXT].lower()
    text = _text(records, body)
    quotas = " ".join(str(record["quotaId"]) for record in records if record.get("quotaId"))
    return ErrorBody(codes, text, quotas[:MOST_TEXT].lower(), _wait(records, text))


def says_error(body: Mapping[str, object]) -> bool:
    """Whether a body that holds no answer says that something went wrong."""
    return bool(body.get("error")) or bool(read_error(body).text)


def status_of(error: ErrorBody) -> int:
    """The status that an error stands for that came under status 200."""
    for word in error.codes.split():
        if word.isdecimal() and 400 <= int(word[:9]) < 600:
            return int(word)
        if word in _STATUSES:
            return _STATUSES[word]
    return 500


def seconds_in(text: str) -> float | None:
    """Of "37s", "7m12s", "25.4 seconds", "1h2m"; None where it begins with none."""
    total, at = 0.0, 0
    while (part := _DURATION.match(text, at)) is not None:
        total += (
            float(part[1])
            * _UNITS[part[2] if part[2] == "ms" else "ms" if part[2].startswith("mil") else part[2][0]]
        )
        at = part.end()
        while text[at : at + 1] == " ":
            at += 1
    return total if at else None


_STATUSES = {
    "invalid_request_error": 400,
    "badrequesterror": 400,
    "invalid_argument": 400,
    "failed_precondition": 400,
    "content_filter": 400,
    "authentication_error": 401,
    "unauthenticated": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "resource_exhausted": 429,
    "overloaded_error": 529,
}


def _records(body: object, depth: int) -> Iterator[Mapping[str, object]]:
    """The mappings that may say something, the innermost error first."""
    if depth > _DEEPEST:
        return
    if isinstance(body, str) and body[:200].lstrip()[:1] in ("{", "[") and len(body) <= 10 * MOST_TEXT:
        try:  # an error of another server, as text
            body = json.loads(body, strict=False)
        except (ValueError, RecursionError):
            return
    if isinstance(body, list):
        for item in body[:5]:
            yield from _records(item, depth + 1)
    if not isinstance(body, Mapping):
        return
    metadata = body.get("metadata")
    if isinstance(metadata, Mapping):  # OpenRouter keeps the provider's own words there
        yield from _records(metadata.get("raw"), depth + 1)
        yield metadata
    for key in (*_INSIDE, "message", "detail"):
        yield from _records(body.get(key), depth + 1)
    yield body
    for part in ("details", "violations"):
        yield from _records(body.get(part), depth + 1)


def _codes(records: list[Mapping[str, object]]) -> Iterator[str]:
    for record in records:
        for key in _CODES:
            value = record.get(key)
            if isinstance(value, int | str) and len(str(value)) <= 100:
                yield str(value)
        reasons = record.get("reasons")
        if isinstance(reasons, list):
            yield from (str(reason)[:100] for reason in reasons[:10])


def _text(records: list[Mapping[str, object]], body: object) -> str:
    """The first words that say more than that something went wrong."""
    for record in records:
        for key in (*_WORDS, *_INSIDE):
            value = record.get(key)
            if isinstance(value, list) and value and isinstance(value[0], str):
                value = value[0]
            if isinstance(value, str) and value.strip() and not _JSON.match(value):
                if value.strip().lower() not in ("error", "provider returned error") or record is records[-1]:
                    return _line(value)
    if isinstance(body, str):
        quoted = _QUOTED.search(body[: 10 * MOST_TEXT])  # JSON that is cut off
        return _line(quoted[2] if quoted else body)
    return ""


def _wait(records: list[Mapping[str, object]], text: str) -> float | None:
    for record in records:
        for key in _WAITS:
            value = record.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
                return float(value)
            if isinstance(value, str) and (seconds := seconds_in(value[:100].lower())) is not None:
                return seconds
    asked = _ASKED.search(text.lower())
    return seconds_in(asked[1]) if asked else None


def _is_page(text: str) -> bool:
    start = text[:500].lstrip("\ufeff \t\r\n").lower()
    return start.startswith("<") and (
        "<html" in text[:5_000].lower() or start.startswith(("<!doctype", "<head", "<body", "<?xml"))
    )


def _line(text: str) -> str:
    return " ".join(text[: 2 * MOST_TEXT].split())[:MOST_TEXT]
