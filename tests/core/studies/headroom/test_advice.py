"""The advice of a headroom check: which rule decides, and that the sentence claims no more than the rows
show."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.metrics.comparison import compare
from core.metrics.metrics import evaluation, is_mistake
from core.studies.headroom.advice import FEWEST, Advice, HeadroomFindings, Kind, Line, Worth, advise
from core.types import Example, Objective, Outcome, Prediction
from tests.core.tuning.toy import LABELS, failed, said, unreadable

ROWS = [Example(f"r{n}", f"text {n}", LABELS[n % 2]) for n in range(60)]


def reading(right: int, start: int = 0, rows: list[Example] = ROWS) -> list[Prediction]:
    """`right` rows from place `start` on are read correctly, the others as wish."""
    hit = range(start, start + right)
    return [said(row.id, row.label if place in hit else "wish") for place, row in enumerate(rows)]


def found(
    start: list[Prediction], contradicted: set[str] = frozenset(), usual: int = 20, **others: list[Prediction]
) -> HeadroomFindings:
    rows = {row.id: row for row in ROWS}
    first = (
        Line(Kind.STARTING, evaluation([rows[each.example_id] for each in start], start, LABELS))
        if start
        else Line(Kind.STARTING)
    )
    lines = {
        Kind.MAJORITY: Line(Kind.MAJORITY, evaluation(ROWS, reading(usual), LABELS)),
        Kind.STARTING: first,
    }
    for kind in list(Kind)[2:]:
        read = others.get(kind.value)
        lines[kind] = (
            Line(kind, evaluation(ROWS, read, LABELS), compare(ROWS, start, read))
            if read
            else Line(kind, left_out="Not read.")
        )
    wrong = frozenset(each.example_id for each in start if is_mistake(each, rows[each.example_id].label))
    return HeadroomFindings(lines, "bug", frozenset(contradicted), wrong)


def test_room_is_the_paired_gain_and_its_interval_is_said():
    advice = advise(found(reading(36), ceiling=reading(48)))
    assert advice.worth is Worth.YES and advice.room == pytest.approx(12 / 60)
    assert advice.sentence.startswith(
        "Worth tuning: yes, about 20 points of room (9 to 30); the heavyweight model"
    )


def test_room_that_may_be_chance_is_called_so():
    advice = advise(found(reading(40), ceiling=reading(44, start=2)))
    assert advice.worth is Worth.PERHAPS
    assert "60 rows cannot tell that from chance (" in advice.sentence and "about 7 points" in advice.sentence


def test_a_gain_as_large_is_believed_less_where_it_is_the_largest_of_many():
    """Seven rows fixed and one broken is p = 0.07; six of six, p = 0.03, holds alone and not beside three
    other lines that differ."""
    alone = found(reading(40), ceiling=reading(46))
    assert advise(alone).worth is Worth.YES
    many = found(
        reading(40), ceiling=reading(46), examples=reading(42), nearest=reading(38), repaired=reading(41)
    )
    assert advise(many).worth is Worth.PERHAPS
    unlike = found(reading(40), ceiling=reading(46), repaired=reading(40))
    assert advise(unlike).worth is Worth.YES, "a line that does not differ is no rival"


def test_little_room_is_hardly_worth_it_and_what_is_left_open_is_said():
    advice = advise(found(reading(50), ceiling=[*reading(48)[:57], *reading(60)[57:]]))
    assert advice.worth is Worth.HARDLY
    assert (
        "within 2 points of the heavyweight model; on 60 rows, up to 9 points of room cannot be ruled out"
        in advice.sentence
    )
    more = advise(found(reading(48), ceiling=reading(50)))
    assert "within 4 points of the heavyweight model" in more.sentence, "3.3 points are not within 3"


def test_a_prompt_as_good_as_the_heavyweight_model_is_hardly_worth_tuning():
    advice = advise(found(reading(50), ceiling=reading(50), nearest=reading(40)))
    assert (
        advice.sentence == "Worth tuning: hardly, the starting prompt does as well as the heavyweight model."
    )
    assert (advice.worth, advice.room) == (Worth.HARDLY, 0.0)


def test_without_the_heavyweight_model_hardly_says_that_it_was_not_there():
    advice = advise(found(reading(50), nearest=reading(45), examples=reading(50)))
    assert advice.worth is Worth.HARDLY and "no heavyweight model" in advice.sentence


def test_the_largest_gain_counts_though_it_is_not_the_heavyweight_models():
    advice = advise(found(reading(30), ceiling=reading(31), examples=reading(50)))
    assert (
        advice.worth is Worth.YES
        and advice.room == pytest.approx(20 / 60)
        and "neighbour examples" in advice.sentence
    )
    nearest = advise(found(reading(30), ceiling=reading(31), nearest=reading(50)))
    assert "no model at all" in nearest.sentence


def test_output_format_is_named_first_where_it_gives_half():
    start = [
        unreadable(row.id) if place < 20 else each
        for place, (row, each) in enumerate(zip(ROWS, reading(40), strict=True))
    ]
    advice = advise(found(start, repaired=reading(40), examples=reading(45), ceiling=reading(50)))
    assert "most of it is output format (20 of 60 replies" in advice.sentence


def test_contradictions_come_first_only_where_they_outnumber_other_mistakes():
    mine = {row.id for row in ROWS[50:58]}
    assert advise(found(reading(50), mine, ceiling=reading(60))).worth is Worth.LABELS_FIRST
    told = advise(found(reading(50), mine, ceiling=reading(60))).sentence
    assert (
        told
        == "The labels contradict each other more than the prompt errs (8 rows against 2 rows): review them first."
    )
    assert advise(found(reading(30), mine, ceiling=reading(60))).worth is Worth.YES
    assert advise(found(reading(59), {"r1", "r2"}, ceiling=reading(60))).worth is not Worth.LABELS_FIRST, (
        "two rows are too few"
    )


def test_neither_model_knows_what_the_labels_mean():
    advice = advise(found(reading(20), usual=40, ceiling=reading(38), nearest=reading(30)))
    assert advice.worth is Worth.DEFINE_FIRST
    told = "nothing that was tried is right more often than always answering “bug”, so say what the labels mean first."
    assert advice.sentence == "Not yet: " + told
    barely = advise(found(reading(20), usual=40, nearest=reading(43)))
    assert "right much more often" in barely.sentence and barely.sentence.endswith(
        "or ask a heavyweight model, too."
    )
    assert advise(found(reading(20), usual=40, nearest=reading(45))).worth is Worth.YES


def test_nobody_is_told_to_define_labels_that_are_defined():
    unasked = replace(found(reading(42), usual=40, nearest=reading(30)), defined=True)
    assert (
        advise(unasked).worth is Worth.UNKNOWN and "though every label is defined" in advise(unasked).sentence
    )
    asked = replace(found(reading(42), usual=40, ceiling=reading(43)), defined=True)
    assert advise(asked).worth is Worth.DEFINE_FIRST and advise(asked).sentence.endswith(
        "so say more exactly what decides between them."
    )


@pytest.mark.parametrize(
    "start",
    [
        [],
        reading(5, rows=ROWS[: FEWEST - 1]),
        [failed(row.id) for row in ROWS],
        [*(failed(row.id) for row in ROWS[:40]), *reading(60)[40:]],
    ],
)
def test_too_little_read_is_no_advice(start: list[Prediction]):
    advice = advise(found(start, ceiling=reading(60)))
    assert advice == Advice(Worth.UNKNOWN, advice.sentence) and advice.sentence.startswith("No advice: ")


def test_cut_off_replies_are_no_lack_of_rules():
    sentence = "The reply was cut off at 500 tokens before it named a label: allow longer replies."
    cut = [Prediction(row.id, Outcome.UNREADABLE, error=sentence) for row in ROWS[:31]]
    advice = advise(found([*cut, *reading(60)[31:]], ceiling=reading(58)))
    assert (
        advice.worth is Worth.UNKNOWN
        and "31 of 60 replies" in advice.sentence
        and "cut off" in advice.sentence
    )
    fewer = advise(found([*cut[:20], *reading(60)[20:]], repaired=reading(60)))
    assert (
        "(20 of 60 replies name no label of the set, 20 of them cut off at their length limit)"
        in fewer.sentence
    )


def test_nothing_to_compare_with_is_no_advice():
    assert advise(found(reading(40))).worth is Worth.UNKNOWN


def test_every_sentence_is_one_sentence_and_names_no_raw_number():
    rng = random.Random(2)
    for _ in range(300):
        start = [
            rng.choice((unreadable, failed))(row.id)
            if rng.random() < 0.2
            else said(row.id, rng.choice(LABELS))
            for row in ROWS
        ]
        others = {
            kind.value: reading(rng.randrange(61), rng.randrange(20))
            for kind in list(Kind)[2:]
            if rng.random() < 0.7
        }
        clashes = {row.id for row in ROWS if rng.random() < rng.choice((0.0, 0.3))}
        sentence = advise(found(start, clashes, rng.randrange(61), **others)).sentence
        assert sentence.endswith(".") and sentence.count(". ") == 0
        assert not [
            word
            for word in sentence.split()
            if word.count(".") and word[0].isdigit() and word != word.rstrip(".") + "."
        ]


def test_where_there_is_no_room_a_yes_is_rare():
    """400 checks in which all lines are equally good and err independently: Bonferroni promises at most 1 in
    20."""
    rng, yes = random.Random(7), 0

    def coin() -> list[Prediction]:
        return [said(row.id, row.label if rng.random() < 0.7 else "wish") for row in ROWS]

    for _ in range(400):
        yes += advise(found(coin(), ceiling=coin(), examples=coin(), nearest=coin())).worth is Worth.YES
    assert yes <= 20


def test_where_there_is_much_room_a_yes_is_usual():
    rng, yes = random.Random(8), 0
    for _ in range(100):
        start = [said(row.id, row.label if rng.random() < 0.6 else "wish") for row in ROWS]
        better = [
            each if rng.random() > 0.8 else said(row.id, row.label)
            for row, each in zip(ROWS, start, strict=True)
        ]
        yes += advise(found(start, ceiling=better)).worth is Worth.YES
    assert yes >= 95


def test_predictions_of_any_outcome_are_counted_as_the_metrics_count_them():
    odd = Prediction("r0", Outcome.UNKNOWN_LABEL, said="thing")
    advice = advise(found([odd, *reading(60)[1:]], repaired=reading(60), ceiling=reading(60)))
    assert advice.worth is Worth.HARDLY and "2 points" in advice.sentence


def test_room_is_that_of_the_objective():
    """The ceiling trades two rows of ham for all four of spam: little room by rows, much by mean recall."""
    rows = [Example(f"r{n}", "text", "spam" if n >= 36 else "ham") for n in range(40)]

    def read(spam_from: int, spam_to: int = 40) -> list[Prediction]:
        labels = ["spam" if spam_from <= n < spam_to else "ham" for n in range(40)]
        return [Prediction(row.id, Outcome.LABEL, label) for row, label in zip(rows, labels, strict=True)]

    start, ceiling = read(40), read(34)

    def advice(objective: Objective):
        lines = {kind: Line(kind) for kind in Kind}
        lines[Kind.MAJORITY] = lines[Kind.STARTING] = Line(
            Kind.STARTING, evaluation(rows, start, ("ham", "spam"))
        )
        against = compare(rows, start, ceiling, objective)
        lines[Kind.CEILING] = Line(Kind.CEILING, evaluation(rows, ceiling, ("ham", "spam")), against)
        wrong = frozenset(f"r{n}" for n in range(36, 40))
        return advise(HeadroomFindings(lines, "ham", frozenset(), wrong, objective))

    assert advice(Objective()).room == pytest.approx(2 / 40)
    balanced = advice(Objective("balanced"))
    assert balanced.room == pytest.approx((1 - 2 / 36) / 2)
    assert balanced.sentence.startswith("By balanced accuracy. Worth tuning: ")
