import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from core.errors import StoreError, UsageError
from core.store.records import Change, RowQuery
from core.store.rows.filters import conditions
from core.store.schema import tables
from core.store.schema.sqlite import trouble
from core.store.store import Store
from core.types import Settings
from tests.core.store import schema_1
from tests.core.store.building import dataset
from tests.core.store.posting import answer, post

FULL = 2  # as SQLite numbers the values of “synchronous”
ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a new folder" / "deeper ü" / "whetstone.db"


def test_a_new_workspace_is_for_this_user_only(path: Path):
    old = os.umask(0o000)
    try:
        with Store.open(path) as store:
            store.datasets.add(dataset(), "test")
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "whetstone.db-wal" in modes and set(modes.values()) == {0o600}


def test_connections_are_set_up_as_facts_demand(path: Path):
    with Store.open(path) as store:
        for engine, query_only in ((store._database.writer, 0), (store._database.reader, 1)):
            with engine.connect() as connection:
                connection.exec_driver_sql(
                    "SELECT * FROM meta"
                )  # a connection learns of the file's mode when it reads
                found = {
                    name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                    for name in ("journal_mode", "busy_timeout", "foreign_keys", "query_only")
                }
                mapped = connection.exec_driver_sql("PRAGMA mmap_size").scalar()
            assert found == {
                "journal_mode": "wal",
                "busy_timeout": 30_000,
                "foreign_keys": 1,
                "query_only": query_only,
            }
            assert mapped in (0, None)


def test_whatever_is_saved_waits_for_the_disk(path: Path):
    """Asked of the very connection that commits, at each commit: feedback, served predictions, edits of rows."""
    with Store.open(path) as store:
        found: list[tuple[int, ...]] = []

        @event.listens_for(store._database.writer, "commit")
        def at_commit(connection: Connection) -> None:
            names = ("synchronous", "fullfsync")
            found.append(tuple(connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names))

        dataset_id = store.datasets.add(dataset(), "test")
        store.answers.add(answer(0, dataset_id))
        post(store, dataset_id, 0)
        store.edits.change(dataset_id, [Change("r0", "note", "seen")])
    assert found == [(FULL, 1)] * 4


def test_a_write_transaction_takes_the_lock_when_it_begins(path: Path):
    with Store.open(path) as store, store._database.write() as _:
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_what_was_stored_is_there_after_closing_and_opening_by_path_or_url(path: Path):
    with Store.open(path) as store:
        dataset_id = store.datasets.add(dataset(), "test")
    with Store.open(f"sqlite:///{path}") as store:
        assert store.datasets.get(dataset_id).examples == dataset().examples


def test_a_read_only_store_shows_everything_and_changes_nothing(path: Path):
    with Store.open(path) as store:
        dataset_id = store.datasets.add(dataset(), "test")
    with Store.open(path, read_only=True) as store:
        assert store.rows.counts(dataset_id).total == 6
        for act in (
            lambda: store.datasets.delete(dataset_id),
            lambda: store.runs.create(dataset_id, Settings()),
            lambda: store.edits.undo(dataset_id),
        ):
            with pytest.raises(StoreError, match="open for reading only"):
                act()
        assert store.leases.mark_interrupted() == 0


def test_a_store_to_read_makes_nothing_and_migrates_nothing(path: Path):
    with pytest.raises(StoreError, match="no workspace in"):
        Store.open(path, read_only=True)
    assert not path.parent.exists()
    path.parent.mkdir(parents=True)
    schema_1.build(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="older Whetstone"):
        Store.open(path, read_only=True)
    assert path.read_bytes() == before
    assert not [file for file in path.parent.iterdir() if file.suffix == ".backup"]


def test_a_folder_that_cannot_be_written_can_be_looked_at(path: Path, monkeypatch: pytest.MonkeyPatch):
    with Store.open(path) as store:
        store.datasets.add(dataset(), "test")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with Store.open(path, read_only=True) as store:
        assert len(store.datasets.all()) == 1
        assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("number", ["", "abc", "-1", "0", "1.5", "9" * 40])
