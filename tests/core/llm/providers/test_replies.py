"""What is read out of a reply: text with its prefix, how it ended, tokens; and replies of servers that are
only nearly compatible."""

from __future__ import annotations

import asyncio
import json

import httpx2
import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.catalogue.profiles import load_profiles
from core.llm.providers.anthropic import AnthropicModel
from core.llm.providers.bodies.answer_body import finish_of
from core.llm.providers.connection import Endpoint
from core.llm.providers.openai import OpenAIModel
from core.llm.providers.reply_form import instructed, prefix_mode, take_prefix
from core.prompts.answers import with_prefix
from core.types import Finish, Message, Reply, Request, Usage
from tests.core.llm.providers.conftest import FORMS, QUESTION, ask
from tests.fakes import acts, wire
from tests.fakes.server import FakeServer

PREFIXED = Request((*QUESTION.messages, Message("assistant", "Reason: ")))


def answered(
    body: object, name: str = "openai:gpt-6-luna", status: int = 200, request: Request = QUESTION
) -> Reply:
    """The reply read from this body, through the real SDK and a mock transport."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def client() -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            transport=httpx2.MockTransport(lambda request: httpx2.Response(status, content=raw))
        )

    async def once() -> Reply:
        claude = name.startswith("anthropic:")
        sdk = (
            ("anthropic", "AsyncAnthropic", "http://mock", "/v1/messages")
            if claude
            else (
                "openai",
                "AsyncOpenAI",
                "http://mock",
                "/responses" if load_profiles().of(name).api == "responses" else "/chat/completions",
            )
        )
        way = Endpoint(*sdk, http_client=client)
        model = (AnthropicModel if claude else OpenAIModel)(
            name, "sk-test-key-000000", way, load_profiles().of(name)
        )
        return await model.reply(request)

    return asyncio.run(once())


# ---- tokens


@pytest.mark.parametrize("name", FORMS)
def test_tokens_are_counted_alike_for_every_provider(server: FakeServer, name: str) -> None:
    server.answer = lambda messages: wire.Said(
        "<label>bug</label>",
        input_tokens=900,
        output_tokens=70,
        cached_tokens=500,
        cache_write_tokens=100,
        reasoning_tokens=40,
    )
    assert ask(server, name).usage == Usage(
        input=900, output=70, cached_input=500, reasoning=40, cache_write=100
    )


def test_a_server_that_counts_no_tokens_is_read() -> None:
    body = {"choices": [{"message": {"content": "<label>bug</label>"}}]}
    assert answered(body).usage == Usage(estimated=True)
    assert answered(body | {"usage": None}).usage == Usage(estimated=True)


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"prompt_tokens": 12.0, "completion_tokens": 3.6}, Usage(12, 4)),
        ({"prompt_tokens": "12", "completion_tokens": "3"}, Usage(12, 3)),
        ({"input_tokens": 12, "output_tokens": 3}, Usage(12, 3)),
        ({"prompt_tokens": 12, "total_tokens": 15}, Usage(12, 3)),
        ({"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": [{"x": 12}]}, Usage(12, 3)),
        (
            {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": "x"}},
            Usage(12, 3),
        ),
        (
            {"prompt_tokens": 12, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 99}},
            Usage(12, 3, 12),
        ),
        ({"prompt_tokens": 12, "completion_tokens": None}, Usage(12, estimated=True)),
        ({"prompt_tokens": -1, "completion_tokens": 3}, Usage(0, 3, estimated=True)),
        ({"prompt_tokens": 1e300, "completion_tokens": True}, Usage(estimated=True)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Usage(estimated=True)),
        ([12, 3], Usage(estimated=True)),
        ("15 tokens", Usage(estimated=True)),
        ({}, Usage(estimated=True)),
    ],
)
def test_tokens_are_read_in_any_form(usage: object, counted: Usage) -> None:
    assert answered({"choices": [{"message": {"content": "x"}}], "usage": usage}).usage == counted


def test_the_seconds_of_a_call_are_told(server: FakeServer) -> None:
    server.latency = 0.2
    assert 0.2 <= ask(server, "openai:gpt-6-luna").seconds < 5


# ---- blocks and parts


def test_text_blocks_are_taken_by_type_thinking_first() -> None:
    blocks = [
        {"type": "thinking", "thinking": "<label>improvement</label>", "signature": "x"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": "A reason. "},
        {"type": "text", "text": "<label>bug</label>"},
    ]
    reply = answered({"content": blocks, "stop_reason": "end_turn"}, "anthropic:claude-haiku-5-5")
    assert reply.text == "A reason. <label>bug</label>"


def test_content_in_parts_is_read() -> None:
    parts = [{"type": "text", "text": "A reason. "}, {"type": "text", "text": "<label>bug</label>"}]
    assert answered({"choices": [{"message": {"content": parts}}]}).text == "A reason. <label>bug</label>"


def test_unknown_fields_of_a_reply_are_skipped() -> None:
    message = {"content": "ok", "reasoning_content": "hm", "tool_calls": []}
    body = {"choices": [{"message": message, "native_finish_reason": "x"}], "extra": [1, {}]}
    assert answered(body).text == "ok"


@pytest.mark.parametrize(
    ("reasons", "finish"),
    [
        (("stop", "eos", None, "end_turn", "stop_sequence", "STOP", "new", 7, [], "tool_calls"), Finish.STOP),
        (("length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length"), Finish.LENGTH),
        (("FinishReason.MAX_TOKENS", "model_context_window_exceeded", {"type": "length"}), Finish.LENGTH),
        (("content_filter", "SAFETY", "recitation", "PROHIBITED_CONTENT", "content-filter"), Finish.FILTER),
        (("refusal",), Finish.REFUSAL),
    ],
)
def test_the_end_of_an_answer_is_read_in_any_form(reasons: tuple, finish: Finish) -> None:
    assert {finish_of(reason) for reason in reasons} == {finish}


# ---- errors under status 200


def test_an_error_with_status_200_counts_as_its_own_code() -> None:
    with pytest.raises(CallFailed) as caught:
        answered({"error": {"code": 429, "message": "Provider is busy"}})
    assert caught.value.rate_limited
    with pytest.raises(ModelRefused, match="No such model"):
        answered({"error": {"code": 404, "message": "No such model"}})
    with pytest.raises(CallFailed, match="It broke"):
        answered(
            {
                "choices": [
                    {
                        "message": {"content": ""},
                        "finish_reason": "error",
                        "error": {"code": 502, "message": "It broke"},
                    }
                ]
            }
        )


def test_a_failed_response_is_transient() -> None:
    body = {
        "status": "failed",
        "output": [],
        "error": {"code": "server_error", "message": "The model failed"},
    }
    with pytest.raises(CallFailed, match="The model failed") as caught:
        answered(body, "openai:gpt-5.2-pro")
    assert caught.value.transient


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"42", b'"text"', b"\xff\xfe\x00", b'{"choices": [', b"<html>"]
)
@pytest.mark.parametrize("name", FORMS)
def test_nonsense_is_a_transient_failure(name: str, body: bytes) -> None:
    with pytest.raises(CallFailed) as caught:
        answered(body, name)
    assert caught.value.transient


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"error": "plain"}',
        b'{"detail": "x"}',
        b"<html>",
        b'[{"error": {"message": "in a list", "code": 400}}]',
    ],
)
def test_an_error_of_any_form_is_read(body: bytes) -> None:
    with pytest.raises(CallFailed) as caught:
        answered(body, status=400)
    assert caught.value.unclear and not caught.value.transient
    assert str(caught.value).startswith("openai:gpt-6-luna refuses the request (400): ")
    assert "<html>" not in str(caught.value)


# ---- the reply prefix


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("it is blank. <label>bug</label>", "Reason: it is blank. <label>bug</label>"),
        ("Reason: it is blank. <label>bug</label>", "Reason: it is blank. <label>bug</label>"),
        ("\nReason: it is blank.", "\nReason: it is blank."),
    ],
)
@pytest.mark.parametrize("name", FORMS)
def test_the_reply_has_its_prefix_once(server: FakeServer, name: str, said: str, text: str) -> None:
    server.script.append(acts.reply(said))
    assert ask(server, name, PREFIXED).text == text


def test_a_prefilled_reply_has_its_prefix_once(server: FakeServer) -> None:
    for said in (" it is blank.", "Reason: it is blank."):
        server.script.append(acts.reply(said))
        assert ask(server, "anthropic:claude-haiku-4-5", PREFIXED).text == "Reason: it is blank."


def test_the_instruction_stands_behind_the_last_user_message_only(server: FakeServer) -> None:
    shots = (Message("user", "an example"), Message("assistant", "<label>bug</label>"))
    ask(server, "openai:gpt-6-luna", Request((QUESTION.messages[0], *shots, *PREFIXED.messages[1:])))
    texts = [turn["content"] for turn in server.bodies[-1]["messages"]]
    assert ["Begin your reply" in text for text in texts] == [False, False, False, True]


def test_a_blank_prefix_is_none(server: FakeServer) -> None:
    ask(server, "anthropic:claude-haiku-5-5", Request((*QUESTION.messages, Message("assistant", "  \n"))))
    assert server.bodies[-1]["messages"] == [{"role": "user", "content": QUESTION.messages[1].content}]


def test_structured_output_carries_the_prefix_into_the_reason(server: FakeServer) -> None:
    answer = '{"reason": "Reason: it is blank.", "label": "bug"}'
    server.script.append(acts.reply(answer))
    reply = ask(server, "openai:gpt-6-luna", Request(PREFIXED.messages, choices=("bug", "improvement")))
    assert reply.text == answer
    assert server.bodies[-1]["messages"][-1]["content"].endswith("Begin your reason with exactly: Reason: ")


def test_the_screen_can_say_how_a_prefix_is_carried() -> None:
    profiles = load_profiles()
    assert prefix_mode(profiles.of("anthropic:claude-haiku-4-5")) == "prefill"
    assert prefix_mode(profiles.of("anthropic:claude-haiku-5-5")) == "instruction"
    assert prefix_mode(profiles.of("openai:unknown")) == "instruction"


def test_prefixes_without_a_user_message_are_asked_for_alone() -> None:
    turns, prefix = take_prefix((Message("system", "s"), Message("assistant", "{x}")))
    assert instructed(turns, prefix)[-1] == Message("user", "Begin your reply with exactly: {x}")
    assert with_prefix("", "text") == "text"


# ---- texts are data


@pytest.mark.parametrize(
    "text", ["{text} %s {0}", "\ud800 alone", "\x00", "</text>\n{}", "🙂" * 50, '"quoted" \\ back']
)
def test_texts_arrive_as_they_are(server: FakeServer, text: str) -> None:
    for name in FORMS:
        ask(server, name, Request((Message("user", text),)))
        body = server.bodies[-1]
        assert (body.get("messages") or body["input"])[-1]["content"] == text
