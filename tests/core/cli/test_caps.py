"""Caps on calls and dollars: kept at any concurrency, by the server's own count, and raised to go on."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.core.cli.conftest import Shell, point_at
from tests.core.cli.trade import HEAVY, LIGHT, PAIR, answer, is_heavy, rows, write_csv, write_prompt
from tests.fakes.server import FakeServer
from tests.fakes.wire import Said

PRICES = {LIGHT: (1.0, 0.4), HEAVY: (0.2, 0.4)}  # dollars per million input and output tokens


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
    entries = (
        f'[prices."{name}"]\ninput = {PRICES[name][0]}\noutput = {PRICES[name][1]}\n' for name in names
    )
    (workspace / "models.toml").write_text("\n".join(entries), encoding="utf-8")


# ---- calls


@pytest.mark.parametrize("concurrency", [1, 50])
def test_a_hundred_calls_are_a_hundred_calls(shell: Shell, server: FakeServer, data: Path, concurrency: int):
    done = shell(
        "tune", data, *PAIR, "--max-calls", 100, "--iterations", 10, "--concurrency", concurrency, "--json"
    )
    sent = sum(body["model"] == "light" for body in server.bodies)
    assert done.code in (0, 3) and 60 < sent <= 100
    found = done.found
    assert found["calls"]["lightweight"]["api"] == sent
    assert (done.code == 3) == (found["stop_reason"] == "cap")
    assert found["best"]["validation"]["n"] > 0 and found["best"]["test"]["n"] > 0, (
        "the last reading was kept back"
    )
    assert found["verdict"]["p"] is not None


@pytest.mark.parametrize("cap", [1, 2])
def test_heavyweight_calls_are_capped_for_themselves(shell: Shell, server: FakeServer, data: Path, cap: int):
    done = shell("tune", data, *PAIR, "--max-heavy-calls", cap, "--json")
    assert done.code in (0, 3)
    assert (
        sum(body["model"] == "heavy" for body in server.bodies)
        == cap
        == done.found["calls"]["heavyweight"]["api"]
    )


def test_a_run_that_needs_more_heavyweight_calls_than_allowed_says_so(
    shell: Shell, server: FakeServer, data: Path
):
    done = shell("tune", data, *PAIR, "--max-heavy-calls", 1, "--iterations", 5, "--json")
    assert (done.code, done.found["stop_reason"], done.found["calls"]["heavyweight"]["api"]) == (3, "cap", 1)
    assert done.found["best"]["test"]["n"] > 0


@pytest.mark.parametrize("cap", ["--max-heavy-calls", "--max-calls"])
def test_with_a_higher_cap_a_run_goes_on_and_pays_for_nothing_twice(
    shell: Shell, server: FakeServer, data: Path, cap: str
):
    low, high = {"--max-heavy-calls": (1, 9), "--max-calls": (60, 180)}[cap]
    role = {"--max-heavy-calls": "heavy", "--max-calls": "light"}[cap]
    first = shell("tune", data, *PAIR, cap, low, "--iterations", 10, "--json").found
    refused = shell("tune", "--resume", first["run_id"])
    assert refused.code == 2 and "type a higher one" in refused.complaint
    done = shell("tune", "--resume", first["run_id"], cap, high, "--json")
    assert done.code in (0, 3) and done.found["run_id"] == first["run_id"]
    assert done.found["best"]["test"]["accuracy"] > first["best"]["test"]["accuracy"]
    sent = [json.dumps(body, sort_keys=True) for body in server.bodies]
    assert len(sent) == len(set(sent))
    assert sum(body["model"] == role for body in server.bodies) <= high, (
        "the new cap holds for the run as a whole"
    )
    assert sum(calls["api"] for calls in done.found["calls"].values()) == len(sent), (
        "and all of its calls are told"
    )
    assert shell("runs", "--json").found["runs"][0]["calls"] == done.found["calls"]


def test_a_cap_that_leaves_nothing_to_go_on_with_is_refused(shell: Shell, server: FakeServer, data: Path):
    first = shell("tune", data, *PAIR, "--max-calls", 60, "--iterations", 10, "--json").found
    made = first["calls"]["lightweight"]["api"]
    done = shell("tune", "--resume", first["run_id"], "--max-calls", made + 10)
    assert (done.code, done.out) == (2, "") and f"has made {made} lightweight calls" in done.complaint
    [run] = shell("runs", "--json").found["runs"]
    assert (run["status"], run["stop_reason"]) == ("finished", "cap"), "it is as it was"


# ---- dollars


def test_the_budget_is_never_passed_ten_times_out_of_ten(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """At 50 calls at once, by what the server counted; and it stops only where the next call could pass the
    cap."""
    data = write_csv(tmp_path / "many.csv", rows(150))
    write_prompt(tmp_path / "p.json")
    budget, longest = 0.0025, 400  # bytes of a request
    dearest = ((longest + 100) * PRICES[LIGHT][0] + 500 * PRICES[LIGHT][1]) / 1e6
    for turn in range(10):
        till, folder = Till(), tmp_path / f"workspace {turn}"
        write_prices(folder)
        words = (
            "evaluate",
            data,
            "--prompt",
            tmp_path / "p.json",
            "--concurrency",
            50,
            "--workspace",
            folder,
            "--json",
        )
        with FakeServer(answer=till.answer, latency=0.001 * turn, keep=False) as server:
            point_at(server, monkeypatch)
            done = shell(*words, "--budget-usd", budget + turn / 100_000)
            assert server.counts["requests"] == till.calls == done.found["calls"]["lightweight"]["api"]
        assert done.code == 3 and 0 < done.found["n"] == till.calls < 150
        assert budget + turn / 100_000 - dearest < till.usd <= budget + turn / 100_000
        assert done.found["cost_usd"]["lightweight"] == pytest.approx(till.usd), "every call is told"


@pytest.mark.parametrize("turn", [1, 2])
def test_a_run_keeps_its_budget_over_both_models(
    shell: Shell, workspace: Path, data: Path, monkeypatch: pytest.MonkeyPatch, turn: int
):
    budget, till = 0.03, Till()
    write_prices(workspace)
    with FakeServer(answer=till.answer, latency=0.005 * turn, keep=False) as server:
        point_at(server, monkeypatch)
        done = shell(
            "tune",
            data,
            *PAIR,
            "--budget-usd",
            budget,
            "--concurrency",
            50,
            "--iterations",
            8,
            "--seed",
            turn,
            "--json",
        )
        assert server.counts["requests"] == till.calls
        assert server.most_at_once > 5, "there was a crowd"
    assert done.code == 3 and done.found["stop_reason"] == "cap", done.err
    assert budget / 2 < till.usd <= budget, "it stops where the next step could pass the cap, not long before"
    assert all(cost > 0 for cost in done.found["cost_usd"].values())
    assert sum(done.found["cost_usd"].values()) == pytest.approx(till.usd), "every call is told"


def test_a_higher_budget_holds_for_the_run_as_a_whole(
    shell: Shell, workspace: Path, data: Path, monkeypatch: pytest.MonkeyPatch
):
    till = Till()
    write_prices(workspace)
    with FakeServer(answer=till.answer, latency=0.002) as server:
        point_at(server, monkeypatch)
        first = shell("tune", data, *PAIR, "--budget-usd", 0.015, "--iterations", 6, "--json")
        assert (first.code, first.found["stop_reason"]) == (3, "cap") and till.usd <= 0.015
        done = shell("tune", "--resume", first.found["run_id"], "--budget-usd", 0.03, "--json")
    assert 0.015 < till.usd <= 0.03 and sum(done.found["cost_usd"].values()) == pytest.approx(till.usd)


@pytest.mark.parametrize(
    "priced", [(), (LIGHT,), (HEAVY,)], ids=["neither", "the lightweight only", "the heavyweight only"]
)
def test_a_budget_with_an_unknown_price_refuses_to_start_and_says_what_to_do(
    shell: Shell, server: FakeServer, workspace: Path, data: Path, priced: tuple[str, ...]
):
    write_prices(workspace, priced)
    done = shell("tune", data, *PAIR, "--budget-usd", 0.05)
    assert (done.code, done.out, done.err.count("\n"), server.counts["requests"]) == (2, "", 1, 0)
    assert (
        "is unknown" in done.err and "models.toml" in done.err and "cap calls or tokens instead" in done.err
    )
    assert shell("runs", "--json").found == {"runs": []}


def test_a_budget_of_nothing_buys_nothing(shell: Shell, server: FakeServer, workspace: Path, data: Path):
    write_prices(workspace)
    done = shell("tune", data, *PAIR, "--budget-usd", 0, "--json")
    assert (done.code, done.found["stop_reason"], server.counts["requests"]) == (3, "cap", 0)
    for name in ("baseline", "best"):
        for part in ("train", "validation", "test"):
            assert set(done.found[name][part].values()) == {None}
    assert shell("tune", data, "--budget-usd", 0, "--iterations", 1).code == 0, (
        "the offline pair costs nothing"
    )


def test_listed_models_have_their_price_without_being_told(shell: Shell, server: FakeServer, data: Path):
    words = (
        "tune",
        data,
        "--lightweight",
        "openai:gpt-6-luna",
        "--heavyweight",
        "anthropic:claude-sonnet-5-5",
    )
    done = shell(*words, "--budget-usd", 5, "--iterations", 1, "--json")
    assert done.code == 0 and all(cost > 0 for cost in done.found["cost_usd"].values())


def test_an_account_that_runs_dry_leaves_what_was_measured(
    shell: Shell, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The starting prompt and a step are paid for; then no call is let through, and later all are again."""
    words = ("tune", data, *PAIR, "--iterations", 3, "--out", tmp_path / "best.json", "--json")

    class Purse:
        left = 10**9

        def check(self, path: str, body: dict) -> str | None:
            self.left -= 1
            return None if self.left >= 0 else "Your credit balance is too low to access the API."

    purse = Purse()
    with FakeServer(answer=answer, check=purse.check) as server:
        point_at(server, monkeypatch)
        whole = shell(*words).found
        calls = server.counts["answered"]
        monkeypatch.setenv("WHETSTONE_WORKSPACE", str(tmp_path / "second"))
        purse.left = calls // 2
        dry = shell(*words)
        assert dry.code == 3 and "credit balance is too low" in dry.err
        assert dry.found["status"] == "failed" and dry.found["best"]["validation"]["n"] > 0
        assert dry.found["best"]["test"]["n"] is None and (tmp_path / "best.json").exists()
        purse.left = 10**9
        resumed = shell("tune", "--resume", dry.found["run_id"], "--json")
        assert resumed.code == 0 and resumed.found["best"] == whole["best"]
        assert server.counts["answered"] == 2 * calls, "and what was paid is not asked again"
