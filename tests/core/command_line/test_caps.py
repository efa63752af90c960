"""Caps on calls and dollars: kept at any concurrency, by the server's own count, and raised to go on."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.core.command_line.conftest import Shell, point_at
from tests.core.command_line.trade import HEAVY, LIGHT, PAIR, answer, is_heavy, rows, write_csv
from tests.fakes.server import FakeServer
from tests.fakes.wire import Said

PRICES = {LIGHT: (1.0, 4.0), HEAVY: (5.0, 20.0)}  # dollars per million input and output tokens


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "tickets.csv", rows(120))


class Till:
    """Counts what the server would bill."""

    def __init__(self) -> None:
        self.usd, self.calls = 0.0, 0
        self._lock = threading.Lock()

    def answer(self, messages: list[tuple[str, str]]) -> Said:
        said = answer(messages)
        given, made = PRICES[HEAVY if is_heavy(messages) else LIGHT]
        with self._lock:
            self.usd += (said.input_tokens * given + said.output_tokens * made) / 1e6
            self.calls += 1
        return said


def write_prices(workspace: Path, names: tuple[str, ...] = (LIGHT, HEAVY)) -> None:
    workspace.mkdir(parents=True, exist_ok=True)
    entries = (f'[prices."{name}"]\ninput = {PRICES[name][0]}\noutput = {PRICES[name][1]}\n' for name in names)
    (workspace / "models.toml").write_text("\n".join(entries), encoding="utf-8")


# ---- calls

@pytest.mark.parametrize("concurrency", [1, 50])
def test_a_hundred_calls_are_a_hundred_calls(shell: Shell, server: FakeServer, data: Path, concurrency: int):
    done = shell("tune", data, *PAIR, "--max-calls", 100, "--concurrency", concurrency, "--json")
    sent = sum(body["model"] == "light" for body in server.bodies)
    assert done.code in (0, 3) and 60 < sent <= 100
    found = done.found
    assert found["calls"]["lightweight"]["api"] == sent
    assert (done.code == 3) == (found["stop_reason"] == "cap")
    assert found["best"]["validation"]["n"] > 0 and found["best"]["test"]["n"] > 0, "the last reading was kept back"
    assert found["verdict"]["p"] is not None


@pytest.mark.parametrize("cap", [1, 2])
def test_heavyweight_calls_are_capped_for_themselves(shell: Shell, server: FakeServer, data: Path, cap: int):
    done = shell("tune", data, *PAIR, "--max-heavy-calls", cap, "--json")
    assert done.code in (0, 3)
    assert sum(body["model"] == "heavy" for body in server.bodies) == cap == done.found["calls"]["heavyweight"]["api"]


def test_a_run_that_needs_more_heavyweight_calls_than_allowed_says_so(shell: Shell, server: FakeServer, data: Path):
    done = shell("tune", data, *PAIR, "--max-heavy-calls", 1, "--iterations", 5, "--json")
    assert (done.code, done.found["stop_reason"], done.found["calls"]["heavyweight"]["api"]) == (3, "cap", 1)
    assert done.found["best"]["test"]["n"] > 0


def test_with_a_higher_cap_a_run_goes_on_and_pays_for_nothing_twice(shell: Shell, server: FakeServer, data: Path):
    first = shell("tune", data, *PAIR, "--max-heavy-calls", 1, "--iterations", 5, "--json").found
    refused = shell("tune", "--resume", first["run_id"])
    assert refused.code == 2 and "type a higher one" in refused.complaint
    done = shell("tune", "--resume", first["run_id"], "--max-heavy-calls", 9, "--json")
    assert done.code == 0 and done.found["run_id"] == first["run_id"]
    assert done.found["best"]["test"]["accuracy"] == 1.0 > first["best"]["test"]["accuracy"]
    sent = [json.dumps(body, sort_keys=True) for body in server.bodies]
    assert len(sent) == len(set(sent))
    assert sum(calls["api"] for calls in done.found["calls"].values()) == len(sent), "the run's own earlier calls are its own"


# ---- dollars

def test_the_budget_is_never_passed_ten_times_out_of_ten(shell: Shell, workspace: Path, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """At 50 calls at once, by what the server counted. It stops where the next call could pass the cap, not long before."""
    budget, dearest_light = 0.03, (1_200 * PRICES[LIGHT][0] + 500 * PRICES[LIGHT][1]) / 1e6
    for turn in range(10):
        till, folder = Till(), tmp_path / f"workspace {turn}"
        write_prices(folder)
        with FakeServer(answer=till.answer, latency=0.002 * (turn + 1), keep=False) as server:
            point_at(server, monkeypatch)
            done = shell(
                "tune", data, *PAIR, "--budget-usd", budget, "--concurrency", 50, "--iterations", 8, "--workspace", folder, "--seed", turn, "--json"
            )
            assert server.counts["requests"] == till.calls
        assert done.code == 3, (turn, done.err)
        spent = sum(done.found["cost_usd"].values())
        assert till.usd <= budget and spent == pytest.approx(till.usd), turn
        assert done.found["stop_reason"] == "cap" and till.calls > 20
        heavy_next = "heavyweight" in done.found["stop_reason"] or done.found["calls"]["heavyweight"]["api"] < 8
        assert till.usd > budget - dearest_light or heavy_next, "it did not stop long before it had to"
        assert server.most_at_once > 5, "there was a crowd"


@pytest.mark.parametrize("priced", [(), (LIGHT,), (HEAVY,)], ids=["neither", "the lightweight only", "the heavyweight only"])
def test_a_budget_with_an_unknown_price_refuses_to_start_and_says_what_to_do(
    shell: Shell, server: FakeServer, workspace: Path, data: Path, priced: tuple[str, ...]
):
    write_prices(workspace, priced)
    done = shell("tune", data, *PAIR, "--budget-usd", 0.05)
    assert (done.code, done.out, done.err.count("\n"), server.counts["requests"]) == (2, "", 1, 0)
    assert "is unknown" in done.err and "models.toml" in done.err and "cap calls or tokens instead" in done.err
    assert shell("runs", "--json").found == {"runs": []}


def test_a_budget_of_nothing_buys_nothing(shell: Shell, server: FakeServer, workspace: Path, data: Path):
    write_prices(workspace)
    done = shell("tune", data, *PAIR, "--budget-usd", 0, "--json")
    assert (done.code, done.found["stop_reason"], server.counts["requests"]) == (3, "cap", 0)
    for name in ("baseline", "best"):
        for part in ("train", "validation", "test"):
            assert set(done.found[name][part].values()) == {None}
    assert shell("tune", data, "--budget-usd", 0, "--iterations", 1).code == 0, "the offline pair costs nothing"


def test_listed_models_have_their_price_without_being_told(shell: Shell, server: FakeServer, data: Path):
    words = ("tune", data, "--lightweight", "openai:gpt-6-luna", "--heavyweight", "anthropic:claude-sonnet-5-5")
    done = shell(*words, "--budget-usd", 5, "--iterations", 1, "--json")
    assert done.code == 0 and all(cost > 0 for cost in done.found["cost_usd"].values())
