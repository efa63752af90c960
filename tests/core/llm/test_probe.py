"""One tiny call to a model: what came back, or why nothing did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.llm.call_loop import CallLoop
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.layers.reply_cache import ReplyCache
from core.llm.probe import Probed, probe
from core.types import Finish
from tests.core.llm.providers.conftest import ANTHROPIC_KEY, keys_for
from tests.fakes import acts
from tests.fakes.server import FakeServer

LUNA = "openai:gpt-6-luna"


@pytest.fixture
def ask(server: FakeServer, tmp_path: Path) -> Iterator:
    loop = CallLoop()
    shared = ModelContext(load_profiles(), Prices(), keys_for(server), ReplyCache(tmp_path / "cache"))

    def once(name: str = LUNA, role: str = "lightweight") -> Probed:
        return probe(name, role, shared, loop.ask_all)

    yield once
    loop.run(shared.aclose())
    loop.close()


def test_it_shows_what_came_back_and_what_it_took(server: FakeServer, ask):
    server.always = acts.Act("reply", text="ready")
    probed = ask()
    assert (probed.reply.text, probed.problem) == ("ready", "")
    assert probed.reply.usage.input > 0 and probed.cost_usd == pytest.approx((20 * 0.10 + 10 * 0.50) / 1e6)
    assert probed.exact["model"] == "gpt-6-luna"


def test_each_test_is_a_call_of_its_own_past_the_cache(server: FakeServer, ask):
    ask(), ask()
    assert server.counts["requests"] == 2


def test_a_model_is_asked_as_its_role_asks_it(server: FakeServer, ask):
    ask(role="heavyweight")
    assert (
        server.bodies[0]["reasoning_effort"] == "medium"
        and server.bodies[0]["max_completion_tokens"] >= 8_000
    )


def test_it_is_not_tried_again(server: FakeServer, ask):
    server.always = acts.status(500, "upstream is down")
    probed = ask()
    assert probed.reply is None and "upstream is down" in probed.problem and server.counts["requests"] == 1


def test_a_wrong_key_is_a_sentence_without_the_key(server: FakeServer, ask):
    server.key = "another"
    probed = ask("anthropic:claude-haiku-5-5")
    assert "key" in probed.problem.lower() and ANTHROPIC_KEY not in repr(probed)


def test_a_model_that_cannot_be_opened_is_a_sentence(ask):
    assert "provider" in ask("nobody:x").problem
    assert ask("nobody:x").exact == {}


def test_a_reply_that_was_cut_off_is_shown_as_such(server: FakeServer, ask):
    server.always = acts.Act("reply", text="rea", finish="length")
    assert ask().reply.finish is Finish.LENGTH


def test_an_unknown_price_is_none(server: FakeServer, ask):
    assert ask("openai:strange").cost_usd is None
