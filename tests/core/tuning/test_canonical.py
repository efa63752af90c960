"""Canonical rows are a contract: read in every step, in every request while wrong, and not to be broken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.cli.commands.tune import command as tune_command
from core.errors import UsageError
from core.tuning.acceptance import breaks_canonical, keeps_canonical
from core.tuning.reflection_request import reflection_request
from core.types import Decision, Example, Request, Settings, Step, Verdict
from tests.core.tuning.toy import (
    Editor,
    edits,
    failed,
    rows,
    rule,
    run,
    said,
    search_of,
    session_of,
    small_model,
    with_lines,
    zoo,
)

ZEBRA, ODD = rule("zebra", "question"), rule("odd", "wish")
CAPPED = Settings(max_calls=200, max_heavy_calls=4)
BOTH = pytest.mark.parametrize(
    "settings", [Settings(iterations=1), replace(CAPPED, iterations=1)], ids=["no cap", "200 calls"]
)
ALLOWED = {"allow_canonical_breaks": True}


def begun(examples, settings: Settings):
    return search_of(examples, session_of(Editor(), small_model, settings), settings)


def stepped(examples, settings: Settings, *replies: str, light=small_model) -> list[Step]:
    return run(examples, session_of(Editor(*replies), light, settings), settings)[0]


def first(steps: list[Step], line: str) -> tuple[Decision, str]:
    [found] = [each.verdict for each in steps[1].trials if each.edit.replace == line]
    return found.decision, found.reason


# ---- read in every step


def test_under_a_cap_every_look_holds_every_canonical_row():
    search = begun([*zoo(train=30), *rows("train", 9, "moon", "bug", canonical=True)], CAPPED)
    for number in (1, 2, 3):
        read = {each.example_id for each in search.look(number).predictions}
        assert sum("moon" in row for row in read) == 9
        assert len(read) >= search.setup.plan.look, "and rows that are not canonical"


def test_read_again_with_the_same_prompt_they_cost_nothing():
    search = begun([*zoo(train=30), *rows("train", 9, "moon", "bug", canonical=True)], CAPPED)
    before = search.look(1) and search.setup.session.account.spends()["lightweight"]
    search.look(2)
    after = search.setup.session.account.spends()["lightweight"]
    assert after.cached - before.cached == 9 and after.api - before.api == search.setup.plan.look


def test_under_a_cap_every_canonical_validation_row_is_read():
    canonical = [
        *rows("validation", 12, "moon", "bug", canonical=True),
        *rows("validation", 30, "sun", "bug"),
    ]
    search = begun([*zoo(train=30), *canonical], CAPPED)
    assert {row.id for row in canonical if row.canonical} <= set(search.knowledge.predictions)
    assert len(search.setup.plan.validation) < 45


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_cap_that_cannot_read_them_is_refused_with_the_one_that_could(split: str):
    many = [*zoo(train=20), *rows(split, 190, "moon", "bug", canonical=True)]
    with pytest.raises(UsageError, match="too few to read every canonical row in every step") as refused:
        begun(many, CAPPED)
    least = int(str(refused.value).split("at least ")[1].split(",")[0])
    assert begun(many, replace(CAPPED, max_calls=2 * least)).look(1)


# ---- in every request while wrong


def test_wrong_ones_come_first_in_every_request_and_none_is_left_out():
    canonical = rows("train", 12, "moon", "wish", canonical=True)
    search = begun([*zoo(), *canonical], Settings(shown_mistakes=8))
    search.look(1)
    for number in range(1, 4):
        inputs = search.reflection_inputs(number)
        assert {row.id for row in inputs.mistakes[:12]} == {row.id for row in canonical}
        assert 12 < len(inputs.mistakes) <= 16, "others have room beside them"
        request = reflection_request(inputs).messages[-1].content
        assert all(row.text in request for row in canonical)


def test_they_are_never_held_back_whatever_the_other_rows_say():
    doubted = Example("c", "They told us of the zebra on day 99", "wish", canonical=True, split="train")
    settings = Settings(start=with_lines(ZEBRA, rule("apple", "wish")))
    search = begun([*zoo(train=40), doubted], settings)
    search.look(1)
    assert [row.id for row in search.reflection_inputs(1).mistakes] == ["c"]


# ---- not to be broken


ODDS = [
    *zoo(train=20),
    *rows("train", 12, "odd", "wish"),
    *rows("validation", 6, "odd", "wish"),
    *rows("train", 1, "odd", "bug", canonical=True),
]


@BOTH
def test_an_edit_that_breaks_one_is_refused_whatever_it_fixes(settings):
    steps = stepped(ODDS, settings, edits(ODD, ZEBRA))
    decision, reason = first(steps, ODD)
    assert decision is Decision.REJECTED and reason.startswith("it breaks 1 canonical row; ")
    assert first(steps, ZEBRA)[0] is Decision.ACCEPTED and steps[1].prompt == with_lines(ZEBRA)
    assert "train-odd-bug-0" not in steps[1].canonical_wrong


@BOTH
def test_unless_the_user_allows_it(settings):
    steps = stepped(ODDS, replace(settings, **ALLOWED), edits(ODD, ZEBRA))
    assert first(steps, ODD)[0] is Decision.ACCEPTED
    assert steps[1].canonical_wrong == ("train-odd-bug-0",)


@BOTH
def test_one_of_the_validation_part_counts_as_much(settings):
    examples = [replace(row, split="validation") if row.canonical else row for row in ODDS]
    assert first(stepped(examples, settings, edits(ODD)), ODD)[0] is Decision.REJECTED


@BOTH
def test_a_candidate_that_breaks_one_no_edit_answers_for_is_refused(settings):
    """The rule speaks of zebras and gives question, and throws the model off course: it says wish of moons."""

    def light(request: Request) -> str:
        off = ZEBRA in request.messages[0].content and "moon" in request.messages[-1].content
        return "<label>wish</label>" if off else small_model(request)

    examples = [*zoo(train=20), *rows("train", 1, "moon", "bug", canonical=True)]
    giraffe = rule("giraffe", "question")
    for settled in (settings, replace(settings, **ALLOWED)):
        steps = stepped(examples, settled, edits(ZEBRA, giraffe), light=light)
        allowed = settled.allow_canonical_breaks
        assert steps[1].verdict.decision is (Decision.ACCEPTED if allowed else Decision.REJECTED)
        assert ("breaks 1 canonical row" in steps[1].verdict.reason) is not allowed


@BOTH
def test_a_prompt_gone_on_with_has_read_every_canonical_row_that_was_right(settings):
    """Its rule gives question, so by its label it could not break a canonical question; it is read all the
    same."""
    examples = [*zoo(train=20), *rows("train", 3, "quiz", "question", canonical=True)]
    begin = replace(settings, start=with_lines(rule("quiz", "question")))

    def light(request: Request) -> str:
        off = ZEBRA in request.messages[0].content and "quiz" in request.messages[-1].content
        return "<label>wish</label>" if off else small_model(request)

    assert stepped(examples, begin, edits(ZEBRA))[1].prompt == with_lines(rule("quiz", "question"), ZEBRA)
    steps = stepped(examples, begin, edits(ZEBRA), light=light)
    assert steps[1].verdict.decision is Decision.REJECTED and steps[1].canonical_wrong == ()


def test_examples_in_the_prompt_may_not_break_one_either():
    """A model that says wish of moons as soon as it is shown examples."""

    def light(request: Request) -> str:
        off = len(request.messages) > 2 and "moon" in request.messages[-1].content
        label = {"zebra": "question", "apple": "wish"}
        word = next((word for word in label if word in request.messages[-1].content), "")
        learned = label[word] if len(request.messages) > 2 and word else ""
        return "<label>wish</label>" if off else f"<label>{learned or 'bug'}</label>"

    examples = [*zoo(train=6), *rows("train", 2, "moon", "bug", canonical=True)]
    settings = Settings(iterations=1)
    step = stepped(examples, settings, light=light)[-1]
    assert step.verdict.decision is Decision.REJECTED and "breaks 2 canonical rows" in step.verdict.reason
    allowed = stepped(examples, replace(settings, **ALLOWED), light=light)[-1]
    assert allowed.verdict.decision is Decision.ACCEPTED and len(allowed.canonical_wrong) == 2


@pytest.mark.parametrize("words", [(), ("--allow-canonical-breaks",)])
def test_the_command_line_allows_it_by_its_own_word(words: tuple[str, ...]):
    typed = tune_command.make_context("tune", ["rows.csv", *words]).params
    assert bool(typed["allow_canonical_breaks"]) is bool(words)


# ---- the rule itself


def test_broken_is_what_was_right_and_is_wrong():
    kinds = [Example(name, name, "bug", canonical=name != "plain") for name in ("a", "b", "c", "d", "plain")]
    before = {row.id: said(row.id, "bug") for row in kinds if row.id != "d"} | {"b": said("b", "wish")}
    after = {row.id: said(row.id, "wish") for row in kinds} | {"c": failed("c")}
    assert breaks_canonical(kinds, before, after) == ("a",)
    assert breaks_canonical(kinds, before, {}) == ()


def test_a_verdict_stands_where_nothing_breaks():
    verdict = Verdict(Decision.ACCEPTED, "3 mistakes fixed, none new")
    assert keeps_canonical(verdict, ()) is verdict
    assert keeps_canonical(verdict, ("a", "b")) == Verdict(
        Decision.REJECTED, "it breaks 2 canonical rows; 3 mistakes fixed, none new"
    )
