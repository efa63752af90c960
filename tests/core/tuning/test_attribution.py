from __future__ import annotations

import random

import pytest

from core.tuning.attribution import Attribution, could_break, could_fix, examples_to_try, moves_of
from core.tuning.hypotheses import Hypothesis
from core.tuning.knowledge import Knowledge
from core.tuning.setup import Switches
from core.types import Edit, Example, Outcome, Prediction
from tests.core.tuning.toy import failed, said, unreadable


def adds(line: str, *names: str) -> Hypothesis:
    return Hypothesis(Edit("system_prompt", "", line), frozenset(names))


def removes(line: str, *names: str) -> Hypothesis:
    return Hypothesis(Edit("system_prompt", line, ""), frozenset(names))


def changes(old: str, new: str, left: str, *names: str) -> Hypothesis:
    return Hypothesis(Edit("system_prompt", old, new), frozenset(names), frozenset({left}))


def row(name: str, label: str, text: str = "") -> Example:
    return Example(name, text or f"text of {name}", label)


# ---- what a hypothesis can do to a row


@pytest.mark.parametrize(
    ("hypothesis", "label", "prediction", "fix", "break_"),
    [
        (adds("Say bug.", "bug"), "bug", said("r", "wish"), True, False),
        (adds("Say bug.", "bug"), "bug", unreadable("r"), True, False),
        (adds("Say bug.", "bug"), "wish", said("r", "question"), False, False),
        (adds("Say bug.", "bug"), "wish", said("r", "wish"), False, True),
        (adds("Say bug.", "bug"), "bug", said("r", "bug"), False, False),
        (adds("Say bug.", "bug"), "bug", failed("r"), False, False),
        (adds("Say it."), "wish", said("r", "bug"), True, False),
        (adds("Say it."), "wish", said("r", "wish"), False, True),
        (removes("Say bug.", "bug"), "wish", said("r", "bug"), True, False),
        (removes("Say bug.", "bug"), "bug", said("r", "wish"), False, False),
        (removes("Say bug.", "bug"), "bug", said("r", "bug"), False, True),
        (removes("Say bug.", "bug"), "wish", said("r", "wish"), False, False),
        (removes("Say bug.", "bug"), "wish", failed("r"), False, False),
        (changes("Say bug.", "Say wish.", "bug", "wish"), "question", said("r", "bug"), True, False),
        (changes("Say bug.", "Say wish.", "bug", "wish"), "wish", said("r", "question"), True, False),
        (changes("Say bug.", "Say wish.", "bug", "wish"), "bug", said("r", "bug"), False, True),
        (changes("Say bug.", "Say wish.", "bug", "wish"), "wish", said("r", "wish"), False, False),
    ],
)
def test_a_rule_can_fix_mistakes_of_its_label_and_break_others(hypothesis, label, prediction, fix, break_):
    assert could_fix(hypothesis, row("r", label), prediction) is fix
    assert could_break(hypothesis, row("r", label), prediction) is break_


# ---- which rows it is tried on

ROWS = [row(f"z{n}", "question", f"a zebra stood there {n}") for n in range(4)]
ROWS += [row(f"o{n}", "wish", f"other words here {n}") for n in range(12)]
KNOWN = {each.id: said(each.id, "bug" if each.label == "question" else "wish") for each in ROWS}


def tried(
    hypothesis: Hypothesis, size: int, seed: int = 0, known: dict[str, Prediction] | None = None
) -> list[str]:
    knowledge = Knowledge({"train": (), "validation": tuple(ROWS)}, 0, Switches(), known or KNOWN)
    return [each.id for each in examples_to_try([hypothesis], ROWS, knowledge, size, random.Random(seed))]


def test_rows_most_like_the_rule_are_tried_first_and_one_in_four_by_chance():
    rule = adds("A zebra means question.", "question")
    drawn = [tried(rule, 5, seed) for seed in range(20)]
    assert all(set(names[:4]) == {"z0", "z1", "z2", "z3"} and len(names) == 5 for names in drawn)
    assert len({names[4] for names in drawn}) > 3, "the last one differs from draw to draw"


