"""What a judge's figures are made of, and the count corrected for its errors."""

import random
from dataclasses import replace

import pytest

from core.metrics.judges.judge_figures import NO_VERDICT, Proportion, judge_figures
from core.metrics.judges.pass_rate import pass_rate
from core.types import Example, Outcome, Prediction

LABELS = ("good", "bad")


def judged(pairs):
    rows = [Example(str(at), "text", human) for at, (human, _) in enumerate(pairs)]
    said = [
        Prediction(str(at), Outcome.FAILED)
        if judge is None
        else Prediction(str(at), Outcome.LABEL if judge else Outcome.UNREADABLE, judge)
        for at, (_, judge) in enumerate(pairs)
    ]
    return judge_figures(rows, said, LABELS, "good")


def test_a_reply_without_a_verdict_agrees_with_nobody_and_calls_nothing_good():
    pairs = (
        [("good", "good")] * 6 + [("good", "bad"), ("good", "")] + [("bad", "bad")] * 5 + [("bad", "good")]
    )
    found = judged([*pairs, ("bad", ""), ("good", None)])
    assert (found.agreed.k, found.agreed.n, found.no_verdict, found.failed) == (11, 15, 2, 1)
    assert (found.true_positive, found.true_negative) == (Proportion(6, 8), Proportion(6, 7))
    assert found.confusion["good"] == {"good": 6, "bad": 1, NO_VERDICT: 1}
    assert found.agreement.kappa == pytest.approx((11 / 15 - 98 / 225) / (1 - 98 / 225))


def test_the_corrected_rate_is_that_of_rogan_and_gladen_with_lang_and_reiczigels_interval():
    found = judged(
        [("good", "good")] * 90 + [("good", "bad")] * 10 + [("bad", "bad")] * 80 + [("bad", "good")] * 20
    )
    rate = pass_rate(Proportion(40, 100), found)
    assert rate.corrected == pytest.approx((0.4 + 0.8 - 1) / (0.9 + 0.8 - 1))
    assert rate.interval == pytest.approx((0.1198, 0.4433), abs=1e-4)


def test_no_rate_where_the_judge_guesses_or_too_few_answers_tell_its_errors():
    guessing = judged([("good", "good"), ("good", "bad"), ("bad", "bad"), ("bad", "good")] * 10)
    assert "no better than chance" in pass_rate(Proportion(5, 10), guessing).problem
    few = pass_rate(Proportion(5, 10), judged([("good", "good")] * 4 + [("bad", "bad")] * 40))
    assert few.corrected is None and "there are 4 and 40" in few.problem
    assert pass_rate(Proportion(0, 0), guessing).interval is None


def test_the_interval_holds_as_often_as_it_says():
    """Errors known from 50 answers, 60 more that only the judge has seen, 45 of 100 good: in about 95 of 100."""
    draw, held, known = random.Random(0), 0, judged([("good", "good"), ("bad", "bad")])
    for _ in range(1000):
        hits = sum(_called_good(draw, True) for _ in range(20))
        spared = sum(not _called_good(draw, False) for _ in range(30))
        seen = sum(_called_good(draw, draw.random() < 0.45) for _ in range(60))
        found = replace(known, true_positive=Proportion(hits, 20), true_negative=Proportion(spared, 30))
        low, high = pass_rate(Proportion(seen, 60), found).interval or (0, 1)
        held += low <= 0.45 <= high
    assert 0.93 <= held / 1000 <= 0.98


def _called_good(draw, good):
    return draw.random() < (0.85 if good else 0.2)
