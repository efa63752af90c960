"""What is asked of runs that there are: compare, ledger, ablation, adopt, every prediction."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from core.store.store import Store
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import LIGHT, PAIR, rows, write_csv
from tests.fakes.server import FakeServer


@pytest.fixture(scope="module")
def tuned_once() -> list[Path]:
    return []


@pytest.fixture
def two_runs(
    tuned_once: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
    shell: Shell,
    server: FakeServer,
    workspace: Path,
    tmp_path: Path,
) -> tuple[str, str]:
    """Of one dataset, the longer one last: a copy for each test."""
    if not tuned_once:
        data = write_csv(tmp_path / "trade.csv", rows(60))
        for steps in (1, 3):
            assert shell("tune", data, *PAIR, "--iterations", steps, "-q").code == 0
        tuned_once.append(tmp_path_factory.mktemp("tuned") / "workspace")
        shutil.copytree(workspace, tuned_once[0])
    elif not workspace.exists():
        shutil.copytree(tuned_once[0], workspace)
    second, first = (run["run_id"] for run in shell("runs", "--json").found["runs"])
    return first, second


def test_two_runs_are_compared_in_words_in_figures_and_row_by_row(
    shell: Shell, two_runs: tuple[str, str], tmp_path: Path
):
    first, second = two_runs
    done = shell("compare", first, "latest", "--json", "--out", tmp_path / "flips.jsonl")
    compared = done.found
    assert done.code == 0 and [each["run_id"] for each in compared["runs"]] == [first, second]
    assert compared["claim"] == "test" and compared["headline"].startswith(("B is", "A and B may be"))
    validation = compared["validation"]
    assert validation["accuracy"][1] >= validation["accuracy"][0] and validation["fixed"]
    flips = [json.loads(line) for line in (tmp_path / "flips.jsonl").read_text().splitlines()]
    assert flips == compared["flips"] and {each["row_id"] for each in flips} >= set(validation["fixed"])
    assert sum(compared["tally"].values()) == validation["n"]
    words = shell("compare", first, second)
    assert compared["headline"] in words.out and words.out.splitlines()[-1].startswith(
        "Next: python -m core adopt"
    )
    assert shell("compare", first, first).code == 2


def test_the_ledger_shows_what_an_ablation_measured(
    shell: Shell, two_runs: tuple[str, str], server: FakeServer
):
    before = shell("ledger", "latest", "--json").found
    assert all(rule["worth"] is None for rule in before["rules"]) and len(before["rules"]) >= 2
    number = next(rule["number"] for rule in before["rules"] if rule["step"])
    calls = len(server.seen)
    assert (
        shell("ablation", "latest", "--rule", number, "--estimate", "--json").found["estimate"]["calls"] > 0
    )
    assert len(server.seen) == calls
    measured = shell("ablation", "latest", "--rule", number, "--json")
    [worth] = [rule["worth"] for rule in measured.found["rules"] if rule["number"] == number]
    assert measured.code == 0 and worth.startswith("helps")
    assert shell("ledger", "latest", "--json").found["rules"] == measured.found["rules"]
    assert worth in shell("ledger", "latest").out
    capped = shell("ablation", "latest", "--max-calls", 0, "--json")
    assert capped.code == 3 or capped.found["unmeasured"] == 0
    assert shell("ablation", "latest", "--rule", 99).code == 2


def test_a_prompt_is_adopted_once_and_never_in_a_workspace_that_is_only_shown(
    shell: Shell, two_runs: tuple[str, str], workspace: Path, monkeypatch: pytest.MonkeyPatch
):
    first, _ = two_runs
    assert shell("adopt", first[:6], "--json").found | {"prompt": None} == {
        "dataset": "trade",
        "dataset_id": shell("datasets", "--json").found["datasets"][0]["dataset_id"],
        "run_id": first,
        "step": 1,
        "model": LIGHT,
        "prompt": None,
        "cascade": False,
        "changed": True,
    }
    assert shell("adopt", first, "--json").found["changed"] is False
    assert shell("adopt", "latest", "--step", 99).code == 1
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    for words in (("adopt", "latest"), ("ablation", "latest"), ("headroom", "trade"), ("benchmark", "trade")):
        refused = shell(*words)
        assert (refused.code, "read-only" in refused.complaint) == (2, True), words
    assert shell("ledger", "latest").code == 0
    with Store.open(workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        assert len(store.champions.history(info.id)) == 1


def test_the_history_of_champions_has_reasons_and_leads_back(shell: Shell, two_runs: tuple[str, str]):
    first, second = two_runs
    assert shell("adopt", "--back", "trade").code == 2, "there is nothing to go back to"
    shell("adopt", first, "--why", "short  enough")
    shell("adopt", second, "--step", 0)
    gone_back = shell("adopt", "--back", "trade", "--json").found
    assert (gone_back["run_id"], gone_back["changed"]) == (first, True)
    listed = shell("adopt", "--history", "trade", "--json").found["champions"]
    told = [(each["number"], each["replaced"], each["run_id"], each["why"]) for each in listed]
    assert told == [
        (3, 2, first, "Back to number 1"),
        (2, 1, second, ""),
        (1, None, first, "short  enough"),
    ]
    words = shell("adopt", "--history", "trade").out
    assert "in place of number 2" in words and "“short  enough”" in words
    assert shell("adopt", "--back", "trade", "--to", 2).code == 0
    assert shell("adopt", "--back", "trade", "--to", 9).code == 1
    assert shell("adopt").code == 2 and shell("adopt", first, "--history", "trade").code == 2
    assert shell("adopt", second, "--why", "x" * 1_001).code == 1


def test_every_prediction_of_every_step_is_exported_with_tokens(
    shell: Shell, server: FakeServer, tmp_path: Path
):
    import pandas as pd

    assert (
        shell("tune", write_csv(tmp_path / "trade.csv", rows(60)), *PAIR, "--iterations", 1, "-q").code == 0
    )
    out = tmp_path / "all.parquet"
    assert shell("export", "latest", "--format", "predictions", "--out", out).code == 0
    table = pd.read_parquet(out)
    run = shell("runs", "latest", "--json").found
    last = table[(table.stage == "end") & (table.split == "test") & (table.step == run["best"]["step"])]
    assert last.correct.mean() == run["best"]["test"]["accuracy"] and (last.input_tokens > 0).all()
    assert set(table.step) == set(range(run["steps"][-1]["number"] + 1))
    assert table.cost_usd.isna().all(), "the price of this model is not known"
    part = shell("export", "latest", "--out", tmp_path / "part.csv", "--step", 0, "--split", "test", "--json")
    assert part.found["predictions"] == len(table[(table.step == 0) & (table.split == "test")])
    assert shell("export", "latest", "--format", "predictions", "--step", 99).code == 1
    assert shell("export", "latest", "--format", "predictions", "--out", tmp_path / "a.docx").code == 2
