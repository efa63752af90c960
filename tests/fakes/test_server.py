"""The fake server does what it is told, in this process and in another."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import anthropic
import openai
import pytest

from tests.fakes import acts
from tests.fakes.process import separate_server
from tests.fakes.server import FakeServer

SYSTEM = {"role": "system", "content": "Classify into exactly one of these labels: a, b.\n"}
BODY = {"model": "x", "messages": [SYSTEM, {"role": "user", "content": "t"}]}


def post(url: str, body: dict) -> tuple[int, dict]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_both_sdks_read_its_replies_as_their_own() -> None:
    with FakeServer() as server:
        with openai.OpenAI(api_key="k", base_url=server.openai_url) as client:
            chat = client.chat.completions.create(**BODY)  # type: ignore[call-overload]
            assert (
                chat.choices[0].message.content.endswith(("<label>a</label>", "<label>b</label>"))
                and chat.usage.total_tokens > 0
            )
            assert "<label>" in client.responses.create(model="x", input="hello").output_text
            vectors = client.embeddings.create(
                model="e", input=["one", "two", "one"], encoding_format="float"
            ).data
            assert vectors[0].embedding == vectors[2].embedding != vectors[1].embedding
            assert {one.id: one.shutdown_date for one in client.models.list()}["gpt-5"] == "2026-12-11"
        with anthropic.Anthropic(api_key="k", base_url=server.anthropic_url) as claude:
            message = claude.messages.create(
                model="x", max_tokens=9, system="s", messages=[{"role": "user", "content": "t"}]
            )
            assert [block.type for block in message.content] == ["thinking", "text"]
            assert claude.models.list().data[0].id == "claude-haiku-5-5"


def test_acts_are_played_in_order_then_the_usual_one() -> None:
    with FakeServer() as server:
        server.script.extend([acts.BROKEN, acts.reply("scripted"), acts.OVERLOADED])
        statuses = [post(server.openai_url + "/chat/completions", BODY)[0] for _ in range(4)]
        assert statuses == [500, 200, 529, 200]
        assert [one.status for one in server.seen] == statuses and server.bodies[0] == BODY
        assert server.counts["requests"] == 4 and server.counts["answered"] == 2


def test_equal_requests_get_equal_answers_and_edits_are_given_where_asked_for() -> None:
    with FakeServer() as server:
        first, again = (post(server.openai_url + "/chat/completions", BODY)[1] for _ in range(2))
        assert first["choices"] == again["choices"]
        asked = {
            "model": "x",
            "messages": [
                {"role": "user", "content": "Answer with <edit><field>…</field><find>…</find></edit>"}
            ],
        }
        assert (
            "</edit>"
            in post(server.openai_url + "/chat/completions", asked)[1]["choices"][0]["message"]["content"]
        )


def test_only_the_right_key_is_served() -> None:
    with FakeServer(key="right") as server:
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(api_key="wrong", base_url=server.openai_url, max_retries=0).chat.completions.create(
                **BODY
            )  # type: ignore[call-overload]
        openai.OpenAI(api_key="right", base_url=server.openai_url).chat.completions.create(**BODY)  # type: ignore[call-overload]


def test_the_quota_holds() -> None:
    with FakeServer(quota=5) as server:
        statuses = [post(server.openai_url + "/chat/completions", BODY)[0] for _ in range(8)]
        assert statuses == [200] * 5 + [429] * 3


def test_a_server_in_another_process_is_steered_over_http() -> None:
    with separate_server(keep=True) as url:
        assert post(url + "/v1/chat/completions", BODY)[0] == 200
        post(
            url + "/_control",
            {"always": {"kind": "status", "status": 503}, "script": [{"kind": "reply", "text": "hi"}]},
        )
        assert [post(url + "/v1/chat/completions", BODY)[0] for _ in range(2)] == [200, 503]
        with urllib.request.urlopen(url + "/_counts") as response:
            assert json.load(response)["requests"] == 3
        with urllib.request.urlopen(url + "/_seen") as response:
            assert json.load(response)[0]["body"] == BODY
