"""What a run knows: which rows it reads, what it holds for known, and what it may still spend."""

from __future__ import annotations

from collections import Counter

import pytest

from core.errors import CallFailed, CapReached
from core.tuning.incumbents import Incumbent
from core.tuning.mistake_selection import NOTED, noted_near
from core.tuning.setup import Switches
from core.types import Example, Settings
from tests.core.tuning.toy import (
    START,
    Editor,
    failed,
    rows,
    rule,
    said,
    search_of,
    session_of,
    small_model,
    text_of,
    with_lines,
    zoo,
)

CAPPED = Settings(max_calls=200, max_heavy_calls=6)


def begun(examples, settings: Settings = Settings(), light=small_model, switches: Switches = Switches()):
    return search_of(examples, session_of(Editor(), light, settings), settings, switches)


# ---- looking


def test_under_a_cap_rows_not_seen_before_are_read_first():
    search = begun(zoo(train=30), CAPPED)
    first, second, third = (search.look(number) for number in (1, 2, 3))
    seen = [each.example_id for read in (first, second, third) for each in read.predictions]
    assert (
        len(first.predictions) == 2 * search.setup.plan.look
        and len(second.predictions) == search.setup.plan.look
    )
    assert len(seen) == len(set(seen))


def test_once_all_rows_are_known_they_are_read_again():
    search = begun(zoo(train=4), CAPPED)
    for number in range(1, 5):
        assert search.look(number).predictions


def test_a_look_is_balanced_over_the_labels():
    search = begun(zoo(train=30), Settings(batch_size=30))
    labels = {row.id: row.label for row in search.knowledge.parts["train"]}
    assert Counter(labels[each.example_id] for each in search.look(1).predictions) == {
        "bug": 10,
        "question": 10,
        "wish": 10,
    }


def test_without_a_cap_the_stubborn_mistakes_are_read_again():
    search = begun(zoo(train=30), Settings(batch_size=30))
    search.look(1)
    wrong = {row.id for row in search.knowledge.mistakes()}
    again = {each.example_id for each in search.look(2).predictions}
    assert len(wrong) == 20 and len(wrong & again) >= 15  # up to half of the batch


def test_without_a_cap_every_canonical_row_is_read():
    many = [
        *zoo(train=0),
        *rows("train", 40, "zebra", "question", canonical=True),
        *rows("train", 20, "crash", "bug"),
    ]
    read = begun(many, Settings(batch_size=10)).look(1)
    assert sum("zebra" in each.example_id for each in read.predictions) == 40


# ---- what is known


def test_a_failed_call_teaches_nothing_about_a_row():
    search = begun(zoo())
    search.knowledge.learn([said("train-zebra-question-0", "wish")])
    search.knowledge.learn([failed("train-zebra-question-0")])
    assert search.knowledge.predictions["train-zebra-question-0"].label == "wish"


def test_a_row_that_was_never_answered_is_no_mistake_and_is_not_shown():
    lost = text_of_row("train-zebra-question-0")
    search = begun(
        zoo(), light=lambda request: CallFailed("Dead.") if text_of(request) == lost else small_model(request)
    )
    search.look(1)
    shown = search.reflection_inputs(1)
    assert "train-zebra-question-0" not in {
        row.id for row in (*search.knowledge.mistakes(), *shown.mistakes, *shown.correct)
    }
    assert len(search.knowledge.mistakes()) == 21


def text_of_row(name: str) -> str:
    return next(row.text for row in zoo() if row.id == name)


# ---- labels in doubt


def noisy(**more: object) -> tuple[Example, ...]:
    """Forty zebras are questions, and one of them says wish."""
    wrong = [
        Example("noise", "They told us of the zebra on day 99 in room train0.", "wish", split="train", **more)
    ]
    return tuple(
        [
            *rows("train", 40, "zebra", "question"),
            *rows("train", 20, "apple", "wish"),
            *rows("validation", 9, "zebra", "question"),
            *rows("validation", 9, "apple", "wish"),
            *wrong,
        ]
    )


def test_a_contradicted_mistake_is_held_back_once_the_model_agrees_with_the_other_rows():
    settings = Settings(start=with_lines(rule("zebra", "question")))
    search = begun(noisy(), settings)
    search.look(1)
    assert "noise" not in {row.id for row in search.reflection_inputs(1).mistakes}
    assert len(search.knowledge.mistakes()) == 20, "the apples"


def test_without_the_idea_it_is_shown():
    settings = Settings(start=with_lines(rule("zebra", "question"), rule("apple", "wish")))
    search = begun(noisy(), settings, switches=Switches(hold_back_doubtful=False))
    search.look(1)
    assert [row.id for row in search.reflection_inputs(1).mistakes] == ["noise"]


