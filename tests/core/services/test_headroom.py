"""The headroom check through the workspace: the offline pair, read-only, models that cannot be opened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import DataError, UsageError
from core.samples import sample
from core.services import headroom as checking
from core.services.datasets import import_sample
from core.studies.headroom import check
from core.studies.headroom.advice import Kind
from core.studies.headroom.check import NO_CEILING, Check
from core.types import Request, Settings
from core.workspace import Workspace


def test_the_offline_pair_is_checked_without_a_ceiling_and_nothing_is_stored(tmp_path: Path):
    workspace = Workspace.open(tmp_path, {})
    try:
        dataset_id = import_sample(workspace, sample("github_issues"))
        before = workspace.store.datasets.get(dataset_id)
        found = checking.headroom(workspace, before, Settings(), Check(60))
        lines = {line.kind: line for line in found.lines}
        assert lines[Kind.CEILING].left_out == NO_CEILING
        assert lines[Kind.STARTING].evaluation.metrics.n == 60 == found.spend["lightweight"].api - 60
        assert lines[Kind.NEAREST].accuracy > lines[Kind.MAJORITY].accuracy
        assert workspace.store.datasets.get(dataset_id) == before and not workspace.store.runs.all()
    finally:
        workspace.close()


def test_read_only_and_models_without_a_key_are_refused_in_a_sentence(tmp_path: Path):
    workspace = Workspace.open(tmp_path, {})
    dataset = workspace.store.datasets.get(import_sample(workspace, sample("five_topics")))
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        checking.headroom(workspace, dataset, Settings(lightweight="openai:gpt-6-luna"))
    alone = Settings(heavyweight="openai:gpt-6.1-sol")
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        checking.headroom(workspace, dataset, alone)
    assert checking.headroom(workspace, dataset, alone, Check(40, ceiling=False)).rows, (
        "a model that is not asked needs no key"
    )
    workspace.close()
    shown = Workspace.open(tmp_path, {"WHETSTONE_READ_ONLY": "1"})
    with pytest.raises(UsageError, match="read-only"):
        checking.headroom(shown, dataset, Settings())
    shown.close()


def test_it_asks_with_the_shortlist_of_the_run_and_says_why_it_cannot_for_scored_answers(tmp_path: Path):
    workspace = Workspace.open(tmp_path, {})
    try:
        dataset = workspace.store.datasets.get(import_sample(workspace, sample("github_issues")))
        asked: list[Request] = []
        session = workspace.session(Settings())

        def ask_all(model, requests, **more):
            asked.extend(requests)
            return session.ask_all(model, requests, **more)

        check.run(replace(session, ask_all=ask_all), dataset, Settings(shortlist=2), Check(40))
        named = [sum(label in each.messages[0].content for label in dataset.labels.names) for each in asked]
        assert set(named) == {2}
        with pytest.raises(DataError, match="Answers are scored here"):
            checking.headroom(workspace, dataset, Settings(scorer="exact"))
    finally:
        workspace.close()
