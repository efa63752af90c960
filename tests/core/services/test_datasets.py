from __future__ import annotations

from pathlib import Path

import pytest

from core.data.fields import ColumnMap
from core.data.formats.registry import export_formats, open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import read_rows
from core.data.importing.update import FieldChange
from core.errors import DataError
from core.exports.dataset import export_dataset
from core.services.datasets import plan_reimport
from core.types import Dataset, Example, LabelSet, Settings
from core.workspace import Workspace

PRESENT = (
    Example("1", "a", "x", split="train"),
    Example("2", "b", "y", split="test"),
    Example("3", "c", "x", excluded=True),
    Example("4", "d", "y", excluded=True),
)
COLUMNS = ColumnMap(("text",), "label", id="id", exclude="exclude", split="split")


@pytest.fixture
def workspace(tmp_path: Path):
    opened = Workspace(tmp_path)
    yield opened
    opened.close()


def begun(workspace: Workspace) -> str:
    return workspace.store.datasets.add(Dataset("d", LabelSet(("x", "y")), PRESENT), "a test")


def test_a_dataset_with_runs_never_gets_held_out_rows_that_the_file_does_not_name(workspace: Workspace):
    dataset_id = begun(workspace)
    rows = (
        Example("3", "c", "x"),
        Example("4", "d", "y", split="validation"),
        Example("5", "e", "x"),
        Example("6", "f", "x", split="test"),
    )
    free = plan_reimport(workspace, dataset_id, rows, COLUMNS, "id")
    assert free.to_training == 0 and [row.split for row in free.update.added] == ["", "test"]
    workspace.store.runs.create(dataset_id, Settings())
    tuned = plan_reimport(workspace, dataset_id, rows, COLUMNS, "id")
    assert tuned.to_training == 2 and [row.split for row in tuned.update.added] == ["train", "test"]
    assert set(tuned.update.changed) - set(free.update.changed) == {FieldChange("3", "split", "", "train")}
    workspace.store.edits.update(dataset_id, tuned.update)
    stored = workspace.store.datasets.get(dataset_id).examples
    assert [row.split for row in stored] == ["train", "test", "train", "validation", "train", "test"]


def test_what_a_held_out_row_says_is_held_out_and_never_trained_on(workspace: Workspace):
    dataset_id = begun(workspace)
    workspace.store.runs.create(dataset_id, Settings())
    rows = (
        Example("2", "now B!", "y"),
        Example("3", "b", "x"),
        Example("5", " Now b", "x"),
        Example("6", "b", "y"),
        Example("7", "b", "y", split="train"),
    )
    plan = plan_reimport(workspace, dataset_id, rows, COLUMNS, "id")
    assert [row.split for row in plan.update.added] == ["test", "train", "train"], (
        "as the held-out row reads after the update"
    )
    assert (plan.to_training, plan.to_held_out) == (2, 1)
    again = plan_reimport(workspace, dataset_id, (Example("3", "b", "x"),), COLUMNS, "id")
    assert FieldChange("3", "split", "", "test") in again.update.changed and (
        again.to_training,
        again.to_held_out,
    ) == (0, 1)


def test_a_label_that_cannot_be_told_from_one_there_is_is_refused_before_anything_is_done(
    workspace: Workspace,
):
    dataset_id = begun(workspace)
    with pytest.raises(DataError, match="“X” cannot be told from “x”"):
        plan_reimport(workspace, dataset_id, (Example("9", "new", "X"),), COLUMNS, "id")
    found = plan_reimport(
        workspace, dataset_id, (Example("9", "new", "z"), Example("1", "a", "w")), COLUMNS, "id"
    )
    assert found.new_labels == ("w", "z") and found.touched == 1 and not found.nothing
    workspace.store.datasets.set_scorer(dataset_id, "exact")
    scored = plan_reimport(workspace, dataset_id, (Example("9", "new", "X"),), COLUMNS, "id")
    assert scored.new_labels == ("X",), "an answer is no label"


@pytest.mark.parametrize("format", export_formats())
def test_what_was_exported_changes_nothing_when_it_is_imported_again(workspace: Workspace, format: str):
    rows = (
        Example("1", "=1+1", "-x", "'note\nof two lines", split="train"),
        Example("2", " padded {{a}} ", "<b>y</b>", canonical=True),
        Example("3", "+49 30", "-x", "@home", excluded=True),
        Example("4", '🪨 $x$; "q"', "<b>y</b>", split="test"),
        Example("5", "+49 30", "<b>y</b>"),
    )
    dataset_id = workspace.store.datasets.add(Dataset("d", LabelSet(("-x", "<b>y</b>")), rows), "a test")
    table = open_file(
        export_dataset(workspace.store.datasets.get(dataset_id), format),
        "again." + export_formats()[format].ending,
    )
    columns = guess_columns(table)
    again = read_rows(table, columns, "again").dataset
    for by in ("id", "text"):
        found = plan_reimport(workspace, dataset_id, again.examples, columns, by)
        assert found.nothing and found.update.same == 5 and not found.update.absent
