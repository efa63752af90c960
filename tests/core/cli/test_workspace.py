"""`import`, `runs` and `cache`."""

from __future__ import annotations

import time
from pathlib import Path

from core.store.store import Store
from core.types import LabelSet, Settings
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import HEAVY, LIGHT, PAIR, rows, write_csv
from tests.fakes.server import FakeServer


def test_a_file_is_imported_under_a_name(shell: Shell, workspace: Path, tmp_path: Path):
    data = write_csv(tmp_path / "a.csv", [*rows(12), ("", "bug")])
    found = shell("import", data, "--as", "tickets", "--json").found
    assert (found["dataset"], found["rows"]) == ("tickets", 12)
    assert found["labels"] == {"bug": 6, "docs": 3, "idea": 3} and found["left_out"] == {"no text": 1}
    assert found["notices"] == ["1 row without text is left out."]
    with Store.open(workspace / "whetstone.db") as store:
        kept = store.datasets.get(found["dataset_id"])
    assert [(row.text, row.label) for row in kept.examples] == rows(12)
    again = shell("import", data, "--as", "tickets")
    assert again.code == 0 and "'tickets (2)'" in again.out, "a taken name is never overwritten"


def test_runs_are_listed_newest_first(shell: Shell, tmp_path: Path):
    assert "No runs yet" in shell("runs").out
    assert shell("runs", "--json").found == {"runs": []}
    data = write_csv(tmp_path / "tickets.csv", rows(24))
    ids = [
        shell("tune", data, "--iterations", 1, "--seed", seed, "--json").found["run_id"] for seed in (1, 2)
    ]
    listed = shell("runs", "--json").found["runs"]
    assert [run["run_id"] for run in listed] == ids[::-1]
    assert [run["seed"] for run in listed] == [2, 1]
    run = listed[0]
    assert (run["status"], run["lightweight"]) == ("finished", "offline:reader")
    assert [run["dataset"] for run in listed] == ["tickets (2)", "tickets"], (
        "what another seed holds out stands in a dataset of its own"
    )
    assert run["calls"]["lightweight"]["api"] > 20 and run["cost_usd"] == {
        "lightweight": 0.0,
        "heavyweight": 0.0,
    }
    words = shell("runs").out
    assert ids[0] in words and ids[1] in words and "finished" in words


def test_a_run_whose_process_died_is_listed_as_interrupted(shell: Shell, workspace: Path, tmp_path: Path):
    shell("import", write_csv(tmp_path / "a.csv", rows(12)), "--as", "a")
    with Store.open(workspace / "whetstone.db") as store:
        run_id = store.runs.create(store.datasets.find("a"), Settings())
    with Store.open(workspace / "whetstone.db", now=lambda: time.time() - 120) as store:
        store.leases.claim(run_id, "somebody:1:gone")
    assert shell("runs", "--json").found["runs"][0]["status"] == "interrupted"


def test_replies_are_kept_counted_and_cleared(shell: Shell, server: FakeServer, tmp_path: Path):
    data = write_csv(tmp_path / "a.csv", rows(24))
    empty = shell("cache", "--json").found
    assert empty.pop("bytes") > 0 and empty == {"entries": 0, "hits": 0, "saved_usd": 0.0, "cleared": False}
    first = shell("tune", data, *PAIR, "--iterations", 1, "--json").found
    sent = server.counts["requests"]
    assert (
        shell("cache", "--json").found["entries"]
        == sent
        == first["calls"]["lightweight"]["api"] + first["calls"]["heavyweight"]["api"]
    )

    second = shell("tune", data, *PAIR, "--iterations", 1, "--json").found
    assert server.counts["requests"] == sent, "no call is paid twice"
    assert {role: calls["api"] for role, calls in second["calls"].items()} == {
        "lightweight": 0,
        "heavyweight": 0,
    }
    assert second["calls"]["lightweight"]["cached"] >= first["calls"]["lightweight"]["api"]
    own = {"run_id": "", "calls": {}, "cost_usd": {}}
    assert second | own == first | own, "what was found is the same"
    assert shell("cache", "--json").found["hits"] >= sent

    cleared = shell("cache", "--clear", "--json").found
    assert (cleared["entries"], cleared["hits"], cleared["cleared"]) == (0, 0, True)
    shell("tune", data, *PAIR, "--iterations", 1)
    assert server.counts["requests"] == 2 * sent


def test_the_same_rows_are_stored_once_and_changed_ones_beside_them(
    shell: Shell, workspace: Path, tmp_path: Path
):
    one, other = rows(24), rows(24, seed=1)
    for table in (one, other, one, other, one):
        shell("tune", write_csv(tmp_path / "a.csv", table), "--iterations", 1)
    with Store.open(workspace / "whetstone.db") as store:
        assert [(info.name, info.rows) for info in store.datasets.all()] == [("a", 24), ("a (2)", 24)]
        assert {run.dataset_name for run in store.runs.all()} == {"a", "a (2)"}


def test_definitions_given_on_the_dashboard_do_not_slip_into_a_run_of_the_file(
    shell: Shell, workspace: Path, tmp_path: Path
):
    data = write_csv(tmp_path / "a.csv", rows(24))
    before = shell("tune", data, "--iterations", 1, "--json").found
    with Store.open(workspace / "whetstone.db") as store:
        store.datasets.set_definitions(
            store.datasets.find("a"), {"bug": "Something that worked once and does not now."}
        )
    after = shell("tune", data, "--iterations", 1, "--json").found
    own = {"run_id": "", "dataset": ""}
    assert after | own == before | own
    with Store.open(workspace / "whetstone.db") as store:
        assert store.runs.snapshot(after["run_id"]).labels == LabelSet(("bug", "docs", "idea"))


def test_the_models_of_a_run_are_listed(shell: Shell, server: FakeServer, tmp_path: Path):
    shell("tune", write_csv(tmp_path / "a.csv", rows(24)), *PAIR, "--iterations", 1)
    [run] = shell("runs", "--json").found["runs"]
    assert (run["lightweight"], run["heavyweight"], run["cost_usd"]) == (
        LIGHT,
        HEAVY,
        {"lightweight": None, "heavyweight": None},
    )


def test_rows_are_held_out_for_whatever_comes_after_the_run(shell: Shell, workspace: Path, tmp_path: Path):
    data = write_csv(tmp_path / "tickets.csv", rows(24))
    for _ in range(2):
        shell("tune", data, "--iterations", 1, "--seed", 1, "--json")
    with Store.open(workspace / "whetstone.db") as store:
        [info] = store.datasets.all()
        splits = store.rows.counts(info.id).splits
        runs = [
            {row.id: row.split for row in store.runs.snapshot(run.id).examples}
            for run in store.runs.all(info.id)
        ]
        assert set(splits) == {"train", "validation", "test"} and len(runs) == 2
        assert runs[0] == runs[1] == {row.id: row.split for row in store.datasets.get(info.id).examples}
