"""Feedback through the workspace, for pages, the HTTP API and the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.feedback import Said, news_since_tuning, preview, receive
from core.state.feedback_records import Answer, Effect, Rule, State
from core.types import Dataset, LabelSet, Settings
from core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path):
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def dataset(workspace: Workspace) -> str:
    return workspace.store.datasets.add(Dataset("titles", LabelSet(("bug", "documentation")), ()), "test")


def test_feedback_is_kept_and_carried_out_at_once(workspace: Workspace, dataset: str):
    workspace.store.answers.add(Answer("p", dataset, 0.0, "fix bug in documentation", "bug", "label"))
    said = receive(workspace, dataset, Said("p", correction="documentation", note="Docs.", who="Ann", key="k"))
    assert (said.state, said.who, said.key, said.note) == (State.APPLIED, "Ann", "k", "Docs.")
    (row,) = workspace.store.datasets.get(dataset).examples
    assert (row.id, row.label, row.note) == (said.example_id, "documentation", "Docs.")
    assert preview(workspace, Rule("", dataset, "correction")).count(Effect.ALREADY) == 1


def test_news_are_counted_since_the_last_run(workspace: Workspace, dataset: str):
    workspace.store.answers.add_all([Answer(f"p{n}", dataset, 0.0, f"text {n}", "bug", "label") for n in range(3)])
    receive(workspace, dataset, Said("p0", score=1.0))
    assert news_since_tuning(workspace, dataset) == 1
    workspace.store.runs.create(dataset, Settings())
    assert news_since_tuning(workspace, dataset) == 0
    for id_ in ("p1", "p2"):
        receive(workspace, dataset, Said(id_, score=1.0))
    assert news_since_tuning(workspace, dataset) == 2


def test_a_workspace_that_is_only_shown_takes_none(workspace: Workspace, dataset: str, tmp_path: Path):
    shown = Workspace(tmp_path, {"WHETSTONE_READ_ONLY": "1"})
    with pytest.raises(UsageError, match="read-only"):
        receive(shown, dataset, Said("p", score=1.0))
    assert workspace.store.feedback.all(dataset) == ()
