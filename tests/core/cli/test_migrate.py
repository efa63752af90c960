"""`migrate`: when the champion's model ends, and what its successors make of the prompt; the same in a program."""

from __future__ import annotations

from pathlib import Path

from core import load_run, migrate
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv


def test_a_champion_is_moved_to_another_model(shell: Shell, workspace: Path, tmp_path: Path):
    data = write_csv(tmp_path / "trade.csv", rows(60))
    assert shell("tune", data, "--iterations", 4, "-q").code == 0
    assert "No prompt has been adopted" in shell("migrate", "trade").out
    assert shell("migrate", "trade", "--to", "offline:skimmer").code == 2
    shell("adopt", "latest")
    (workspace / "models.toml").write_text('[models."offline:reader"]\nretires = 2020-01-31\n')
    known = shell("migrate", "trade", "--json").found
    assert (known["model"], known["ends"], known["successors"]) == (
        "offline:reader",
        "2020-01-31",
        ["offline:skimmer"],
    )
    assert known["days_left"] < 0 and known["migration"] is None
    assert "stopped answering on 31 January 2020" in shell("migrate", "trade").out
    asked = ("migrate", "trade", "--to", "offline:skimmer")
    estimate = shell(*asked, "--estimate", "--json").found["estimate"]
    assert (estimate["lightweight_calls"], estimate["heavyweight_calls"], estimate["test_rows"]) == (
        62,
        0,
        15,
    )
    done = shell(*asked, "--json")
    before, after = done.found["migration"]["rows"]
    assert done.code == 0 and before["in_use"] and after["test"]["n"] == 15
    assert after["broke"] - after["fixed"] == before["test"]["correct"] - after["test"]["correct"]
    assert after["verdict"] in shell("migrate", "trade").out
    assert shell(*asked, "--iterations", 2).code == 2, "it is for tuning"
    assert shell("adopt", after["run_id"], "--why", "the reader has ended").code == 0
    listed = shell("adopt", "--history", "trade", "--json").found["champions"]
    assert [(each["model"], each["why"]) for each in listed] == [
        ("offline:skimmer", "the reader has ended"),
        ("offline:reader", ""),
    ]


def test_a_program_compares_models_and_changes_to_one(shell: Shell, workspace: Path, tmp_path: Path):
    shell("tune", write_csv(tmp_path / "trade.csv", rows(60)), "--iterations", 2, "-q")
    shell("adopt", "latest")
    found = migrate("trade", "offline:skimmer", workspace=workspace, progress=False)
    table = found.to_frame()
    assert list(table["model"]) == ["offline:reader", "offline:skimmer"] and list(table["n"]) == [15, 15]
    assert found.verdict in repr(found)
    found.adopt("offline:skimmer", "cheaper")
    assert load_run(table["run_id"][1], workspace=workspace).model == "offline:skimmer"
    [latest, _] = shell("adopt", "--history", "trade", "--json").found["champions"]
    assert (latest["model"], latest["why"], latest["run_id"]) == (
        "offline:skimmer",
        "cheaper",
        table["run_id"][1],
    )
