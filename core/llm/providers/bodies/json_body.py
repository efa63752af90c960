"""The JSON of a body, however it is written: any encoding, NaN, bytes that are no text, a stream of events."""

from __future__ import annotations

import codecs
import json

import msgspec

from core.llm.providers.bodies.event_stream import assembled, is_stream

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode_json(content: bytes, content_type: str = "") -> object:
    """The decoded body; of a stream of events, the body that they make together. Raises ValueError for all that
    is none, nested too deeply included."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    text = body_text(content, content_type)
    if is_stream(text):
        return assembled(text)
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def body_text(content: bytes, content_type: str = "") -> str:
    """The text of a body, with marks in the place of what is none."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    charset = content_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")[:40]
    try:
        if codecs.lookup(charset or "utf-8").name != "utf-8":
            return content.decode(charset, "replace")
    except (LookupError, ValueError):
        pass
    return content.decode("utf-8", "replace")
