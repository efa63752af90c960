"""`versions`, DATASET@NAME, and `runs --tree`."""

from __future__ import annotations

from pathlib import Path

from core.store.records import Change
from core.store.store import Store
from core.types import Branch, Settings
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv


def relabelled(workspace: Path) -> str:
    """The id of the row of tickets that Ann gave another label."""
    with Store.open(workspace / "whetstone.db") as store:
        dataset_id = store.datasets.find("tickets")
        assert dataset_id
        row = store.datasets.get(dataset_id).examples[0]
        assert row.label == "bug"
        store.edits.change(dataset_id, [Change(row.id, "label", "idea")], "Ann")
        return row.id


def test_a_version_is_named_compared_tuned_on_exported_and_removed(
    shell: Shell, workspace: Path, tmp_path: Path
):
    shell("import", write_csv(tmp_path / "file.csv", rows(24)), "--as", "tickets")
    assert "No version of tickets has a name yet" in shell("versions", "tickets").out
    named = shell("versions", "tickets", "--name", "as imported", "--why", "untouched", "--json").found
    assert [(each["name"], each["why"]) for each in named["versions"]] == [("as imported", "untouched")]
    row = relabelled(workspace)
    found = shell("versions", "tick", "--compare", "as imported", "now", "--json").found
    assert found["counts"] == {"relabelled": 1}
    assert [(each["example_id"], each["before"], each["after"]) for each in found["rows"]] == [
        (row, "bug", "idea")
    ]
    then, now = (shell("export", name, "--format", "csv").out for name in ("tickets@AS IMPORTED", "tickets"))
    assert ",bug" in then.splitlines()[1] and ",idea" in now.splitlines()[1]
    run_id = shell("tune", "tickets@as imported", "--iterations", 1, "--json").found["run_id"]
    assert shell("runs", run_id, "--json").found["dataset_version"] == "as imported"
    with Store.open(workspace / "whetstone.db") as store:
        store.runs.create(named["dataset_id"], Settings(branch=Branch(run_id, 0)), "Branch")
    (root,) = shell("runs", "--tree", "--json").found["tree"]
    assert root["run_id"] == run_id and root["branches"][0]["began_with"] == {"run_id": run_id, "step": 0}
    assert "   └─ Branch, from the starting prompt" in shell("runs", "--tree").out
    rescored = shell("versions", "tickets", "--rescore", "now", "--json").found["runs"]
    assert [each["run_id"] for each in rescored][-1] == run_id and rescored[-1]["by_version"]["n"]
    assert shell("versions", "tickets", "--remove", "As imported", "--json").found["versions"] == []


def test_what_cannot_be_meant_is_refused_in_a_sentence(shell: Shell, tmp_path: Path):
    shell("import", write_csv(tmp_path / "file.csv", rows(24)), "--as", "tickets")
    shell("versions", "tickets", "--name", "gold")
    refused = {
        ("versions", "tickets", "--name", "a", "--remove", "gold"): "two things",
        ("versions", "tickets", "--why", "because"): "--name",
        ("versions", "tickets", "--name", "now"): "cannot be called",
        ("tune", "tickets@glod"): "There is no version “glod” of tickets: it has “gold”.",
        ("headroom", "tickets@gold"): "leave @gold out",
        ("runs", "latest", "--tree"): "leave RUN out",
    }
    for command, sentence in refused.items():
        done = shell(*command)
        assert done.code in (1, 2) and sentence in done.complaint, command
