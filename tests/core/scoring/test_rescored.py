"""Answers with a score, once the reference of their row has changed: scored again, for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import tune
from core.label_sets.sets import label_names, set_f1
from core.services.evaluation.rescored import prompt_rescored, rows_since
from core.services.review import replayed
from core.store.records import Change
from core.types import Prediction
from core.workspace import Workspace

NUMBERS = "\n".join(["text,label", *(f"we ordered {n} boxes of tea today,{n}" for n in range(20, 60))])


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace(tmp_path / "workspace")
    yield opened
    opened.close()


def relabelled(workspace: Workspace, dataset_id: str, answer: Prediction, label: str) -> None:
    workspace.store.edits.change(dataset_id, [Change(answer.example_id, "label", label)])


def test_by_its_scorer_and_not_by_what_is_written(workspace: Workspace, tmp_path: Path):
    data = tmp_path / "numbers.csv"
    data.write_text(NUMBERS, encoding="utf-8")
    made = tune(
        data, scorer="number", iterations=1, purpose="How many boxes?", workspace=workspace, progress=False
    )
    run = workspace.store.runs.get(made.id)
    assert run.result
    read = run.result.best.evaluations["test"]
    right = [each for each in read.predictions if each.score == 1]
    assert len(right) >= 2
    relabelled(workspace, made.dataset_id, right[0], right[0].label + ".0")  # the same number
    relabelled(workspace, made.dataset_id, right[1], "7")
    past = replayed(workspace, made.id)
    assert past.changes.count == 2 and past.champion
    assert (past.champion.then.correct, past.champion.now.correct) == (len(right), len(right) - 1)
    seen = prompt_rescored(workspace, made.dataset_id, right[0].example_id, made.id)
    assert seen and seen.count.now.correct == len(right) - 1


def test_a_set_of_labels_has_credit_for_a_part(workspace: Workspace):
    examples = Path(__file__).resolve().parents[3] / "data" / "samples" / "help_desk_labels.csv"
    made = tune(examples, several="keep", iterations=1, workspace=workspace, progress=False)
    run = workspace.store.runs.get(made.id)
    assert run.result
    read = run.result.best.evaluations["test"]
    answer = next(each for each in read.predictions if each.score == 0)
    given = label_names(answer.said)
    wanted = "; ".join(sorted({given[0], "praise" if given[0] != "praise" else "quality"}))
    relabelled(workspace, made.dataset_id, answer, wanted)
    since = rows_since(workspace, run)
    assert since
    now = since.rescored(read).metrics
    gained = set_f1(given, label_names(wanted))
    assert gained > 0 and now.score is not None and read.metrics.score is not None
    assert now.score == pytest.approx(read.metrics.score + gained / read.metrics.n)
