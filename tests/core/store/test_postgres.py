"""What a server does otherwise than a file, on a real one: opening, migrating, writing side by side, refusing. The whole
suite of the store runs on it by `make test-postgres`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from core.errors import StoreError
from core.store import server as server_parts
from core.store.records import Change, RunStatus
from core.store.schema.database import Database, connect, is_there
from core.store.schema.migrations import MIGRATIONS, bring_up_to_date
from core.store.schema.tables import SCHEMA
from core.store.schema.views import create_views
from core.store.store import Store
from core.types import Settings
from tests.core.store import schema_1
from tests.core.store.building import dataset
from tests.postgres import PostgresServer, missing, running_server

NUMBERED = ("datasets", "change_sets", "champions", "runs")  # whose numbers the server counts


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    if reason := missing():
        pytest.skip(reason)
    with running_server() as started:
        yield started


@pytest.fixture
def address(server: PostgresServer) -> str:
    return server.new_database("store")


def build_schema_1(address: str, folder: Path) -> None:
    """The workspace of schema_1.py, as Whetstone would have written it to a server."""
    schema_1.build(folder / "old.db")
    ddl = schema_1.DDL.replace("BLOB", "BYTEA")
    for name in NUMBERED:
        ddl = ddl.replace(f"CREATE TABLE {name} (number INTEGER", f"CREATE TABLE {name} (number SERIAL")
    old, new = create_engine(f"sqlite:///{folder / 'old.db'}"), create_engine(address)
    with old.connect() as source, new.begin() as target:
        target.execute(text(ddl))
        for table in schema_1.DDL.split("CREATE TABLE ")[1:]:
            name = table.split()[0]
            logical = {
                column["name"]
                for column in inspect(target).get_columns(name)
                if str(column["type"]) == "BOOLEAN"
            }
            for row in source.execute(text(f"SELECT * FROM {name}")).mappings():
                values = {column: bool(row[column]) if column in logical else row[column] for column in row}
                words = ", ".join(f":{column}" for column in values)
                target.execute(text(f"INSERT INTO {name} VALUES ({words})"), values)
        for name in NUMBERED:
            target.execute(
                text(f"SELECT setval('{name}_number_seq', coalesce((SELECT max(number) FROM {name}), 1))")
            )
    old.dispose()
    new.dispose()


def structure(address: str) -> dict[str, object]:
    """Tables with their columns, keys and indexes, whatever their order and the names of constraints; and the views."""
    engine = create_engine(address)
    with engine.connect() as connection:
        seen = inspect(connection)
        tables = {
            name: (
                sorted(
                    (each["name"], str(each["type"]), each["nullable"], str(each["default"]))
                    for each in seen.get_columns(name)
                ),
                seen.get_pk_constraint(name)["constrained_columns"],
                sorted(
                    (each["constrained_columns"], each["referred_table"], str(each["options"]))
                    for each in seen.get_foreign_keys(name)
                ),
                sorted((each["column_names"], each["unique"]) for each in seen.get_indexes(name)),
            )
            for name in seen.get_table_names()
        }
        found = {**tables, "views": sorted(seen.get_view_names())}
    engine.dispose()
    return found


def open_at_once(address: str, times: int) -> list[object]:
    """What as many connections that open it together find: the number of datasets, or what went wrong."""

    def open_it(_: int) -> object:
        try:
            with Store.open(address) as store:
                return len(store.datasets.all())
        except Exception as problem:
            return problem

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(open_it, range(times)))


def test_what_was_stored_is_there_after_opening_again_by_a_short_address(address: str):
    short = make_url(address).set(drivername="postgres").render_as_string(hide_password=False)
    assert not is_there(address)
    with Store.open(address) as store:
        dataset_id = store.datasets.add(dataset(), "test")
    with Store.open(short) as store:
        assert store.datasets.get(dataset_id).examples == dataset().examples
    assert is_there(address)


def test_a_read_transaction_cannot_write(address: str):
    with Store.open(address) as store, pytest.raises(StoreError, match="takes no changes"):
        with store._database.read() as connection:
            connection.execute(text("DELETE FROM meta"))


def test_a_database_of_schema_1_opens_with_everything_in_it_and_is_built_like_a_new_one(
    server: PostgresServer, address: str, tmp_path: Path
):
    build_schema_1(address, tmp_path)
    with Store.open(address) as store:
        first, second = store.datasets.get("d1").examples
        assert (first.label, first.note, first.canonical, second.excluded) == ("docs", "a note", True, True)
        assert store.runs.get("run1").result.best.evaluations["validation"].metrics.accuracy == 0.5
        assert store.leases.mark_interrupted() == 1 and store.runs.get("run2").status == RunStatus.INTERRUPTED
        assert store.edits.undo("d1") and store.rows.page("d1").rows[0].label == "bug"
        assert store.edits.change("d1", [Change("r1", "note", "new")])
        added = store.datasets.add(dataset(name="added"), "test")
        assert store.runs.create(added, Settings())
    new = server.new_database("new")
    Store.open(new).close()
    assert structure(address) == structure(new)


def test_a_migration_that_fails_leaves_the_database_as_it_was(address: str, tmp_path: Path):
    build_schema_1(address, tmp_path)
    before = structure(address)
    database = connect(address)

    def fail(connection: object) -> None:
        create_views(connection)
        raise StoreError("This migration cannot be done.")

    with pytest.raises(StoreError, match="cannot be done"):
        bring_up_to_date(database, {**MIGRATIONS, SCHEMA + 1: fail}, target=SCHEMA + 1)
    database.close()
    assert structure(address) == before
    assert open_at_once(address, 1) == [1]


def test_many_may_open_an_empty_or_an_old_database_at_once(
    server: PostgresServer, address: str, tmp_path: Path
):
    assert open_at_once(address, 4) == [0] * 4
    old = server.new_database("old")
    build_schema_1(old, tmp_path)
    assert open_at_once(old, 4) == [1] * 4


def test_a_newer_an_empty_and_a_foreign_database_are_refused_and_left_alone(
    server: PostgresServer, address: str
):
    Store.open(address).close()
    with connect(address).write() as connection:
        connection.execute(text("UPDATE meta SET value = '99' WHERE key = 'schema'"))
    before = structure(address)
    with pytest.raises(StoreError, match=r"newer Whetstone \(schema 99, this one knows \d+\): update"):
        Store.open(address)
    assert structure(address) == before
    empty = server.new_database("empty")
    with pytest.raises(StoreError, match="nothing of Whetstone in this database yet"):
        Store.open(empty, read_only=True)
    with connect(empty).write() as connection:
        connection.execute(text("CREATE TABLE recipes (cake TEXT)"))
    with pytest.raises(StoreError, match="belongs to something else"):
        Store.open(empty)
    assert list(structure(empty)) == ["recipes", "views"]


def test_a_server_that_refuses_is_understood(server: PostgresServer, address: str):
    Store.open(address).close()
    with connect(address).write() as connection:
        connection.execute(text("CREATE ROLE guest LOGIN"))
    gone = make_url(address).set(database="gone").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="no database of this name"):
        Store.open(gone)
    guest = make_url(address).set(username="guest").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="does not let this user do that"):
        Store.open(guest)
    stranger = make_url(address).set(username="stranger").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="refuses the name or the password"):
        Store.open(stranger)


def test_two_who_write_at_once_lose_nothing(address: str):
    with Store.open(address) as one, Store.open(address) as other:
        dataset_id = one.datasets.add(dataset(40), "test")

        def correct(store: Store, rows: range) -> None:
            for row in rows:
                store.edits.change(dataset_id, [Change(f"r{row}", "note", f"note {row}")])

        threads = [
            threading.Thread(target=correct, args=(store, range(start, 40, 2)))
            for start, store in ((0, one), (1, other))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [row.note for row in one.rows.page(dataset_id).rows] == [f"note {n}" for n in range(40)]
        assert len(one.edits.history(dataset_id)) == 40


def test_a_run_goes_to_one_of_two_and_hears_of_a_stop_from_the_other(address: str):
    with Store.open(address) as one, Store.open(address) as other:
        dataset_id = one.datasets.add(dataset(), "test")
        run_id = one.runs.create(dataset_id, Settings())
        assert one.leases.claim(run_id, "one") and not other.leases.claim(run_id, "other")
        assert not one.leases.heartbeat(run_id, "one", one.runs.get(run_id).progress, {})
        assert other.leases.request_stop(run_id)
        assert one.leases.heartbeat(run_id, "one", one.runs.get(run_id).progress, {})


def test_a_machine_whose_clock_is_wrong_goes_by_that_of_the_server(address: str):
    database: Database = connect(address)
    clock = server_parts.ServerClock(here=lambda: 1_000.0)
    clock.follow(database.writer)
    with database.read() as connection:
        moment = float(connection.scalar(text("SELECT extract(epoch FROM clock_timestamp())")))
    database.close()
    assert abs(clock() - moment) < 3_600