@pytest.mark.parametrize("mark", [{"canonical": True}, {"note": "This one is a wish: it says please."}])
def test_what_people_marked_is_never_in_doubt(mark):
    search = begun(
        noisy(**mark), Settings(start=with_lines(rule("zebra", "question"), rule("apple", "wish")))
    )
    search.look(1)
    assert [row.id for row in search.reflection_inputs(1).mistakes] == ["noise"]
    assert search.knowledge.trusted(search.knowledge.parts["train"]) == list(search.knowledge.parts["train"])


def test_a_contradicted_row_proves_nothing_in_a_trial():
    search = begun(noisy())
    assert [
        row.id
        for row in search.knowledge.parts["train"]
        if row not in search.knowledge.trusted(search.knowledge.parts["train"])
    ] == ["noise"]


# ---- what is shown


def test_a_request_shows_mistakes_contrast_and_the_nearest_notes():
    noted = rows("train", 1, "giraffe", "bug", note="Giraffes are bugs.")
    search = begun([*zoo(), *noted], Settings(shown_mistakes=6, shown_correct=2))
    search.look(1)
    shown = search.reflection_inputs(1)
    assert len(shown.mistakes) == 6 and {row.label for row in shown.mistakes} <= {"question", "wish"}
    assert len(shown.correct) == 2 and {row.label for row in shown.correct} == {"bug"}
    assert [row.id for row in (*shown.noted, *shown.correct) if row.note] == ["train-giraffe-bug-0"]
    assert shown.prompt == START and shown.size_limit == 12_000


def test_no_row_of_validation_or_test_is_ever_shown():
    search = begun(
        [
            *zoo(),
            *rows("validation", 2, "moon", "wish", note="secret"),
            *rows("test", 2, "moon", "wish", note="secret"),
        ]
    )
    search.look(1)
    shown = search.reflection_inputs(1)
    assert {row.split for row in (*shown.mistakes, *shown.correct, *shown.noted)} == {"train"}


def test_the_groups_shown_take_turns():
    search = begun(zoo(train=4), Settings(shown_mistakes=4))
    search.look(1)
    shown = [{row.label for row in search.reflection_inputs(number).mistakes} for number in (1, 2, 3, 4)]
    assert shown == [{"wish"}, {"question"}, {"wish"}, {"question"}]


TWINS = [
    Example("twin-0", "Sort the list of animals", "wish", split="train"),
    Example(
        "twin-1",
        "sort the list of animals!",
        "question",
        note="sorting is asked for, not wished for",
        split="train",
    ),
]
MANY_NOTES = [
    Example(f"noted-{n}", f"They told us of the zebra on day {n}", "question", note="zebras", split="train")
    for n in range(20)
]


def test_a_note_that_tells_two_labels_of_one_text_apart_is_the_first_of_the_notes():
    search = begun([*zoo(), *MANY_NOTES, *TWINS], Settings(shown_correct=0))
    search.knowledge.learn([said(row.id, row.label) for row in (*MANY_NOTES, *TWINS)])
    search.knowledge.learn(
        [
            said(row.id, "bug")
            for row in search.knowledge.parts["train"]
            if row.label != "bug" and row.id not in search.knowledge.predictions
        ]
    )
    shown = search.reflection_inputs(1)
    assert shown.noted[0].id == "twin-1" and len(shown.noted) == NOTED
    assert "twin-0" not in [row.id for row in shown.noted], "it has no note"


@pytest.mark.parametrize("wrong", [True, False])
def test_wherever_it_is_shown_it_comes_first(wrong: bool):
    search = begun([*zoo(), *TWINS])
    search.knowledge.learn([said(row.id, "bug") for row in search.knowledge.parts["train"]])
    search.knowledge.learn([said("twin-1", "wish" if wrong else "question")])
    for number in range(1, 6):
        shown = search.reflection_inputs(number)
        lists = [[row.id for row in rows] for rows in (shown.mistakes, shown.correct, shown.noted)]
        assert sum("twin-1" in ids for ids in lists) == 1, "told once in a request"
        assert all("twin-1" not in ids[1:] for ids in lists)


def test_without_the_idea_of_notes_it_is_a_row_like_others():
    search = begun([*zoo(), *TWINS], switches=Switches.without(("show_notes",)))
    search.knowledge.learn([said(row.id, "bug") for row in search.knowledge.parts["train"]])
    assert search.knowledge.twins == frozenset() and list(search.reflection_inputs(1).noted) == []


def test_without_such_twins_notes_are_shown_as_before():
    search = begun([*zoo(), *MANY_NOTES])
    search.knowledge.learn([said(row.id, "bug") for row in search.knowledge.parts["train"]])
    shown = search.reflection_inputs(1)
    told = {row.id for row in (*shown.mistakes, *shown.correct)}
    left = [row for row in search.knowledge.parts["train"] if row.note and row.id not in told]
    assert shown.noted == noted_near(left, shown.mistakes, search.knowledge.similarity)