def test_rows_that_can_neither_be_fixed_nor_broken_are_not_tried():
    assert tried(adds("Say wish.", "wish"), 100) == [], (
        "every wish is right, and the other mistakes are no wishes"
    )
    assert tried(removes("Say bug.", "bug"), 100) == ["z0", "z1", "z2", "z3"]


def test_rows_of_which_nothing_is_known_are_not_tried():
    assert tried(adds("Say question.", "question"), 100, known={"z1": KNOWN["z1"]}) == ["z1"]


def test_where_all_fit_all_are_tried_in_their_order():
    assert tried(adds("Say question.", "question"), 16) == [each.id for each in ROWS]


def test_the_same_draw_gives_the_same_rows():
    rule = adds("A zebra means question.", "question")
    assert tried(rule, 6, 3) == tried(rule, 6, 3)


# ---- what moved

BEFORE = {
    "fixed": said("fixed", "wish"),
    "shown": said("shown", "wish"),
    "broke": said("broke", "question"),
    "same": said("same", "bug"),
}
MOVED = [row("fixed", "bug"), row("shown", "bug"), row("broke", "question"), row("same", "bug")]
AFTER = {name: said(name, "bug") for name in BEFORE}


def test_a_rule_answers_for_the_rows_that_moved_to_its_label():
    assert moves_of(adds("Say bug.", "bug"), MOVED, ["shown"], BEFORE, AFTER) == Attribution(
        ("shown",), ("fixed",), ("broke",)
    )
    assert moves_of(adds("Say wish.", "wish"), MOVED, ["shown"], BEFORE, AFTER) == Attribution()


def test_a_rule_that_names_no_label_answers_for_every_move():
    assert moves_of(adds("Think."), MOVED, [], BEFORE, AFTER) == Attribution(
        (), ("fixed", "shown"), ("broke",)
    )


def test_a_removal_answers_for_the_rows_that_moved_away_from_its_label():
    assert moves_of(removes("Say wish.", "wish"), MOVED, ["shown"], BEFORE, AFTER) == Attribution(
        ("shown",), ("fixed",), ()
    )
    assert moves_of(removes("Say question.", "question"), MOVED, ["shown"], BEFORE, AFTER) == Attribution(
        (), (), ("broke",)
    )


def test_a_changed_rule_answers_for_what_it_takes_away_and_for_what_it_gives():
    change = changes("Say question.", "Say wish.", "question", "wish")
    rows = [row("given", "wish"), row("lost", "question"), row("other", "bug")]
    before = {"given": said("given", "bug"), "lost": said("lost", "question"), "other": said("other", "wish")}
    after = {"given": said("given", "wish"), "lost": said("lost", "bug"), "other": said("other", "bug")}
    assert moves_of(change, rows, [], before, after) == Attribution((), ("given",), ("lost",))


def test_a_move_from_one_wrong_answer_to_another_counts_for_nothing():
    assert (
        moves_of(
            adds("Say wish.", "wish"),
            [row("r", "bug")],
            [],
            {"r": said("r", "question")},
            {"r": said("r", "wish")},
        )
        == Attribution()
    )


def test_a_failed_call_is_no_move():
    wrong, correct = {"r": said("r", "wish")}, {"r": said("r", "bug")}
    for names in ((), ("bug",)):
        assert (
            moves_of(adds("Say bug.", *names), [row("r", "bug")], [], wrong, {"r": failed("r")})
            == Attribution()
        )
        assert (
            moves_of(adds("Say bug.", *names), [row("r", "bug")], [], correct, {"r": failed("r")})
            == Attribution()
        )
        assert (
            moves_of(adds("Say bug.", *names), [row("r", "bug")], [], {"r": failed("r")}, correct)
            == Attribution()
        )


def test_a_reply_that_became_unreadable_is_broken_by_a_change_that_answers_for_all():
    lost = {"r": Prediction("r", Outcome.UNREADABLE)}
    assert moves_of(adds("Think."), [row("r", "bug")], [], {"r": said("r", "bug")}, lost).broke == ("r",)
    assert moves_of(adds("Think."), [row("r", "bug")], [], lost, {"r": said("r", "bug")}).fixed == ("r",)


def test_all_moves_are_the_three_kinds_in_turn():
    assert Attribution(("a",), ("b", "c"), ("d",)).all == ("a", "b", "c", "d")
