"""The workspace wires the parts: made when first asked for, closed in order, and told of caps, stops and what
is only shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.importing.mapping import import_dataset
from core.errors import Stopped, StoreError, UsageError
from core.prompts.starting_prompt import starting_prompt
from core.samples import SAMPLES
from core.services.datasets import add_once, hold_out, import_sample, sample_dataset
from core.services.runs import run_work, start_run
from core.store.records import RunStatus
from core.tuning.evaluate import evaluate
from core.types import Dataset, Example, LabelSet, Outcome, Progress, Reply, Result, Settings, Spend
from core.workspace import DEFAULT_FOLDER, Workspace
from tests.core.cli.trade import KEY, PAIR, answer, rows
from tests.fakes.server import FakeServer

LIGHT, HEAVY = PAIR[1], PAIR[3]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer(answer=answer, key=KEY) as running:
        yield running


@pytest.fixture
def workspace(server: FakeServer, tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.open(
        tmp_path / "workspace", {"OPENAI_BASE_URL": server.openai_url, "OPENAI_API_KEY": KEY}
    )
    yield opened
    opened.close()


def tickets(count: int = 24, name: str = "tickets", **changes: str) -> Dataset:
    examples = tuple(
        Example(f"r{number}", text, label, **changes) for number, (text, label) in enumerate(rows(count))
    )
    return Dataset(name, LabelSet(("bug", "docs", "idea")), examples)


def ended(workspace: Workspace, run_id: str):
    deadline = time.monotonic() + 180
    while (run := workspace.store.runs.get(run_id)).active:
        assert time.monotonic() < deadline, "the run did not end"
        time.sleep(0.05)
    return run


# ---- where it is, and what it costs to open


def test_the_folder_is_the_one_given_else_the_environments_else_the_default(tmp_path: Path):
    assert Workspace.open(tmp_path, {"WHETSTONE_WORKSPACE": "/elsewhere"}).folder == tmp_path
    assert Workspace.open(None, {"WHETSTONE_WORKSPACE": str(tmp_path)}).folder == tmp_path
    assert Workspace.open(None, {}).folder == DEFAULT_FOLDER == Path("data/local")


def test_opening_and_closing_touches_nothing(tmp_path: Path):
    workspace = Workspace.open(tmp_path / "workspace", {})
    workspace.close()
    workspace.close()
    assert not (tmp_path / "workspace").exists()


def test_parts_are_made_once_and_closed_for_good(workspace: Workspace):
    assert workspace.store is workspace.store and workspace.calls is workspace.calls
    calls = workspace.calls
    workspace.close()
    with pytest.raises(Stopped):
        calls.ask_all(None, [], concurrency=1)
    assert workspace.calls is not calls, "asked again, it is made anew"


def test_the_database_can_stand_elsewhere(tmp_path: Path):
    workspace = Workspace.open(
        tmp_path / "workspace", {"WHETSTONE_DATABASE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
    )
    workspace.store.datasets.add(tickets(), "test")
    workspace.close()
    assert (tmp_path / "other.db").exists() and not (tmp_path / "workspace").exists()


def test_secrets_do_not_show(workspace: Workspace):
    workspace.session(Settings(LIGHT, HEAVY))
    assert KEY not in repr(workspace) + str(workspace.environment.keys())


def test_folders_are_for_their_owner_only(workspace: Workspace):
    workspace.store.datasets.add(tickets(), "test")
    workspace.replies.stats()
    for path in (workspace.folder, workspace.folder / "cache", workspace.folder / "whetstone.db"):
        assert path.stat().st_mode & 0o077 == 0, path


# ---- datasets


@pytest.mark.parametrize("each", SAMPLES, ids=lambda each: each.name)
def test_a_sample_is_imported_once_and_as_it_stands(workspace: Workspace, each):
    dataset_id = import_sample(workspace, each)
    assert import_sample(workspace, each) == dataset_id
    stored, known = workspace.store.datasets.get(dataset_id), sample_dataset(each)
    assert (stored.examples, stored.labels) == (known.examples, known.labels)
    scored, several = bool(workspace.store.datasets.info(dataset_id).scorer), stored.labels.several
    assert (scored, several) == (each.name == "orders", each.name == "help_desk_labels")


def test_an_equal_dataset_is_kept_once_whatever_stands_beside_it(workspace: Workspace):
    one, other = tickets(), tickets(12)
    first = add_once(workspace, one, "a")
    second = add_once(workspace, other, "b")
    assert (
        first != second
        and add_once(workspace, one, "c") == first
        and add_once(workspace, other, "d") == second
    )
    third = add_once(workspace, replace(one, labels=LabelSet(("bug", "docs", "idea", "spam"))), "e")
    assert third not in (first, second), "another label set is another dataset"
    assert [info.name for info in workspace.store.datasets.all()] == ["tickets", "tickets (2)", "tickets (3)"]


def test_rows_too_few_for_tuning_can_be_read_for_measuring():
    raw = b"text,label\nit crashes,bug\n"
    assert len(import_dataset(raw, "a", to_tune=False).dataset.examples) == 1


# ---- runs


def test_the_first_run_fixes_which_rows_are_held_out(workspace: Workspace):
    dataset_id = workspace.store.datasets.add(tickets(), "test")
    first = ended(workspace, start_run(workspace, dataset_id, Settings(iterations=1, seed=1), "one"))
    second = ended(workspace, start_run(workspace, dataset_id, Settings(iterations=1, seed=2), "two"))
    assert (first.status, second.status, first.name) == (RunStatus.FINISHED, RunStatus.FINISHED, "one")
    splits = [
        [row.split for row in workspace.store.runs.snapshot(run.id).examples] for run in (first, second)
    ]
    assert splits[0] == splits[1] and set(splits[0]) == {"train", "validation", "test"}


@pytest.mark.parametrize(
    "settings",
    [
        Settings("mystery:x"),
        Settings(heavyweight="anthropic:claude-haiku-5-5"),
        Settings(LIGHT, HEAVY, budget_usd=1.0),
    ],
)
def test_a_run_that_cannot_begin_leaves_no_trace(workspace: Workspace, settings: Settings):
    dataset_id = workspace.store.datasets.add(tickets(), "test")
    with pytest.raises(UsageError):
        start_run(workspace, dataset_id, settings)
    assert workspace.store.runs.all() == ()
    assert {row.split for row in workspace.store.datasets.get(dataset_id).examples} == {""}


def test_where_it_is_only_shown_nothing_is_started(tmp_path: Path, workspace: Workspace):
    dataset_id = workspace.store.datasets.add(tickets(), "test")
    shown = Workspace.open(workspace.folder, {"WHETSTONE_READ_ONLY": "1"})
    assert shown.read_only and [info.id for info in shown.store.datasets.all()] == [dataset_id]
    with pytest.raises(UsageError, match="read-only"):
        start_run(shown, dataset_id, Settings())
    with pytest.raises(UsageError, match="read-only"):
        shown.check_writable()
    shown.close()


def test_a_run_in_the_background_is_stopped_while_the_heavyweight_model_thinks(
    workspace: Workspace, server: FakeServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("core.llm.call_loop.GRACE_SECONDS", 0.5)
    with FakeServer(latency=300) as thinking:
        keys = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": thinking.anthropic_url}
        slow = Workspace.open(workspace.folder, {**workspace.environment, **keys})
        run_id = start_run(
            slow, add_once(slow, tickets(), "test"), Settings(LIGHT, "anthropic:claude-sonnet-5-5")
        )
        while not thinking.counts["requests"]:
            time.sleep(0.02)
        slow.store.leases.request_stop(run_id)
        assert ended(slow, run_id).status == RunStatus.STOPPED, "long before the model has thought"
        slow.close()


def test_changed_caps_hold_for_the_run_as_a_whole(workspace: Workspace, server: FakeServer):
    paid = {"lightweight": Spend(30, 5, 1, 900, 90, 0.5), "heavyweight": Spend(1, 0, 0, 100, 10, 0.25)}
    settings = Settings(LIGHT, HEAVY, iterations=2, max_calls=100, paid_before=paid)
    said: list[Progress] = []
    work = run_work(workspace)(tickets(48), settings, "run", said.append)
    assert isinstance(list(work.events)[-1], Result) and said
    light = sum(body["model"] == "light" for body in server.bodies)
    assert 0 < light <= 70
    assert work.spend()["lightweight"].api == light + 30 and work.spend()["lightweight"].failed == 1


def test_runs_of_two_threads_share_their_parts(workspace: Workspace, server: FakeServer):
    stores: list[object] = []
    threads = [threading.Thread(target=lambda: stores.append(workspace.model_context())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each is stores[0] for each in stores)


def test_where_it_is_only_shown_models_say_again_what_they_said_and_nothing_is_sent(
    workspace: Workspace, server: FakeServer
):
    prompt, labels, told = starting_prompt(tickets().labels), tickets().labels.names, Settings(LIGHT)
    text, other = rows(2)[0][0], rows(2)[1][0]
    examples = [Example("r0", text, labels[0]), Example("r1", other, labels[0])]
    [before] = evaluate(workspace.session(told), prompt, examples[:1], labels).predictions
    workspace.close()
    shown = Workspace.open(
        workspace.folder, {"WHETSTONE_READ_ONLY": "1", "OPENAI_BASE_URL": server.openai_url}
    )  # and no key
    try:
        session = shown.session(told)
        again, unasked = evaluate(session, prompt, examples, labels).predictions
    finally:
        shown.close()
    assert again.label == before.label and len(server.seen) == 1
    assert session.account.spends()["lightweight"].cached == 1
    assert unasked.outcome is Outcome.FAILED and "not asked this before" in unasked.error


@pytest.mark.parametrize("value", ["1", "true", "YES", " on ", "ture"])
def test_what_is_only_shown_makes_and_changes_no_file(workspace: Workspace, value: str):
    workspace.replies.set("key", Reply("kept"))
    workspace.store.datasets.add(tickets(), "test")
    workspace.close()
    before = contents(workspace.folder)
    shown = Workspace.open(workspace.folder, {"WHETSTONE_READ_ONLY": value})
    kept = shown.replies.get("key")
    assert kept is not None and kept.text == "kept" and shown.replies.stats().entries == 1
    assert len(shown.store.datasets.all()) == 1
    shown.replies.set("other", Reply("not kept"))
    with pytest.raises(UsageError, match="read-only"):
        shown.replies.clear()
    shown.close()
    assert contents(workspace.folder) == before


@pytest.mark.parametrize("value", ["", "0", "false", "No", "off"])
def test_a_workspace_is_worked_in_where_reading_only_is_switched_off(tmp_path: Path, value: str):
    assert not Workspace.open(tmp_path, {"WHETSTONE_READ_ONLY": value}).read_only


def test_looking_at_an_empty_folder_leaves_it_empty(tmp_path: Path):
    shown = Workspace.open(tmp_path, {"WHETSTONE_READ_ONLY": "1"})
    assert shown.replies.get("key") is None and shown.replies.stats().entries == 0
    with pytest.raises(StoreError, match="no workspace"):
        _ = shown.store
    assert not list(tmp_path.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    """By name; SQLite's side files aside, which are empty or memory."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.name: file.read_bytes() for file in files if not file.name.endswith(("-wal", "-shm"))}


def test_a_row_that_is_left_out_keeps_its_split_when_held_out_rows_are_chosen(workspace: Workspace):
    rows_ = list(tickets().examples)
    rows_[0] = replace(rows_[0], split="train", excluded=True)
    dataset_id = workspace.store.datasets.add(replace(tickets(), examples=tuple(rows_)), "test")
    hold_out(workspace, dataset_id, seed=0)
    found = {row.id: row.split for row in workspace.store.datasets.get(dataset_id).examples}
    assert found["r0"] == "train" and "" not in found.values()
