import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from core.errors import StoreError
from core.store.feedback.records import ServedPrediction, State
from core.store.records import Change, RowQuery, RunStatus
from core.store.schema.database import Database, connect
from core.store.schema.migrations import MIGRATIONS, bring_up_to_date
from core.store.schema.tables import SCHEMA
from core.store.store import Store
from core.types import Prompt
from tests.core.store import schema_1


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "whetstone.db"
    schema_1.build(path)
    return path


def structure(path: Path) -> set[tuple]:
    """Tables, columns and indexes, whatever the order in which they were made."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {(name, *row[1:]) for name in names for row in connection.execute(f"PRAGMA table_info({name})")}
    indexes = {
        (
            name,
            index if origin == "c" else "",
            unique,
            tuple(row[2] for row in connection.execute(f"PRAGMA index_info({index})")),
        )
        for name in names
        for _, index, unique, origin, _ in connection.execute(f"PRAGMA index_list({name})")
    }
    keys = {
        (name, *row[2:]) for name in names for row in connection.execute(f"PRAGMA foreign_key_list({name})")
    }
    connection.close()
    return columns | indexes | keys


def backups(path: Path) -> list[str]:
    return sorted(file.name for file in path.parent.iterdir() if file.name.endswith(".backup"))


def test_a_workspace_of_schema_1_opens_with_everything_in_it(old: Path):
    with Store.open(old) as store:
        assert [(info.name, info.rows, info.excluded, info.champion) for info in store.datasets.all()] == [
            ("old “data”", 2, 1, True)
        ]
        first, second = store.datasets.get("d1").examples
        assert (first.label, first.note, first.canonical, first.split, second.excluded) == (
            "docs",
            "a note",
            True,
            "train",
            True,
        )
        assert [(entry.who, entry.before, entry.after) for entry in store.edits.history("d1")] == [
            ("Ann", "bug", "docs")
        ]
        assert [(row.version, row.review, row.edits) for row in store.rows.page("d1").rows] == [
            (2, "", 1),
            (1, "", 0),
        ]
        assert [row.id for row in store.rows.page("d1", RowQuery(edited=True)).rows] == ["r0"]
        assert store.edits.upcoming("d1") == ("“first text” from “bug” to “docs”.", "")
        assert (
            store.datasets.info("d1").labels.definitions == {"bug": "fails"}
            and store.marks.get("d1", "suspect") == {}
        )
        assert store.champions.current("d1").prompt == Prompt("S", "P", "X")
        assert store.runs.get("run1").result.best.evaluations["validation"].metrics.accuracy == 0.5
        assert (
            store.steps.all("run1")[0].number,
            store.steps.figures("run1")[0].kept,
            store.runs.get("run1").seconds,
        ) == (0, True, 10.0)
        assert store.runs.snapshot("run2").examples[0].text == "t"
        assert store.leases.mark_interrupted() == 1 and store.runs.get("run2").status == RunStatus.INTERRUPTED
        assert store.edits.undo("d1") and store.rows.page("d1").rows[0].label == "bug"
        assert [row.edits for row in store.rows.page("d1").rows] == [0, 0]
        assert store.edits.redo("d1") and store.rows.page("d1").rows[0].label == "docs"
        assert store.labels.rename("d1", "docs", "documentation", seen_version=4) and store.edits.undo("d1")
        assert store.edits.change("d1", [Change("r1", "note", "new")])
        store.answers.add(ServedPrediction("p", "d1", 0.0, " " + first.text.upper() + "\n", "bug", "label"))
        said = store.feedback.give("d1", "p", correction="bug")
        assert said.state is State.INBOX and "canonical row" in said.why, "its row was found by its text"


def test_a_migrated_workspace_has_the_structure_of_a_new_one(old: Path, tmp_path: Path):
    Store.open(old).close()
    Store.open(tmp_path / "new.db").close()
    assert structure(old) == structure(tmp_path / "new.db")


def test_a_label_of_schema_1_that_has_found_another_use_stays_when_it_is_undone(old: Path):
    connection = sqlite3.connect(old)
    connection.execute("UPDATE change_sets SET new_labels = '[\"docs\"]'")
    connection.execute("UPDATE examples SET label = 'docs' WHERE id = 'r1'")
    connection.commit()
    connection.close()
    with Store.open(old) as store:
        store.edits.undo("d1")
        assert store.datasets.info("d1").labels.names == ("bug", "docs")
        store.edits.redo("d1")
        assert store.datasets.info("d1").labels.names == ("bug", "docs")


def test_the_backup_of_the_old_workspace_opens_too(old: Path):
    Store.open(old).close()
    kept = old.parent / backups(old)[0]
    assert schema(kept) == "1"
    with Store.open(kept) as store:
        assert store.datasets.get("d1").examples[0].note == "a note"


def test_every_schema_after_the_first_has_its_migration():
    assert list(MIGRATIONS) == list(range(2, SCHEMA + 1))


# ---- the mechanism, with migrations of the future


def add_colour(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE datasets ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'"))


def add_shape(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE shapes (name TEXT)"))
    connection.execute(text("UPDATE datasets SET colour = 'blue'"))


def fail_half_way(connection: Connection) -> None:
    add_shape(connection)
    raise StoreError("This migration cannot be done.")


@pytest.fixture
def database(old: Path):
    opened = connect(old, lambda: 0.0)
    yield opened
    opened.close()


def colours(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    found = [colour for (colour,) in connection.execute("SELECT colour FROM datasets")]
    connection.close()
    return found


def schema(path: Path) -> str:
    connection = sqlite3.connect(path)
    (found,) = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    connection.close()
    return found


def test_migrations_run_in_order_after_a_backup_of_the_old_state(database: Database, old: Path):
    before = structure(old)
    bring_up_to_date(database, {3: add_shape, 2: add_colour}, target=3)
    assert (schema(old), colours(old)) == ("3", ["blue"])
    assert backups(old) == ["whetstone.db.schema-1.backup"]
    kept = old.parent / backups(old)[0]
    assert (schema(kept), structure(kept)) == ("1", before)
    assert kept.stat().st_mode & 0o077 == 0


def test_a_workspace_that_is_up_to_date_is_not_backed_up_again(database: Database, old: Path):
    bring_up_to_date(database, {2: add_colour}, target=2)
    bring_up_to_date(database, {2: add_colour}, target=2)
    assert len(backups(old)) == 1


def test_a_migration_that_fails_leaves_the_workspace_as_it_was(database: Database, old: Path):
    before = structure(old)
    with pytest.raises(StoreError, match="cannot be done"):
        bring_up_to_date(database, {2: add_colour, 3: fail_half_way}, target=3)
    assert (schema(old), structure(old)) == ("1", before)
    bring_up_to_date(database, {2: add_colour, 3: add_shape}, target=3)
    assert schema(old) == "3"
    assert len(backups(old)) == 2, "an older backup is never overwritten"


def test_a_newer_schema_is_refused_politely_and_left_alone(old: Path):
    connection = sqlite3.connect(old)
    connection.execute("UPDATE meta SET value = '99'")
    connection.commit()
    connection.close()
    before = structure(old)
    with pytest.raises(
        StoreError, match=r"newer Whetstone \(schema 99, this one knows \d+\): update Whetstone"
    ):
        Store.open(old)
    assert structure(old) == before and backups(old) == []
