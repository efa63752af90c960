"""A paused run on its page: the proposal is shown, changed by hand, and gone on with."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.jobs.run_job import execute_run
from core.services.runs import run_work
from core.store.records import RunStatus
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.tuning.supervision import VETOED, Review
from core.types import Settings
from core.workspace import Workspace
from tests.pages.conftest import edit_table
from tests.pages.made import dataset_of, wait_for_runs
from tests.pages.test_runs_page import opened, said

OWN = "If the text is about <b>docs</b> or $x$, the label is documentation."


def paused(folder, store: Store, **settings: object) -> tuple[str, str]:
    """Ids of a dataset and of its run, which waits with the proposal of its first step."""
    dataset = dataset_of(store, "github_issues")
    run_id = store.runs.create(dataset, Settings(**{"iterations": 1, "batch_size": 40, **settings}))
    store.pauses.request_pause(run_id)
    workspace = Workspace.open(folder, {})
    try:
        assert (
            execute_run(workspace.store, run_id, new_owner(), run_work(workspace)).status is RunStatus.PAUSED
        )
    finally:
        workspace.close()
    return dataset, run_id


def test_what_is_proposed_can_be_left_out_changed_and_added_to(app: AppTest, folder, store: Store):
    _, run_id = paused(folder, store)
    opened(app)
    assert "nothing measured yet" in said(app) and "Paused" in said(app)
    proposal = store.pauses.proposal(run_id)
    texts = [field for field in app.text_input if field.key.startswith("text ")]
    first = texts[0].value
    assert first == proposal.reflection.edits[0].replace.strip("\n")
    app.checkbox(key=f"try 0 of {run_id} 1").uncheck()
    app.text_area(key=f"own of {run_id} 1").set_value(OWN)
    app.run()
    app.button(key="go_on").click().run()
    assert not app.exception and not app.error
    wait_for_runs(store)
    assert store.runs.get(run_id).status is RunStatus.FINISHED
    trials = {trial.edit.replace.strip(): trial.verdict.reason for trial in store.steps.get(run_id, 1).trials}
    assert trials[first] == VETOED and OWN in trials


def test_going_on_to_the_next_proposal_pauses_again(app: AppTest, folder, store: Store):
    _, run_id = paused(folder, store, iterations=2)
    opened(app)
    app.button(key="go_on_once").click().run()
    assert not app.exception and not app.error
    wait_for_runs(store)
    assert store.runs.get(run_id).status is RunStatus.PAUSED and store.pauses.proposal(run_id).number == 2


def test_a_paused_run_can_be_finished_at_once(app: AppTest, folder, store: Store):
    _, run_id = paused(folder, store, iterations=2)
    opened(app)
    app.button(key="finish").click().run()
    assert not app.exception and not app.error
    wait_for_runs(store)
    record = store.runs.get(run_id)
    assert (record.status, record.stop_reason, record.steps) == (RunStatus.FINISHED, "finish", 1)
    assert "test" in record.result.best.evaluations


def test_a_cap_can_be_changed_while_it_waits(app: AppTest, folder, store: Store):
    _, run_id = paused(folder, store, iterations=2)
    opened(app)
    app.number_input(key=f"cap_max_heavy_calls_{run_id}").set_value(1)
    app.run()
    app.button(key="go_on").click().run()
    assert not app.exception and not app.error
    wait_for_runs(store)
    record = store.runs.get(run_id)
    assert record.settings.max_heavy_calls == 1 and record.stop_reason == "cap"
    assert record.spend["heavyweight"].api == 1
    app.run()
    app.number_input(key=f"cap_max_heavy_calls_{run_id}").set_value(5)
    app.run()
    app.button(key="go_on_capped").click().run()
    assert not app.exception and not app.error
    wait_for_runs(store)
    assert store.runs.get(run_id).stop_reason != "cap"


def test_what_was_answered_elsewhere_is_said_in_one_sentence(app: AppTest, folder, store: Store):
    _, run_id = paused(folder, store)
    opened(app)
    store.pauses.answer(run_id, Review(1))
    app.button(key="go_on").click().run()
    assert not app.exception and "does not wait for an answer" in app.error[0].value


def test_a_read_only_workspace_shows_the_proposal_and_changes_nothing(
    app: AppTest, folder, store: Store, monkeypatch
):
    _, run_id = paused(folder, store)
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert app.button(key="go_on").disabled and app.button(key="go_on_once").disabled
    assert store.pauses.proposal(run_id) is not None


def test_a_note_for_a_mistake_is_kept_with_its_row(app: AppTest, folder, store: Store):
    dataset, run_id = paused(folder, store)
    opened(app)
    row = store.pauses.proposal(run_id).reflection.shown[1]
    edit_table(app, f"notes of {run_id} 1", {1: {"Note": "docs <b>first</b>"}})
    app.button(key="go_on").click().run()
    assert not app.exception and not app.error
    wait_for_runs(store)
    assert store.rows.one(dataset, row).note == "docs <b>first</b>"
    assert store.pauses.reviews(run_id)[0].notes == {row: "docs <b>first</b>"}
    assert store.edits.history(dataset, row)[0].why == "noted while a run was paused"
