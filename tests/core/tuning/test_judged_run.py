"""A run whose answers a judge scores: its calls are calls of the run, what it cannot judge is no score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from core.errors import CallFailed
from core.prompts.files import JudgeRecord, PromptFile
from core.scoring.judge import judge_of_file
from core.scoring.scorer import Scorer
from core.tuning.session import JudgeModel, Session
from core.types import Decision, Outcome, Prompt, Request, Settings, Spend, TextTemplate
from tests.core.tuning.test_free_run import LAST, SETTINGS, parcels, small_model
from tests.core.tuning.toy import CAPPED, Books, Editor, Said, ToyModel, edits, run, text_of

FILE = PromptFile(
    Prompt("Judge.", "<text>\n", "\n</text>\n<label>the label</label>"),
    ("good", "bad"),
    "toy:judge",
    TextTemplate(("answer", "reference"), "{answer}|{reference}"),
    JudgeRecord("good"),
)


def same(request: Request) -> str:
    answer, reference = text_of(request).split("|")
    return f"I compared them. <label>{'good' if answer == reference else 'bad'}</label>"


def judged_session(
    editor: Editor, judge: Callable[[Request], Said] = same, settings: Settings = SETTINGS
) -> Session:
    caps = {
        "lightweight": settings.max_calls,
        "heavyweight": settings.max_heavy_calls,
        "judge": settings.max_calls,
    }
    books = Books(caps, dict.fromkeys(caps, Spend()))
    by = JudgeModel(judge_of_file(FILE), ToyModel("toy:judge", judge))
    models = ToyModel("toy:lightweight", small_model), ToyModel("toy:heavyweight", editor)
    return Session(*models, books.ask_all, books, scorer=Scorer("judge:x.json", lambda *_: 0.0), judge=by)


def test_what_the_judge_calls_good_is_right_and_its_reasons_are_read():
    editor = Editor(edits(LAST))
    session = judged_session(editor)
    _, result = run(parcels(), session, SETTINGS)
    assert result.test.decision is Decision.ACCEPTED and len(result.test.comparison.fixed) == 16
    assert result.best.evaluations["test"].metrics.accuracy == 1
    assert result.majority_accuracy == 1 / 20, "the most frequent reference answer, judged once a row"
    message = editor.seen[0].messages[-1].content
    assert "<judge>The judge says bad: I compared them.</judge>" in message
    spent = session.account.spends()
    assert spent["judge"].api > 0 and spent["judge"].failed == 0


def test_a_judge_without_a_verdict_decides_nothing():
    def mute(request: Request) -> Said:
        return CallFailed("Gone.") if text_of(request).endswith("7") else same(request)

    steps, result = run(parcels(), judged_session(Editor(edits(LAST)), mute), SETTINGS)
    assert result.test.decision is Decision.UNDECIDED and "calls failed" in result.test.reason
    failed = [each for each in steps[0].validation.predictions if each.outcome is Outcome.FAILED]
    assert len(failed) == 2 and {each.score for each in failed} == {None}


def test_a_judge_that_likes_any_answer_proves_nothing():
    liked = judged_session(Editor(edits(LAST)), lambda request: "<label>good</label>")
    _, result = run(parcels(), liked, SETTINGS)
    assert result.test is None or result.test.decision is not Decision.ACCEPTED
    assert result.best.step == 0


def test_the_cap_on_calls_holds_for_the_judge_by_itself():
    settings = replace(CAPPED, scorer="judge:x.json", purpose="How many parcels are there?")
    session = judged_session(Editor(edits(LAST)), settings=settings)
    _, result = run(parcels(), session, settings)
    spent = session.account.spends()
    assert spent["lightweight"].api <= 200 and spent["judge"].api <= 200
    assert result.stop_reason != "cap" or result.test is not None
    assert LAST in result.best.prompt.system_prompt
