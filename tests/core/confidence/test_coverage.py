"""The curve, the threshold that holds a target, and how samples agree."""

from __future__ import annotations

import pytest

from core.confidence.agreement import agreement_with, sample_requests
from core.confidence.coverage import coverage_curve, gate_of, step_of
from core.llm.layers.reply_cache import cache_key
from core.llm.providers.offline import offline_reader
from core.metrics.metrics import wilson
from core.types import Message, Outcome, Prediction, Request


def judged(*counts: tuple[float, int, int]) -> list[tuple[float, bool]]:
    return [(confidence, number < right) for confidence, rows, right in counts for number in range(rows)]


def test_a_point_answers_what_is_as_sure_as_its_threshold_or_surer():
    curve = coverage_curve(judged((0.9, 40, 39), (0.5, 20, 10)))
    assert [(each.threshold, each.rows, each.answered, each.right) for each in curve] == [
        (0.9, 60, 40, 39),
        (0.5, 60, 60, 49),
    ]
    assert curve[0].coverage == pytest.approx(2 / 3) and curve[0].accuracy == 39 / 40
    assert curve[0].interval == wilson(39, 40)


def test_the_threshold_answers_most_rows_whose_lower_bound_holds():
    rows = judged((0.9, 40, 40), (0.7, 40, 38), (0.5, 20, 2))
    gate = gate_of(rows, 0.9)
    assert (gate.threshold == 0.9 and wilson(78, 80)[0] > 0.9) or gate.threshold == 0.7
    assert gate.point and gate.point.interval[0] >= 0.9
    assert gate.passes(0.95) and not gate.passes(0.5) and not gate.passes(None)
    assert gate_of(rows, 0.97).threshold is None and not gate_of(rows, 0.97).passes(1.0)
    assert gate_of([], 0.5).threshold is None


def test_rows_that_are_answered_already_count_towards_the_target():
    unsure = judged((1.0, 10, 7))
    assert gate_of(unsure, 0.8).threshold is None
    gate = gate_of(unsure, 0.8, before=[True] * 60)
    assert gate.threshold == 1.0 and gate.point and (gate.point.answered, gate.point.right) == (70, 67)


def test_a_confidence_is_rounded_down_and_floats_do_no_harm():
    assert [step_of(each) for each in (0.1 + 0.2, 0.29, 0.8299, 3 / 5, 1.0)] == [0.3, 0.29, 0.82, 0.6, 1.0]


def test_agreement_counts_replies_that_name_the_label():
    label, other = Prediction("1", Outcome.LABEL, "a"), Prediction("1", Outcome.LABEL, "b")
    failed, strange = Prediction("1", Outcome.FAILED), Prediction("1", Outcome.UNREADABLE)
    assert agreement_with(label, [label, other, failed, strange]) == pytest.approx(1 / 3)
    assert (
        agreement_with(strange, [label]) == 0 == agreement_with(label, [failed]) == agreement_with(label, [])
    )


def test_samples_are_requests_of_their_own_in_the_cache_and_see_the_text_anew():
    request = Request(
        (
            Message("system", "Labels: bug, docs.\nbug: crash, error. docs: manual, typo."),
            Message("user", "The manual says crash error where it means restart, a typo"),
        )
    )
    model = offline_reader()
    samples = sample_requests(request, 20, 1.0)
    keys = {cache_key(model.exact(each), each.repeat) for each in [request, *samples]}
    assert len(keys) == 21
    replies = {model._respond(each) for each in samples}
    assert len(replies) > 1 and [model._respond(each) for each in samples[:2]] == [
        model._respond(each) for each in sample_requests(request, 2, 1.0)
    ]