def test_a_schema_number_that_is_none_is_damage_in_words(path: Path, number: str):
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("update meta set value = ? where key = 'schema'", (number,))
    with pytest.raises(StoreError, match="schema number"):
        Store.open(path)


@pytest.mark.parametrize(
    "address", ["sqlite://", ":memory:", "sqlite:///:memory:", "nonsense://x", "http://", "://"]
)
def test_addresses_that_cannot_be_meant_are_refused(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        Store.open(address)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_instead_of_a_file_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="is a folder: name a file in it"):
        Store.open(tmp_path)


def test_a_server_that_is_not_there_is_said_to_be_out_of_reach_without_its_password():
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError) as caught:
        Store.open("postgresql+psycopg://user:secret@127.0.0.1:1/none")
    assert "cannot be reached" in str(caught.value) and "secret" not in str(caught.value)


def write_garbage(path: Path) -> None:
    path.write_bytes(b"this is no database at all, " * 200)


def write_foreign(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table recipes (cake text)")


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [(write_garbage, "damaged or no Whetstone database"), (write_foreign, "belongs to something else")],
)
def test_files_of_another_kind_are_left_as_they_are(
    path: Path, prepare: Callable[[Path], None], sentence: str
):
    path.parent.mkdir(parents=True)
    prepare(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=sentence):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_path_that_cannot_be_made_is_explained(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path / "file" / "whetstone.db")


def test_many_processes_may_open_a_new_workspace_at_once(path: Path):
    code = "import sys; from core.store.store import Store; s = Store.open(sys.argv[1]); print(len(s.datasets.all())); s.close()"
    command = [sys.executable, "-c", code, str(path)]
    children = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(5)
    ]
    results = [(*child.communicate(timeout=60), child.returncode) for child in children]
    assert [out for out, _, _ in results] == [b"0\n"] * 5, results


def test_a_new_file_that_another_process_is_setting_up_is_waited_for(path: Path):
    path.parent.mkdir(parents=True)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.3, other.close).start()
    with Store.open(path) as store:
        assert store.datasets.all() == ()


def test_a_full_disk_is_named_and_loses_nothing(path: Path):
    with Store.open(path) as store:
        dataset_id = store.datasets.add(dataset(), "test")
        with store._database.writer.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(StoreError, match="The disk is full"):
            store.datasets.add(dataset(5_000, "large"), "test")
        assert [info.id for info in store.datasets.all()] == [dataset_id]


def test_a_full_disk_is_named_where_sqlite_says_something_else():
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_SHMSIZE"  # what opening a file on a full disk ends in
    assert trouble(error) == "full" and trouble(sqlite3.OperationalError("disk I/O error")) == ""


@pytest.mark.parametrize("replaced", [False, True])
def test_nothing_is_written_into_a_file_that_was_removed(path: Path, replaced: bool):
    with Store.open(path) as store:
        store.datasets.add(dataset(), "test")
        if replaced:
            path.with_name("copy.db").write_bytes(path.read_bytes())
            path.with_name("copy.db").replace(path)
        else:
            path.unlink()
        for act in (lambda: store.datasets.add(dataset(name="new"), "test"), store.datasets.all):
            with pytest.raises(
                StoreError, match=r"removed or replaced .* put it back if it is gone, then start"
            ):
                act()


def test_importing_core_and_the_package_does_not_import_sqlalchemy():
    code = "import core, core.store, core.workspace, sys; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


def test_tables_and_queries_compile_for_postgresql():
    dialect = postgresql.dialect()
    for table in tables.metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
        assert all(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    wanted = conditions(
        "x",
        RowQuery(
            search="a%", labels=("b",), noted=True, suspect=False, wrong=True, edited=True, reviewed=False
        ),
    )
    assert "LIKE" in " ".join(str(condition.compile(dialect=dialect)) for condition in wanted)


def test_only_one_file_speaks_sqlite_beside_the_one_that_makes_databases_smaller():
    words = ("pragma", "vacuum", "sqlite_", "exec_driver_sql", 'text("', "begin immediate")
    guilty = {
        file.name
        for file in (ROOT / "core" / "store").rglob("*.py")
        for word in words
        if word in file.read_text().lower()
    }
    assert guilty == {"sqlite.py", "storage.py"}
