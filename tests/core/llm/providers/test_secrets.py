"""No key in any message, whole or in part, whatever a server or library says."""

from __future__ import annotations

import json
import logging
import traceback
from urllib.parse import quote

import pytest

from core.errors import CallFailed, ModelRefused
from core.llm.batches.replies import reply_of
from core.llm.batches.service import BatchResult
from core.llm.providers.access import NO_KEY, masked, without_secret
from core.llm.providers.failures import Caller
from tests.core.llm.providers.conftest import ANTHROPIC_KEY, FORMS, OPENAI_KEY, ask
from tests.fakes import acts, wire
from tests.fakes.server import FakeServer

KEY = "sk-proj-Zx81Qm7+Ttu/wRk02=LpVd9"


@pytest.mark.parametrize(
    "echo",
    [
        KEY,
        repr(KEY),
        json.dumps({"key": KEY}),
        quote(KEY, safe=""),
        "Bearer " + KEY,
        KEY[:7] + "*" * 20 + KEY[-4:],
        KEY[:8] + "..." + KEY[-4:],
        KEY[:6] + "…" + KEY[-4:],
        "sk-ant-someoneelses0000000000",
        "AIzaSyA1234567890abcdefghij",
    ],
)
def test_every_echo_of_a_key_is_masked(echo: str) -> None:
    said = masked("Incorrect API key provided: " + echo + ". See the dashboard.", KEY)
    assert said.startswith("Incorrect API key provided: ") and said.endswith("See the dashboard.")
    assert "[key]" in said
    assert not any(
        part in said for part in (KEY[8:], KEY[-4:], quote(KEY, safe="")[8:], "someoneelses", "1234567890")
    )


@pytest.mark.parametrize(
    "text",
    [
        "Rate limit reached for gpt-6-luna on tokens per min (TPM).",
        "The model `sk-x` does not exist.",
        "2 * 3 is **6**.",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert masked(text, KEY) == text


@pytest.mark.parametrize("echo", [KEY, json.dumps({"key": KEY}), quote(KEY, safe="")])
def test_a_reply_loses_the_key_and_nothing_else(echo: str) -> None:
    around = "***Note***: sk-like-words-stay-here... <label>bug</label> {} None"
    said = without_secret(around.format(echo), KEY)
    assert "[key]" in said and KEY[4:] not in said and quote(KEY, safe="")[4:] not in said
    assert without_secret(around, KEY) == around


@pytest.mark.parametrize("stand_in", ["", "none", "test", "ollama", NO_KEY])
def test_what_stands_for_no_key_may_be_in_a_reply(stand_in: str) -> None:
    text = f"The test of {stand_in} says none."
    assert without_secret(text, stand_in) == text


@pytest.mark.parametrize("name", FORMS)
def test_a_server_that_answers_with_the_key_is_not_quoted(server: FakeServer, name: str) -> None:
    key = ANTHROPIC_KEY if name.startswith("anthropic") else OPENAI_KEY
    server.answer = lambda messages: wire.Said(f"You are Bearer {key}. <label>bug</label>")
    assert ask(server, name).text == "You are Bearer [key]. <label>bug</label>"


def test_nor_is_it_where_the_reply_comes_with_a_batch() -> None:
    caller = Caller("openai:x", "", OPENAI_KEY)
    body = wire.chat("x", wire.Said(f"You are {OPENAI_KEY}."))
    assert reply_of(BatchResult("1", 200, body), "", caller).text == "You are [key]."
    failed = reply_of(BatchResult("1", 401, {"error": {"message": f"No {OPENAI_KEY}"}}), "", caller)
    assert OPENAI_KEY not in str(failed)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("name", FORMS)
def test_no_message_of_any_status_holds_the_key(server: FakeServer, name: str, status: int) -> None:
    key = ANTHROPIC_KEY if name.startswith("anthropic") else OPENAI_KEY
    server.script.append(
        acts.status(status, f"Wrong: {key}, or {key[:7]}****{key[-4:]}?", code="oops-" + key)
    )
    with pytest.raises((CallFailed, ModelRefused)) as caught:
        ask(server, name)
    shown = "".join(traceback.format_exception(caught.value))
    assert "Wrong: " in shown
    assert key not in shown and key[-4:] not in str(caught.value)


@pytest.mark.parametrize("name", FORMS)
def test_the_log_holds_no_key(server: FakeServer, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.script.extend([acts.REPLY, acts.status(401, "no"), acts.RESET])
    for _ in range(3):
        try:
            ask(server, name)
        except (CallFailed, ModelRefused):
            pass
    assert OPENAI_KEY not in caplog.text and ANTHROPIC_KEY not in caplog.text


@pytest.mark.parametrize("name", FORMS)
def test_a_filtered_reply_holds_no_key(server: FakeServer, name: str) -> None:
    key = ANTHROPIC_KEY if name.startswith("anthropic") else OPENAI_KEY
    server.script.append(acts.status(400, f"content_filter for {key}", "content_filter"))
    assert ask(server, name).text == "content_filter for [key]."
