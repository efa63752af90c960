from dataclasses import replace

import pytest

from core.services.next_step import NextStep, best_run, dataset_status, outcome, worth_adopting
from core.store.records import Ending, RunStatus
from core.types import Decision, Settings, Verdict
from tests.core.store.building import PROMPT, baseline, result, step

BETTER = Verdict(Decision.ACCEPTED, "9 mistakes fixed, none new; not luck (p = 0.004)")


def ended(store, dataset_id, status=RunStatus.FINISHED, test=BETTER, accuracy=0.75):
    run_id = store.runs.create(dataset_id, Settings())
    assert store.leases.claim(run_id, "me")
    store.steps.save(run_id, baseline())
    store.steps.save(run_id, step(1, accuracy))
    store.leases.finish(run_id, "me", Ending(status, "iterations", replace(result(best=accuracy), test=test)))
    return run_id


def test_rows_that_were_never_tuned_are_to_be_tuned(store, dataset_id):
    now = dataset_status(store, dataset_id)
    assert (now.next, now.run, now.latest, now.champion) == (NextStep.TUNE, None, None, None)


def test_a_run_under_way_is_to_be_watched(store, dataset_id):
    run_id = store.runs.create(dataset_id, Settings())
    now = dataset_status(store, dataset_id)
    assert (now.next, now.run.id) == (NextStep.WATCH, run_id)


@pytest.mark.parametrize("status", [RunStatus.INTERRUPTED, RunStatus.STOPPED, RunStatus.FAILED])
def test_a_run_that_ended_early_is_to_be_resumed(store, dataset_id, status):
    run_id = ended(store, dataset_id, status)
    now = dataset_status(store, dataset_id)
    assert (now.next, now.run.id) == (NextStep.RESUME, run_id)


def test_a_better_prompt_is_to_be_adopted_and_then_tried(store, dataset_id):
    run_id = ended(store, dataset_id)
    now = dataset_status(store, dataset_id)
    assert (now.next, now.run.id, now.run.result.test) == (NextStep.ADOPT, run_id, BETTER)
    store.champions.adopt(dataset_id, now.run.result.best.prompt, "offline:reader", run_id, 1)
    assert dataset_status(store, dataset_id).next is NextStep.TRY


def test_the_best_run_is_the_one_to_recommend_and_none_where_none_is(store, dataset_id):
    assert best_run(store, dataset_id) is None
    unproven = Verdict(Decision.UNDECIDED, "1 mistake fixed, none new; may be luck (p = 1.0)")
    ended(store, dataset_id, test=unproven)
    assert best_run(store, dataset_id) is None
    best = ended(store, dataset_id, accuracy=0.75)
    ended(store, dataset_id, accuracy=0.7)
    assert best_run(store, dataset_id).id == best


def test_without_proof_nothing_is_to_be_adopted(store, dataset_id):
    ended(
        store,
        dataset_id,
        test=Verdict(Decision.UNDECIDED, "1 mistake fixed, none new; may be luck (p = 1.0)"),
    )
    assert dataset_status(store, dataset_id).next is NextStep.CORRECT


def test_a_later_run_must_beat_the_run_of_the_champion(store, dataset_id):
    first = ended(store, dataset_id, accuracy=0.75)
    store.champions.adopt(dataset_id, PROMPT, "offline:reader", first, 1)
    ended(store, dataset_id, accuracy=0.7)
    assert dataset_status(store, dataset_id).next is NextStep.TRY
    better = ended(store, dataset_id, accuracy=0.8)
    now = dataset_status(store, dataset_id)
    assert (now.next, now.run.id) == (NextStep.ADOPT, better)


def test_no_improvement_is_said_plainly():
    stayed = replace(result(), best=result().baseline)
    assert outcome(stayed) == "No improvement found: the starting prompt is still the best."
    assert not worth_adopting(stayed)


def test_the_verdict_on_the_test_rows_is_in_the_sentence():
    assert (
        outcome(replace(result(), test=BETTER))
        == "Better on the test rows: 1 → 1 of 2 right; 9 mistakes fixed, none new; not luck (p = 0.004)."
    )
    assert outcome(result()).startswith(
        "Improvement not proven on the test rows: 1 → 1 of 2 right; 1 mistake fixed, none new"
    )
    assert worth_adopting(replace(result(), test=None))


def test_what_undo_and_redo_would_do_is_told(store, dataset_id):
    from core.store.records import Change

    assert store.edits.upcoming(dataset_id) == ("", "")
    store.edits.change(dataset_id, [Change("r0", "label", "improvement")])
    assert store.edits.upcoming(dataset_id) == ("“Text number 0” from “bug” to “improvement”.", "")
    store.edits.undo(dataset_id)
    assert store.edits.upcoming(dataset_id) == ("", "“Text number 0” from “bug” to “improvement”.")
    store.edits.change(dataset_id, [Change("r1", "excluded", True)])
    assert store.edits.upcoming(dataset_id) == ("“Text number 1” excluded.", "")


def test_each_run_is_read_once(store, dataset_id, monkeypatch):
    run_id = ended(store, dataset_id)
    store.champions.adopt(dataset_id, store.runs.get(run_id).result.best.prompt, "offline:reader", run_id, 1)
    read, get = [], store.runs.get
    monkeypatch.setattr(store.runs, "get", lambda id_: (read.append(id_), get(id_))[1])
    assert dataset_status(store, dataset_id).next is NextStep.TRY and read == [run_id]
