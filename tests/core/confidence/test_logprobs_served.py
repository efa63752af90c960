"""A cascade by log-probabilities: measured with one call a row, adopted, and served with no call more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from math import log
from pathlib import Path

import pytest

from core.classifier import Classifier
from core.confidence.cascade import cascade_from_json, cascade_to_json
from core.confidence.trial import CascadeWish
from core.errors import UsageError
from core.http.handlers import Handlers
from core.samples import sample
from core.services.cascade import measure
from core.services.cascade.adoption import adopt_cascade
from core.services.cascade.answers import cascade_answers
from core.services.cascade.words import cascade_in_words, gate_lines, saved_in_words
from core.services.classify import Service
from core.services.compare.basis import ComparedRun
from core.services.datasets import import_sample
from core.services.run_report import compared_run
from core.types import Outcome, Settings
from core.workspace import Workspace
from tests.fakes.server import FakeServer
from tests.fakes.wire import Said
from tests.pages.made import run_of

MODEL = "openai-compatible:small"


def wavers(text: str) -> bool:
    return sha256(text.encode()).digest()[0] < 64


@dataclass
class Knowing:
    """A model that is nearly certain where it is right; where it is wrong, as one text in four, it wavers."""

    labels: dict[str, str]
    says: bool = True

    def __call__(self, messages: list[tuple[str, str]]) -> Said:
        asked = messages[-1][1]
        text = max((each for each in self.labels if each in asked), key=len, default="")
        right = self.labels.get(text, "sincere")
        other = next(each for each in sorted(set(self.labels.values())) if each != right)
        label, chance = (other, 0.55) if wavers(text) else (right, 0.9995)
        tokens = (("So it seems. <label>", log(0.3)), (label, log(chance)), ("</label>", log(0.9)))
        return Said("".join(token for token, _ in tokens), logprobs=tokens if self.says else ())


@pytest.fixture
def provider() -> Iterator[FakeServer]:
    with FakeServer(answer=Knowing({})) as server:
        yield server


@pytest.fixture
def workspace(tmp_path: Path, provider: FakeServer) -> Iterator[Workspace]:
    opened = Workspace(tmp_path, {"OPENAI_COMPATIBLE_BASE_URL": provider.openai_url})
    yield opened
    opened.close()


@pytest.fixture
def of(workspace: Workspace, provider: FakeServer) -> ComparedRun:
    dataset_id = import_sample(workspace, sample("insincere_questions"))
    run_id = run_of(workspace.store, dataset_id, settings=Settings(lightweight=MODEL))
    run = compared_run(workspace, run_id, "run")
    _model(provider).labels.update({row.text: row.label for row in run.dataset.examples})
    return run


WISH = CascadeWish(0.9, local=False, logprobs=True)


def test_one_call_a_row_measures_and_none_more_serves(
    workspace: Workspace, of: ComparedRun, provider: FakeServer
):
    rows = sum(len(read.predictions) for read in of.readings.values())
    assert measure.price(of, WISH, workspace.model_context()).calls == rows
    trial = measure.measured_trial(workspace, of, WISH)
    assert provider.counts["answered"] == rows and all(body["logprobs"] for body in provider.bodies)
    alone, sure = trial.of("test", "prompt"), trial.of("test", "abstaining")
    assert alone and sure and alone.calls == sure.calls == alone.rows
    assert sure.right == sure.answered == alone.right < alone.rows and saved_in_words(trial, None) == ""
    assert trial.agreement and trial.agreement.threshold == 0.9995
    assert gate_lines(trial)[0].endswith("a chance of 99.95 % or more.")

    text, unsure = _two(_test_texts(of))
    again = cascade_from_json(cascade_to_json(measure.cascade_of(of, trial)))
    answers, _ = cascade_answers(workspace.session(Settings(MODEL)), again, [text, unsure], _quiet)
    assert [each.abstained for each in answers] == [False, True]
    assert [each.confidence for each in answers] == pytest.approx([0.9995, 0.55])

    adopt_cascade(workspace, of)
    adopted = Handlers(lambda: workspace).champion(None).cascade
    assert adopted and adopted.logprobs and adopted.samples == 0
    before = provider.counts["answered"]
    classifier = Classifier.of_champion(Service(workspace, of.record.dataset_id))
    given, left = classifier.classify_many([text + " Really?", unsure + " Really?"])
    assert provider.counts["answered"] == before + 2
    assert given.outcome is Outcome.LABEL and given.confidence == pytest.approx(0.9995)
    assert left.outcome is Outcome.ABSTAINED and not left.label and left.unsure_label
    assert cascade_in_words(left)[0].endswith("but the model gave it a chance of 55 %.")


def test_a_model_that_sends_none_is_told_from_one_that_cannot(
    workspace: Workspace, of: ComparedRun, provider: FakeServer
):
    _model(provider).says = False
    with pytest.raises(UsageError, match="sends no log-probabilities"):
        measure.measured_trial(workspace, of, WISH)
    asked = provider.counts["answered"]
    for model in ("anthropic:claude-haiku-5-5", "openai:gpt-6.1-sol", "offline:reader"):
        settings = replace(of.record.settings, lightweight=model)
        with pytest.raises(UsageError, match=f"{model} sends no log-probabilities"):
            measure.measured_trial(workspace, replace(of, record=replace(of.record, settings=settings)), WISH)
    assert provider.counts["answered"] == asked


def _model(provider: FakeServer) -> Knowing:
    assert isinstance(provider.answer, Knowing)
    return provider.answer


def _test_texts(of: ComparedRun) -> list[str]:
    return [row.text for row in measure.cascade_rows(of).rows["test"]]


def _two(texts: list[str]) -> tuple[str, str]:
    """One that the model knows, and one on which it wavers."""
    return next(each for each in texts if not wavers(each)), next(filter(wavers, texts))


def _quiet(done: int, total: int) -> None:
    """Nobody watches."""
