"""A judge as the scorer of answers, from the command line: the worked example of docs/scorers.md, with its figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import evaluate
from tests.core.cli.conftest import Shell

ROOT = Path(__file__).resolve().parents[3]
ANSWERS, ORDERS = ROOT / "docs" / "examples" / "order_answers.csv", ROOT / "data" / "samples" / "orders.csv"
PAGE = " ".join((ROOT / "docs" / "scorers.md").read_text(encoding="utf-8").split())
PURPOSE = ("--purpose", "Extract the order number from the message.")
FIELDS = ("--text", "answer", "--text", "reference", "--label", "verdict")


@pytest.fixture
def by(shell: Shell, tmp_path: Path) -> str:
    """The scorer: a judge that was tuned on answers which people had judged."""
    assert shell("tune", ANSWERS, *FIELDS, "--iterations", 3).code == 0
    assert "on 20 → 38 of 40 test answers" in shell("judge", "latest", "--good", "good").out
    file = tmp_path / "judge.json"
    shell("export", "latest", "--format", "json", "--out", file)
    assert json.loads(file.read_text(encoding="utf-8"))["judge"] == {"good": "good", "agreed": 38, "of": 40}
    return f"judge:{file}"


def test_the_worked_example_has_its_figures(shell: Shell, workspace: Path, by: str, tmp_path: Path):
    out = tmp_path / "orders.json"
    expected = shell(
        "tune", ORDERS, "--scorer", by, *PURPOSE, "--iterations", 4, "--estimate", "--json"
    ).found
    assert expected["estimate"]["judge"]["calls"] > 2_000 and not (workspace / "scorers").exists()

    done = shell("tune", ORDERS, "--scorer", by, *PURPOSE, "--iterations", 4, "--out", out)
    assert "“answer” is the reply, “reference” is the reference answer" in done.err
    assert "Scored by a judge. It agrees with people on 38 of 40 test answers." in done.out
    assert "16 → 59 of 60 right; 44 mistakes fixed, 1 new" in done.out
    assert "38 of 40" in PAGE and "44 mistakes fixed, 1 new" in PAGE
    measured = shell("evaluate", ORDERS, "--scorer", by, "--prompt", out, "--split", "test", "--json").found
    assert measured["accuracy"] == 59 / 60 and measured["calls"]["judge"]["api"] == 60
    assert measured["judge"] == {"model": "offline:reader", "good": "good", "agreed": 38, "of": 40}

    by_library = evaluate(ORDERS, out, scorer=by, split="test", workspace=workspace, progress=False)
    assert by_library.metrics.accuracy == 59 / 60


def test_a_run_goes_on_with_the_judge_that_it_began_with(shell: Shell, workspace: Path, by: str):
    command = ("tune", ORDERS, "--scorer", by, *PURPOSE, "--max-calls", 200, "--max-heavy-calls", 2)
    found = shell(*command, "--json").found
    assert found["calls"]["judge"]["api"] <= 200 and found["scorer"].startswith("judge:judge-")
    Path(by.removeprefix("judge:")).write_text("{}", encoding="utf-8")
    again = shell("tune", "--resume", found["run_id"], "--max-calls", 260, "--json").found
    assert again["scorer"] == found["scorer"] and again["best"]["test"]["n"] > 0
    assert again["calls"]["judge"]["api"] <= 260


def test_a_dataset_keeps_its_judge(shell: Shell, by: str):
    done = shell("import", ORDERS, "--scorer", by)
    assert (
        "It agrees with people on 38 of 40 test answers." in done.out and "scored by judge:judge-" in done.out
    )
    found = shell("tune", "orders", *PURPOSE, "--iterations", 1, "--json").found
    assert found["judge"]["agreed"] == 38 and found["best"]["test"]["accuracy"] > 0.9

    shell("adopt", "latest")
    moved = shell("migrate", "orders", "--to", "offline:skimmer", "--json").found
    assert moved["estimate"]["judge_calls"] == 3 * moved["estimate"]["lightweight_calls"] / 2, (
        "the floor, too"
    )
    in_use, successor = moved["migration"]["rows"]
    assert in_use["test"]["accuracy"] > 0.9 > successor["test"]["accuracy"] and successor["p"] < 0.0001


def test_pairs_are_judged_with_a_floor_and_calls_of_their_own(shell: Shell, by: str, tmp_path: Path):
    shell("import", ORDERS, "--scorer", by)
    out, pairs = tmp_path / "pairs.json", ("--models", "offline:reader", "--iterations", 1, *PURPOSE)
    assert shell("benchmark", "orders", *pairs, "--estimate", "--json").found["estimates"][0]["judge_calls"]
    assert (
        "60 test rows, best constant answer 1.7 %" in shell("benchmark", "orders", *pairs, "--out", out).out
    )
    [pair] = json.loads(out.read_text(encoding="utf-8"))["pairs"]
    assert pair["test"]["accuracy"] > 0.9 > pair["baseline"]["accuracy"] and pair["calls"]["judge"] > 0
