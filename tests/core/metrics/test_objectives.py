from __future__ import annotations

import random

import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, recall_score

from core.errors import UsageError
from core.metrics.comparison import compare, comparison_in_words, mcnemar
from core.metrics.metrics import measure
from core.metrics.objective_choice import check_objective, imbalance, objective_for
from core.metrics.objective_guards import below_floors, weakness
from core.metrics.objective_words import difference_in_words, figure_of, measured_in_words, objective_in_words
from core.metrics.objectives import PairedAnswers, answers_of, objective_score, paired_test
from core.metrics.stakes import Stakes
from core.types import Example, Objective, Outcome, Prediction
from core.types.objectives import AUTO

LABELS = ("ham", "spam", "news")
KINDS = (
    Objective(),
    Objective("balanced"),
    Objective("macro-f1"),
    Objective("f1", "spam"),
    Objective("recall", "spam", 0.5),
    Objective("costs", costs=(("spam", "ham", 5.0), ("ham", "spam", 0.5))),
)


def answers(seed: int, rows: int = 60) -> tuple[list[str], list[str], list[str]]:
    """Labels and the answers of two prompts, some of them unreadable."""
    rng = random.Random(seed)
    truth = [rng.choice(("ham", "ham", "ham", "spam", "news")) for _ in range(rows)]
    before = [label if rng.random() < 0.6 else rng.choice((*LABELS, "")) for label in truth]
    after = [label if rng.random() < 0.3 else old for label, old in zip(truth, before, strict=True)]
    return truth, before, after


def read(answered: list[str]) -> list[Prediction]:
    return [
        Prediction(f"r{n}", Outcome.LABEL, label) if label else Prediction(f"r{n}", Outcome.UNREADABLE)
        for n, label in enumerate(answered)
    ]


