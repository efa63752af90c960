"""What an answer is worth, scorer by scorer; what they refuse before anything is spent; what never counts as right."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import DataError, UsageError
from core.metrics.metrics import measure, right
from core.scoring.constant import best_constant
from core.scoring.registry import scorer_of
from core.scoring.scorer import Scorer
from core.types import Example, Objective, Outcome, Prediction
from core.types.objectives import ACCURACY, SCORE

NOWHERE = Path("no such folder")
ORDER = '{"order": "WB-1", "total": 20, "paid": true}'


def row(answer: str, identity: str = "1") -> Example:
    return Example(identity, "a text", answer)


def given(answer: str, identity: str = "1") -> Prediction:
    return Prediction(identity, Outcome.LABEL, answer)


@pytest.mark.parametrize(
    ("name", "answer", "reference", "score"),
    [
        ("exact", " WB-1\n", "WB-1", 1),
        ("exact", "wb-1", "WB-1", 0),
        ("normalised", "“wb-1”.", "WB-1", 1),
        ("normalised", "WB-1 or WB-2", "WB-1", 0),
        ("number", "The total is 1,234.50 euros.", "1234.5", 1),
        ("number", "1.234,50", "1234.5", 1),
        ("number", "12 345", "12345", 1),
        ("number", "between 3 and 4", "3", 0),
        ("number", "none", "3", 0),
        ("number:0.01", "3.14", "3.1416", 1),
        ("number:0.001", "3.14", "3.1416", 0),
        ("number:1%", "-101", "\N{MINUS SIGN}100", 1),
        ("number:1%", "102", "100", 0),
        ("json", '{"total": 20.0, "order": "wb-1", "paid": true, "more": 1}', ORDER, 1),
        ("json", '```json\n{"order": "WB-1", "total": "20"}\n```', ORDER, 1 / 3),
        ("json", "order WB-1", ORDER, 0),
        ("json:order,total", '{"order": "WB-1"}', ORDER, 0.5),
        ("json:order", '{"order": "WB-1"}', ORDER, 1),
        ("token-f1", "the Order, WB-1", "order WB-1", 6 / 7),
        ("token-f1", "WB-1 order", "Order WB-1.", 1),
        ("token-f1", "nothing", "order", 0),
        ("regex", "WB-123", r"WB-\d+", 1),
        ("regex", "it is WB-123", r"WB-\d+", 0),
        (r"regex:WB-(\d+)", "It is WB-7.", "WB-7", 1),
        (r"regex:WB-(\d+)", "It is 7.", "WB-7", 0),
    ],
)
def test_scores(name: str, answer: str, reference: str, score: float):
    scorer = scorer_of(name, NOWHERE)
    assert scorer.value(row(reference), answer) == pytest.approx(score)
    assert scorer.problem(reference) == ""


def test_only_scores_between_wrong_and_right_make_the_mean_score_count():
    graded = {
        name: scorer_of(name, NOWHERE).objective for name in ("exact", "json:order", "json", "token-f1")
    }
    assert graded == {
        "exact": Objective(ACCURACY),
        "json:order": Objective(ACCURACY),
        "json": Objective(SCORE),
        "token-f1": Objective(SCORE),
    }


@pytest.mark.parametrize(
    ("name", "reference", "why"),
    [
        ("number", "three", "holds no number"),
        ("json", "WB-1", "no JSON object"),
        ("json:date", ORDER, "lacks the field 'date'"),
        ("regex", "WB-(", "no regular expression"),
        ("regex", "a{99999999999}", "no regular expression"),
        ("regex", "(" * 3_000, "no regular expression"),
        (r"regex:WB-\d+", "7", "matches nothing"),
        ("token-f1", "…", "holds no word"),
    ],
)
def test_a_reference_that_cannot_be_scored_against_is_refused_by_its_row(name: str, reference: str, why: str):
    with pytest.raises(DataError, match=why):
        scorer_of(name, NOWHERE).check([row(reference)])


def test_a_refused_row_is_named_by_its_text_and_the_scorer_as_it_was_chosen():
    with pytest.raises(
        DataError, match=r"^The row “a text” has the answer “WB-1”, .* \(scorer “the same JSON fields”\): "
    ):
        scorer_of("json", NOWHERE).check([row("WB-1")], "“the same JSON fields”")


def test_it_is_said_that_of_codes_only_their_number_is_compared():
    remark = scorer_of("number:1%", NOWHERE).remark
    assert remark(["WB-10000", "12", "WB-10001"]).startswith(
        "2 of 3 answers hold letters as well as a number (such as “WB-10000”): only the number is compared, here 10000."
    )
    assert remark(["-12.5 %", "$ 1,234.50", "1e5"]) == ""
    assert scorer_of("normalised", NOWHERE).remark(["WB-10000"]) == ""


@pytest.mark.parametrize(
    "name", ["", "exactly", "number:much", "number:-1", "regex:(", "regex:x*", "exact:1"]
)
def test_a_scorer_that_is_none_is_refused_in_a_sentence(name: str):
    with pytest.raises(UsageError, match=r"\w.*[.]$"):
        scorer_of(name, NOWHERE)


# ---- honesty


def test_what_is_no_answer_has_no_score_whatever_it_holds():
    generous = Scorer("generous", lambda example, answer: 1.0)
    unreadable = Prediction("1", Outcome.UNREADABLE, reply="WB-1")
    failed = Prediction("2", Outcome.FAILED, error="The line went dead.")
    rows = [row("WB-1"), row("WB-1", "2")]
    scored = [generous.scored(*each) for each in zip(rows, (unreadable, failed), strict=True)]
    assert [each.score for each in scored] == [0, None]
    figures = measure(rows, scored, ())
    assert (figures.n, figures.correct, figures.unreadable, figures.failed, figures.score) == (1, 0, 1, 1, 0)


def test_right_is_the_full_score_and_nothing_else():
    halves = Scorer("halves", lambda example, answer: 0.5, graded=True)
    same = halves.scored(row("WB-1"), given("WB-1"))
    assert not right(same, "WB-1") and (same.said, same.score) == ("WB-1", 0.5)
    other = scorer_of("normalised", NOWHERE).scored(row("WB-1"), given("wb-1"))
    assert right(other, "WB-1") and other.said == "wb-1"
    figures = measure([row("WB-1"), row("WB-1", "2")], [same, given("WB-1", "2")], ())
    assert (figures.accuracy, figures.score, figures.per_label) == (0.5, 0.75, ())


@pytest.mark.parametrize("value", [1.2, -0.1, float("nan"), "1", None])
def test_a_score_that_is_none_ends_it_with_the_row(value: object):
    scorer = Scorer("own", lambda example, answer: value)  # type: ignore[arg-type,return-value]
    with pytest.raises(UsageError, match="row 1: it must give a number from 0 to 1"):
        scorer.value(row("WB-1"), "WB-1")


def test_a_function_that_fails_ends_it_with_the_row():
    with pytest.raises(UsageError, match=r"failed on row 1.*ZeroDivisionError"):
        Scorer("own", lambda example, answer: 1 / 0).value(row("WB-1"), "WB-1")


def test_the_floor_is_the_answer_that_would_score_best_on_these_rows():
    rows = [row("none", "1"), row("none", "2"), row("WB-1", "3")]
    constant = best_constant(scorer_of("exact", NOWHERE), rows)
    assert (constant.answer, constant.score, constant.accuracy) == ("none", pytest.approx(2 / 3), 2 / 3)
    assert best_constant(scorer_of("exact", NOWHERE), []).score == 0
