"""Odd bodies of each wire format, through the real SDKs and the layers around a call: each ends in a reply, one text's
failure with a sentence, or a refusal, after no more requests than it is worth. docs/models.md lists them."""

# ruff: noqa: E501

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from random import Random

import httpx2
import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.account import Account
from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.profiles import load_profiles
from core.llm.layers.budgeted import Budgeted, CallCost
from core.llm.layers.refusals import RefusalLimited, Refusals
from core.llm.layers.retry import EMPTY_TRIES, UNCLEAR_TRIES, Retrying, WithTimeout
from core.llm.providers.anthropic import AnthropicModel
from core.llm.providers.connection import Endpoint
from core.llm.providers.openai import OpenAIModel
from core.types import Finish
from tests.core.llm.providers.conftest import QUESTION
from tests.core.llm.scripted import Flat

BUG = "<label>bug</label>"
CHAT = ("openai:gpt-6-luna", OpenAIModel, ("openai", "AsyncOpenAI", "http://mock", "/chat/completions"))
RESPONSES = ("openai:gpt-5.2-pro", OpenAIModel, ("openai", "AsyncOpenAI", "http://mock", "/responses"))
MESSAGES = (
    "anthropic:claude-haiku-5-5",
    AnthropicModel,
    ("anthropic", "AsyncAnthropic", "http://mock", "/v1/messages"),
)

USED = {"prompt_tokens": 9, "completion_tokens": 3}
MADE = {"input_tokens": 9, "output_tokens": 3}


def chat(content: object = BUG, reason: object = "stop", usage: object = USED, **message: object) -> dict:
    return {
        "choices": [{"message": {"content": content, **message}, "finish_reason": reason}],
        "usage": usage,
    }


def response(content: object = BUG, status: str = "completed", usage: object = MADE, **more: object) -> dict:
    parts = [{"type": "output_text", "text": content}] if isinstance(content, str) else content
    return {"output": [{"type": "message", "content": parts}], "status": status, "usage": usage, **more}


def message(content: object = BUG, reason: object = "end_turn", usage: object = MADE) -> dict:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return {"type": "message", "content": blocks, "stop_reason": reason, "usage": usage}


def events(*given: object) -> bytes:
    return b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in given)


DEEP = b'{"choices": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
LATIN = json.dumps(chat("<label>bug</label> é"), ensure_ascii=False).encode("latin-1")

