"""Two workspaces, on two machines perhaps, that share a database: each keeps only the replies that it has paid for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import Stopped
from core.services.runs import create_run, execute_here
from core.store.records import RunRecord, RunStatus
from core.types import Progress, Settings, Spend
from core.workspace import Workspace
from tests.core.cli.trade import KEY, PAIR, answer, is_heavy
from tests.core.test_workspace_parts import tickets
from tests.fakes.server import FakeServer
from tests.fakes.wire import Said

CAP = 150  # lightweight calls
ASKED = 20  # before the first workspace is told to stop


class Counted:
    """The calls that a provider has answered."""

    def __init__(self) -> None:
        self.light = 0

    def answer(self, messages: list[tuple[str, str]]) -> Said:
        self.light += not is_heavy(messages)
        return answer(messages)


def carried_out(
    workspace: Workspace, run_id: str, on_progress: Callable[[Progress], None] = lambda now: None
) -> RunRecord:
    return execute_here(workspace, run_id, on_progress, lambda step: None)


@pytest.mark.parametrize("same", [True, False], ids=["where it began", "in another workspace"])
def test_a_run_that_goes_on_elsewhere_keeps_its_caps_and_counts_what_was_paid(tmp_path: Path, same: bool):
    counted = Counted()
    with FakeServer(answer=counted.answer, key=KEY) as provider:
        environment = {
            "OPENAI_BASE_URL": provider.openai_url,
            "OPENAI_API_KEY": KEY,
            "WHETSTONE_DATABASE_URL": f"sqlite:///{tmp_path / 'shared.db'}",
        }
        first = Workspace.open(tmp_path / "first", environment)
        second = first if same else Workspace.open(tmp_path / "second", environment)
        dataset_id = first.store.datasets.add(tickets(60), "test")
        settings = replace(Settings(PAIR[1], PAIR[3], iterations=3), max_calls=CAP, concurrency=2)
        run_id = create_run(first, dataset_id, settings)

        def stop(now: Progress) -> None:
            if counted.light >= ASKED:
                raise Stopped("Enough.")

        stopped = carried_out(first, run_id, stop)
        assert stopped.status is RunStatus.STOPPED
        before = counted.light
        assert stopped.spend["lightweight"].api == before >= ASKED
        ended = carried_out(second, run_id)
        assert counted.light <= CAP and ended.spend["lightweight"].api == counted.light
        assert ended.settings.paid_before.get("lightweight", Spend()).api == (0 if same else before)
        second.close()
        first.close()
