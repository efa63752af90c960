"""`workspace`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.store.records import Change
from core.store.rows.old_changes import UNDOABLE
from core.store.store import Store
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv


@pytest.fixture
def edited(shell: Shell, workspace: Path, tmp_path: Path) -> Path:
    """A workspace with 3 change sets that may go and as many as always stay, all of them old."""
    shell("import", write_csv(tmp_path / "a.csv", rows(12)), "--as", "tickets")
    with Store.open(workspace / "whetstone.db") as store:
        info = store.datasets.all()[0]
        row = store.datasets.get(info.id).examples[0].id
        for n in range(UNDOABLE + 3):
            store.edits.change(info.id, [Change(row, "note", f"Note {n}")])
    with closing(sqlite3.connect(workspace / "whetstone.db")) as file, file:
        file.execute("update change_sets set at = at - 100 * 86400")
    return workspace


def test_what_takes_room_is_told_in_numbers_and_megabytes(shell: Shell, edited: Path):
    found = shell("workspace", "--json").found
    assert found["folder"] == str(edited) and found["bytes"] > 100_000
    parts = {each["part"]: each for each in found["parts"]}
    assert list(parts)[:2] == ["database", "replies"] and parts["database"]["bytes"] > 100_000
    tables = {each["table"]: each["rows"] for each in found["tables"]}
    assert (tables["examples"], tables["change_sets"]) == (12, UNDOABLE + 3)
    assert found["keep_days"] == {"predictions": None, "history": None} and found["cleaned"] == []
    words = shell("workspace").out
    assert "examples" in words and "12 rows" in words and "history for ever" in words


def test_a_dry_run_says_what_would_go_and_the_real_one_writes_it_out_first(shell: Shell, edited: Path):
    wish = ("workspace", "--clean", "history", "--older-than", 30)
    tried = shell(*wish, "--dry-run")
    assert "3 change sets older than 30 days would be deleted." in tried.out
    assert (
        f"{UNDOABLE} as old stay: they can be undone or redone, or a named version needs them." in tried.out
    )
    assert not (edited / "removed").exists()
    found = shell(*wish, "--json").found
    (gone,) = found["cleaned"]
    assert (gone["what"], gone["count"], gone["kept"]) == ("history", 3, UNDOABLE)
    assert Path(gone["file"]).parent == edited / "removed" and Path(gone["file"]).is_file()
    assert found["compacted_bytes"] is not None and not found["dry_run"]
    assert "0 change sets older" in shell(*wish).out


def test_days_are_set_and_what_is_older_goes(shell: Shell, edited: Path, tmp_path: Path):
    done = shell("workspace", "--keep-history", 30, "--out", tmp_path / "kept")
    assert "3 change sets older than 30 days deleted, written to" in done.out
    assert [path.suffix for path in (tmp_path / "kept").iterdir()] == [".gz"]
    assert shell("workspace", "--json").found["keep_days"]["history"] == 30
    shell("workspace", "--keep-history", 0)
    assert shell("workspace", "--json").found["keep_days"]["history"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--clean", "replies"), "From which age on are replies to go? Say so in days: --older-than 90."),
        (("--clean", "chages", "--older-than", 3), "'chages' is no choice"),
        (("--older-than", 3), "--older-than belongs to --clean"),
        (("--dry-run",), "--dry-run belongs to --clean"),
        (("--out", "a"), "--out belongs to --clean or --keep-history"),
        (("--clean", "history", "--older-than", 3, "--out", "a", "--no-file"), "contradict each other"),
        (("--keep-history", 99_999), "The history of changes is kept for 1 to 36,500 days, or for ever."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(shell: Shell, words: tuple[object, ...], said: str):
    done = shell("workspace", *words)
    assert done.code in (1, 2) and said in done.complaint


def test_a_dry_run_keeps_the_history_that_a_new_number_of_days_would_delete(shell: Shell, edited: Path):
    tried = shell("workspace", "--clean", "copies", "--older-than", 3, "--dry-run", "--keep-history", 30)
    assert tried.code == 2 and "--keep-history deletes at once, so it has no --dry-run" in tried.complaint
    found = shell("workspace", "--json").found
    assert found["keep_days"]["history"] is None
    assert {each["table"]: each["rows"] for each in found["tables"]}["change_sets"] == UNDOABLE + 3
