"""A champion with its cascade: adopted, ended by the next champion, gone back to; what is served by it, and what that says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.classifier import Classifier
from core.confidence.cascade import Abstention, cascade_to_json
from core.confidence.local_model import LocalModel
from core.confidence.trial import CascadeWish
from core.errors import UsageError
from core.http.handlers import Handlers
from core.http.schemas import ClassifyRequest, Text
from core.samples import sample
from core.services.cascade import measure
from core.services.cascade.adoption import SERVED, adopt_cascade, champion_cascade, is_in_force
from core.services.champions import adopt_prompt, adoptions, go_back, origin_in_words
from core.services.classify import Service
from core.services.compare.basis import ComparedRun
from core.services.datasets import import_sample
from core.services.feedback import Said, receive
from core.services.run_report import compared_run
from core.services.serving.predictions import find_prediction
from core.types import Outcome
from core.workspace import Workspace
from tests.pages.made import run_of

SURE, UNSURE = "How do I learn to fix my bike at home?", "Why are they all?"


@pytest.fixture
def of(workspace: Workspace) -> ComparedRun:
    dataset_id = import_sample(workspace, sample("insincere_questions"))
    return compared_run(workspace, run_of(workspace.store, dataset_id), "run")


def test_a_cascade_is_adopted_with_its_prompt_ends_with_it_and_comes_back_with_it(
    workspace: Workspace, of: ComparedRun
):
    with pytest.raises(UsageError, match="measured"):
        adopt_cascade(workspace, of)
    trial = measure.measured_trial(workspace, of, CascadeWish())
    dataset_id, champions = of.record.dataset_id, workspace.store.champions
    adopt_prompt(workspace, dataset_id, of.prompt, "offline:reader")
    assert not is_in_force(workspace, of)

    champion = adopt_cascade(workspace, of, "nearly all for nothing")
    info = workspace.store.datasets.info(dataset_id)
    assert champion_cascade(workspace, champion, info) == measure.cascade_of(of, trial)
    assert is_in_force(workspace, of) and adopt_cascade(workspace, of) == champion
    assert origin_in_words(champion, {of.record.id: of.record}).endswith(
        f"of {of.record.name} with its cascade"
    )

    measure.measured_trial(workspace, of, CascadeWish(0.8))  # another one, which nobody has adopted
    assert not is_in_force(workspace, of)
    adopt_prompt(workspace, dataset_id, of.prompt, champion.model)
    alone = champions.current(dataset_id)
    assert alone and not alone.cascade and champion_cascade(workspace, alone, info) is None
    again = go_back(workspace, dataset_id, 2).champion
    assert again.cascade == champion.cascade and champion_cascade(workspace, again, info) is not None
    assert [bool(each.champion.cascade) for each in adoptions(workspace, dataset_id)] == [
        True,
        False,
        True,
        False,
    ]


def test_another_label_ends_it(workspace: Workspace, of: ComparedRun):
    measure.measured_trial(workspace, of, CascadeWish())
    champion, dataset_id = adopt_cascade(workspace, of), of.record.dataset_id
    workspace.store.labels.rename(dataset_id, of.dataset.labels.names[0], "another name")
    info = workspace.store.datasets.info(dataset_id)
    assert champion_cascade(workspace, champion, info) is None
    reply = Handlers(lambda: workspace).classify(ClassifyRequest(text=SURE))
    assert (reply.answered_by, reply.confidence) == ("prompt", None)


def strictly_adopted(workspace: Workspace, of: ComparedRun) -> None:
    """With thresholds that no answer of the prompt holds."""
    trial = measure.measured_trial(workspace, of, CascadeWish())
    key = adopt_cascade(workspace, of).cascade
    strict = replace(measure.cascade_of(of, trial), abstain=Abstention(2, 1.0, 1.0))
    assert strict.local
    strict = replace(strict, local=replace(strict.local, threshold=0.9))
    workspace.store.marks.replace(of.record.dataset_id, SERVED + key, {}, cascade_to_json(strict))


def test_what_is_served_says_who_has_answered_and_how_sure_that_is(workspace: Workspace, of: ComparedRun):
    strictly_adopted(workspace, of)
    handlers, texts = (
        Handlers(lambda: workspace),
        [Text(text=SURE, prediction_id="a"), Text(text=UNSURE)],
    )
    local, prompt = handlers.classify(ClassifyRequest(texts=texts)).predictions
    assert (local.outcome, local.answered_by, local.model, local.cost_usd) == ("label", "local", "local", 0.0)
    assert local.label and local.confidence >= 0.9 and prompt.answered_by == "prompt"
    assert prompt.confidence is not None and prompt.model == "offline:reader"
    again = handlers.classify(ClassifyRequest(text=SURE, prediction_id="a"))
    assert again.again and (again.answered_by, again.confidence) == ("local", local.confidence)
    shown = handlers.prediction("a")
    assert (shown.answered_by, shown.request, shown.confidence) == ("local", None, local.confidence)
    cascade = handlers.champion(None).cascade
    assert cascade and (cascade.local_threshold, cascade.samples) == (0.9, 2)


def test_what_is_too_unsure_has_no_label_but_says_which_it_would_have_been(
    workspace: Workspace, of: ComparedRun, monkeypatch
):
    strictly_adopted(workspace, of)
    monkeypatch.setattr(
        "core.services.cascade.served.agreement_with", lambda answer, replies: 0.5 * (len(replies) == 2)
    )
    info = workspace.store.datasets.info(of.record.dataset_id)
    with Classifier.of_champion(Service(workspace, info.id)) as classifier:
        made = classifier.classify(UNSURE, "b")
    assert (made.outcome, made.label, made.confidence, made.answered_by) == (
        Outcome.ABSTAINED,
        "",
        0.5,
        "prompt",
    )
    assert made.unsure_label in info.labels.names and made.labels == () and made.usage.input > 0
    record = find_prediction(workspace, "b").as_json()
    assert (record["outcome"], record["unsure_label"]) == ("abstained", made.unsure_label)
    assert receive(workspace, info.id, Said("b", correction=info.labels.names[0])).example_id


def test_many_threads_learn_one_local_model(workspace: Workspace, of: ComparedRun, monkeypatch):
    measure.measured_trial(workspace, of, CascadeWish())
    adopt_cascade(workspace, of)
    learned = []
    monkeypatch.setattr(
        "core.services.cascade.served.LocalModel", lambda rows: learned.append(1) or LocalModel(rows)
    )
    handlers = Handlers(lambda: workspace)
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(handlers.classify, [ClassifyRequest(text=SURE)] * 6))
    assert learned == [1] and {(each.answered_by, each.confidence) for each in replies} == {
        ("local", replies[0].confidence)
    }


def test_a_cascade_file_serves_a_program(workspace: Workspace, of: ComparedRun, tmp_path: Path):
    trial = measure.measured_trial(workspace, of, CascadeWish())
    file = tmp_path / "cascade.json"
    file.write_text(cascade_to_json(measure.cascade_of(of, trial)))
    with Classifier.from_file(file, workspace) as classifier:
        assert classifier.classify(SURE).answered_by == "local"
