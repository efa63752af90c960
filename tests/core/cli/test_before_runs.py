"""What is asked before a run: estimates, headroom, benchmark, definitions; and what people said of predictions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.store.store import Store
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv
from tests.core.store.posting import LABELS, answer, post

PRICED = ("--lightweight", "openai:gpt-6-luna", "--heavyweight", "anthropic:claude-sonnet-5-5")


@pytest.fixture
def trade(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "trade.csv", rows(60))


def test_an_estimate_says_calls_and_dollars_by_role_and_needs_no_key(
    shell: Shell, trade: Path, workspace: Path
):
    found = shell("tune", trade, *PRICED, "--estimate", "--budget-usd", 1, "--json").found
    expected = found["estimate"]
    assert sum(found["split_sizes"].values()) == 60
    roles = [expected["lightweight"], expected["heavyweight"]]
    assert [each["model"] for each in roles] == [PRICED[1], PRICED[3]] and all(
        each["calls"] for each in roles
    )
    assert expected["usd"] == pytest.approx([sum(each["usd"][end] for each in roles) for end in (0, 1)])
    assert 0 < expected["usd"][0] < expected["usd"][1] and expected["paid_steps"] > 0
    unknown = shell("tune", trade, "--lightweight", "openai:nobody-knows", "--estimate", "--json").found
    assert unknown["estimate"]["usd"] is None and unknown["estimate"]["unpriced"] == ["openai:nobody-knows"]
    for command in ("headroom", "benchmark"):
        assert shell(command, trade, "--estimate").code == 0
    assert not (workspace / "whetstone.db").exists() or shell("datasets", "--json").found["datasets"] == []


def test_headroom_says_what_there_is_to_gain_and_stores_nothing(shell: Shell, trade: Path, tmp_path: Path):
    done = shell("headroom", trade, "--rows", 20, "--json")
    found = done.found
    assert done.code == 0 and found["rows"] == 20 and found["advice"]
    assert [line["kind"] for line in found["lines"]][:2] == ["majority", "starting"]
    assert found["lines"][-1]["left_out"] and found["calls"]["lightweight"]["api"] >= 20
    assert shell("headroom", trade, "--rows", 20).out.startswith(found["advice"])
    assert shell("runs", "--json").found["runs"] == [] == shell("datasets", "--json").found["datasets"]
    capped = shell("headroom", trade, "--rows", 20, "--max-calls", 5, "--json")
    assert capped.code == 3 and capped.found["stopped"]
    ugly = write_csv(tmp_path / "ugly.csv", [["", ""], ["a", "x"]])
    assert shell("headroom", ugly).code == 1


def test_a_benchmark_tunes_every_pair_and_writes_a_line_for_each(shell: Shell, trade: Path, tmp_path: Path):
    out = tmp_path / "pairs.csv"
    done = shell("benchmark", trade, "--strategies", "edit", "--strategies", "rewrite", "--iterations", 1,
                 "--out", out, "--name", "Mine", "--json")  # fmt: skip
    made = done.found["benchmarks"]
    assert done.code == 0 and [each["benchmark"] for each in made] == [
        "Mine: trade, edit",
        "Mine: trade, rewrite",
    ]
    assert [pair["state"] for each in made for pair in each["pairs"]] == ["finished", "finished"]
    lines = out.read_text().splitlines()
    assert [line.rsplit(",", 1)[1] for line in lines] == ["strategy", "edit", "rewrite"]
    assert len(shell("runs", "--json").found["runs"]) == 2
    assert shell("benchmark", trade, "--models", "openai:gpt-6-luna", "--iterations", 1).code == 2, "no key"
    everything = write_csv(
        tmp_path / "train.csv", [(*row, "train") for row in rows(40)], ("text", "label", "split")
    )
    assert shell("benchmark", everything).code == 1


def test_definitions_are_drafted_corrected_in_a_file_and_stored(shell: Shell, trade: Path, tmp_path: Path):
    shell("import", trade, "--as", "My trade")
    draft = tmp_path / "labels.json"
    assert shell("definitions", "My t", "--from-model", "offline:editor", "--out", draft).code == 0
    assert set(json.loads(draft.read_text())) == {"bug", "docs", "idea"}
    assert set(shell("definitions", "My trade", "--json").found["definitions"].values()) == {""}
    draft.write_text(json.dumps({"BUG": "It  is\nbroken.", "docs": ""}))
    stored = shell("definitions", "My trade", "--set", draft, "--json").found
    assert stored["definitions"] == {"bug": "It is broken.", "docs": "", "idea": ""} and stored[
        "changed"
    ] == ["bug"]
    table = write_csv(
        tmp_path / "labels.csv", [("idea", "A wish."), ("docs", "About a guide.")], ("Label", "Definition")
    )
    assert shell("definitions", "My trade", "--set", table).code == 0
    assert shell("definitions", "My trade", "--json").found["definitions"]["idea"] == "A wish."
    for content, code in (('{"nobody": "x"}', 2), ("[1]", 1), ("{", 1), ('{"bug": 3}', 2)):
        draft.write_text(content)
        refused = shell("definitions", "My trade", "--set", draft)
        assert refused.code == code and refused.complaint, content


def test_feedback_is_counted_and_handed_over(shell: Shell, workspace: Path, tmp_path: Path):
    table = [(f"row {number}", LABELS[number % 3]) for number in range(9)]
    shell("import", write_csv(tmp_path / "trade.csv", table), "--as", "trade")
    with Store.open(workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        store.answers.add_all([answer(number, info.id) for number in (1, 2)])
        for number in (1, 2, 3):
            post(store, info.id, number)
    out = tmp_path / "feedback.jsonl"
    counted = shell("feedback", "trade", "--out", out, "--json").found
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert counted["feedback"] == 3 == sum(counted["states"].values()) == len(lines)
    assert [each["prediction_id"] for each in lines] == ["p1", "p2", "p3"] and lines[1]["score"] == 1.0
    assert lines[2]["text"] is None and lines[0]["text"] == "text number 1"
    assert shell("feedback", "trade", "--state", "waiting", "--json").found["entries"] == lines[2:]
    assert "text number 2" in shell("feedback", "trade").out
