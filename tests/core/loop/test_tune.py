"""Whole runs: what comes first and last, what is the same twice, and how a run ends."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import CallFailed, DataError, ModelRefused, Stopped, UsageError
from core.loop.evaluate import evaluate
from core.loop.tune import tune
from core.types import Decision, Example, Outcome, Progress, Request, Result, Settings
from tests.core.loop.toy import (
    LABELS,
    START,
    Editor,
    crew_of,
    dataset,
    edits,
    otherwise,
    rows,
    rule,
    run,
    small_model,
    text_of,
    with_lines,
    zoo,
)

ZEBRA, APPLE, WRONG = rule("zebra", "question"), rule("apple", "wish"), rule("crash", "wish")
THREE = Settings(iterations=3)
CAPPED = Settings(max_calls=200, max_heavy_calls=4)


def editor() -> Editor:
    return Editor(edits(ZEBRA, WRONG), edits("Think."), edits(APPLE, otherwise("crash", "question")))


# ---- the course of a run

def test_step_0_comes_first_and_the_result_last():
    steps, result = run(zoo(), crew_of(editor()), THREE)
    assert [step.number for step in steps] == [0, 1, 2, 3]
    zero = steps[0]
    assert zero.prompt == zero.candidate == START and zero.reflection is None and zero.batch is None and zero.trials == ()
    assert zero.verdict.decision is Decision.ACCEPTED and zero.validation.metrics.correct == 5
    assert result.stop_reason == "iterations"


def test_what_there_is_to_find_is_found():
    steps, result = run(zoo(), crew_of(editor()), THREE)
    assert result.best.prompt == with_lines(ZEBRA, APPLE) and result.best.step == 3
    assert result.baseline.prompt == START and result.baseline.step == 0
    for name, of_start, of_best in (("validation", 5, 15), ("test", 4, 12)):
        assert result.baseline.evaluations[name].metrics.correct == of_start
        assert result.best.evaluations[name].metrics.correct == of_best
    assert result.split_sizes == {"train": 33, "validation": 15, "test": 12} and result.majority_accuracy == pytest.approx(1 / 3)


def test_the_claim_is_about_the_test_rows_alone():
    _, result = run(zoo(), crew_of(editor()), THREE)
    assert result.test.decision is Decision.ACCEPTED
    assert result.test.comparison.n == 12 and {name.split("-")[0] for name in result.test.comparison.fixed} == {"test"}
    assert result.test.reason == "fixed 8, broke 0: better (p = 0.008)"


def test_the_test_rows_are_read_only_at_the_end():
    seen: list[str] = []

    def light(request: Request) -> str:
        seen.append(text_of(request))
        return small_model(request)

    events = tune(dataset(zoo()), crew_of(editor(), light), THREE)
    sealed = {row.text for row in zoo() if row.split == "test"}
    for event in events:
        if isinstance(event, Result):
            break
        assert not sealed & set(seen)
    assert sealed <= set(seen)


def test_the_test_rows_are_never_shown_to_the_heavyweight_model():
    asked = editor()
    run(zoo(), crew_of(asked), THREE)
    told = "\n".join(message.content for request in asked.seen for message in request.messages)
    assert "train" in told and not any(row.text in told for row in zoo() if row.split != "train")


def test_each_step_tells_what_the_run_had_spent_by_then():
    steps, _ = run(zoo(), crew_of(editor()), THREE)
    light, heavy = ([step.spend[role].api for step in steps] for role in ("lightweight", "heavyweight"))
    assert light == sorted(light) and light[0] == 15 and heavy == [0, 1, 2, 3]


def test_a_step_tells_which_rows_the_editor_was_shown_and_what_the_training_rows_said():
    step = run(zoo(), crew_of(editor()), THREE)[0][1]
    assert len(step.reflection.shown) == 22 and all(name.startswith("train-") for name in step.reflection.shown)
    assert step.batch.metrics.n == 33 and step.batch.metrics.correct == 11


# ---- the same twice

@pytest.mark.parametrize("settings", [THREE, CAPPED])
def test_the_same_seed_gives_the_same_run(settings):
    assert run(zoo(), crew_of(editor()), settings) == run(zoo(), crew_of(editor()), settings)


def test_another_seed_reads_other_rows():
    one, other = (run(zoo(train=30), crew_of(editor()), replace(CAPPED, seed=seed))[0][1].batch for seed in (1, 2))
    assert {each.example_id for each in one.predictions} != {each.example_id for each in other.predictions}


def test_a_run_does_not_depend_on_how_python_orders_its_sets():
    """A resumed run is another process: it must ask the same questions in the same order."""
    command, root = [sys.executable, "-m", "tests.core.loop.test_tune"], Path(__file__).parents[3]
    both = [subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, text=True) for seed in "12"]
    told = [process.communicate(timeout=120)[0] for process in both]
    assert told[0] == told[1] and "Result(" in told[0]


def test_a_killed_run_run_again_over_its_cache_ends_where_it_would_have_ended():
    whole = run(zoo(), crew_of(editor()), THREE)
    crew = crew_of(editor())
    begun = tune(dataset(zoo()), crew, THREE)
    assert [next(begun), next(begun)] == whole[0][:2]
    begun.close()
    again = run(zoo(), crew, THREE)  # the same books: what was answered is in their cache
    plain = lambda steps: [(step.number, step.prompt, step.candidate, step.verdict, step.trials) for step in steps]
    assert plain(again[0]) == plain(whole[0]) and again[1].test.reason == whole[1].test.reason


# ---- stopping

def ticks(settings: Settings) -> int:
    count = 0

    def on_progress(progress: Progress) -> None:
        nonlocal count
        count += 1

    run(zoo(), crew_of(editor()), settings, on_progress=on_progress)
    return count


def stopped_at(tick: int, settings: Settings):
    count = 0

    def on_progress(progress: Progress) -> None:
        nonlocal count
        count += 1
        if count >= tick:
            raise Stopped("Enough.")

    return run(zoo(), crew_of(editor()), settings, on_progress=on_progress)


@pytest.mark.parametrize("settings", [THREE, CAPPED], ids=["no cap", "capped"])
def test_a_run_stopped_anywhere_ends_with_a_result_of_what_there_is(settings):
    total = ticks(settings)
    assert total > 100
    whole, _ = run(zoo(), crew_of(editor()), settings)
    points = sorted({1, 2, 15, 16, 17, total - 1, total} | set(random.Random(0).sample(range(1, total), 25)))
    for tick in points:
        steps, result = stopped_at(tick, settings)
        assert result.stop_reason == "stopped"
        assert steps == whole[: len(steps)], "what was done before is as it was"
        assert result.test is None and result.baseline.prompt == START
        if steps:
            figures = [scored.evaluations["validation"].metrics.correct for scored in (result.baseline, result.best)]
            assert figures[0] == whole[0].validation.metrics.correct and figures[1] >= figures[0]
            assert result.best.prompt in {START, steps[-1].prompt}
        else:
            assert result.best.prompt == START and "validation" not in result.best.evaluations
    assert len(stopped_at(points[-2], settings)[0]) == len(whole)


def test_a_run_stopped_before_its_first_reply_has_no_figures_and_invents_none():
    steps, result = stopped_at(1, THREE)
    assert steps == [] and result.baseline.evaluations == result.best.evaluations == {}
    assert result.split_sizes == {"train": 33, "validation": 15, "test": 12}


def test_a_model_that_cannot_be_used_at_all_ends_the_run_with_its_error():
    def refuses(request: Request):
        raise ModelRefused("The key is wrong.")

    with pytest.raises(ModelRefused):
        list(tune(dataset(zoo()), crew_of(editor(), refuses), THREE))


# ---- caps

@pytest.mark.parametrize("calls", [40, 41, 55, 80, 120, 200, 500])
def test_the_cap_is_never_passed_and_the_test_rows_are_read(calls):
    settings = Settings(max_calls=calls, max_heavy_calls=4)
    crew = crew_of(editor(), settings=settings)
    _, result = run(zoo(train=30, validation=20, test=20), crew, settings)
    assert crew.account.spent["lightweight"].api <= calls and crew.account.spent["heavyweight"].api <= 4
    assert result.test is not None and result.test.comparison.n == min(60, calls // 6)
    assert result.best.evaluations["validation"].metrics.correct >= result.baseline.evaluations["validation"].metrics.correct


def test_a_cap_reached_in_the_middle_keeps_the_last_reading_and_says_so():
    """Twenty steps in eighty calls: the cap comes long before the last of them."""
    settings = Settings(max_calls=80, iterations=20)
    crew = crew_of(Editor(*[edits(rule(f"word{n}", "wish"), rule(f"word{n}", "question")) for n in range(20)]), settings=settings)
    steps, result = run(zoo(train=60, validation=20, test=20), crew, settings)
    assert result.stop_reason == "cap" and 1 < len(steps) < 21
    assert result.test is not None and crew.account.spent["lightweight"].api <= 80


def test_without_heavyweight_calls_there_are_no_steps_and_still_a_result():
    settings = Settings(iterations=3, max_heavy_calls=0)
    steps, result = run(zoo(), crew_of(editor(), settings=settings), settings)
    assert len(steps) == 1 and result.stop_reason == "cap" and result.best.step == 0
    assert result.test.reason == "fixed 0, broke 0: no evidence of a difference (p = 1.0)"


def test_caps_too_small_for_a_step_are_refused_before_any_call():
    crew = crew_of(editor())
    with pytest.raises(UsageError, match="allow at least 40"):
        list(tune(dataset(zoo()), crew, Settings(max_calls=39)))
    assert crew.account.spent["lightweight"].api == 0


# ---- rows and prompts

def test_without_a_test_part_there_is_no_test_reading():
    steps, result = run(zoo(test=0), crew_of(editor()), THREE)
    assert result.test is None and "test" not in result.best.evaluations and result.split_sizes["test"] == 0
    assert result.majority_accuracy == pytest.approx(1 / 3), "of the validation rows"


def test_given_splits_are_honoured_as_they_stand():
    examples = [replace(row, split="validation" if n % 3 == 0 else "train") for n, row in enumerate(zoo(test=0))]
    steps, result = run(examples, crew_of(editor()), THREE)
    assert {each.example_id for each in steps[0].validation.predictions} == {row.id for row in examples if row.split == "validation"}
    assert {each.example_id for each in steps[1].batch.predictions} <= {row.id for row in examples if row.split == "train"}
    assert result.test is None


def test_rows_without_a_split_get_one():
    words = [f"{a}{b}" for a in ("quick", "lazy", "happy", "sad", "tall") for b in ("fox", "dog", "bird", "fish", "goat", "moose", "heron", "otter")]
    examples = [Example(word, f"{word} met a {'zebra' if n % 2 else 'crash'} near {word[::-1]}", ("bug", "question")[n % 2]) for n, word in enumerate(words)]
    _, result = run(examples, crew_of(editor()), THREE)
    assert sum(result.split_sizes.values()) == 40 and all(result.split_sizes.values())
    assert result.best.evaluations["test"].metrics.accuracy == 1.0


def test_excluded_rows_are_neither_read_nor_shown():
    out = [replace(row, excluded=True, text="Excluded: " + row.text) for split in ("train", "validation", "test") for row in rows(split, 3, "moon", "wish")]
    asked: list[str] = []

    def light(request: Request) -> str:
        asked.append(request.messages[-1].content)
        return small_model(request)

    heavy = editor()
    _, result = run([*zoo(), *out], crew_of(heavy, light), THREE)
    assert not any("Excluded:" in text for text in asked)
    assert not any("Excluded:" in request.messages[1].content for request in heavy.seen)
    assert result.split_sizes == {"train": 33, "validation": 15, "test": 12}


def test_a_run_begins_with_the_prompt_of_its_settings():
    start = with_lines(ZEBRA)
    steps, result = run(zoo(), crew_of(editor()), replace(THREE, start=start))
    assert steps[0].candidate == result.baseline.prompt == start
    assert steps[0].validation.metrics.correct == 10


def test_where_there_are_no_mistakes_the_run_says_so_and_asks_nobody():
    heavy = editor()
    steps, result = run(zoo(), crew_of(heavy), replace(THREE, start=with_lines(ZEBRA, APPLE)))
    assert result.stop_reason == "no_mistakes" and heavy.seen == []
    assert steps[-1].reflection is None and steps[-1].verdict.reason.startswith("No mistakes on the training rows")


def test_rows_that_cannot_be_split_are_refused():
    with pytest.raises(DataError):
        list(tune(dataset([]), crew_of(editor()), THREE))


def test_texts_without_a_single_word_can_be_tuned_on():
    faces = {"question": "🤔", "wish": "🙏", "bug": "💥"}
    examples = [
        Example(f"{split}{label}{n}", face * (n + 1), label, split=split)
        for split in ("train", "validation") for label, face in faces.items() for n in range(12)
    ]
    steps, result = run(examples, crew_of(Editor(edits("Say wish when it prays."))), THREE)
    assert steps[1].trials[0].verdict.decision is Decision.UNDECIDED and result.best.step == 0


# ---- honest figures

def test_the_figures_of_the_best_prompt_are_those_of_reading_every_row_with_it():
    """Rows that no rule is about, and rows whose labels are in doubt, are read with the best prompt too before anything is claimed."""
    noise = [Example(f"noise{n}", f"They told us of the zebra on day 9{n} in room x{n}.", "wish", split="validation") for n in range(2)]
    examples = [*zoo(train=40, validation=30), *noise]
    for settings in (THREE, CAPPED):
        _, result = run(examples, crew_of(editor(), settings=settings), settings)
        read = result.best.evaluations["validation"]
        by_id = {row.id: row for row in examples}
        fresh = evaluate(crew_of(Editor()), result.best.prompt, [by_id[each.example_id] for each in read.predictions], LABELS)
        assert [each.label for each in read.predictions] == [each.label for each in fresh.predictions]
        assert read.metrics == fresh.metrics


def test_a_call_that_failed_in_a_trial_is_asked_again_before_the_end():
    lost, tries = zoo(validation=70)[33].text, [0]

    def light(request: Request):
        if text_of(request) == lost and ZEBRA in request.messages[0].content and not tries[0]:
            tries[0] += 1
            return CallFailed("The line went dead.")
        return small_model(request)

    _, result = run(zoo(validation=70), crew_of(Editor(edits(ZEBRA)), light), Settings(iterations=1))
    assert tries == [1] and result.best.step == 1
    assert result.best.evaluations["validation"].metrics.failed == 0
    assert result.best.evaluations["validation"].metrics.correct == 140


def test_where_every_call_about_the_training_rows_fails_no_absence_of_mistakes_is_claimed():
    training = {row.text for row in zoo() if row.split == "train"}
    heavy = editor()
    steps, result = run(zoo(), crew_of(heavy, lambda request: CallFailed("Dead.") if text_of(request) in training else small_model(request)), THREE)
    assert result.stop_reason == "iterations" and heavy.seen == []
    assert [step.verdict.reason for step in steps[1:]] == ["33 of 33 calls failed, so this step takes no decision."] * 3
    assert steps[1].batch.metrics.failed == 33 and {each.outcome for each in steps[1].batch.predictions} == {Outcome.FAILED}


def test_a_test_reading_with_too_many_failed_calls_claims_nothing():
    sealed = {row.text for row in zoo() if row.split == "test" and row.label == "bug"}
    _, result = run(zoo(), crew_of(editor(), lambda request: CallFailed("Dead.") if text_of(request) in sealed else small_model(request)), THREE)
    assert result.test.decision is Decision.UNDECIDED and "8 of 24 calls failed" in result.test.reason


if __name__ == "__main__":
    for event in tune(dataset(zoo()), crew_of(editor(), settings=CAPPED), CAPPED):
        print(repr(event))
