"""The rules of a run's prompt out of a workspace: priced, measured, kept, and shown where nothing may be
spent."""

from __future__ import annotations

import pytest

from core.errors import CapReached, NotFound, Stopped, UsageError
from core.jobs.run_job import execute_run
from core.samples import sample
from core.services import prompt_rules
from core.services.datasets import import_sample
from core.services.runs import run_work
from core.store.records import RunRecord, RunStatus
from core.store.runs.owners import new_owner
from core.types import LabelSet, Progress, Prompt, Settings
from core.workspace import Workspace


@pytest.fixture
def run_id(workspace: Workspace) -> str:
    """A real run of the offline pair."""
    return run_on(workspace, "question_pairs")


def run_on(workspace: Workspace, name: str, **told) -> str:
    dataset = import_sample(workspace, sample(name))
    run = workspace.store.runs.create(dataset, Settings(iterations=2, **told))
    execute_run(workspace.store, run, new_owner(), run_work(workspace))
    return run


def best(workspace: Workspace, run_id: str) -> prompt_rules.Rulebook:
    result = workspace.store.runs.get(run_id).result
    return prompt_rules.rules(workspace, run_id, result.best.step, result.best.prompt)


def test_a_book_has_the_rules_of_the_prompt_and_the_validation_rows_of_the_run(
    workspace: Workspace, run_id: str
):
    book = best(workspace, run_id)
    result = workspace.store.runs.get(run_id).result
    assert book.prompt == result.best.prompt and len(book.rules) > 2
    assert [rule.text for rule in book.rules] == [
        line.strip() for line in book.prompt.system_prompt.split("\n") if line.strip()
    ]
    assert len(book.rows) == result.split_sizes["validation"] and {row.split for row in book.rows} == {
        "validation"
    }
    brought = [rule for rule in book.rules if rule.step]
    assert brought and all(rule.tried.comparison and rule.fixed and rule.rows for rule in brought)


def test_a_step_that_was_refused_shows_what_it_tried_and_another_prompt_may_be_asked_for(
    workspace: Workspace, run_id: str
):
    zero = prompt_rules.rules(workspace, run_id, 0)
    assert zero.prompt == workspace.store.steps.get(run_id, 0).prompt and {
        rule.origin for rule in zero.rules
    } == {"starting prompt"}
    mine = Prompt(
        zero.prompt.system_prompt + "Be brief.",
        zero.prompt.user_prompt_prefix,
        zero.prompt.user_prompt_suffix,
    )
    assert prompt_rules.rules(workspace, run_id, 0, mine).rules[-1].origin == "by hand"
    with pytest.raises(NotFound):
        prompt_rules.rules(workspace, run_id, 99)


def test_what_was_measured_is_kept_for_this_very_prompt_over_a_restart(workspace: Workspace, run_id: str):
    book = best(workspace, run_id)
    assert prompt_rules.measurements(workspace, book) == prompt_rules.RuleMeasurements(book.prompt)
    one = book.rules[1]
    made = prompt_rules.ablated(workspace, book, [one])
    assert [each.rule for each in made.ablations] == [one] and made.of(one).verdict.comparison.n == len(
        book.rows
    )
    made = prompt_rules.ablated(workspace, book, book.rules)
    assert len(made.ablations) == len(book.rules), "measured again, a rule is there once"
    shorter = prompt_rules.simplified(workspace, book)
    again = Workspace(workspace.folder)
    kept = prompt_rules.measurements(again, best(again, run_id))
    again.close()
    assert kept == prompt_rules.RuleMeasurements(book.prompt, made.ablations, shorter)
    assert prompt_rules.measurements(workspace, prompt_rules.rules(workspace, run_id, 0)).ablations == ()


def test_the_price_is_the_number_of_calls_and_fewer_rows_cost_less(workspace: Workspace, run_id: str):
    book = best(workspace, run_id)
    part = prompt_rules.price_of_ablation(book, book.rules, workspace.model_context())
    assert part.calls == len(book.rows) * len(book.rules), (
        "the line of the labels stays, the whole prompt is read"
    )
    few = prompt_rules.price_of_ablation(book, book.rules, workspace.model_context(), 10)
    assert few.calls == 10 * len(book.rules)
    assert len({row.label for row in prompt_rules.to_read(book, 10)}) == 2 and prompt_rules.to_read(
        book, 10
    ) == prompt_rules.to_read(book, 10)
    told: list[Progress] = []
    prompt_rules.ablated(workspace, book, book.rules, most=10, on_progress=told.append)
    assert {each.total for each in told} == {few.calls}