# (what is odd, body, what comes of it: the reply's text, or a Finish, or the words of a failure, requests)
# fmt: off
CHATS = [
    ("content in parts", chat([{"type": "thinking", "thinking": [{"text": "no"}]}, {"type": "text", "text": BUG}]), BUG, 1),
    ("content decoded already", chat({"label": "bug"}), '{"label": "bug"}', 1),
    ("choices as one object", {"choices": chat()["choices"][0], "usage": USED}, BUG, 1),
    ("text of a completion", {"choices": [{"text": BUG, "finish_reason": "eos"}], "usage": USED}, BUG, 1),
    ("an end in capitals", chat(BUG, "MAX_TOKENS"), Finish.LENGTH, 1),
    ("an end that is a mapping", chat(BUG, {"type": "stop"}), BUG, 1),
    ("filtered, by the end", chat(None, "SAFETY"), Finish.FILTER, 1),
    ("filtered, without choices", {"promptFeedback": {"blockReason": "SAFETY"}, "usage": USED}, Finish.FILTER, 1),
    ("a refusal", chat(None, refusal="I cannot."), Finish.REFUSAL, 1),
    ("usage in words", chat(usage="12 tokens"), BUG, 1),
    ("usage in a list, NaN", json.dumps(chat(usage=[float("nan")])).encode(), BUG, 1),
    ("all tokens thought away", chat(None, "length", reasoning_content="hm"), Finish.LENGTH, 1),
    ("thoughts and no answer", chat(None, reasoning="hm"), "sent an empty reply", EMPTY_TRIES),
    ("no choices", {"choices": [], "usage": USED}, "sent an empty reply", EMPTY_TRIES),
    ("choices of no form", {"choices": 7}, "sent an empty reply", EMPTY_TRIES),
    ("a mark at the beginning", b"\xef\xbb\xbf" + json.dumps(chat()).encode(), BUG, 1),
    ("UTF-16", json.dumps(chat()).encode("utf-16"), BUG, 1),
    ("bytes that are no UTF-8", LATIN, "<label>bug</label> �", 1),
    ("a key twice", b'{"choices": [], ' + json.dumps(chat()).encode()[1:], BUG, 1),
    ("a stream", events({"choices": [{"delta": {"role": "assistant"}}]}, {"choices": [{"delta": {"content": "<label>bug"}}]}, {"choices": [{"delta": {"content": "</label>"}, "finish_reason": "stop"}]}, {"choices": [], "usage": USED}) + b"data: [DONE]\n", BUG, 1),
    ("a stream that is cut off", events({"choices": [{"delta": {"content": "<label>bug"}}]}), "cut off or not JSON", UNCLEAR_TRIES),
    ("an error in a stream", events({"error": {"message": "prompt is too long"}}), "too long", 1),
    ("a trailing comma", b'{"choices": [],}', "cut off or not JSON", UNCLEAR_TRIES),
    ("deep nesting", DEEP, "cut off or not JSON", UNCLEAR_TRIES),
    ("a web page", b"<html><title>Login</title></html>", "a web page instead of a reply", UNCLEAR_TRIES),
    ("too many bytes", b" " * 9_000_000, "sent more than 8 MB", 1),
    ("an error in a text", {"error": "Content Exists Risk"}, Finish.FILTER, 1),
    ("a detail alone", {"detail": "This model's maximum context length is 9 tokens"}, "too long", 1),
    ("a key is wrong, under 200", {"object": "error", "message": "Invalid API key", "code": 401}, "refuses the key", 1),
]
RESPONSE_BODIES = [
    ("an item without a type", {"output": [{"content": [{"text": BUG}]}], "usage": MADE}, BUG, 1),
    ("content as text", {"output": [{"type": "message", "content": BUG}], "usage": MADE}, BUG, 1),
    ("output as one object", {"output": {"type": "message", "content": BUG}, "usage": MADE}, BUG, 1),
    ("output as text", {"output": BUG, "usage": MADE}, BUG, 1),
    ("output_text alone", {"output_text": BUG, "usage": MADE}, BUG, 1),
    ("a chat completion", chat(), BUG, 1),
    ("thoughts first", {"output": [{"type": "reasoning", "content": [{"text": "no"}]}, *response()["output"]], "usage": MADE}, BUG, 1),
    ("thoughts alone", {"output": [{"type": "reasoning", "summary": []}], "status": "completed", "usage": MADE}, "sent an empty reply", EMPTY_TRIES),
    ("nothing", {"output": [], "status": "completed", "usage": MADE}, "sent an empty reply", EMPTY_TRIES),
    ("cut off without a reason", response(BUG, "incomplete"), Finish.LENGTH, 1),
    ("cut off, empty", {"output": [], "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "usage": MADE}, Finish.LENGTH, 1),
    ("filtered", response("", "incomplete", incomplete_details={"reason": "content_filter"}), Finish.FILTER, 1),
    ("a refusal part", response([{"type": "refusal", "refusal": "I cannot."}]), Finish.REFUSAL, 1),
    ("usage of another form", response(usage={"prompt_tokens": "9", "completion_tokens": 3.0}), BUG, 1),
    ("usage null", response(usage=None), BUG, 1),
    ("failed without a reason", {"output": [], "status": "failed", "error": None}, "failed (500)", UNCLEAR_TRIES),
    ("failed, too long", {"output": [], "status": "failed", "error": {"code": "context_length_exceeded", "message": "too long"}}, "too long", 1),
    ("failed, the key", {"output": [], "status": "failed", "error": {"code": "invalid_api_key", "message": "Wrong key"}}, "refuses the key", 1),
    ("a stream", events({"type": "response.created", "response": {"status": "in_progress"}}, {"type": "response.output_text.delta", "delta": BUG}, {"type": "response.completed", "response": response()}), BUG, 1),
    ("a stream without its answer", events({"type": "response.output_text.delta", "delta": BUG}, {"type": "response.completed", "response": {"status": "completed", "output": [], "usage": MADE}}), BUG, 1),
    ("a stream with an error", events({"type": "error", "message": "Content Exists Risk"}), Finish.FILTER, 1),
    ("a number", b"42", "cut off or not JSON", UNCLEAR_TRIES),
    ("a list", b"[]", "cut off or not JSON", UNCLEAR_TRIES),
]
MESSAGE_BODIES = [
    ("content as text", {"content": BUG, "stop_reason": "end_turn", "usage": MADE}, BUG, 1),
    ("content as one block", message({"type": "text", "text": BUG}), BUG, 1),
    ("a block without a type", message([{"text": BUG}]), BUG, 1),
    ("a block whose type is no word", message([{"type": ["text"], "text": BUG}]), BUG, 1),
    ("null in the blocks", message([None, {"type": "text", "text": None}, {"type": "text", "text": BUG}]), BUG, 1),
    ("thoughts first", message([{"type": "thinking", "thinking": "no", "text": "no"}, {"type": "text", "text": BUG}]), BUG, 1),
    ("a chat completion", chat(), BUG, 1),
    ("an old completion", {"completion": BUG, "stop_reason": "stop_sequence"}, BUG, 1),
    ("an empty end", message([]), "sent an empty reply", EMPTY_TRIES),
    ("an empty refusal", message([], "refusal"), Finish.REFUSAL, 1),
    ("the context is full", message(BUG, "model_context_window_exceeded"), Finish.LENGTH, 1),
    ("an end in capitals", message([], "MAX_TOKENS"), Finish.LENGTH, 1),
    ("usage in fractions", message(usage={"input_tokens": 9.0, "output_tokens": 2.5}), BUG, 1),
    ("negative usage", message(usage={"input_tokens": -9, "output_tokens": 3}), BUG, 1),
    ("null usage", message(usage={"input_tokens": None, "output_tokens": None}), BUG, 1),
    ("overloaded, under 200", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "is overloaded (529)", 10),
    ("too long, under 200", {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"}}, "too long", 1),
    ("no permission, under 200", {"type": "error", "error": {"type": "permission_error", "message": "no"}}, "refuses access", 1),
    ("a stream", b"event: message_start\n" + events({"type": "message_start", "message": {"usage": {"input_tokens": 9, "output_tokens": 1}}}, {"type": "content_block_start", "content_block": {"type": "text", "text": ""}}, {"type": "ping"}, {"type": "content_block_delta", "delta": {"type": "text_delta", "text": BUG}}, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}, {"type": "message_stop"}), BUG, 1),
    ("a stream that is cut off", events({"type": "message_start", "message": {}}, {"type": "content_block_delta", "delta": {"text": "<label>b"}}), "cut off or not JSON", UNCLEAR_TRIES),
    ("an error in a stream", events({"type": "error", "error": {"type": "rate_limit_error", "message": "This exceeds your daily limit"}}), "limit for the day", 1),
    ("too many bytes", b'"' * 9_000_000, "sent more than 8 MB", 1),
    ("nothing at all", b"", "cut off or not JSON", UNCLEAR_TRIES),
]
# fmt: on

CASES = [
    (form, *case)
    for form, cases in ((CHAT, CHATS), (RESPONSES, RESPONSE_BODIES), (MESSAGES, MESSAGE_BODIES))
    for case in cases
]


class Server:
    """Answers every request with one body; counts them."""

    def __init__(self, *bodies: object, status: int = 200, headers: dict[str, str] | None = None):
        self.bodies, self.status, self.headers = list(bodies), status, headers or {}
        self.requests: list[dict] = []

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.MockTransport(self.answer))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(json.loads(request.content))
        body = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
        if isinstance(body, httpx2.Response):
            return body
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx2.Response(self.status, headers=self.headers, stream=httpx2.ByteStream(raw))


def model_of(form: tuple, server: Server):
    name, make, way = form
    return make(
        name, "sk-test-key-000000", Endpoint(*way, http_client=server.client), load_profiles().of(name)
    )


async def outcome(form: tuple, server: Server, account: Account):
    """The reply or the error of one question, with the layers around it."""
    model = model_of(form, server)
    paid = Budgeted(model, account, "lightweight", CallCost("m", Flat(0.001, 0.01)))
    try:
        return await Retrying(
            RefusalLimited(paid, Refusals()), CallLimits(longest_wait=0.0), Random(0)
        ).reply(QUESTION)
    except (CallFailed, ModelRefused) as error:
        return error


@pytest.mark.parametrize(
    ("form", "odd", "body", "comes", "requests"), CASES, ids=[f"{case[0][2][3]} {case[1]}" for case in CASES]
)
def test_an_odd_body_ends_well(form: tuple, odd: str, body: object, comes: object, requests: int) -> None:
    server, account = Server(body), Account("run")
    result = asyncio.run(outcome(form, server, account))
    if isinstance(comes, Finish):
        assert result.finish is comes
    elif isinstance(result, Exception):
        assert comes in str(result) and str(result)[-1] in ".!?…" and "\n" not in str(result)
    else:
        assert (result.text, result.finish) == (comes, Finish.STOP)
    assert len(server.requests) == requests


@pytest.mark.parametrize("form", [CHAT, RESPONSES, MESSAGES], ids=["chat", "responses", "messages"])
def test_each_wire_format_has_twenty_odd_bodies(form: tuple) -> None:
    assert len({case[1] for case in CASES if case[0] is form}) >= 20


# ---- packed bodies


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip", "deflate", "identity", ""])
def test_a_packed_body_is_read(encoding: str) -> None:
    raw = json.dumps(chat()).encode()
    for name in encoding.split(", "):
        raw = gzip.compress(raw) if name == "gzip" else zlib.compress(raw) if name == "deflate" else raw
    server = Server(raw, headers={"content-encoding": encoding, "content-type": "text/html; charset=latin-1"})
    assert _asked(server).text == BUG


def test_a_body_that_says_it_is_packed_and_is_not_is_read() -> None:
    assert _asked(Server(chat(), headers={"content-encoding": "gzip"})).text == BUG


@pytest.mark.parametrize(
    ("raw", "encoding", "words"),
    [
        (b"nonsense", "gzip", "cannot be unpacked"),
        (b"nonsense", "br", "cannot be unpacked"),
        (gzip.compress(json.dumps(chat()).encode())[:-30], "gzip", "cut off or not JSON"),
        (gzip.compress(b" " * 9_000_000), "gzip", "sent more than 8 MB"),
        (gzip.compress(gzip.compress(b" " * 9_000_000)), "gzip, gzip", "sent more than 8 MB"),
    ],
    ids=["not packed", "unknown", "cut", "bomb", "bomb in a bomb"],
)
def test_what_cannot_be_unpacked_fails_in_words(raw: bytes, encoding: str, words: str) -> None:
    with pytest.raises(CallFailed, match=words) as caught:
        _asked(Server(raw, headers={"content-encoding": encoding}))
    assert caught.value.lost


def test_of_an_error_the_beginning_is_read() -> None:
    raw = b'{"error": {"message": "prompt is too long", "code": 400}, "more": "' + b"x" * 3_000_000
    with pytest.raises(CallFailed, match=r"finds this text too long \(400\): prompt is too long"):
        _asked(Server(raw, status=400))


class Drip(httpx2.AsyncByteStream):
    """A body that comes a byte at a time and never ends."""

    async def __aiter__(self):
        while True:
            yield b" "
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("status", [200, 400])
def test_a_body_that_drips_is_ended_by_the_time_of_a_try(status: int) -> None:
    model = model_of(CHAT, Server(httpx2.Response(status, stream=Drip())))
    with pytest.raises(CallFailed, match=r"did not answer within 0\.3 s") as caught:
        asyncio.run(WithTimeout(model, 0.3).reply(QUESTION))
    assert caught.value.transient and caught.value.lost


def _asked(server: Server):
    return asyncio.run(model_of(CHAT, server).reply(QUESTION))


# ---- servers that only stream


@pytest.mark.parametrize(
    ("form", "body", "sent"),
    [
        (
            CHAT,
            events({"choices": [{"delta": {"content": BUG}, "finish_reason": "stop"}]}),
            {"stream": True, "stream_options": {"include_usage": True}},
        ),
        (
            MESSAGES,
            events(
                {"type": "message_start", "message": {}}, {"delta": {"text": BUG}}, {"type": "message_stop"}
            ),
            {"stream": True},
        ),
    ],
    ids=["chat", "messages"],
)
def test_a_server_that_only_streams_is_asked_so_from_then_on(form: tuple, body: bytes, sent: dict) -> None:
    error = {
        "error": {
            "message": "This model only support stream mode, please enable the stream parameter to access the model. "
        }
    }
    server = Server(httpx2.Response(400, json=error), body)
    model = model_of(form, server)
    before = model.exact(QUESTION)

    async def twice() -> list[str]:
        return [(await model.reply(QUESTION)).text for _ in range(2)]

    assert asyncio.run(twice()) == [BUG, BUG]
    assert model.exact(QUESTION) == before and "stream" not in before
    assert ["stream" in each for each in server.requests] == [False, True, True]
    assert server.requests[-1].items() >= sent.items()


def test_a_server_without_options_of_a_stream_streams() -> None:
    wants = httpx2.Response(400, json={"error": {"message": "stream must be true"}})
    unknown = httpx2.Response(400, json={"error": {"message": "Unknown parameter: 'stream_options'."}})
    server = Server(
        wants, unknown, events({"choices": [{"delta": {"content": BUG}, "finish_reason": "stop"}]})
    )
    assert asyncio.run(model_of(CHAT, server).reply(QUESTION)).text == BUG
    assert "stream_options" not in server.requests[-1]
