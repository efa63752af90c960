"""What takes room in a workspace, and what of it goes when it is asked for: written to a file first, and never what is
still needed."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.importing.mapping import import_dataset
from core.errors import StoreError, UsageError
from core.prompts.files import PromptFile, to_json
from core.prompts.starting_prompt import starting_prompt
from core.services.file_jobs import FileJobs
from core.services.serving.predictions import clean_when_due
from core.services.storage import removed as removed_files
from core.services.storage.clean import (
    CLEANERS,
    CleanOptions,
    clean,
    clean_history_when_due,
    keep_history_for,
    keep_predictions_for,
)
from core.services.storage.compact import compact
from core.services.storage.removed import removed_folder
from core.services.storage.usage import storage_usage, table_contents
from core.store.batches.records import BatchSpec
from core.store.feedback.records import ServedCall
from core.store.records import Change
from core.store.rows.old_changes import UNDOABLE
from core.store.schema.facts import DAY
from core.types import LabelSet, Reply, Settings, Usage
from core.types.people import Person, Role
from core.workspace import Workspace
from tests.core.store.building import dataset
from tests.core.store.test_answers import served
from tests.core.store.test_batches import new as new_batch

OLD, YOUNG = 100, 10  # days


@pytest.fixture
def dataset_id(workspace: Workspace) -> str:
    return workspace.store.datasets.add(dataset(), "a test")


def edits(workspace: Workspace, dataset_id: str, times: int) -> None:
    """So many, of long ago, and as many newer as can always be undone."""
    for n in range(times + UNDOABLE):
        workspace.store.edits.change(dataset_id, [Change("r0", "note", f"Note {n}")])
    aged(workspace.folder / "whetstone.db", "update change_sets set at = at - ?")


def aged(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as file, file:
        file.execute(statement, (OLD * DAY,))


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def part(workspace: Workspace, name: str):
    return next(each for each in storage_usage(workspace).parts if each.name == name)


def test_every_file_of_the_workspace_is_in_one_part(workspace: Workspace, dataset_id: str):
    workspace.replies.set("k", Reply("bug", usage=Usage(3, 1)))
    for name, size in (
        ("whetstone.db.schema-9.backup", 1_000),
        ("cache/broken-1.db", 200),
        ("vectors/vectors.db", 30),
        ("classified/j1/job.json", 4),
        ("classified/j1/input", 5),
        ("models.toml", 6),
    ):
        path = workspace.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    found = {each.name: (each.bytes, each.count) for each in storage_usage(workspace).parts}
    assert found["copies"] == (1_200, 2) and found["vectors"] == (30, None)
    assert found["files"] == (9, 1) and found["other"] == (6, 1) and found["removed"] == (0, 0)
    assert found["replies"][0] > 0 and found["replies"][1] == 1
    whole = sum(path.stat().st_size for path in workspace.folder.rglob("*") if path.is_file())
    assert storage_usage(workspace).bytes == whole
    usage = storage_usage(workspace, with_tables=True)
    tables = {each.name: each.rows for each in usage.tables}
    assert tables["examples"] == 6 and tables["answers"] == 0
    assert all(table_contents(name) != table_contents("sqlite_master") for name in tables)
    known = sum(each.bytes or 0 for each in usage.tables if each.rows) + usage.free_bytes + usage.log_bytes
    assert usage.log_bytes > 0 and usage.overhead_bytes == found["database"][0] - known > 0


def test_predictions_go_with_all_that_is_known_of_them_in_a_file(workspace: Workspace, dataset_id: str):
    store, folder = workspace.store, removed_folder(workspace)
    store.answers.add_all(
        [served(dataset_id, each) for each in ("old", "older", "waiting", "new")],
        {"old": ServedCall(reply="It fails. <label>bug</label>")},
    )
    rule = next(each for each in store.rules.all(dataset_id) if each.kind == "correction")
    store.rules.save(replace(rule, way="inbox"))
    store.feedback.give(dataset_id, "waiting", correction="improvement")
    store.feedback.give(dataset_id, "old", score=1.0)
    database = workspace.folder / "whetstone.db"
    aged(database, "update answers set at = at - ? where id <> 'new'")
    aged(database, "update answers set at = at - ? where id = 'older'")

    tried = clean(workspace, "predictions", CleanOptions(YOUNG, dry_run=True))
    assert (tried.count, tried.kept, tried.file) == (2, 1, None) and len(store.answers.some(["old"])) == 1
    first = clean(workspace, "predictions", CleanOptions(OLD + YOUNG, folder))
    gone = clean(workspace, "predictions", CleanOptions(YOUNG, folder))
    assert first.count == gone.count == 1 and first.file == gone.file
    assert (gone.kept, gone.why) == (1, "their feedback waits in the inbox")
    assert set(store.answers.some(["old", "older", "waiting", "new"])) == {"waiting", "new"}
    older, old = lines(gone.file)
    assert (older["prediction_id"], old["prediction_id"], old["label"]) == ("older", "old", "bug")
    assert old["reply"] == "It fails. <label>bug</label>" and old["feedback"][0]["score"] == 1.0
    assert gone.file.stat().st_mode & 0o077 == 0 and folder.stat().st_mode & 0o077 == 0
    again = import_dataset(
        gone.file.read_bytes(), gone.file.name, to_tune=False
    ).dataset  # it can be read back, as rows
    assert [(row.text, row.label) for row in again.examples] == [("Text: older", "bug"), ("Text: old", "bug")]
    assert clean(workspace, "predictions", CleanOptions(YOUNG, folder)).file is None


def test_the_setting_for_predictions_writes_them_out_too_and_what_cannot_be_written_stays(
    workspace: Workspace, dataset_id: str
):
    store, database = workspace.store, workspace.folder / "whetstone.db"
    for id_ in ("first", "second"):
        store.answers.add(served(dataset_id, id_))
        aged(database, "update answers set at = at - ?")
        if id_ == "first":
            gone = keep_predictions_for(workspace, YOUNG)
            store.retention.set_days(YOUNG)  # due again
    folder = removed_folder(workspace)
    assert gone.count == 1 and [each["prediction_id"] for each in lines(gone.file)] == ["first"]
    kept = folder.rename(folder.with_name("kept"))
    folder.write_text("no folder")
    clean_when_due(workspace)
    assert store.answers.some(["second"]) and store.retention.due() is None, "tried again in an hour"
    folder.unlink()
    kept.rename(folder)
    store.retention.set_days(YOUNG)
    clean_when_due(workspace)
    assert not store.answers.some(["second"]) and store.retention.due() is None
    assert [each["prediction_id"] for each in lines(gone.file)] == ["first", "second"]
    assert keep_predictions_for(workspace, None) is None and store.retention.days() is None


def test_the_setting_for_the_history_writes_it_out_and_goes_on_by_itself(
    workspace: Workspace, dataset_id: str
):
    edits(workspace, dataset_id, 3)
    clean_history_when_due(workspace)  # nothing is set
    assert workspace.store.old_changes.older_than(YOUNG).sets == 3
    gone = keep_history_for(workspace, YOUNG)
    assert (gone.count, gone.kept) == (3, UNDOABLE)
    edits(workspace, dataset_id, 0)  # some more have become old
    clean_history_when_due(workspace)
    clean_history_when_due(workspace)
    assert workspace.store.old_changes.older_than(YOUNG).sets == 0
    assert workspace.store.old_changes.due() is None
    (file,) = removed_folder(workspace).iterdir()
    assert [each["after"] for each in lines(file)][:4] == ["Note 0", "Note 1", "Note 2", "Note 3"]
    assert len(lines(file)) == 3 + UNDOABLE
    assert keep_history_for(workspace, None) is None and workspace.store.old_changes.days() is None


def test_what_cannot_be_written_out_stays(
    workspace: Workspace, dataset_id: str, monkeypatch: pytest.MonkeyPatch
):
    edits(workspace, dataset_id, 3)
    folder = removed_folder(workspace)
    assert clean(workspace, "history", CleanOptions(200, folder)).count == 0

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(removed_files.os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left on device.*nothing was deleted"):
        clean(workspace, "history", CleanOptions(YOUNG, folder))
    assert workspace.store.old_changes.older_than(YOUNG).sets == 3
    assert [path.stat().st_size for path in folder.iterdir()] == [0]


def test_replies_that_an_unfinished_run_has_paid_for_stay(workspace: Workspace, dataset_id: str):
    run = workspace.store.runs.create(dataset_id, Settings())
    for key, paid_by in (("a", "gone"), ("b", run), ("c", run + "+7"), ("new", "gone")):
        workspace.replies.set(key, Reply(f'"paid_by":"{run}"', usage=Usage(3, 1), paid_by=paid_by))
    aged(
        workspace.folder / "cache" / "cache.db",
        "update Cache set store_time = store_time - ? where key <> 'new'",
    )
    tried = clean(workspace, "replies", CleanOptions(YOUNG, dry_run=True))
    gone = clean(workspace, "replies", CleanOptions(YOUNG))
    assert (tried.count, tried.kept) == (gone.count, gone.kept) == (1, 2)
    assert [key for key in ("a", "b", "c", "new") if workspace.replies.get(key)] == ["b", "c", "new"]
    assert workspace.replies.stats().entries == 3


def test_copies_and_files_that_are_done_go_and_others_stay(workspace: Workspace, dataset_id: str):
    for name in ("whetstone.db.schema-9.backup", "vectors/broken-1.db", "notes.backup"):
        path = workspace.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (0, 0))
    assert clean(workspace, "copies", CleanOptions(YOUNG, dry_run=True)).count == 2
    assert clean(workspace, "copies", CleanOptions(YOUNG)).count == 2
    assert (workspace.folder / "notes.backup").exists()

    for job, answers in (("done", 1), ("half", 0)):
        make_file_job(workspace, dataset_id, job, answers)
    prompt = to_json(PromptFile(starting_prompt(LabelSet(("bug", "idea"))), ("bug", "idea")))
    spec = BatchSpec(prompt, ("text",))
    over = new_batch(
        workspace.store, spec=spec, kept={n: (f"key-{n}", Reply("<label>bug</label>")) for n in range(3)}
    )
    waiting = new_batch(workspace.store, spec=spec)
    aged(workspace.folder / "whetstone.db", "update batches set created = created - ?")
    folder = removed_folder(workspace)
    gone = clean(workspace, "files", CleanOptions(YOUNG, folder))
    assert (gone.count, gone.kept, gone.why) == (2, 2, "they are not done and can be resumed")
    for name in ("done", over):
        assert gzip.decompress((folder / f"classified-{name}.csv.gz").read_bytes()).startswith(b"text,")
    assert [path.name for path in (workspace.folder / "classified").iterdir()] == ["half"]
    assert [each.id for each in workspace.store.batches.all()] == [waiting]


def test_a_file_that_was_written_out_and_not_deleted_is_not_written_twice_into_the_same_copy(
    workspace: Workspace, dataset_id: str, monkeypatch: pytest.MonkeyPatch
):
    make_file_job(workspace, dataset_id, "done", 1)
    wish = CleanOptions(YOUNG, removed_folder(workspace))
    with monkeypatch.context() as ended:
        ended.setattr(FileJobs, "delete", lambda jobs, job_id: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            clean(workspace, "files", wish)
    assert clean(workspace, "files", wish).count == 1
    copy = gzip.decompress((removed_folder(workspace) / "classified-done.csv.gz").read_bytes())
    assert copy.count(b"It fails") == 1


def test_a_folder_that_the_user_names_keeps_its_permissions(
    workspace: Workspace, dataset_id: str, tmp_path: Path
):
    edits(workspace, dataset_id, 1)
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o755)
    os.chmod(mine, 0o755)
    assert clean(workspace, "history", CleanOptions(YOUNG, mine)).count == 1
    assert mine.stat().st_mode & 0o777 == 0o755


def make_file_job(workspace: Workspace, dataset_id: str, job: str, answers: int) -> None:
    folder = workspace.folder / "classified" / job
    folder.mkdir(parents=True)
    request = {
        "id": job,
        "dataset_id": dataset_id,
        "name": "a.csv",
        "created": 0.0,
        "prompt": "",
        "model": "offline:reader",
        "structured": False,
        "columns": ["text"],
        "total": 1,
    }
    (folder / "job.json").write_text(json.dumps(request))
    (folder / "input").write_text("text\nIt fails\n")
    if answers:
        (folder / "answers.jsonl").write_text('{"place":0,"outcome":"label","label":"bug"}\n')
    for path in folder.iterdir():
        os.utime(path, (0, 0))


def test_days_are_asked_for_where_none_are_set(workspace: Workspace):
    for what in CLEANERS:
        with pytest.raises(UsageError, match=f"From which age on are {what} to go"):
            clean(workspace, what, CleanOptions())


def test_who_may_only_look_sees_the_room_and_deletes_nothing(workspace: Workspace, dataset_id: str):
    edits(workspace, dataset_id, 3)
    workspace.store.old_changes.set_days(YOUNG)
    _ = workspace.replies
    shown = Workspace(workspace.folder, {"WHETSTONE_READ_ONLY": "1"})
    assert storage_usage(shown, with_tables=True).bytes > 0
    for what in CLEANERS:
        assert clean(shown, what, CleanOptions(YOUNG, dry_run=True)).count in (0, 3)
        with pytest.raises(UsageError, match="read-only"):
            clean(shown, what, CleanOptions(YOUNG))
    for act in (lambda: keep_history_for(shown, 1), lambda: compact(shown)):
        with pytest.raises(UsageError, match="read-only"):
            act()
    clean_history_when_due(shown)
    shown.close()
    assert workspace.store.old_changes.older_than(YOUNG).sets == 3


def test_who_may_not_spend_deletes_no_replies_that_would_be_paid_again(workspace: Workspace):
    editor = workspace.seen_by(Person("bo@example.com", Role.EDITOR))
    assert clean(editor, "history", CleanOptions(YOUNG)).count == 0
    with pytest.raises(UsageError, match="spend money"):
        clean(editor, "replies", CleanOptions(YOUNG))


def test_compacting_makes_the_caches_smaller_too(workspace: Workspace):
    for n in range(300):
        workspace.replies.set(f"k{n}", Reply("words " * 2_000, usage=Usage(3, 1)))
    workspace.replies.clear()
    assert compact(workspace) > 3_000_000
    assert part(workspace, "replies").bytes < 200_000
    workspace.replies.set("k", Reply("bug", usage=Usage(3, 1)))
    assert workspace.replies.get("k") and not workspace.replies.problem
