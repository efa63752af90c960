"""The whole stack over the real SDKs and a local server in bad weather."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import anthropic  # noqa: F401  # before the first call: on a busy machine its import takes longer than a lone first call may
import pytest

from core.errors import CallFailed, CapReached, ModelRefused
from core.llm.account import Account
from core.llm.budget import Budget, Caps
from core.llm.call_loop import CallLoop
from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.layers.reply_cache import ReplyCache
from core.llm.open_model import open_model
from core.types import Message, Reply, Request
from tests.core.store.scripted import wait_until
from tests.fakes import acts
from tests.fakes.server import FakeServer

NAMES = ("openai:gpt-6-luna", "anthropic:claude-haiku-5-5")
KEY = "sk-test-1234567890abcdef"


@pytest.fixture
def calls():
    calls = CallLoop()
    yield calls
    calls.close()


def requests(count: int) -> list[Request]:
    system = Message("system", "Which label: bug, improvement?")
    return [
        Request((system, Message("user", f"<text>\nIt crashes on page {number}.\n</text>")))
        for number in range(count)
    ]


def ask_all(
    calls: CallLoop,
    server_url: str,
    name: str,
    count: int,
    concurrency: int,
    *,
    account: Account | None = None,
    limits: CallLimits | None = None,
    cache: ReplyCache | None = None,
) -> list[Reply | CallFailed]:
    keys = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": server_url + "/v1",
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": server_url,
    }
    shared = ModelContext(load_profiles(), Prices(), keys, cache, {"": limits or CallLimits()})
    try:
        model = open_model(name, "lightweight", account or Account("run"), shared)
        return calls.ask_all(
            model, requests(count), concurrency=concurrency, on_reply=lambda done, total: None
        )
    finally:
        calls.run(shared.aclose())


@pytest.mark.parametrize("name", NAMES)
def test_in_a_storm_every_row_ends_with_a_reply(calls, name):
    with FakeServer(failures=(0.2, acts.STORM), seed=1) as server:
        account = Account("run")
        replies = ask_all(calls, server.url, name, 300, 50, account=account)
        failures = server.counts["requests"] - server.counts["answered"]
        assert failures > 30 and all(isinstance(reply, Reply) and reply.text for reply in replies)
        assert server.counts["requests"] == 300 + failures, "no call is made for nothing"
        assert server.counts["429"] > 5
        assert account.meter.spend("lightweight").api == server.counts["requests"] - server.counts["429"]
        assert account.meter.spend("lightweight").failed == 0


@pytest.mark.parametrize("headers", [{}, {"retry-after": "1"}])
def test_under_a_quota_nothing_is_lost(calls, headers):
    """How long it takes: tests/core/llm/test_rate_limited.py, by a clock that jumps."""
    with FakeServer(latency=0.05, quota=100, quota_headers=headers) as server:
        replies = ask_all(calls, server.url, NAMES[0], 300, 100)
        assert all(isinstance(reply, Reply) for reply in replies) and server.counts["429"] > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_key_ends_the_run_after_one_call_and_is_not_shown(calls, name):
    with FakeServer(key="another", latency=0.02) as server:
        with pytest.raises(ModelRefused) as caught:
            ask_all(calls, server.url, name, 200, 50)
        assert server.counts["requests"] == 1
        assert KEY not in str(caught.value) and "Incorrect API key" in str(caught.value)


def test_an_unknown_model_ends_the_run_after_one_call(calls):
    with FakeServer(always=acts.UNKNOWN_MODEL) as server:
        with pytest.raises(ModelRefused, match="does not exist"):
            ask_all(calls, server.url, NAMES[0], 200, 50)
        assert server.counts["requests"] == 1


def test_no_network_refuses_the_run_and_costs_nothing(calls):
    """After how many tries: tests/core/llm/test_retry.py."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    account = Account("run", Budget(Caps({"lightweight": 10})))
    with pytest.raises(ModelRefused, match=r"connection refused.*Check the network"):
        ask_all(calls, url, NAMES[0], 200, 50, account=account)
    # calls that were under way give back what was reserved for them as they are cancelled, a moment later
    wait_until(lambda: account.budget.remaining_calls("lightweight") == 10, seconds=60)
    assert account.meter.spend("lightweight").api == 0


