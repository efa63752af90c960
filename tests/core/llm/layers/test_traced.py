"""What the team's tracing shows of model calls: by the real SDK of OpenTelemetry, kept in memory."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from core.errors import CallFailed, ModelRefused
from core.llm import open_model as stack
from core.llm.account import Account
from core.llm.call_loop import CallLoop
from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.layers.reply_cache import ReplyCache
from core.llm.layers.retry import WithTimeout
from core.llm.layers.traced import Traced, Tracing, global_tracing
from core.llm.open_model import open_model
from core.types import Finish, Reply, Usage
from tests.core.llm.scripted import Scripted, ask, in_no_time

NAME, KEY = "openai:gpt-6-luna", "sk-never-in-a-span-0123456789"
TEXT = "a text that is nobody's business"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


@pytest.fixture
def tracing(provider: TracerProvider) -> Tracing:
    return Tracing(provider.get_tracer("test"))


def stacked(
    monkeypatch: pytest.MonkeyPatch,
    tracing: Tracing,
    script: Sequence[object],
    cache: ReplyCache | None = None,
    run_id: str = "run 1",
):
    """The whole stack over a model that does as it is told."""
    monkeypatch.setattr(stack, "global_tracing", lambda: tracing)
    profiles = load_profiles()
    shared = ModelContext(
        profiles, Prices(profiles.prices), {"OPENAI_API_KEY": KEY}, cache, {"": CallLimits(timeout=5.0)}
    )
    model = Scripted(script, name=NAME)
    model.exact = shared.connected(NAME, "lightweight").exact
    shared._connected[NAME, "lightweight"] = model
    return open_model(NAME, "lightweight", Account(run_id), shared)


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def test_a_call_is_a_span_of_the_genai_conventions(monkeypatch, tracing, exporter):
    reply = Reply("<label>bug</label>", Finish.LENGTH, Usage(120, 7, cached_input=100))
    in_no_time(stacked(monkeypatch, tracing, [reply]).reply(ask(TEXT, max_tokens=300)))
    [span] = exporter.get_finished_spans()
    assert (span.name, span.kind, span.status.status_code) == (
        "chat gpt-6-luna",
        SpanKind.CLIENT,
        StatusCode.UNSET,
    )
    assert attributes(span) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-6-luna",
        "gen_ai.request.max_tokens": 300,
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.usage.cache_read.input_tokens": 100,
        "gen_ai.response.finish_reasons": ("length",),
        "server.address": "api.openai.com",
        "server.port": 443,
        "whetstone.role": "lightweight",
        "whetstone.run_id": "run 1",
        "whetstone.retry": 0,
    }


def test_each_try_that_leaves_is_a_span_and_a_reply_of_the_cache_is_none(
    monkeypatch, tracing, exporter, tmp_path
):
    script = [
        CallFailed("slow down", transient=True, rate_limited=True),
        CallFailed("reset", transient=True, lost=True),
        Reply("<label>bug</label>"),
        Reply("<label>improvement</label>"),
    ]
    with closing(ReplyCache(tmp_path)) as cache:
        model = stacked(monkeypatch, tracing, script, cache)

        async def three() -> None:
            for text in ("one", "one", "two"):
                await model.reply(ask(text))

        in_no_time(three())
    spans = [attributes(span) for span in exporter.get_finished_spans()]
    assert [(span["whetstone.retry"], span.get("error.type")) for span in spans] == [
        (0, "rate_limited"),
        (1, "lost"),
        (2, None),
        (0, None),
    ]


@pytest.mark.parametrize(
    ("failure", "error_type"),
    [
        (CallFailed(f"quotes {TEXT}"), "CallFailed"),
        (CallFailed("no route", unreached=True, transient=True), "unreached"),
        (CallFailed("overloaded", transient=True), "transient"),
        (ModelRefused("wrong key"), "ModelRefused"),
        (ZeroDivisionError(TEXT), "ZeroDivisionError"),
    ],
)
def test_a_span_ends_with_every_failure(tracing, exporter, failure, error_type):
    model = Traced(Scripted([failure]), tracing, "lightweight", "run 1")
    with pytest.raises(type(failure)):
        in_no_time(model.reply(ask(TEXT)))
    [span] = exporter.get_finished_spans()
    assert (attributes(span)["error.type"], span.status.status_code) == (error_type, StatusCode.ERROR)
    assert TEXT not in span.to_json()


def test_a_span_ends_with_a_time_limit_and_with_cancellation(tracing, exporter):
    slow = WithTimeout(Scripted(latency=100.0), 5.0)
    model = Traced(slow, tracing, "lightweight", "run 1")

    async def both() -> None:
        with pytest.raises(CallFailed):
            await model.reply(ask(TEXT))
        task = asyncio.ensure_future(model.reply(ask(TEXT)))
        await asyncio.sleep(1.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_no_time(both())
    late, cancelled = exporter.get_finished_spans()
    assert (attributes(late)["error.type"], late.status.status_code) == ("timeout", StatusCode.ERROR)
    assert (attributes(cancelled)["error.type"], cancelled.status.status_code) == (
        "cancelled",
        StatusCode.UNSET,
    )


@pytest.mark.parametrize("wanted", [False, True])
def test_texts_are_in_a_span_only_where_they_are_wanted_and_keys_never(
    monkeypatch, tracing, exporter, wanted
):
    tracing = replace(tracing, content=wanted)
    in_no_time(stacked(monkeypatch, tracing, [Reply("<label>bug</label>")]).reply(ask(TEXT)))
    [span] = exporter.get_finished_spans()
    whole = span.to_json()
    assert (TEXT in whole, "<label>bug" in whole, KEY in whole) == (wanted, wanted, False)
    if wanted:
        [answered] = json.loads(str(attributes(span)["gen_ai.output.messages"]))
        assert answered == {
            "role": "assistant",
            "parts": [{"type": "text", "content": "<label>bug</label>"}],
            "finish_reason": "stop",
        }


def test_tokens_that_the_provider_did_not_count_are_not_in_a_span(tracing, exporter):
    model = Traced(Scripted([Reply("x", usage=Usage(estimated=True))]), tracing, "lightweight", "run 1")
    in_no_time(model.reply(ask(TEXT)))
    [span] = exporter.get_finished_spans()
    assert not [name for name in attributes(span) if "usage" in name]


def test_vectors_are_operations_of_their_own(tracing, exporter):
    model = Traced(Scripted([Reply("AAAA", usage=Usage(9))], name="ollama:e"), tracing, "embedding", "")
    in_no_time(model.reply(ask(TEXT)))
    [span] = exporter.get_finished_spans()
    assert span.name == "embeddings e"
    assert attributes(span)["gen_ai.usage.input_tokens"] == 9
    assert "gen_ai.usage.output_tokens" not in attributes(span)


def test_a_call_is_a_child_of_whatever_span_the_caller_is_in(monkeypatch, tracing, exporter):
    model, calls = stacked(monkeypatch, tracing, ["<label>bug</label>"]), CallLoop()
    try:
        with tracing.tracer.start_as_current_span("the program's own"):
            calls.ask_all(model, [ask(TEXT)], concurrency=4)
    finally:
        calls.close()
    call, own = exporter.get_finished_spans()
    assert call.parent is not None and call.parent.span_id == own.context.span_id


SET_PROVIDER = """
import sys
from core.llm.layers.traced import global_tracing
assert "opentelemetry" not in sys.modules and global_tracing() is None
from opentelemetry import trace
assert global_tracing() is None
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider())
print(global_tracing() is not None)
"""


@pytest.mark.parametrize(("disabled", "traced"), [("false", "True"), ("true", "False")])
def test_without_a_tracer_provider_there_is_no_layer(disabled: str, traced: str):
    done = subprocess.run(
        [sys.executable, "-c", SET_PROVIDER],
        capture_output=True,
        text=True,
        env={"OTEL_SDK_DISABLED": disabled},
        check=True,
    )
    assert done.stdout.strip() == traced
    if global_tracing() is None:  # unless somebody traces the tests
        model = stack._traced(Scripted(name=NAME), "lightweight", "run 1")
        assert isinstance(model, Scripted)