def test_shortening_stops_at_the_calls_of_its_price(workspace: Workspace, run_id: str):
    book = best(workspace, run_id)
    part = prompt_rules.price_of_simplifying(book, workspace.model_context())
    made = prompt_rules.simplified(workspace, book)
    assert (made.looks + 1) * len(book.rows) <= part.calls
    assert made.tokens_after <= made.tokens_before and len(made.verdict.comparison.broke) <= len(
        made.verdict.comparison.fixed
    )


def test_money_a_thousand_is_known_where_the_price_is(workspace: Workspace):
    priced, unknown, free = (
        _book(model) for model in ("openai:gpt-4o-mini", "openai-compatible:mine", "offline:reader")
    )
    assert prompt_rules.per_thousand(priced, 100, workspace.model_context()) == pytest.approx(
        100 * 1_000 * 0.15e-6
    )
    assert prompt_rules.per_thousand(unknown, 100, workspace.model_context()) is None
    assert prompt_rules.per_thousand(free, 100, workspace.model_context()) == 0


def test_what_was_measured_before_an_interruption_is_kept(workspace: Workspace, run_id: str):
    book = best(workspace, run_id)

    def stop(progress: Progress) -> None:
        if progress.done > 2.5 * len(book.rows):
            raise Stopped("Enough.")

    made = prompt_rules.ablated(workspace, book, book.rules, on_progress=stop)
    assert 1 <= len(made.ablations) < len(book.rules) and prompt_rules.measurements(workspace, book) == made

    def crash(progress: Progress) -> None:
        if progress.done > 4.5 * len(book.rows):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prompt_rules.ablated(workspace, book, book.rules, on_progress=crash)
    assert len(prompt_rules.measurements(workspace, book).ablations) > len(made.ablations)


def test_read_only_shows_what_was_found_and_measures_nothing(workspace: Workspace, run_id: str):
    book = best(workspace, run_id)
    made = prompt_rules.ablated(workspace, book, book.rules[1:2])
    shown = Workspace(workspace.folder, {"WHETSTONE_READ_ONLY": "1"})
    try:
        assert prompt_rules.measurements(shown, best(shown, run_id)) == made
        for act in (
            lambda: prompt_rules.ablated(shown, book, book.rules),
            lambda: prompt_rules.simplified(shown, book),
        ):
            with pytest.raises(UsageError, match="read-only"):
                act()
    finally:
        shown.close()


def test_where_the_dataset_is_gone_the_book_can_be_read_and_nothing_is_spent(
    workspace: Workspace, run_id: str
):
    workspace.store.datasets.delete(workspace.store.runs.get(run_id).dataset_id)
    book = best(workspace, run_id)
    assert book.rules and prompt_rules.measurements(workspace, book).ablations == ()
    with pytest.raises(NotFound):
        prompt_rules.ablated(workspace, book, book.rules)


def test_a_cap_of_the_run_does_not_bind_the_looking(workspace: Workspace):
    """What a run may spend is settled; this is another question, with a price of its own."""
    run_id = run_on(workspace, "question_pairs", max_calls=150)
    book = best(workspace, run_id)
    try:
        assert len(prompt_rules.ablated(workspace, book, book.rules).ablations) == len(book.rules)
    except CapReached:
        pytest.fail("capped by the run")


def _book(model: str) -> prompt_rules.Rulebook:
    record = RunRecord(
        id="r",
        dataset_id="d",
        dataset_name="",
        dataset_version=1,
        name="",
        status=RunStatus.FINISHED,
        stop_reason="",
        error="",
        stop_requested=False,
        settings=Settings(lightweight=model),
        progress=Progress(""),
        spend={},
        created=0.0,
        started=None,
        finished=None,
        seconds=0.0,
        steps=0,
        baseline_accuracy=None,
        best_accuracy=None,
        result=None,
    )
    return prompt_rules.Rulebook(record, 0, Prompt("", "", ""), (), 100, LabelSet(("yes", "no")), ())
