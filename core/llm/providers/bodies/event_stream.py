"""Streams of events put together into the body that the same server would send at once, in each wire format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

_STARTS = ("data:", "event:", "id:", "retry:", ":")


def is_stream(text: str) -> bool:
    return text[:100].lstrip("\ufeff \r\n").startswith(_STARTS)


def assembled(text: str) -> dict[str, object]:
    """Raises ValueError for a stream that ends before it says so."""
    whole = _Whole()
    for event in _events(text):
        whole.add(event)
    return whole.body()


def _events(text: str) -> Iterator[Mapping[str, Any]]:
    for line in text.splitlines():
        name, _, data = line.partition(":")
        data = data.strip()
        if name != "data" or not data:
            continue
        if data == "[DONE]":
            yield {"type": "done"}
            continue
        try:
            event = json.loads(data, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


class _Whole:
    """What the events so far come to."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.refusals: list[str] = []
        self.usage: dict[str, object] = {}
        self.reason: object = None
        self.ended = False
        self.error: object = None
        self.response: dict[str, object] | None = None
        self.claude = False

    def add(self, event: Mapping[str, Any]) -> None:
        kind = event.get("type")
        if event.get("error") or kind == "error":
            self.error = event.get("error") or dict(event)
        if kind in ("done", "message_stop"):
            self.ended = True
        elif isinstance(event.get("response"), dict) and event["response"].get("status") != "in_progress":
            self.response, self.ended = event["response"], True
        elif kind == "response.output_text.delta":
            self._say(event.get("delta"))
        elif kind == "message_start" and isinstance(event.get("message"), dict):
            self.claude = True
            self._count(event["message"])
        elif kind == "content_block_start" and isinstance(event.get("content_block"), dict):
            self._say(event["content_block"].get("text"))
        elif isinstance(event.get("delta"), dict):
            self._say(event["delta"].get("text"))
            self.reason = event["delta"].get("stop_reason") or self.reason
        for choice in event.get("choices") or () if isinstance(event.get("choices"), list) else ():
            self._choose(choice)
        self._count(event)

    def _choose(self, choice: object) -> None:
        if not isinstance(choice, dict) or choice.get("index") not in (None, 0):
            return
        piece = choice.get("delta") or choice.get("message") or choice
        if isinstance(piece, dict):
            self._say(piece.get("content") or piece.get("text"))
            if isinstance(piece.get("refusal"), str):
                self.refusals.append(piece["refusal"])
        self.error = choice.get("error") or self.error
        self.reason = choice.get("finish_reason") or self.reason

    def _say(self, piece: object) -> None:
        if isinstance(piece, str):
            self.texts.append(piece)
        elif isinstance(piece, list):
            for part in piece:
                self._say(part.get("text") if isinstance(part, dict) else part)

    def _count(self, event: Mapping[str, Any]) -> None:
        inner = event.get("x_groq")
        for usage in (event.get("usage"), inner.get("usage") if isinstance(inner, dict) else None):
            if isinstance(usage, dict):
                self.usage |= {name: value for name, value in usage.items() if value is not None}

    def body(self) -> dict[str, object]:
        if self.error is not None and not self.ended:
            return {"error": self.error}
        if self.response is not None and not self.texts:
            return self.response
        if not self.ended and not self.reason:
            raise ValueError("a stream that is cut off")
        text, usage = "".join(self.texts), self.usage or None
        if self.response is not None:
            return {**self.response, "output": self.response.get("output") or text}
        if self.claude:
            return {"content": text, "stop_reason": self.reason, "usage": usage}
        message = {"content": text, "refusal": "".join(self.refusals) or None}
        return {"choices": [{"message": message, "finish_reason": self.reason}], "usage": usage}
