"""A run that is asked to pause waits with its proposal in the store, whoever carries it out, and goes on with
what was said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import Conflict, NotFound, StoreError
from core.jobs.run_job import Work, execute_run
from core.services.runs import run_work
from core.store.records import RunStatus
from core.store.runs.owners import new_owner
from core.store.runs.pauses import Pauses, StoredOverseer
from core.tuning.supervision import VETOED, Review
from core.tuning.tune import tune
from core.types import Dataset, Edit, Example, LabelSet, Progress, Settings
from core.workspace import Workspace
from tests.core.tuning.toy import LABELS, Editor, edits, rule, session_of, zoo

ZEBRA, APPLE = rule("zebra", "question"), rule("apple", "wish")
OWN = Edit("system_prompt", "", ZEBRA)


def queued(workspace: Workspace, rows: tuple[Example, ...] = zoo(), iterations: int = 2) -> str:
    dataset = workspace.store.datasets.add(Dataset("zoo", LabelSet(LABELS), rows), "made")
    return workspace.store.runs.create(dataset, Settings(iterations=iterations))


def carried_out(workspace: Workspace, run_id: str):
    return execute_run(workspace.store, run_id, new_owner(), run_work(workspace))


def test_a_run_pauses_with_its_proposal_and_goes_on_with_the_answer(workspace: Workspace):
    store, run_id = workspace.store, queued(workspace)
    assert store.pauses.request_pause(run_id) and store.runs.get(run_id).pause_requested
    paused = carried_out(workspace, run_id)
    assert (paused.status, paused.stop_reason, paused.pause_requested, paused.active) == (
        RunStatus.PAUSED,
        "paused",
        False,
        False,
    )
    proposal = store.pauses.proposal(run_id)
    assert proposal.number == 1 and proposal.reflection.edits and paused.steps == 1
    store.pauses.answer(run_id, Review(1, vetoed=proposal.reflection.edits[:1], own=(OWN,)))
    assert store.pauses.proposal(run_id) is None
    ended = carried_out(workspace, run_id)
    assert ended.status is RunStatus.FINISHED
    trials = {trial.edit: trial.verdict.reason for trial in store.steps.get(run_id, 1).trials}
    assert trials[proposal.reflection.edits[0]] == VETOED and OWN in trials


def test_a_run_that_is_resumed_unanswered_tries_everything(workspace: Workspace):
    store, run_id = workspace.store, queued(workspace)
    store.pauses.request_pause(run_id)
    carried_out(workspace, run_id)
    assert (
        carried_out(workspace, run_id).status is RunStatus.FINISHED and store.pauses.proposal(run_id) is None
    )
    assert VETOED not in {trial.verdict.reason for trial in store.steps.get(run_id, 1).trials}


def test_a_run_can_be_asked_to_pause_at_every_proposal(workspace: Workspace):
    def begin(dataset: Dataset, settings: Settings, run_id: str, on_progress) -> Work:
        session = replace(
            session_of(Editor(edits(ZEBRA), edits(APPLE))), overseer=StoredOverseer(store.pauses, run_id)
        )
        return Work(tune(dataset, session, settings, on_progress), dict)

    store, run_id = workspace.store, queued(workspace)
    seen = []
    store.pauses.request_pause(run_id)
    while execute_run(workspace.store, run_id, new_owner(), begin).status is RunStatus.PAUSED:
        seen.append(store.pauses.proposal(run_id).number)
        store.pauses.answer(run_id, Review(seen[-1]))
        assert store.pauses.request_pause(run_id), "also while it is paused: at the next one"
    assert seen == [1, 2] and [word.step for word in store.pauses.reviews(run_id)] == [1, 2]


def test_going_on_to_the_next_proposal_is_not_held_at_a_step_that_is_only_replayed(workspace: Workspace):
    """The first pause is at step 2: step 1, which nobody reviewed, is passed again on the way to step 3."""

    def begin(dataset: Dataset, settings: Settings, run_id: str, on_progress) -> Work:
        def watched(progress: Progress) -> None:
            if not seen and store.runs.get(run_id).steps == 2:
                store.pauses.request_pause(run_id)
            on_progress(progress)

        editor = Editor(edits(rule("lemon", "wish")), edits(ZEBRA), edits(APPLE))
        session = replace(session_of(editor), overseer=StoredOverseer(store.pauses, run_id))
        return Work(tune(dataset, session, settings, watched), dict)

    store, run_id = workspace.store, queued(workspace, iterations=3)
    seen: list[int] = []
    while execute_run(workspace.store, run_id, new_owner(), begin).status is RunStatus.PAUSED:
        seen.append(store.pauses.proposal(run_id).number)
        store.pauses.answer(run_id, Review(seen[-1]))
        store.pauses.request_pause(run_id)
    assert seen == [2, 3]


def test_a_wish_to_pause_can_be_taken_back(workspace: Workspace):
    store, run_id = workspace.store, queued(workspace)
    store.pauses.request_pause(run_id)
    store.pauses.request_pause(run_id, wanted=False)
    assert carried_out(workspace, run_id).status is RunStatus.FINISHED
    assert not store.pauses.request_pause(run_id), "it is over"


def test_of_two_answers_the_second_is_refused(workspace: Workspace):
    store, run_id = workspace.store, queued(workspace)
    store.pauses.request_pause(run_id)
    carried_out(workspace, run_id)
    store.pauses.answer(run_id, Review(1))
    with pytest.raises(Conflict, match="reload the page"):
        store.pauses.answer(run_id, Review(1, own=(OWN,)))
    assert store.pauses.reviews(run_id) == (Review(1),)


def test_what_was_said_is_gone_with_the_run(workspace: Workspace):
    store, run_id = workspace.store, queued(workspace)
    store.pauses.request_pause(run_id)
    carried_out(workspace, run_id)
    store.runs.delete(run_id)
    assert store.pauses.proposal(run_id) is None and store.pauses.reviews(run_id) == ()
    with pytest.raises(NotFound):
        store.pauses.request_pause(run_id)


def test_a_run_is_noted_and_starred(workspace: Workspace):
    store, run_id = workspace.store, queued(workspace)
    assert (store.runs.get(run_id).note, store.runs.get(run_id).starred) == ("", False)
    store.runs.describe(run_id, note="  the one for the boss ")
    store.runs.describe(run_id, starred=True)
    store.runs.describe(run_id)
    assert (store.runs.get(run_id).note, store.runs.all()[0].starred) == ("the one for the boss", True)
    with pytest.raises(NotFound):
        store.runs.describe("nobody", starred=True)


def test_a_database_that_is_away_pauses_nothing_and_ends_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    run_id = queued(workspace, iterations=1)

    def away(*_: object) -> bool:
        raise StoreError("The workspace cannot be reached.")

    monkeypatch.setattr(Pauses, "is_to_pause", away)
    assert carried_out(workspace, run_id).status is RunStatus.FINISHED
