"""A store for each test: a SQLite file, or the empty PostgreSQL database that WHETSTONE_TEST_DATABASE_URL
names (it is wiped)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.store.store import Store
from core.workspace import Workspace
from tests.core.store.building import Clock, dataset

SERVER = os.environ.get("WHETSTONE_TEST_DATABASE_URL", "")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def address(tmp_path: Path) -> str:
    if not SERVER:
        return str(tmp_path / "workspace" / "whetstone.db")
    with create_engine(SERVER).begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    return SERVER


@pytest.fixture
def open_store(address: str, clock: Clock) -> Iterator[Callable[..., Store]]:
    """Opens the test's database, as often as wanted."""
    opened: list[Store] = []

    def open_it(**more: object) -> Store:
        opened.append(Store.open(address, **{"now": clock, **more}))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    return open_store()


@pytest.fixture
def dataset_id(store: Store) -> str:
    return store.datasets.add(dataset(), "a test")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.open(tmp_path, {})
    yield opened
    opened.close()