# ---- what may be spent


def test_a_reading_never_touches_what_is_kept_back():
    search = begun(zoo(train=30), CAPPED)
    left = search.setup.session.account.left("lightweight") - search.setup.plan.reserved
    spare = [Example(f"x{n}", f"text {n}", "bug") for n in range(left + 1)]
    with pytest.raises(CapReached, match="kept for the last reading"):
        search.setup.evaluate(START, spare, "Too many")
    assert search.setup.session.account.left("lightweight") == left + search.setup.plan.reserved, (
        "nothing was spent on it"
    )
    search.setup.evaluate(START, spare[:left], "Just enough")
    assert search.setup.session.account.left("lightweight") == search.setup.plan.reserved
    search.setup.evaluate(START, search.setup.plan.test, "The last one", last=True)


def test_a_trial_gets_what_the_steps_left_can_spare():
    search = begun(zoo(train=30), CAPPED)
    left, steps = (
        search.setup.session.account.left("lightweight") - search.setup.plan.reserved,
        search.setup.plan.steps,
    )
    assert search.attempt_size(steps) == left - search.setup.plan.look - search.setup.plan.show // 2
    assert search.attempt_size(1) == max(
        search.setup.plan.attempt, left // steps - search.setup.plan.look - search.setup.plan.show // 2
    )
    assert begun(zoo()).attempt_size(1) == 15, "all of them without a cap"


def test_no_step_is_begun_without_a_heavyweight_call():
    search = begun(zoo(), Settings(max_heavy_calls=1))
    assert search.affords_a_step()
    search.setup.session.ask_all(search.setup.session.heavyweight, [text_request()], concurrency=1)
    assert not search.affords_a_step()


def text_request():
    from core.similarity.requests import classify_requests

    return classify_requests(START, ["anything"])[0]


# ---- going on


def test_rows_not_read_again_keep_what_is_known_of_them():
    search = begun(zoo())
    name = "validation-zebra-question-0"
    validation = search.validation_after({name: said(name, "question")})
    assert validation.metrics.correct == 6 and validation.metrics.n == 15
    search.advance(Incumbent(with_lines("New."), 1, validation, exact=False), [said(name, "question")])
    assert search.knowledge.predictions[name].label == "question" and search.prompt == with_lines("New.")
    assert [each.step for each in search.incumbents] == [0, 1]
    assert search.incumbents.first.prompt == START and search.incumbents.current.step == 1


def test_a_reading_is_made_exact_once():
    search = begun(zoo())
    validation = search.validation_after({})
    search.advance(Incumbent(with_lines(rule("zebra", "question")), 1, validation, exact=False), ())
    assert search.incumbents.current.validation.metrics.correct == 5
    before = search.setup.session.account.spends()["lightweight"].api
    assert search.confirm_current() == search.confirm_current() == search.incumbents.current.validation
    assert search.incumbents.current.validation.metrics.correct == 10
    assert search.setup.session.account.spends()["lightweight"].api == before + 15


# ---- by number of each label


def labels_of(search, ids) -> Counter[str]:
    label = {row.id: row.label for row in search.knowledge.parts["train"]}
    return Counter(label[each] for each in ids)


def test_a_look_and_a_request_by_numbers_hold_so_many_of_each_label():
    by_number = Settings(rows_per_label=8, mistakes_per_label=3, correct_per_label=2)
    search = begun(zoo(train=30), by_number)
    read = [each.example_id for each in search.look(1).predictions]
    assert labels_of(search, read) == {"bug": 8, "question": 8, "wish": 8}
    inputs = search.reflection_inputs(1)
    assert Counter(row.label for row in inputs.mistakes) == {"question": 3, "wish": 3}
    assert Counter(row.label for row in inputs.correct) == {"bug": 2}


def test_numbers_hold_without_groups_too():
    settings = Settings(rows_per_label=8, mistakes_per_label=3, correct_per_label=0)
    search = begun(zoo(train=30), settings, switches=Switches(group_mistakes=False))
    search.look(1)
    inputs = search.reflection_inputs(1)
    assert (
        Counter(row.label for row in inputs.mistakes) == {"question": 3, "wish": 3} and inputs.correct == []
    )


def test_under_a_cap_a_look_by_numbers_reads_unseen_rows_first_and_stays_within_the_plan():
    search = begun(zoo(train=30), Settings(max_calls=400, max_heavy_calls=4, rows_per_label=5))
    first, second = ([each.example_id for each in search.look(number).predictions] for number in (1, 2))
    assert labels_of(search, first) == labels_of(search, second) == {"bug": 5, "question": 5, "wish": 5}
    assert not set(first) & set(second)
    tight = begun(zoo(train=30), Settings(max_calls=150, max_heavy_calls=6, rows_per_label=100))
    assert len(tight.look(1).predictions) <= tight.setup.plan.look
