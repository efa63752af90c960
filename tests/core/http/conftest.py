from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.store import Store
from tests.core.http.serving import ApiServer, Client, adopted, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """One for each file: a dataset with an adopted prompt, without rows."""
    folder: Path = tmp_path_factory.mktemp("http") / "workspace"
    with Store.open(folder / "whetstone.db") as store:
        adopted(store)
    with serving(folder, WHETSTONE_API_RATE="1000") as started:
        yield started


@pytest.fixture
def store(server: ApiServer) -> Iterator[Store]:
    with Store.open(server.workspace / "whetstone.db") as opened:
        yield opened


@pytest.fixture
def client(server: ApiServer) -> Iterator[Client]:
    made = server.client()
    yield made
    made.close()
