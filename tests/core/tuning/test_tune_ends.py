"""How a run ends: stopped, at a cap, with failed calls; and that its last figures are what they say they
are."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.errors import CallFailed, ModelRefused, Stopped, UsageError
from core.tuning.evaluate import evaluate
from core.tuning.incumbents import Incumbent
from core.tuning.tune import last_evaluation, tune
from core.types import Decision, Example, Outcome, Progress, Request, Settings
from tests.core.tuning.toy import (
    CAPPED,
    LABELS,
    START,
    THREE,
    WRONG,
    ZEBRA,
    Editor,
    dataset,
    edits,
    failing,
    rows,
    rule,
    run,
    search_of,
    session_of,
    small_model,
    text_of,
    three_reflections,
    with_lines,
    zoo,
)

# ---- stopping


def ticks(settings: Settings) -> int:
    count = 0

    def on_progress(progress: Progress) -> None:
        nonlocal count
        count += 1

    run(zoo(), session_of(three_reflections()), settings, on_progress=on_progress)
    return count


def stopped_at(tick: int, settings: Settings):
    count = 0

    def on_progress(progress: Progress) -> None:
        nonlocal count
        count += 1
        assert count <= tick
        if count == tick:  # once: nothing may be asked after it
            raise Stopped("Enough.")

    return run(zoo(), session_of(three_reflections()), settings, on_progress=on_progress)


@pytest.mark.parametrize("settings", [THREE, CAPPED], ids=["no cap", "capped"])
def test_a_run_stopped_anywhere_ends_with_a_result_of_what_there_is(settings):
    total = ticks(settings)
    assert total > 100
    whole, _ = run(zoo(), session_of(three_reflections()), settings)
    points = sorted({1, 2, 15, 16, 17, total - 1, total} | set(random.Random(0).sample(range(1, total), 25)))
    for tick in points:
        steps, result = stopped_at(tick, settings)
        assert result.stop_reason == "stopped"
        assert steps == whole[: len(steps)], "what was done before is as it was"
        assert result.test is None and result.baseline.prompt == START
        if steps:
            figures = [
                scored.evaluations["validation"].metrics.correct for scored in (result.baseline, result.best)
            ]
            assert figures[0] == whole[0].validation.metrics.correct and figures[1] >= figures[0]
            assert result.best.prompt in {START, steps[-1].prompt}
        else:
            assert result.best.prompt == START and "validation" not in result.best.evaluations
    assert len(stopped_at(points[-2], settings)[0]) == len(whole)


def test_a_run_stopped_on_a_prompt_that_is_worse_by_what_is_known_ends_with_the_start():
    """Under a cap a rule may pass for what it fixes among the rows shown, and only the last reading would
    tell."""

    def stop(progress: Progress) -> None:
        if progress.what.startswith("Step 2"):
            raise Stopped("Enough.")

    lopsided = [
        *rows("train", 12, "odd", "wish"),
        *rows("train", 12, "crash", "bug"),
        *rows("validation", 1, "odd", "wish"),
        *rows("validation", 2, "odd", "bug", note="Sure."),
        *rows("validation", 5, "crash", "bug"),
    ]
    wanted = Settings(max_calls=100, iterations=4)
    steps, result = run(
        lopsided, session_of(Editor(edits(rule("odd", "wish"))), settings=wanted), wanted, on_progress=stop
    )
    assert (
        steps[1].verdict.decision is Decision.ACCEPTED
        and steps[1].validation.metrics.correct < steps[0].validation.metrics.correct
    )
    assert result.stop_reason == "stopped" and result.best.prompt == START and result.best.step == 0


@pytest.mark.parametrize(
    ("wanted", "best", "calls"),
    [
        (Settings(max_calls=200, max_heavy_calls=4), START, 14 + 14),
        (Settings(), with_lines(ZEBRA), 15 + 15 + 15),
    ],
    ids=["capped", "no cap"],
)
def test_earlier_prompts_are_read_again_only_where_calls_are_not_counted(wanted, best, calls):
    search = search_of(zoo(test=0), session_of(Editor(), settings=wanted), wanted)
    for step, line in enumerate((ZEBRA, WRONG), 1):
        validation = search.validation_after({})
        search.advance(Incumbent(with_lines(line), step, validation, exact=False), ())
    result = last_evaluation(search, "iterations")
    assert result.best.prompt == best
    assert search.setup.session.account.spends()["lightweight"].api == calls


def test_a_run_stopped_before_its_first_reply_has_no_figures_and_invents_none():
    steps, result = stopped_at(1, THREE)
    assert steps == [] and result.baseline.evaluations == result.best.evaluations == {}
    assert result.split_sizes == {"train": 33, "validation": 15, "test": 12}


def test_a_model_that_cannot_be_used_at_all_ends_the_run_with_its_error():
    def refuses(request: Request):
        raise ModelRefused("The key is wrong.")

    with pytest.raises(ModelRefused):
        list(tune(dataset(zoo()), session_of(three_reflections(), refuses), THREE))


# ---- caps


@pytest.mark.parametrize("calls", [40, 41, 55, 80, 120, 200, 500])
def test_the_cap_is_never_passed_and_the_test_rows_are_read(calls):
    settings = Settings(max_calls=calls, max_heavy_calls=4)
    session = session_of(three_reflections(), settings=settings)
    _, result = run(zoo(train=30, validation=20, test=20), session, settings)
    assert session.account.spent["lightweight"].api <= calls and session.account.spent["heavyweight"].api <= 4
    assert result.test is not None and result.test.comparison.n == min(60, calls // 6)
    assert (
        result.best.evaluations["validation"].metrics.correct
        >= result.baseline.evaluations["validation"].metrics.correct
    )


def test_a_cap_reached_in_the_middle_keeps_the_last_reading_and_says_so():
    """Twenty steps in eighty calls: the cap comes long before the last of them."""
    settings = Settings(max_calls=80, iterations=20)
    session = session_of(
        Editor(*[edits(rule(f"word{n}", "wish"), rule(f"word{n}", "question")) for n in range(20)]),
        settings=settings,
    )
    steps, result = run(zoo(train=60, validation=20, test=20), session, settings)
    assert result.stop_reason == "cap" and 1 < len(steps) < 21
    assert result.test is not None and session.account.spent["lightweight"].api <= 80


def test_without_heavyweight_calls_there_are_no_steps_and_still_a_result():
    settings = Settings(iterations=3, max_heavy_calls=0)
    steps, result = run(zoo(), session_of(three_reflections(), settings=settings), settings)
    assert len(steps) == 1 and result.stop_reason == "cap" and result.best.step == 0
    assert result.test.reason == "no mistake fixed, none new; no difference"


def test_caps_too_small_for_a_step_are_refused_before_any_call():
    session = session_of(three_reflections())
    with pytest.raises(UsageError, match="allow at least 40"):
        list(tune(dataset(zoo()), session, Settings(max_calls=39)))
    assert session.account.spent["lightweight"].api == 0


# ---- honest figures


def test_the_figures_of_the_best_prompt_are_those_of_reading_every_row_with_it():
    """Rows that no rule is about, and rows whose labels are in doubt, are read with the best prompt too
    before anything is claimed."""
    noise = [
        Example(
            f"noise{n}", f"They told us of the zebra on day 9{n} in room x{n}.", "wish", split="validation"
        )
        for n in range(2)
    ]
    examples = [*zoo(train=40, validation=30), *noise]
    for settings in (THREE, CAPPED):
        _, result = run(examples, session_of(three_reflections(), settings=settings), settings)
        read = result.best.evaluations["validation"]
        by_id = {row.id: row for row in examples}
        fresh = evaluate(
            session_of(Editor()),
            result.best.prompt,
            [by_id[each.example_id] for each in read.predictions],
            LABELS,
        )
        assert [each.label for each in read.predictions] == [each.label for each in fresh.predictions]
        assert read.metrics == fresh.metrics


def test_a_call_that_failed_in_a_trial_is_asked_again_before_the_end():
    lost, tries = zoo(validation=70)[33].text, [0]

    def light(request: Request):
        if text_of(request) == lost and ZEBRA in request.messages[0].content and not tries[0]:
            tries[0] += 1
            return CallFailed("The line went dead.")
        return small_model(request)

    _, result = run(zoo(validation=70), session_of(Editor(edits(ZEBRA)), light), Settings(iterations=1))
    assert tries == [1] and result.best.step == 1
    assert result.best.evaluations["validation"].metrics.failed == 0
    assert result.best.evaluations["validation"].metrics.correct == 140


def test_where_every_call_about_the_training_rows_fails_no_absence_of_mistakes_is_claimed():
    training = {row.text for row in zoo() if row.split == "train"}
    heavy = three_reflections()
    steps, result = run(zoo(), session_of(heavy, failing(training)), THREE)
    assert result.stop_reason == "iterations" and heavy.seen == []
    assert [step.verdict.reason for step in steps[1:]] == [
        "33 of 33 calls failed, so this step takes no decision."
    ] * 3
    assert steps[1].batch.metrics.failed == 33 and {each.outcome for each in steps[1].batch.predictions} == {
        Outcome.FAILED
    }


def test_a_test_reading_with_too_many_failed_calls_claims_nothing():
    sealed = {row.text for row in zoo() if row.split == "test" and row.label == "bug"}
    _, result = run(zoo(), session_of(three_reflections(), failing(sealed)), THREE)
    assert result.test.decision is Decision.UNDECIDED and "8 of 24 calls failed" in result.test.reason


# ---- what takes seconds with many rows is said before it is done


def said(settings: Settings) -> list[str]:
    words: list[str] = []
    run(
        zoo(),
        session_of(three_reflections(), settings=settings),
        settings,
        on_progress=lambda now: words.append(now.what),
    )
    return list(dict.fromkeys(words))


def test_looking_for_labels_in_doubt_is_said_before_it_is_done():
    words = said(THREE)
    doubt = next(
        at for at, each in enumerate(words) if each.startswith("Step 1: looking for labels in doubt")
    )
    assert words[doubt - 1].startswith("Step 1: classifying")
    assert words[doubt + 1].startswith("Step 1: the heavyweight model reads")
    assert sum("in doubt" in each for each in words) == 1, "once a run"


def test_a_shortlist_is_prepared_in_sight():
    words = said(replace(THREE, shortlist=2))
    assert [words[0].partition(" among ")[0], *words[1:3]] == [
        "Looking for labels in doubt",
        "Choosing the rows that pick the labels of each request",
        "Measuring the starting prompt",
    ]
