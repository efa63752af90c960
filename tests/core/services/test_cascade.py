"""A cascade measured for a run, kept, and at work: what it asks, what it leaves out, what it never learns from."""

from __future__ import annotations

import re
from dataclasses import replace
from math import floor

import pytest

from core.confidence.cascade import Abstention, AnsweredBy
from core.confidence.trial import CascadeWish
from core.data.splits import split
from core.errors import CapReached, UsageError
from core.samples import sample
from core.services.cascade import measure
from core.services.cascade.answers import cascade_answers
from core.services.cascade.words import headline, saved_in_words, sentences
from core.services.compare.basis import ComparedRun
from core.services.datasets import import_sample
from core.services.prompt_rules import MeasuringCaps
from core.services.run_report import compared_run, report_with_cost
from core.types import Outcome, Settings
from core.workspace import Workspace
from tests.pages.made import run_of


@pytest.fixture
def of(workspace: Workspace) -> ComparedRun:
    """Its prompt is right on 7 of 10 rows."""
    dataset_id = import_sample(workspace, sample("insincere_questions"))
    return compared_run(workspace, run_of(workspace.store, dataset_id), "run")


def test_without_samples_nothing_is_asked_and_the_result_is_kept(workspace: Workspace, of: ComparedRun):
    wish = CascadeWish()
    assert measure.price(of, wish, workspace.model_context()).calls == 0
    trial = measure.measured_trial(workspace, of, wish)
    assert trial.target == pytest.approx(0.7, abs=0.02) and trial.local and trial.useful
    for part, rows in (("validation", 100), ("test", 99)):
        prompt, local, whole = (trial.of(part, way) for way in ("prompt", "local", "cascade"))
        assert prompt and local and whole and prompt.rows == rows == whole.answered and local.calls == 0
        assert whole.calls == whole.rows - whole.local and whole.comparison is not None
    point = trial.local.point
    assert point and point.interval[0] >= trial.target
    assert measure.last_trial(workspace, of) == trial
    assert measure.last_trial(workspace, replace(of, step=0)) is None
    assert sentences(trial)[0] in report_with_cost(workspace, of.record.id).answering
    assert "may be luck" in sentences(trial)[0] or "not luck" in sentences(trial)[0]
    assert "local model" in headline(trial) and "calls" in saved_in_words(trial, None)


def test_the_local_model_never_learns_from_held_out_rows(workspace: Workspace, of: ComparedRun):
    rows = measure.cascade_rows(of)
    held_out = {row.text for part in rows.rows.values() for row in part}
    assert len(rows.learned) > 150 and not held_out & {shot.text for shot in rows.learned}
    copied = replace(rows.rows["test"][0], id="copy", split="train")
    parted = (*split(of.dataset.examples, 0), copied)
    doubled = replace(of, dataset=replace(of.dataset, examples=parted))
    assert copied.text not in {shot.text for shot in measure.cascade_rows(doubled).learned}


def test_a_target_that_all_answers_hold_leaves_none_out_and_one_that_none_holds_says_so(
    workspace: Workspace, of: ComparedRun
):
    trial = measure.measured_trial(workspace, of, CascadeWish(0.5, samples=3, local=False))
    assert trial.local is None and trial.agreement and trial.agreement.threshold == 0
    assert {point.threshold for point in trial.agreement.curve} <= {0.0, 0.33, 0.66, 1.0}
    assert "answer everything" in headline(trial) and trial.of("test", "abstaining") is None
    assert not trial.differs, "there is nothing to adopt but the prompt"
    high = measure.measured_trial(workspace, of, CascadeWish(0.99, samples=3, local=False))
    assert not high.useful and "never sure enough" in (said := " ".join([headline(high), *sentences(high)]))
    assert re.search(
        r"of the \d+ validation rows that it is surest of \d+ are right\. That shows \d+ % and no", said
    )
    most = floor(100 * high.most_held)
    assert headline(high).startswith(
        "The target of 99 % cannot be held"
    ) and f"at most {most} % can" in headline(high)
    held = [
        measure.measured_trial(workspace, of, CascadeWish(each / 100, samples=3, local=False)).useful
        for each in (most, most + 1)
    ]
    assert held == [True, False]
    with pytest.raises(UsageError, match="lower target"):
        measure.cascade_of(of, high)
    with pytest.raises(CapReached):
        measure.measured_trial(
            workspace, of, CascadeWish(0.5, 4, local=False), caps=MeasuringCaps(max_calls=2)
        )


def test_a_cascade_at_work_asks_only_where_the_local_model_is_unsure(workspace: Workspace, of: ComparedRun):
    trial = measure.measured_trial(workspace, of, CascadeWish(0.75, samples=2))
    cascade = measure.cascade_of(of, trial)
    assert cascade.local
    texts = ["Why are they all so stupid?", "How do I fix my bike?", "x"]
    strict = replace(cascade, local=replace(cascade.local, threshold=0.9), abstain=Abstention(2, 1.0, 1.0))
    session = workspace.session(Settings())
    answers, ended = cascade_answers(session, strict, texts, lambda done, total: None)
    asked = [each for each in answers if each.by is AnsweredBy.PROMPT]
    assert not ended and len(answers) == 3 and session.account.spends()["lightweight"].api <= 3 * len(asked)
    assert all(each.confidence is not None for each in answers)
    assert all(each.abstained == (each.confidence < 1.0) for each in asked)

    capped = workspace.session(Settings(max_calls=1))
    alone = replace(strict, local=None)
    answers, ended = cascade_answers(capped, alone, texts, lambda done, total: None)
    assert "cap" in ended and all(each.prediction.outcome is Outcome.FAILED for each in answers)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"local": False}, "without samples"),
        ({"samples": 3}, "must be right"),
        ({"target": 1.0}, "between 0 and 1"),
        ({"samples": 101, "target": 0.5}, "0 to 100 samples"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused(wish: dict, words: str):
    with pytest.raises(UsageError, match=words):
        CascadeWish(**wish)
