"""Whole runs: what comes first and last, what is the same twice, and which rows and prompts are used."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import DataError
from core.tuning.tune import tune
from core.types import Decision, Example, Request, Result, Settings, Step
from tests.core.tuning.toy import (
    APPLE,
    CAPPED,
    START,
    THREE,
    ZEBRA,
    Editor,
    dataset,
    edits,
    rows,
    run,
    session_of,
    small_model,
    text_of,
    three_reflections,
    with_lines,
    zoo,
)

# ---- the course of a run


def test_step_0_comes_first_and_the_result_last():
    steps, result = run(zoo(), session_of(three_reflections()), THREE)
    assert [step.number for step in steps] == [0, 1, 2, 3]
    zero = steps[0]
    assert (
        zero.prompt == zero.candidate == START
        and zero.reflection is None
        and zero.batch is None
        and zero.trials == ()
    )
    assert zero.verdict.decision is Decision.ACCEPTED and zero.validation.metrics.correct == 5
    assert result.stop_reason == "iterations"


def test_what_there_is_to_find_is_found():
    _, result = run(zoo(), session_of(three_reflections()), THREE)
    assert result.best.prompt == with_lines(ZEBRA, APPLE) and result.best.step == 3
    assert result.baseline.prompt == START and result.baseline.step == 0
    for name, of_start, of_best in (("validation", 5, 15), ("test", 4, 12)):
        assert result.baseline.evaluations[name].metrics.correct == of_start
        assert result.best.evaluations[name].metrics.correct == of_best
    assert result.split_sizes == {
        "train": 33,
        "validation": 15,
        "test": 12,
    } and result.majority_accuracy == pytest.approx(1 / 3)


def test_the_claim_is_about_the_test_rows_alone():
    _, result = run(zoo(), session_of(three_reflections()), THREE)
    assert result.test.decision is Decision.ACCEPTED
    assert result.test.comparison.n == 12 and {
        name.split("-")[0] for name in result.test.comparison.fixed
    } == {"test"}
    assert result.test.reason == "8 mistakes fixed, none new; not luck (p = 0.008)"


def test_the_test_rows_are_read_only_at_the_end():
    seen: list[str] = []

    def light(request: Request) -> str:
        seen.append(text_of(request))
        return small_model(request)

    events = tune(dataset(zoo()), session_of(three_reflections(), light), THREE)
    sealed = {row.text for row in zoo() if row.split == "test"}
    for event in events:
        if isinstance(event, Result):
            break
        assert not sealed & set(seen)
    assert sealed <= set(seen)


def test_the_test_rows_are_never_shown_to_the_heavyweight_model():
    asked = three_reflections()
    run(zoo(), session_of(asked), THREE)
    told = "\n".join(message.content for request in asked.seen for message in request.messages)
    assert "train" in told and not any(row.text in told for row in zoo() if row.split != "train")


def test_each_step_tells_what_the_run_had_spent_by_then():
    steps, _ = run(zoo(), session_of(three_reflections()), THREE)
    light, heavy = ([step.spend[role].api for step in steps] for role in ("lightweight", "heavyweight"))
    assert light == sorted(light) and light[0] == 15 and heavy == [0, 1, 2, 3]


def test_a_step_tells_which_rows_the_editor_was_shown_and_what_the_training_rows_said():
    step = run(zoo(), session_of(three_reflections()), THREE)[0][1]
    assert len(step.reflection.shown) == 22 and all(
        name.startswith("train-") for name in step.reflection.shown
    )
    assert step.batch.metrics.n == 33 and step.batch.metrics.correct == 11


# ---- the same twice


@pytest.mark.parametrize(
    "settings",
    [THREE, CAPPED, Settings(max_calls=700, iterations=12)],
    ids=["no cap", "few calls", "some calls"],
)
def test_the_same_seed_gives_the_same_run(settings):
    examples = zoo(train=60, validation=60)
    assert run(examples, session_of(three_reflections()), settings) == run(
        examples, session_of(three_reflections()), settings
    )


def test_another_seed_reads_other_rows():
    one, other = (
        run(zoo(train=30), session_of(three_reflections()), replace(CAPPED, seed=seed))[0][1].batch
        for seed in (1, 2)
    )
    assert {each.example_id for each in one.predictions} != {each.example_id for each in other.predictions}


def test_a_run_does_not_depend_on_how_python_orders_its_sets():
    """A resumed run is another process: it must ask the same questions in the same order."""
    command, root = [sys.executable, "-m", "tests.core.tuning.test_tune"], Path(__file__).parents[3]
    seeds = [os.environ | {"PYTHONHASHSEED": seed} for seed in "12"]
    both = [
        subprocess.Popen(command, cwd=root, env=seed, stdout=subprocess.PIPE, text=True) for seed in seeds
    ]
    told = [process.communicate(timeout=120)[0] for process in both]
    assert told[0] == told[1] and "Result(" in told[0]


def plain(step: Step) -> tuple[object, ...]:
    """What a step says, were its calls paid now or earlier."""
    return step.number, step.prompt, step.candidate, step.verdict, step.trials


def test_a_killed_run_run_again_over_its_cache_ends_where_it_would_have_ended():
    whole = run(zoo(), session_of(three_reflections()), THREE)
    session = session_of(three_reflections())
    begun = tune(dataset(zoo()), session, THREE)
    assert [next(begun), next(begun)] == whole[0][:2]
    begun.close()
    again = run(zoo(), session, THREE)  # the same books: what was answered is in their cache
    assert (
        list(map(plain, again[0])) == list(map(plain, whole[0]))
        and again[1].test.reason == whole[1].test.reason
    )


# ---- rows and prompts


def test_without_a_test_part_there_is_no_test_reading():
    _, result = run(zoo(test=0), session_of(three_reflections()), THREE)
    assert result.test is None and "test" not in result.best.evaluations and result.split_sizes["test"] == 0
    assert result.majority_accuracy == pytest.approx(1 / 3), "of the validation rows"


def test_given_splits_are_honoured_as_they_stand():
    examples = [
        replace(row, split="validation" if n % 3 == 0 else "train") for n, row in enumerate(zoo(test=0))
    ]
    steps, result = run(examples, session_of(three_reflections()), THREE)
    assert {each.example_id for each in steps[0].validation.predictions} == {
        row.id for row in examples if row.split == "validation"
    }
    assert {each.example_id for each in steps[1].batch.predictions} <= {
        row.id for row in examples if row.split == "train"
    }
    assert result.test is None


def test_rows_without_a_split_get_one():
    animals = ("fox", "dog", "bird", "fish", "goat", "moose", "heron", "otter")
    names = [first + second for first in ("quick", "lazy", "happy", "sad", "tall") for second in animals]
    kinds = (("crash", "bug"), ("zebra", "question"))
    examples = [
        Example(name, f"{name} met a {kinds[n % 2][0]} near {name[::-1]}", kinds[n % 2][1])
        for n, name in enumerate(names)
    ]
    _, result = run(examples, session_of(three_reflections()), THREE)
    assert sum(result.split_sizes.values()) == 40 and all(result.split_sizes.values())
    assert result.best.evaluations["test"].metrics.accuracy == 1.0


def test_excluded_rows_are_neither_read_nor_shown():
    out = [
        row
        for split in ("train", "validation", "test")
        for row in rows(split, 3, "moon", "wish", excluded=True)
    ]
    out = [replace(row, text="Excluded: " + row.text) for row in out]
    asked: list[str] = []

    def light(request: Request) -> str:
        asked.append(request.messages[-1].content)
        return small_model(request)

    heavy = three_reflections()
    _, result = run([*zoo(), *out], session_of(heavy, light), THREE)
    assert not any("Excluded:" in text for text in asked)
    assert not any("Excluded:" in request.messages[1].content for request in heavy.seen)
    assert result.split_sizes == {"train": 33, "validation": 15, "test": 12}


def test_a_run_begins_with_the_prompt_of_its_settings():
    start = with_lines(ZEBRA)
    steps, result = run(zoo(), session_of(three_reflections()), replace(THREE, start=start))
    assert steps[0].candidate == result.baseline.prompt == start
    assert steps[0].validation.metrics.correct == 10


def test_where_there_are_no_mistakes_the_run_says_so_and_asks_nobody():
    heavy = three_reflections()
    steps, result = run(zoo(), session_of(heavy), replace(THREE, start=with_lines(ZEBRA, APPLE)))
    assert result.stop_reason == "no_mistakes" and heavy.seen == []
    assert steps[-1].reflection is None and steps[-1].verdict.reason.startswith(
        "No mistakes on the training rows"
    )


def test_rows_that_cannot_be_split_are_refused():
    with pytest.raises(DataError):
        list(tune(dataset([]), session_of(three_reflections()), THREE))


def test_texts_without_a_single_word_can_be_tuned_on():
    faces = {"question": "🤔", "wish": "🙏", "bug": "💥"}
    examples = [
        Example(f"{split}{label}{n}", face * (n + 1), label, split=split)
        for split in ("train", "validation")
        for label, face in faces.items()
        for n in range(12)
    ]
    steps, result = run(examples, session_of(Editor(edits("Say wish when it prays."))), THREE)
    assert steps[1].trials[0].verdict.decision is Decision.UNDECIDED and result.best.step == 0


if __name__ == "__main__":
    for event in tune(dataset(zoo()), session_of(three_reflections(), settings=CAPPED), CAPPED):
        print(repr(event))
