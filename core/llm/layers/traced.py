"""A span of OpenTelemetry for each try that leaves, by the GenAI semantic conventions."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from core.errors import CallFailed
from core.llm.base import Layer, Model
from core.types import Finish, Reply, Request

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

SCOPE = "whetstone"
CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_PROVIDERS = {"gemini": "gcp.gemini", "openai-compatible": "openai"}  # the others are named as we name them
_LENGTH_PARAMETERS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
_FINISHES = {Finish.FILTER: "content_filter"}


@dataclass(frozen=True, slots=True)
class Tracing:
    """Where spans go and whether they carry what was asked and answered."""

    tracer: Tracer
    content: bool = False


def global_tracing() -> Tracing | None:
    """By the tracer provider that the program's owner has set, such as by `opentelemetry-instrument`; None where
    there is none. Nobody can have set one without the import, so it is not made here."""
    trace: Any = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    provider = trace.get_tracer_provider()
    if isinstance(provider, (trace.ProxyTracerProvider, trace.NoOpTracerProvider)):
        return None
    tracer = provider.get_tracer(SCOPE)
    if isinstance(tracer, trace.NoOpTracer):
        return None
    return Tracing(tracer, os.environ.get(CONTENT, "").strip().lower() == "true")


class Traced(Layer):
    """Stands where a try is counted and paid for: what the cache answers makes no span, and a call that is
    tried three times makes three. A span ends with its try, whatever ends it.

    No key is in a span. What was asked and answered is there only if wanted, and so is the sentence of a failure,
    since servers quote the text in it."""

    def __init__(self, model: Model, tracing: Tracing, role: str, run_id: str):
        super().__init__(model)
        self.tracing = tracing
        self.run = {"whetstone.role": role, "whetstone.run_id": run_id}
        self._tries: WeakKeyDictionary[asyncio.Task[Any], int] = (
            WeakKeyDictionary()
        )  # a call is a task of its own (single_flight.py)

    async def reply(self, request: Request) -> Reply:
        from opentelemetry.trace import SpanKind

        sent = self.exact(request)
        operation = "embeddings" if self.run["whetstone.role"] == "embedding" else "chat"
        with self.tracing.tracer.start_as_current_span(
            f"{operation} {self.name.partition(':')[2]}",
            kind=SpanKind.CLIENT,
            attributes=self._of_request(request, sent, operation),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                reply = await self.model.reply(request)
            except BaseException as error:
                self._close_failed(span, error)
                raise
            if span.is_recording():
                self._close(span, reply, operation)
            return reply

    def _of_request(self, request: Request, sent: dict[str, object], operation: str) -> dict[str, Any]:
        provider, _, model = self.name.partition(":")
        address = urlsplit(str(sent.get("base_url") or ""))
        length = [sent[key] for key in _LENGTH_PARAMETERS if key in sent]
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": _PROVIDERS.get(provider, provider),
            "gen_ai.request.model": model,
            **{key: value for key, value in self.run.items() if value},
            "whetstone.retry": self._retry(),
        }
        if length:
            attributes["gen_ai.request.max_tokens"] = length[0]
        if address.hostname:
            attributes["server.address"] = address.hostname
            attributes["server.port"] = address.port or (80 if address.scheme == "http" else 443)
        if self.tracing.content and operation == "chat":
            asked = [_message(one.role, one.content) for one in request.messages]
            attributes["gen_ai.input.messages"] = json.dumps(asked)
        return attributes

    def _retry(self) -> int:
        """0 for the first try of a call."""
        task = asyncio.current_task()
        assert task is not None
        number = self._tries.get(task, 0)
        self._tries[task] = number + 1
        return number

    def _close(self, span: Span, reply: Reply, operation: str) -> None:
        usage, finish = reply.usage, _FINISHES.get(reply.finish, str(reply.finish))
        if not usage.estimated:  # else the provider did not say
            span.set_attribute("gen_ai.usage.input_tokens", usage.input)
        if operation != "chat":
            return
        if not usage.estimated:
            span.set_attribute("gen_ai.usage.output_tokens", usage.output)
        span.set_attribute("gen_ai.response.finish_reasons", [finish])
        if usage.cached_input:
            span.set_attribute("gen_ai.usage.cache_read.input_tokens", usage.cached_input)
        if self.tracing.content:
            answered = [_message("assistant", reply.text) | {"finish_reason": finish}]
            span.set_attribute("gen_ai.output.messages", json.dumps(answered))

    def _close_failed(self, span: Span, error: BaseException) -> None:
        from opentelemetry.trace import Status, StatusCode

        span.set_attribute("error.type", _error_type(error))
        if isinstance(error, Exception):  # a call that is cancelled is no error
            span.set_status(Status(StatusCode.ERROR, str(error) if self.tracing.content else None))


def _message(role: str, text: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _error_type(error: BaseException) -> str:
    """One of few words, as figures by kind of failure need."""
    if isinstance(error, asyncio.CancelledError):
        return "cancelled"
    if not isinstance(error, CallFailed):
        return type(error).__name__
    if error.late:
        return "timeout"
    if error.rate_limited:
        return "rate_limited"
    if error.unreached:
        return "unreached"
    return "lost" if error.lost else "transient" if error.transient else "CallFailed"
