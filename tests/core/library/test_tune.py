"""From labelled texts to a better prompt, in a program: the result and what can be done with it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

import whetstone
from core.errors import UsageError, WhetstoneError
from core.library import display
from core.library import tune as tune_module
from core.library.run import Run
from core.samples import sample
from whetstone import evaluate, load_run, resume, tune

FIVE = sample("five_topics").path
UGLY = [
    (f"<script>alert({n})</script> {{{{ 7*7 }}}} {word} \ud83d </svg>", f"<b>{word}</b>")
    for n, word in enumerate(["crash", "wish"] * 10)
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return tune(FIVE, iterations=1, workspace=tmp_path_factory.mktemp("workspace"), progress=False)


def test_the_result_says_what_came_of_it(run: Run, tmp_path: Path):
    assert run.status == "finished" and run.result is not None and run.id in repr(run)
    assert run.verdict.rstrip(".") in repr(run).replace("\n", " ") or run.verdict
    assert run.accuracy is not None and run.interval is not None
    assert run.interval[0] <= run.accuracy <= run.interval[1] and run.cost_usd == 0
    assert list(run.to_frame().step) == [step.number for step in run.steps]
    assert set(run.to_frame("figures").prompt) == {"start", "best"}
    predictions = run.to_frame("predictions")
    assert set(predictions.split) == {"validation", "test"} and not predictions.text.eq("").any()
    assert len(run.to_frame("mistakes")) == (~predictions.correct.astype(bool)).sum()
    assert "<svg" in run._repr_html_() and "<html" in run.report(tmp_path / "new" / "r.html").read_text()
    with pytest.raises(UsageError, match="there are steps, predictions"):
        run.to_frame("rows")


def test_the_prompt_goes_on(run: Run, tmp_path: Path):
    path = run.save(tmp_path / "prompt.json")
    labels = run.predict("fix bug in docs").labels
    assert labels == run.predict(["fix bug in docs"]).labels and labels[0] in run.labels
    home = run.workspace
    figures = [
        evaluate(FIVE, prompt, workspace=home, progress=False).accuracy for prompt in (path, str(path), run)
    ]
    assert len(set(figures)) == 1
    assert load_run(run.id, workspace=home).prompt == run.prompt
    with whetstone.Classifier.from_file(path, workspace=home) as classifier:
        assert classifier.classify("fix bug in docs").label == labels[0]
    assert [each.outcome for each in run.predict(["fix bug in docs", "  ", None, float("nan")])][1:] == [
        "failed"
    ] * 3
    with pytest.raises(UsageError, match="texts, not int"):
        run.predict([7])


def test_a_prompt_is_a_text_too(tmp_path: Path):
    measured = evaluate(
        FIVE, "Is it about a bug? Then <label>bug</label>.\n\n{{text}}", workspace=tmp_path, progress=False
    )
    assert measured.metrics.n == 24 and "offline:reader" in repr(measured)
    assert measured.to_frame("confusion").to_numpy().sum() == 24
    assert len(measured.to_frame("labels")) == 5
    begun = tune(FIVE, prompt="Sort it.\n{{text}}", iterations=1, workspace=tmp_path, progress=False)
    assert "Sort it." in begun.start.system_prompt + begun.start.user_prompt_prefix


def test_without_iterations_the_starting_prompt_is_only_measured(tmp_path: Path):
    run = tune(FIVE, iterations=0, workspace=tmp_path, progress=False)
    assert run.status == "finished" and len(run.steps) == 1 and run.prompt == run.start
    assert run.accuracy is not None and not run.improved


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"iterations": -1}, "iterations is a whole number from 0 on, not -1"),
        ({"budget_usd": -1}, "budget_usd is an amount"),
        ({"budget_usd": float("nan")}, "budget_usd is an amount"),
        ({"max_calls": "9"}, "max_calls is a whole number"),
        ({"iteration": 2}, "did you mean iterations"),
        ({"strategy": "guess"}, "strategy is edit or rewrite"),
        ({"lightweight": "opnai:x"}, "opnai"),
        ({"prompt": 3}, "int is no prompt"),
        ({"prompt": "missing.json"}, "missing.json cannot be read"),
        ({"objective": "f1:nothing"}, "nothing"),
        ({"locked": "no such line"}, "no such line"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_before_anything_is_stored(
    tmp_path: Path, given: dict, words: str
):
    with pytest.raises(WhetstoneError, match=words) as error:
        tune(FIVE, workspace=tmp_path / "workspace", progress=False, **given)
    assert "\n" not in str(error.value) and not (tmp_path / "workspace" / "whetstone.db").exists()


def test_texts_and_labels_are_data_in_what_a_notebook_shows(tmp_path: Path):
    ugly = tune(UGLY, iterations=1, workspace=tmp_path, progress=False)
    shown = [
        ugly,
        evaluate(UGLY, ugly, workspace=tmp_path, progress=False),
        ugly.predict([text for text, _ in UGLY]),
    ]
    for each in shown:
        html = each._repr_html_()
        assert "<script" not in html and "<b>crash" not in html and "&lt;b&gt;crash" in html
        html.encode()


def test_ctrl_c_stops_and_keeps_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Interrupting(display.NoDisplay):
        def step(self, line: str, html: str) -> None:
            if line.startswith("step 1"):
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(tune_module, "open_display", lambda shown: Interrupting())
    before = signal.getsignal(signal.SIGINT)
    stopped = tune(FIVE, iterations=3, workspace=tmp_path)
    assert (
        stopped.status == "stopped" and len(stopped.steps) == 2 and f"resume('{stopped.id}')" in repr(stopped)
    )
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()
    assert resume(stopped, progress=False).status == "finished"


def test_stopped_before_anything_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Interrupting(display.NoDisplay):
        pressed = False

        def progress(self, progress: object) -> None:
            if not self.pressed:
                self.pressed = True
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(tune_module, "open_display", lambda shown: Interrupting())
    stopped = tune(FIVE, workspace=tmp_path)
    assert stopped.status == "stopped" and stopped.accuracy is None and not len(stopped.to_frame())
    assert f"resume('{stopped.id}')" in repr(stopped) and stopped._repr_html_()


def test_a_terminal_gets_a_line_a_step_and_nothing_that_overwrites_itself_in_a_pipe(tmp_path: Path, capfd):
    tune(FIVE, iterations=1, workspace=tmp_path)
    out, err = capfd.readouterr()
    assert out == "" and "step 1: " in err and "\r" not in err
    assert "IPython" not in sys.modules or not display.in_notebook()


def test_answers_that_are_no_labels_are_tuned_and_measured_by_a_scorer(tmp_path: Path):
    rows = [(f"Order {n} of room {n + 1} weighs {n + 100} kilos.", str(n)) for n in range(40)]
    run = tune(
        rows, scorer="number", purpose="Which order?", iterations=1, workspace=tmp_path, progress=False
    )
    assert run.status == "finished" and run.labels == () and run.start.system_prompt == "Which order?\n"
    found = evaluate(rows, run, scorer="number", split="test", workspace=tmp_path, progress=False)
    assert found.metrics.score == found.accuracy == run.accuracy and "rows right" in repr(found)
    assert found._repr_html_() and run._repr_html_()
    assert {"text", "label", "predicted"} <= set(found.to_frame("predictions").columns)
    with pytest.raises(UsageError, match="There is no scorer 'digits'"):
        tune(rows, scorer="digits", workspace=tmp_path, progress=False)
