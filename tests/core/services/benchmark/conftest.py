from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.core.cli.trade import KEY, answer
from tests.core.services.benchmark.setting import opened
from tests.fakes.server import FakeServer


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(answer=answer, key=KEY) as running:
        yield running


@pytest.fixture
def workspace(server: FakeServer, tmp_path: Path) -> Iterator[Workspace]:
    made = opened(tmp_path / "workspace", server)
    yield made
    made.close()