def test_a_server_that_hangs_costs_the_timeout_and_not_the_run(calls):
    with FakeServer() as server:
        server.script.extend([acts.REPLY, acts.HANG, acts.HANG])
        replies = ask_all(calls, server.url, NAMES[0], 20, 5, limits=CallLimits(timeout=0.5))
        assert all(isinstance(reply, Reply) for reply in replies), "and did not wait for the hour of a hang"
        assert server.counts["requests"] == 22


def test_a_server_that_always_fails_leaves_failed_calls_not_wrong_answers(calls):
    with FakeServer(always=acts.BROKEN) as server:
        account = Account("run")
        results = ask_all(calls, server.url, NAMES[0], 6, 3, account=account, limits=CallLimits(tries=3))
        assert all(isinstance(result, CallFailed) for result in results) and server.counts["requests"] == 18
        spend = account.meter.spend("lightweight")
        assert (spend.api, spend.failed) == (18, 6)


@pytest.mark.parametrize("failures", [(0.0, ()), (0.2, acts.STORM)])
def test_max_calls_makes_so_many_calls_and_no_more(calls, failures):
    with FakeServer(failures=failures, latency=0.01) as server:
        account = Account("run", Budget(Caps({"lightweight": 100})))
        with pytest.raises(CapReached, match="100 lightweight calls"):
            ask_all(calls, server.url, NAMES[0], 300, 50, account=account)
        made = server.counts["requests"] - server.counts["429"]  # a refused call is none
        assert made == 100 == account.meter.spend("lightweight").api


def test_money_is_not_overspent_at_any_time(calls):
    with FakeServer(latency=0.01) as server:
        account = Account("run", Budget(Caps(usd=0.002)))
        with pytest.raises(CapReached, match=r"cap of \$0.002"):
            ask_all(calls, server.url, NAMES[0], 3_000, 50, account=account)
        spend = account.meter.spend("lightweight")
        assert spend.api == server.counts["requests"] > 20
        assert 0.001 < spend.cost_usd <= 0.002


SCRIPT = """
import sys
from core.llm.account import Account
from core.llm.call_loop import CallLoop
from core.llm.layers.reply_cache import ReplyCache
from tests.core.llm.test_weather import NAMES, ask_all
account = Account("run")
replies = ask_all(CallLoop(), sys.argv[1], NAMES[0], 400, 8, account=account, cache=ReplyCache(sys.argv[2]))
spend = account.meter.spend("lightweight")
print(spend.api - spend.uncertain, sum(reply.cached for reply in replies), spend.uncertain)
"""


def test_a_run_that_is_killed_and_resumed_repeats_no_finished_call(tmp_path):
    command = [sys.executable, "-c", SCRIPT]
    root = Path(__file__).parents[3]
    with FakeServer(latency=0.02) as server:
        child = subprocess.Popen(
            [*command, server.url, str(tmp_path / "cache")], cwd=root, stdout=subprocess.PIPE
        )
        while server.counts["requests"] < 150:
            assert child.poll() is None
            time.sleep(0.005)
        child.send_signal(signal.SIGKILL)
        child.wait()
        before = server.counts["requests"]
        assert before < 400
        done = subprocess.run(
            [*command, server.url, str(tmp_path / "cache")],
            cwd=root,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        texts = Counter(body["messages"][-1]["content"] for body in server.bodies)
        twice = sum(count > 1 for count in texts.values())
        assert len(texts) == 400 and twice <= 8, "only what was under way when it was killed"
        *figures, uncertain = map(int, done.stdout.split())
        assert figures == [400, 0], "and the figures are those of one whole run"
        assert server.counts["requests"] - 400 <= uncertain <= 8, "none that may have been paid is hidden"