def rows_of(truth: list[str]) -> list[Example]:
    return [Example(f"r{n}", f"text {n}", label, split="train") for n, label in enumerate(truth)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scores_are_those_of_sklearn(seed: int):
    truth, before, _ = answers(seed)
    assert objective_score(Objective("balanced"), truth, before) == pytest.approx(
        balanced_accuracy_score(truth, before)
    )
    assert objective_score(Objective("macro-f1"), truth, before) == pytest.approx(
        f1_score(truth, before, labels=LABELS, average="macro")
    )
    assert objective_score(Objective("f1", "spam"), truth, before) == pytest.approx(
        f1_score(truth, before, labels=["spam"], average=None)[0]
    )
    assert objective_score(Objective("recall", "spam", 0.0), truth, before) == pytest.approx(
        recall_score(truth, before, labels=["spam"], average=None, zero_division=0)[0]
    )


def test_a_recall_whose_precision_is_below_the_floor_loses_to_every_other():
    truth = ["spam"] * 4 + ["ham"] * 6
    everything = ["spam"] * 10  # recall 1, precision 0.4
    half = ["spam", "spam", *["ham"] * 8]  # recall 0.5, precision 1
    objective = Objective("recall", "spam", 0.8)
    assert objective_score(objective, truth, half) == 0.5
    assert objective_score(objective, truth, everything) == pytest.approx(-0.4)
    metrics = measure(rows_of(truth), read(everything), LABELS)
    assert figure_of(objective, metrics) == 1.0
    assert measured_in_words(objective, metrics) == "100.0 % at a precision of 40.0 %"


def test_an_unreadable_reply_costs_the_worst_of_its_row_unless_a_cost_is_given():
    costs = (("spam", "ham", 5.0), ("spam", "news", 2.0))
    assert objective_score(Objective("costs", costs=costs), ["spam", "ham"], ["", ""]) == -3.0  # 5 and 1
    given = Objective("costs", costs=(*costs, ("spam", "", 0.5)))
    assert objective_score(given, ["spam", "ham"], ["", ""]) == -0.75
    assert objective_score(given, ["spam", "spam"], ["news", "spam"]) == -1.0


@pytest.mark.parametrize("objective", KINDS, ids=lambda each: each.kind)
def test_the_score_from_a_confusion_matrix_is_that_of_the_rows(objective: Objective):
    truth, before, _ = answers(1)
    metrics = measure(rows_of(truth), read(before), LABELS)
    assert objective_score(objective, *answers_of(metrics)) == pytest.approx(
        objective_score(objective, truth, before)
    )


# ---- the test


@pytest.mark.parametrize(("fixed", "broke"), [(5, 0), (6, 1), (4, 4), (9, 3)])
def test_the_enumerated_test_of_accuracy_is_mcnemars(fixed: int, broke: int):
    truth = ["ham"] * 20
    before = ["spam"] * fixed + ["ham"] * (20 - fixed)
    after = ["ham"] * fixed + ["spam"] * broke + ["ham"] * (20 - fixed - broke)
    paired = PairedAnswers([str(n) for n in range(20)], truth, before, after)
    difference, p = paired_test(Objective(), [paired])
    assert difference == pytest.approx((fixed - broke) / 20)
    assert p == pytest.approx(mcnemar(fixed, broke))


def test_drawn_swaps_come_near_the_exact_test_and_are_the_same_every_time():
    truth, fixed, broke = ["ham"] * 60, 22, 10
    before = ["spam"] * fixed + ["ham"] * (60 - fixed)
    after = ["ham"] * fixed + ["spam"] * broke + ["ham"] * (60 - fixed - broke)
    paired = PairedAnswers([str(n) for n in range(60)], truth, before, after)
    p = paired_test(Objective(), [paired])[1]
    assert p == pytest.approx(mcnemar(fixed, broke), abs=0.01)
    assert paired_test(Objective(), [paired])[1] == p


@pytest.mark.parametrize("objective", KINDS, ids=lambda each: each.kind)
def test_the_difference_is_that_of_the_scores_and_changes_sign_with_the_sides(objective: Objective):
    truth, before, after = answers(2)
    ids = [str(n) for n in range(len(truth))]
    difference, p = paired_test(objective, [PairedAnswers(ids, truth, before, after)])
    back, same_p = paired_test(objective, [PairedAnswers(ids, truth, after, before)])
    scores = [objective_score(objective, truth, each) for each in (before, after)]
    assert difference == pytest.approx(scores[1] - scores[0]) == pytest.approx(-back)
    assert p == pytest.approx(same_p, abs=0.01)
    assert paired_test(objective, [PairedAnswers(ids, truth, before, before)]) == (0.0, 1.0)


def test_rare_rows_decide_where_recalls_are_averaged():
    """Always “ham” wins 14 rows of ham and loses all 6 of spam: better by accuracy, worse by balanced accuracy."""
    truth = ["ham"] * 94 + ["spam"] * 6
    before = ["spam"] * 14 + ["ham"] * 80 + ["spam"] * 6
    examples, old, new = rows_of(truth), read(before), read(["ham"] * 100)
    by_accuracy, balanced = compare(examples, old, new), compare(examples, old, new, Objective("balanced"))
    assert (len(balanced.fixed), len(balanced.broke)) == (14, 6) and by_accuracy.balance == 8
    assert balanced.difference == pytest.approx(0.5 * (14 / 94 - 1))
    assert balanced.p == pytest.approx(2 / 2**6, abs=0.01), "the six rows of spam decide"
    assert comparison_in_words(balanced) == (
        "14 mistakes fixed, 6 new, balanced accuracy −42.6 points; worse, and not luck (p = 0.030)"
    )


# ---- which one


def counts(**numbers: int) -> list[Example]:
    return rows_of([label for label, number in numbers.items() for _ in range(number)])


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        (counts(ham=35, spam=10), "accuracy"),
        (counts(ham=36, spam=10), "balanced"),
        (counts(ham=30, spam=10, news=20), "accuracy"),
        ([], "accuracy"),
    ],
)
def test_uneven_labels_are_measured_by_balanced_accuracy(rows: list[Example], kind: str):
    assert objective_for(AUTO, rows) == Objective(kind, chosen=True)
    assert objective_for(Objective("macro-f1"), rows) == Objective("macro-f1")


def test_rows_that_are_sealed_or_left_out_do_not_choose():
    rows = [*counts(ham=20, spam=10), *(Example(f"t{n}", "", "ham", split="test") for n in range(90))]
    rows += [Example(f"x{n}", "", "ham", split="train", excluded=True) for n in range(90)]
    assert objective_for(AUTO, rows).kind == "accuracy"
    assert imbalance(rows) > 3.5


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        (Objective("f1", "eggs"), "'eggs'"),
        (Objective("costs", costs=(("ham", "eggs", 1.0),)), "'eggs'"),
        (Objective("costs", costs=(("ham", "spam", -1.0),)), "0 or more"),
        (Objective("recall", "spam", 1.5), "from 0 to 1"),
        (Objective(recall_floors=(("eggs", 0.5),)), "'eggs'"),
        (Objective(recall_floors=(("spam", 60.0),)), "from 0 to 1"),
        (Objective("best"), "no objective"),
    ],
)
def test_an_objective_that_the_labels_do_not_have_is_refused(objective: Objective, words: str):
    with pytest.raises(UsageError, match=words):
        check_objective(objective, LABELS)


