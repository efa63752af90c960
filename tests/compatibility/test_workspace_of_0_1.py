"""A workspace that the code of 25d703e made opens, reads as it did, and goes on."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from core.cli.main import main
from core.data.formats.csv_text import csv_text
from core.services import playground, prompt_rules, review
from core.services.file_jobs import FileJobs
from core.store.feedback.records import RuleEffect, State
from core.store.records import RowQuery, RunStatus
from core.store.schema.tables import metadata
from core.store.store import Store
from core.tuning.supervision import Review
from core.workspace import Workspace
from tests.compatibility import surface

EXPECTED = surface.expected()
IDS: dict[str, str] = EXPECTED["ids"]


def as_written_now(name: str, held: object) -> object:
    """Files that are downloaded have been safe for spreadsheets since (core/data/formulas.py)."""
    if not (name.startswith("file ") and name.endswith(" csv") and isinstance(held, str)):
        return held
    return csv_text(csv.reader(io.StringIO(held, newline="")))


HELD: dict[str, object] = {name: as_written_now(name, held) for name, held in EXPECTED["held"].items()}
LATER = {
    "second_labels",
    "dataset_versions",
    "predictions",
    "served_calls",
    "webhooks",
    "deliveries",
    "batches",
    "batch_parts",
    "batch_requests",
}  # of versions after 0.1: empty, or filled by a migration from what the others hold

# Sentences that are made when something is read, not stored: their words have changed since 0.1.
REWORDED = re.compile(r"^\['(dataset \w+ upcoming'\]\[\d\]|benchmark \w+ cells'\]\[\d+\]\.verdict\.reason): ")

pytestmark = pytest.mark.usefixtures("no_keys")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return surface.unpack(tmp_path)


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    made = Workspace.open(folder, {})
    yield made
    made.close()


@pytest.fixture
def store(workspace: Workspace) -> Store:
    return workspace.store


def command(folder: Path, *words: object, code: int = 0) -> dict:
    """The JSON object that the command prints."""
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(io.StringIO()):
        ended = main([*(str(word) for word in words), "--workspace", str(folder), "--json"])
    assert ended == code
    return json.loads(printed.getvalue())


# ---- what is in there


def test_no_table_of_the_schema_is_empty(folder: Path):
    counts = surface.rows_by_table(folder)
    assert counts == EXPECTED["tables"]
    assert [name for name in metadata.tables if not counts.get(name) and name not in LATER] == [], (
        "a new table: what it holds needs a workspace of its own time here"
    )


def test_there_are_runs_of_every_status_and_change_sets_and_feedback_of_every_state(store: Store):
    assert {run.status for run in store.runs.all()} == set(RunStatus)
    assert set(EXPECTED["statuses"]) == {str(status) for status in RunStatus}
    assert {each.state for each in store.feedback.all(IDS["dataset"])} == set(State)
    assert any(each.undone for each in store.edits.history(IDS["dataset"]))


def changed_in(held: dict[str, object]) -> list[str]:
    differences = surface.differences({name: HELD[name] for name in held}, held)
    return [each for each in differences if not REWORDED.match(each)]


# ---- it reads as it did


def test_every_record_of_every_table_reads_field_by_field_as_it_did(folder: Path):
    kinds = surface.mark_kinds(folder)
    assert [list(each) for each in kinds] == EXPECTED["mark kinds"]
    with Store.open(folder / "whetstone.db", now=lambda: surface.NOW) as store:
        held = surface.of_store(store, kinds)
    assert len(held) > 150
    assert changed_in(held) == []
    counts = surface.rows_by_table(folder)
    assert counts["predictions"] and not LATER - {*metadata.tables}
    assert {name: count for name, count in counts.items() if name not in LATER} == EXPECTED["tables"], (
        "to read changes nothing"
    )


def test_benchmarks_files_limits_and_rules_of_models_read_as_they_did(workspace: Workspace):
    held = surface.of_workspace(workspace)
    assert changed_in(held) == []
    assert len(held) > 15


def test_nothing_that_was_written_down_is_left_out(folder: Path, workspace: Workspace):
    names = surface.of_store(workspace.store, surface.mark_kinds(folder)).keys()
    assert names | surface.of_workspace(workspace).keys() == HELD.keys()


def test_vectors_on_the_disk_are_read(folder: Path):
    assert surface.vectors(folder) == EXPECTED["vectors"] and EXPECTED["vectors"]


def test_measured_rules_and_suspects_are_there(workspace: Workspace):
    dataset_id, run_id = IDS["dataset"], IDS["undisturbed"]
    best = workspace.store.runs.get(run_id).result.best
    findings = prompt_rules.measurements(workspace, prompt_rules.rules(workspace, run_id, best.step))
    assert len(findings.ablations) == 2 and findings.simplified is not None
    stored = json.loads(HELD[f"marks about {dataset_id} rules {run_id}"])
    assert surface.differences(stored, [findings]) == []
    suspects, marks = review.all_suspects(workspace, dataset_id), HELD[f"marks {dataset_id} suspect"]
    assert [each.example_id for each in suspects] == list(marks) != []
    assert surface.differences([json.loads(text) for text in marks.values()], suspects) == []


def test_neighbours_of_a_suspect_and_its_card_are_read_from_the_marks(workspace: Workspace):
    dataset_id = IDS["dataset"]
    marks = HELD[f"marks {dataset_id} neighbours"]
    for example_id, text in list(marks.items())[:3]:
        near = [
            [each.row.id, each.similarity] for each in review.neighbours(workspace, dataset_id, example_id)
        ]
        assert near == json.loads(text)
        assert review.card(workspace, dataset_id, example_id).suspect.example_id == example_id


def test_a_prompt_that_was_tried_is_known_by_its_key(workspace: Workspace):
    """With the labels of then: a champion with the same key has those of today."""
    dataset_id = IDS["dataset"]
    (kind,) = [kind for _, kind in EXPECTED["mark kinds"] if kind.startswith("prompt ")]
    then = workspace.store.datasets.info(dataset_id).labels.names
    workspace.store.labels.rename(dataset_id, then[0], "renamed since")
    file = playground.prompt_of_key(workspace, dataset_id, kind.removeprefix("prompt "))
    assert (file.labels, file.model) == (then, "offline:reader")
    assert file.prompt == workspace.store.champions.current(dataset_id).prompt


def test_the_champion_reads(store: Store):
    champion = store.champions.current(IDS["dataset"])
    assert (champion.run_id, champion.model) == (IDS["undisturbed"], "offline:reader")
    assert champion.prompt == store.runs.get(champion.run_id).result.best.prompt
    assert len(store.champions.history(IDS["dataset"])) == 2


def test_the_command_line_lists_its_runs(folder: Path):
    listed = {each["run_id"]: each for each in command(folder, "runs")["runs"]}
    assert len(listed) == EXPECTED["tables"]["runs"]
    for run in HELD["runs"]:
        lost = run["status"] == "running" or (run["status"] == "queued" and not run["benchmark"])
        assert listed[run["id"]]["status"] == ("interrupted" if lost else run["status"]), run["name"]
        assert listed[run["id"]]["best_accuracy"] == run["best_accuracy"]


# ---- runs go on


@pytest.mark.parametrize("which", ["running", "interrupted", "stopped"])
def test_a_run_that_was_cut_off_ends_as_one_that_is_begun_today_on_the_same_rows(
    folder: Path, tmp_path: Path, which: str
):
    """Not as one of then: a later algorithm asks otherwise, and may find other prompts."""
    printed = command(folder, "tune", "--resume", IDS[which])
    with Store.open(folder / "whetstone.db") as store:
        ended, rows = store.runs.get(IDS[which]), store.runs.snapshot(IDS[which])
    with Store.open(tmp_path / "fresh" / "whetstone.db") as store:
        run_id = store.runs.create(store.datasets.add(rows, "a copy"), ended.settings)
        begun = command(tmp_path / "fresh", "tune", "--resume", run_id)
        assert begun | {"run_id": ""} == printed | {"run_id": ""}
        assert store.runs.get(run_id).result == ended.result is not None


def test_a_run_that_nobody_took_up_is_resumed(folder: Path):
    printed = command(folder, "tune", "--resume", IDS["queued"])
    assert (printed["run_id"], printed["status"]) == (IDS["queued"], "finished")


def test_a_paused_run_goes_on_with_its_reviews(folder: Path, store: Store):
    """To another end than then: a later algorithm tries the same edits otherwise."""
    before, steps = store.runs.get(IDS["paused"]), store.steps.all(IDS["paused"])
    proposal = store.pauses.proposal(IDS["paused"])
    store.pauses.answer(IDS["paused"], Review(proposal.number))
    printed = command(folder, "tune", "--resume", IDS["paused"])
    ended = store.runs.get(IDS["paused"])
    assert (printed["status"], ended.status, ended.settings) == ("finished", "finished", before.settings)
    assert ended.result is not None and len(store.steps.all(IDS["paused"])) >= len(steps) > 0
    assert len(store.pauses.reviews(IDS["paused"])) == 2


def test_a_run_at_its_cap_goes_on_under_a_higher_one(folder: Path):
    capped = HELD[f"run {IDS['capped']} record"]
    printed = command(folder, "tune", "--resume", IDS["capped"], "--max-calls", 600, code=3)
    assert (printed["status"], printed["stop_reason"]) == ("finished", "cap")
    assert capped["spend"]["lightweight"]["api"] <= 300 < printed["calls"]["lightweight"]["api"] <= 600


# ---- rows, feedback, a file


def test_what_was_changed_is_undone_and_redone(store: Store):
    dataset_id = IDS["dataset"]
    rows = store.rows.page(dataset_id, RowQuery(size=1_000)).rows
    made = [each for each in store.edits.history(dataset_id, limit=1_000) if not each.undone]
    sets = list(dict.fromkeys(each.change_set for each in made))
    upcoming = store.edits.upcoming(dataset_id)[1]
    assert upcoming and store.edits.redo(dataset_id) == "Redone: " + upcoming
    store.edits.undo(dataset_id)
    undone = 0
    while store.edits.undo(dataset_id) is not None:
        undone += 1
    assert undone == len(sets) == 13
    labels = store.datasets.info(dataset_id).labels
    first = store.runs.snapshot(IDS["undisturbed"])
    assert labels.names == first.labels.names and labels.definitions == first.labels.definitions
    now = store.datasets.get(dataset_id)
    assert [replace(row, source="") for row in now.examples] == [
        replace(row, source="") for row in first.examples
    ]
    for _ in range(undone):
        assert store.edits.redo(dataset_id)
    again = store.rows.page(dataset_id, RowQuery(size=1_000)).rows
    assert [replace(row, version=0) for row in again] == [replace(row, version=0) for row in rows]


def test_the_rules_for_feedback_apply(store: Store):
    dataset_id = IDS["dataset"]
    waited = store.feedback.give(dataset_id, "told-0", score=1.0, who="eve")
    assert waited.state is State.APPLIED and store.rows.one(dataset_id, waited.example_id).text == "Text 0"
    assert store.feedback.give(dataset_id, "served-1", score=0.2, who="eve").state is State.NEW
    inbox = store.feedback.give(dataset_id, "served-1", correction="brand_new", who="eve")
    assert inbox.state is State.INBOX
    assert store.feedback.apply(inbox.id, who="ann").state is State.APPLIED
    assert "brand_new" in store.datasets.info(dataset_id).labels.names
    rule = store.rules.all(dataset_id)[0]
    assert store.feedback.preview(rule).count(RuleEffect.ALREADY) == 2


def test_a_classified_file_is_there_and_costs_nothing_again(workspace: Workspace):
    files, job_id = FileJobs(workspace), IDS["file done"]
    before = files.csv(job_id)
    files.resume(job_id)
    workspace.runner.close()
    assert files.status(job_id).state == "done"
    assert files.csv(job_id) == before == HELD[f"file {job_id} csv"]
