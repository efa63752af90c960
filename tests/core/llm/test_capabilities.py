"""What a server can do is found out by a few calls, against servers that can more and less."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from core.errors import UsageError
from core.llm.call_loop import CallLoop
from core.llm.capabilities import CALLS, CapabilityReport, find_capabilities
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import read_profiles
from core.llm.connections import ModelContext
from tests.fakes import acts, wire
from tests.fakes.server import FakeServer

MODEL = "mine:model"


@pytest.fixture
def loop() -> Iterator[CallLoop]:
    running = CallLoop()
    yield running
    running.close()


Find = Callable[..., CapabilityReport]


@pytest.fixture
def find(server: FakeServer, loop: CallLoop) -> Find:
    def run(wire_format: str = "openai", more: str = "", silent: bool = False) -> CapabilityReport:
        url = server.anthropic_url if wire_format == "anthropic" else server.openai_url
        text = f'[endpoints.mine]\nbase_url = "{url}"\nwire = "{wire_format}"\n{more}'
        shared = ModelContext(read_profiles(text), Prices(), {}, silent=silent)
        return loop.run(find_capabilities(MODEL, shared))

    return run


class Able:
    """A server that does what is asked of it. `length` is the parameter that it heeds, `refuses` are words of
    a request that it answers with a 400."""

    def __init__(self, server: FakeServer, length: str, refuses: tuple[str, ...] = (), able: bool = True):
        self.length, self.refuses, self.able, self.body = length, refuses, able, {}
        server.check, server.answer = self.check, self.answer

    def check(self, path: str, body: dict) -> str | None:
        self.body = body
        written = json.dumps(body)
        return next(
            (f"Unsupported value: {word} is not supported" for word in self.refuses if word in written), None
        )

    def answer(self, messages: list[tuple[str, str]]) -> wire.Said:
        role, last = messages[-1]
        if "Count" in last:
            return wire.Said("1, 2, 3", "length" if self.length in self.body else "stop")
        if not self.able:
            return wire.Said("I think <label>heron</label>")
        if "JSON" in last:
            return wire.Said('{"reason": "It flies.", "label": "heron"}')
        return wire.Said("heron</label>" if role == "assistant" else "heron")


def works(report: CapabilityReport) -> dict[str, bool | None]:
    return {each.name: each.works for each in report.capabilities}


def test_a_server_that_can_everything(server: FakeServer, find: Find) -> None:
    Able(server, "max_tokens")
    report = find()
    assert works(report) == {
        "Usage": True,
        "System role": True,
        "Length limit": True,
        "JSON schema": True,
        "Start of the reply": True,
        "Token probabilities": False,
    }
    assert report.fields == {
        "system_role": "system",
        "length_parameter": "max_tokens",
        "structured": "response_format",
        "prefill": True,
    }
    assert report.calls == server.counts["requests"] <= CALLS


def test_a_server_that_can_little(server: FakeServer, find: Find) -> None:
    Able(server, "nothing", ("response_format", "logprobs"), able=False)
    report = find()
    found = works(report)
    assert [found[name] for name in ("Length limit", "JSON schema", "Start of the reply")] == [False] * 3
    assert (report.fields["structured"], report.fields["prefill"]) == ("", False)
    assert report.calls == server.counts["requests"] <= CALLS + 2


@pytest.mark.parametrize("refused", [True, False])
def test_the_length_parameter_that_is_heeded_is_found(server: FakeServer, find: Find, refused: bool) -> None:
    Able(server, "max_completion_tokens", ("max_tokens",) if refused else ())
    report = find()
    assert report.fields["length_parameter"] == "max_completion_tokens" and works(report)["Length limit"]
    assert report.calls == server.counts["requests"] <= CALLS + 2


def test_a_server_that_takes_no_system_text(server: FakeServer, find: Find) -> None:
    Able(server, "max_tokens")
    check = server.check
    server.check = lambda path, body: (
        "System role not supported" if body["messages"][0]["role"] == "system" else check(path, body)
    )
    report = find()
    assert works(report)["System role"] is False and "system_role" not in report.fields
    assert works(report)["JSON schema"] and "user_prompt_prefix" in report.capabilities[1].words


def test_a_server_that_knows_no_developer_gets_a_system_role(server: FakeServer, find: Find) -> None:
    Able(server, "max_tokens", ("developer",))
    assert find(more='system_role = "developer"\n').fields["system_role"] == "system"


@pytest.mark.parametrize("wire_format", ["anthropic", "openai-responses"])
def test_other_wire_formats_are_asked_in_their_words(
    server: FakeServer, find: Find, wire_format: str
) -> None:
    Able(server, "max_tokens" if wire_format == "anthropic" else "max_output_tokens")
    report = find(wire_format)
    assert all(works(report).values()) and "Token probabilities" not in works(report)
    word = "output_config.format" if wire_format == "anthropic" else "text.format"
    assert report.fields["structured"] == word


def test_a_server_that_only_streams_is_named(server: FakeServer, find: Find) -> None:
    Able(server, "max_tokens")
    check = server.check
    server.check = lambda path, body: "stream must be true" if "stream" not in body else check(path, body)
    report = find()
    assert works(report)["Whole replies"] is False and works(report)["JSON schema"]
    assert report.calls == server.counts["requests"] and server.counts["400"] == 1


def test_a_model_that_does_not_answer_is_one_call_and_one_sentence(server: FakeServer, find: Find) -> None:
    server.always = acts.status(404, "The model `model` does not exist")
    report = find()
    assert (report.capabilities, report.calls, server.counts["requests"]) == ((), 1, 1)
    assert "does not exist" in report.problem


def test_trouble_of_the_moment_says_nothing_of_the_server(server: FakeServer, find: Find) -> None:
    Able(server, "max_tokens")
    server.script.extend([acts.REPLY, acts.status(503, "busy"), *[acts.status(429, "slow")] * 3])
    report = find()
    assert set(list(works(report).values())[2:]) == {None}
    assert report.fields == {"system_role": "system"}


def test_nothing_is_sent_where_nothing_may_be(server: FakeServer, find: Find) -> None:
    with pytest.raises(UsageError, match="only to be looked at"):
        find(silent=True)
    assert server.counts["requests"] == 0