def test_objectives_have_names():
    assert [objective_in_words(each) for each in KINDS] == [
        "accuracy",
        "balanced accuracy",
        "macro-F1",
        "F1 of “spam”",
        "recall of “spam” at a precision of at least 50 %",
        "cost of a row",
    ]


def test_a_difference_keeps_the_name_as_it_is():
    assert difference_in_words(Objective("macro-f1"), -0.147) == "macro-F1 −14.7 points"
    assert difference_in_words(Objective("costs"), -0.5) == "a row costs 0.5 more"


# ---- what no figure excuses


def figures(truth: list[str], answered: list[str]):
    return measure(rows_of(truth), read(answered), LABELS)


def test_a_prompt_that_never_gives_a_label_is_weak():
    truth = ["ham"] * 94 + ["spam"] * 6
    assert weakness(Objective(), figures(truth, ["ham"] * 100)) == (
        "it never answers “spam”, the label of 6 rows"
    )
    elsewhere = figures(["spam"], ["spam"])
    assert "never" not in weakness(Objective(), figures(truth, ["ham"] * 100), elsewhere)


def test_a_prompt_that_does_not_beat_the_most_frequent_label_is_weak():
    truth = ["ham"] * 94 + ["spam"] * 6
    barely = ["ham"] * 93 + ["spam"] * 3 + ["ham"] * 4
    assert weakness(Objective(), figures(truth, barely)) == (
        "it is not proven better than always answering “ham” (95.0 % against 94.0 %, p = 1.0)"
    )
    well = ["ham"] * 94 + ["spam"] * 6
    assert weakness(Objective(), figures(truth, well)) == ""


def test_a_recall_below_its_floor_is_named():
    objective = Objective(recall_floors=(("spam", 0.6), ("news", 0.6)))
    metrics = figures(["spam", "spam", "ham"], ["spam", "ham", "ham"])
    assert below_floors(objective, metrics) == ("spam",)  # of news there is no row


# ---- rows in a trial


@pytest.mark.parametrize("objective", KINDS, ids=lambda each: each.kind)
def test_gains_add_up_to_the_change_of_the_score_times_the_rows(objective: Objective):
    truth, before, _ = answers(3)
    examples, known = rows_of(truth), {each.example_id: each for each in read(before)}
    wrong = [row.id for row in examples if known[row.id].label != row.label]
    stakes = Stakes(objective, examples, known, {})
    gain = stakes.gain(wrong, [])
    if objective.kind != "costs":
        whole = objective_score(objective, truth, truth) - objective_score(objective, truth, before)
        assert gain == pytest.approx(len(truth) * whole)
    assert gain > 0 > stakes.gain([], [row.id for row in examples if row.id not in wrong])


def test_a_rare_row_counts_for_many_where_recalls_are_averaged():
    truth = ["ham"] * 90 + ["spam"] * 10
    known = {each.example_id: each for each in read(["ham"] * 100)}
    stakes = Stakes(Objective("balanced"), rows_of(truth), known, {})
    assert stakes.gain(["r95"], []) == pytest.approx(5.0)  # 100 rows in two halves: one of ten is 5 of them
    assert stakes.gain(["r95"], [f"r{n}" for n in range(9)]) == pytest.approx(0.0)
    assert Stakes(Objective(), rows_of(truth), known, {}).gain(["r95"], ["r1", "r2"]) == -1


def test_a_costly_confusion_counts_for_more():
    costs = Objective("costs", costs=(("spam", "ham", 3.0),))
    known = {each.example_id: each for each in read(["ham", "spam", "spam", "ham"])}
    examples = rows_of(["spam", "spam", "ham", "ham"])
    stakes = Stakes(costs, examples, known, {"r1": Prediction("r1", Outcome.LABEL, "ham")})
    assert stakes.gain(["r0"], []) == pytest.approx(1.5)  # 3, where a mistake costs 2 on average
    assert stakes.gain(["r2"], []) == pytest.approx(0.5)
    assert stakes.gain([], ["r1"]) == pytest.approx(-1.5)
