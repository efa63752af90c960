"""`tune` over both wire formats, in fair and foul weather (issue 3)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.core.cli.conftest import Done, Shell, point_at
from tests.core.cli.trade import HEAVY, KEY, LIGHT, PAIR, answer, is_heavy, rows, write_csv
from tests.fakes import acts
from tests.fakes.server import FakeServer
from tests.fakes.wire import Said

CLAUDES = ("anthropic:claude-haiku-5-5", "anthropic:claude-sonnet-5-5")
WRONG = "sk-wrong-Qm7TtuwRk02LpVd9Zx81"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "tickets.csv", rows(60))


def holds_secret(done: Done, *folders: Path, secret: str) -> list[str]:
    """Where the secret, or most of it, can be read."""
    parts = [secret.encode(), secret[:16].encode(), secret[-12:].encode()]
    places = {"stdout": done.out.encode(), "stderr": done.err.encode()}
    places |= {
        str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    }
    assert any(name.endswith(".db") for name in places), "there is a store to look into"
    return [name for name, content in places.items() if any(part in content for part in parts)]


# ---- fair weather


@pytest.mark.parametrize(
    ("light", "heavy", "paths"),
    [
        (LIGHT, HEAVY, {"/v1/chat/completions"}),
        ("openai:gpt-6-luna", "openai:gpt-6.1-sol", {"/v1/chat/completions"}),
        (*CLAUDES, {"/v1/messages"}),
        ("openai:gpt-6-luna", CLAUDES[1], {"/v1/chat/completions", "/v1/messages"}),
        (CLAUDES[0], HEAVY, {"/v1/chat/completions", "/v1/messages"}),
        ("offline:reader", HEAVY, {"/v1/chat/completions"}),
    ],
    ids=["openai", "openai by name", "anthropic", "mixed", "mixed the other way", "offline and openai"],
)
def test_every_pair_of_providers_tunes(
    shell: Shell, server: FakeServer, workspace: Path, data: Path, light: str, heavy: str, paths: set[str]
):
    done = shell("tune", data, "--lightweight", light, "--heavyweight", heavy, "--iterations", 3, "--json")
    assert done.code == 0, done.err
    found = done.found
    assert {seen.path for seen in server.seen} == paths
    models = Counter(body["model"] for body in server.bodies)
    for role, name in (("lightweight", light), ("heavyweight", heavy)):
        if not name.startswith("offline"):
            assert (
                found["calls"][role]["api"] == models[name.split(":")[1]]
                and found["calls"][role]["failed"] == 0
            )
    if not light.startswith("offline"):
        assert found["baseline"]["test"]["accuracy"] < 0.5 and found["best"]["test"]["accuracy"] == 1.0
        assert found["verdict"]["p"] < 0.05
    known = heavy.split(":")[1] in ("gpt-6.1-sol", "claude-sonnet-5-5")
    assert (found["cost_usd"]["heavyweight"] or 0) > 0 if known else found["cost_usd"]["heavyweight"] is None
    assert holds_secret(done, workspace, secret=KEY) == []


def test_a_rewrite_is_asked_for_and_read(shell: Shell, server: FakeServer, data: Path):
    found = shell("tune", data, *PAIR, "--strategy", "rewrite", "--iterations", 3, "--json").found
    assert found["best"]["test"]["accuracy"] == 1.0
    assert all(
        "<find>" not in body["messages"][-1]["content"] for body in server.bodies if body["model"] == "heavy"
    )


def test_no_improvement_is_a_normal_result(shell: Shell, server: FakeServer, data: Path):
    def stubborn(messages: list[tuple[str, str]]) -> Said:
        return answer(messages) if is_heavy(messages) else Said("<label>idea</label>")

    server.answer = stubborn
    done = shell("tune", data, *PAIR, "--iterations", 2, "--json")
    assert done.code == 0 and done.found["best"] == done.found["baseline"]
    assert (done.found["verdict"]["fixed"], done.found["verdict"]["broke"], done.found["verdict"]["p"]) == (
        0,
        0,
        1.0,
    )
    assert (
        "No improvement found: the starting prompt stays."
        in shell("tune", data, *PAIR, "--iterations", 2).out
    )


# ---- a run that cannot go on


@pytest.mark.parametrize("pair", [(LIGHT, HEAVY), CLAUDES], ids=["openai", "anthropic"])
@pytest.mark.parametrize("concurrency", [1, 50])
def test_a_wrong_key_ends_the_run_after_one_call_and_is_nowhere_to_be_read(
    shell: Shell,
    server: FakeServer,
    workspace: Path,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    pair: tuple[str, str],
    concurrency: int,
):
    monkeypatch.setenv("OPENAI_API_KEY", WRONG)
    monkeypatch.setenv("ANTHROPIC_API_KEY", WRONG)
    done = shell(
        "tune",
        data,
        "--lightweight",
        pair[0],
        "--heavyweight",
        pair[1],
        "--concurrency",
        concurrency,
        "--json",
    )
    assert (done.code, done.out, server.counts["requests"]) == (1, "", 1)
    assert "Incorrect API key provided" in done.complaint and pair[0] in done.complaint
    assert shell("runs", "--json").found["runs"][0]["status"] == "failed"
    assert holds_secret(done, workspace, secret=WRONG) == []
    assert holds_secret(shell("runs", "--json"), workspace, secret=WRONG) == []


def test_once_the_key_is_right_the_run_goes_on(
    shell: Shell, server: FakeServer, data: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", WRONG)
    assert shell("tune", data, *PAIR, "--iterations", 1).code == 1
    [run] = shell("runs", "--json").found["runs"]
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert shell("tune", "--resume", run["run_id"], "--json").found["run_id"] == run["run_id"]


def test_a_wrong_key_of_the_heavyweight_model_keeps_the_calls_that_were_paid(
    shell: Shell, server: FakeServer, data: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ANTHROPIC_API_KEY", WRONG)
    words = ("tune", data, "--lightweight", LIGHT, "--heavyweight", CLAUDES[1], "--iterations", 1, "--json")
    done = shell(*words)
    assert done.code == 1 and CLAUDES[1] in done.complaint
    paid = Counter(str(body) for body in server.bodies if body["model"] == "light")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert shell(*words).code == 0
    assert all(Counter(str(body) for body in server.bodies)[body] == 1 for body in paid)


def test_an_unknown_model_is_named_with_what_the_provider_said(shell: Shell, server: FakeServer, data: Path):
    server.always = acts.UNKNOWN_MODEL
    done = shell("tune", data, *PAIR, "--json")
    assert (done.code, done.out, server.counts["requests"]) == (1, "", 1)
    assert LIGHT in done.complaint and "does not exist" in done.complaint


def test_no_network_is_said_in_a_sentence(
    shell: Shell, data: Path, monkeypatch: pytest.MonkeyPatch, workspace: Path
):
    with FakeServer() as gone:
        point_at(gone, monkeypatch)
    done = shell("tune", data, *PAIR, "--json")
    assert (done.code, done.out) == (1, "") and "does not listen at" in done.complaint


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("openai:light", "OPENAI_API_KEY"),
        ("anthropic:claude-haiku-5-5", "ANTHROPIC_API_KEY"),
        ("gpt-6-luna", "did you mean openai:gpt-6-luna? Write a model as provider:model"),
        ("mystery:x", "There is no provider 'mystery'"),
        ("openai:", "names no model"),
        ("offline:oracle", "There is no offline model"),
    ],
)
@pytest.mark.parametrize("role", ["--lightweight", "--heavyweight"])
def test_a_model_that_cannot_be_opened_is_refused_before_anything_is_stored(
    shell: Shell, data: Path, role: str, model: str, said: str
):
    done = shell("tune", data, role, model)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1) and said in done.err
    assert shell("runs", "--json").found == {"runs": []}


# ---- endpoints


def test_two_endpoints_tune_in_one_run_each_with_its_own_key(
    shell: Shell, workspace: Path, data: Path, monkeypatch: pytest.MonkeyPatch
):
    """And with their own prices, limits and caches; neither key is anywhere to be read."""
    keys = {"LEFT_KEY": "left-key-Qm7TtuwRk02LpVd9", "RIGHT_KEY": "right-key-Qm7TtuwRk02LpVd9"}
    for variable, key in (*keys.items(), ("OPENAI_API_KEY", KEY)):
        monkeypatch.setenv(variable, key)
    words = ("tune", data, "--lightweight", "left:light", "--heavyweight", "right:heavy", "--json")
    with (
        FakeServer(answer=answer, key=keys["LEFT_KEY"]) as left,
        FakeServer(answer=answer, key=keys["RIGHT_KEY"]) as right,
    ):
        workspace.mkdir(parents=True)
        (workspace / "models.toml").write_text(
            f'[endpoints.left]\nbase_url = "{left.openai_url}"\nkey_variable = "LEFT_KEY"\n'
            "prices = {input = 1.0, output = 2.0}\nlimits = {concurrency = 2}\n"
            f'[endpoints.right]\nbase_url = "{right.anthropic_url}"\nkey_variable = "RIGHT_KEY"\nwire = "anthropic"\n'
            '[prices."right:heavy"]\ninput = 3.0\noutput = 4.0\n'
        )
        done = shell(*words, "--iterations", 2, "--budget-usd", 5)
        assert done.code == 0, done.err
        assert {seen.body["model"] for seen in left.seen} == {"light"} and left.most_at_once <= 2
        assert {seen.body["model"] for seen in right.seen} == {"heavy"}
        assert left.counts["401"] == right.counts["401"] == 0
        asked = left.counts["requests"], right.counts["requests"]
        again = shell(*words, "--iterations", 2, "--budget-usd", 5)
        assert (left.counts["requests"], right.counts["requests"]) == asked, "all from the cache"
    assert done.found["cost_usd"]["lightweight"] > 0 and done.found["cost_usd"]["heavyweight"] > 0
    for key in (*keys.values(), KEY):
        assert holds_secret(again, workspace, secret=key) == []


# ---- bad weather


def test_what_a_server_does_not_count_is_estimated_and_said_to_be(
    shell: Shell, server: FakeServer, workspace: Path, data: Path
):
    server.uncounted = True
    done = shell("tune", data, *PAIR, "--iterations", 1)
    assert done.code == 0 and "calls are estimated: the server does not say what was used." in done.out
    [run] = shell("runs", "--json").found["runs"]
    calls = run["calls"]["lightweight"]
    assert calls["estimated"] == calls["api"] > 0


def test_in_a_storm_every_row_ends_classified_as_on_a_calm_day(
    shell: Shell, workspace: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    words = ("tune", data, *PAIR, "--iterations", 1, "--concurrency", 50, "--json")
    with FakeServer(answer=answer, failures=(0.2, acts.STORM), seed=3) as storm:
        point_at(storm, monkeypatch)
        found = shell(*words).found
    for scored in (found["baseline"], found["best"]):
        for part in ("validation", "test"):
            assert scored[part]["n"] == found["split_sizes"][part] and scored[part]["failed"] == 0
    assert {role: calls["failed"] for role, calls in found["calls"].items()} == {
        "lightweight": 0,
        "heavyweight": 0,
    }
    failures = storm.counts["requests"] - storm.counts["answered"]
    bodies = Counter(str(body) for body in storm.bodies)
    assert failures > 15 and storm.counts["requests"] == len(bodies) + failures, (
        "no more calls than the failures' worth"
    )
    made = storm.counts["requests"] - storm.counts["429"]
    assert sum(calls["api"] for calls in found["calls"].values()) == made, (
        "and every one is counted, but for those that were told to come later"
    )

    with FakeServer(answer=answer) as calm:
        point_at(calm, monkeypatch)
        undisturbed = shell(*words, "--workspace", tmp_path / "calm").found
    for name in ("baseline", "best", "verdict", "steps"):
        assert found[name] == undisturbed[name]


def refusing(share: int):
    """The trade's answers, but the lightweight model refuses texts whose ticket number is divisible by
    `share`."""

    def say(messages: list[tuple[str, str]]) -> Said:
        number = 1 if is_heavy(messages) else int(messages[-1][1].split("ticket ")[1].split()[0])
        return answer(messages) if number % share else Said("I can't help with that.", "refusal")

    return say


def test_a_step_with_many_failed_calls_takes_no_decision_and_says_so(
    shell: Shell, server: FakeServer, data: Path
):
    server.answer = refusing(5)
    done = shell("tune", data, *PAIR, "--iterations", 2, "--json")
    found = done.found
    assert done.code == 0
    assert found["best"]["prompt"] == found["baseline"]["prompt"], "nothing was decided on damaged figures"
    tried = [step for step in found["steps"] if step["edits"]]
    assert tried and all(not step["accepted"] and step["decision"] == "undecided" for step in tried)
    assert all("calls failed, so this step takes no decision" in step["reason"] for step in tried)
    figures = found["baseline"]["validation"]
    assert figures["failed"] > 0 and figures["n"] + figures["failed"] == found["split_sizes"]["validation"], (
        "none dropped, none scored"
    )


def test_a_few_failed_calls_stop_nobody(shell: Shell, server: FakeServer, tmp_path: Path):
    table = rows(200)
    number = int(table[7][0].split("ticket ")[1].split()[0])
    server.answer = refusing(number)
    found = shell("tune", write_csv(tmp_path / "a.csv", table), *PAIR, "--iterations", 3, "--json").found
    refused = Counter(
        str(body["messages"])
        for body in server.bodies
        if f"ticket {number} " in body["messages"][-1]["content"]
    )
    assert refused, "the row was asked about"
    assert found["best"]["test"]["accuracy"] == 1.0


def test_a_heavyweight_reply_that_is_no_edit_costs_a_step_and_no_more(
    shell: Shell, server: FakeServer, data: Path
):
    replies = iter(
        ["I would rather not.", "<edit><field>system_prompt</field><find></find><replace>Texts about a cr"]
    )
    server.answer = lambda messages: (
        Said(next(replies, "Nothing.")) if is_heavy(messages) else answer(messages)
    )
    done = shell("tune", data, *PAIR, "--iterations", 3, "--json")
    assert done.code == 0
    early = done.found["steps"][1:4]
    assert [(step["accepted"], step["edits"]) for step in early] == [(False, [])] * 3 and all(
        step["reason"] for step in early
    )
