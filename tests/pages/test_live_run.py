"""A run under way on its page: one line, one number, the chart of the whole run, what became of each step."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.costs.cap_usage import Left, ToGo
from core.store.records import StepFigures
from core.store.runs.owners import new_owner
from core.store.store import Store
from core.types import Decision, Metrics, Progress, Settings
from pages.ui.charts import accuracy_chart, chart_in_words
from pages.ui.runs.live import watch
from pages.ui.runs.live.progress import progress_in_words, share_done
from tests.pages.made import dataset_of, run_of
from tests.pages.test_run_spend import RUN
from tests.pages.test_runs_page import opened, said


def under_way(store: Store, steps: int = 0) -> str:
    """The id of a run that is under way with so many steps stored."""
    dataset = dataset_of(store, "github_issues")
    done = store.steps.all(run_of(store, dataset)) if steps else ()
    run_id, owner = store.runs.create(dataset, Settings(iterations=8), "Live"), new_owner()
    store.leases.claim(run_id, owner)
    for step in done[:steps]:
        store.steps.save(run_id, step)
    store.leases.heartbeat(run_id, owner, Progress(f"Step {steps}: measuring", 3, 12), {})
    return run_id


def chart(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def test_the_chart_is_there_before_the_first_mark_with_the_axis_of_the_whole_run(app: AppTest, store: Store):
    opened(app, run=under_way(store))
    drawn = chart(app)["layout"]
    assert drawn["xaxis"]["range"] == [-0.4, 8.4] and drawn["yaxis"]["range"] == [0, 100]


def test_one_number_and_what_became_of_each_step_and_the_newest_rules(app: AppTest, store: Store):
    run_id = under_way(store, steps=3)
    opened(app, run=run_id)
    [number] = app.metric
    assert number.value == "74 of 104 right" and number.delta.endswith(" since the starting prompt")
    assert "**Step 1 kept · 74 of 104 right**" in said(app) and "Step 2 refused" in said(app)
    assert "Anything about docs is documentation" in "\n".join(code.value for code in app.code)
    assert chart(app)["layout"]["xaxis"]["range"] == [-0.4, 8.4]


def test_a_press_is_heard_though_the_run_gets_on_while_the_page_is_drawn(
    app: AppTest, store: Store, monkeypatch: pytest.MonkeyPatch
):
    opened(app, run=under_way(store, steps=1), view="steps")
    seen = iter(["by the page", "a moment later"])
    monkeypatch.setattr(watch, "_stamp", lambda runs: next(seen, "ever after"))
    app.button(key="open_playground").click().run()
    assert app.title[0].value == "Playground" and not app.exception


def test_one_line_says_how_far_it_is_and_what_is_to_go():
    run = replace(RUN, steps=3, progress=Progress("Step 3: classifying 100 rows", 40, 100, "slowed by X"))
    left = ToGo(5, {"lightweight": Left(9, 9, 0.04), "heavyweight": Left(5, 9, 0.0)}, 40.0)
    assert progress_in_words(run, left) == (
        "Step 3 of 8 · classifying 100 rows, 40 of 100 done · about 40 s and $0.0400 to go · slowed by X"
    )
    assert progress_in_words(replace(run, progress=Progress("Waiting to start")), None) == "Waiting to start"


def test_the_bar_only_grows():
    words = [
        "Measuring the starting prompt",
        "Step 1: a",
        "Step 1: b",
        "Reading the test rows with the best prompt",
    ]
    runs = [
        replace(RUN, steps=steps, progress=Progress(what, done, 10))
        for what, steps, done in zip(words, (0, 1, 1, 9), (5, 9, 2, 5), strict=True)
    ]
    shares = [share_done(run) for run in runs]
    assert shares == sorted(shares) and 0 < shares[0] and shares[-1] < 1


# ---- the chart


def read(share: float, interval: tuple[float, float]) -> Metrics:
    return replace(RUN_METRICS, accuracy=share, interval=interval)


RUN_METRICS = Metrics(10, 5, 0.5, (0.3, 0.7), 0.5, 0, 0, 0, (), ())


def figures() -> list[StepFigures]:
    return [
        StepFigures(0, Decision.ACCEPTED, "", True, None, read(0.2, (0.05, 0.5))),
        StepFigures(1, Decision.ACCEPTED, "", True, read(0.4, (0.2, 0.6)), read(0.6, (0.4, 0.8)), edits=2),
        StepFigures(2, Decision.ACCEPTED, "", True, read(0.5, (0.2, 0.6)), read(0.5, (0.3, 0.7)), edits=1),
        StepFigures(3, Decision.REJECTED, "too long", False, read(0.5, (0.2, 0.6)), None, edits=1),
        StepFigures(4, Decision.REJECTED, "", False, None, read(0.3, (0.1, 0.6))),
    ]


def test_each_outcome_has_its_sign_and_a_ring_of_its_own_colour():
    drawn = accuracy_chart(figures(), 0.3)
    marks = {trace.name: trace for trace in drawn.data if trace.customdata is not None}
    assert {name: list(trace.customdata) for name, trace in marks.items() if name != "training rows"} == {
        "kept": ["0", "1"],
        "kept, but not best": ["2"],
        "refused": ["4"],
        "ruled out": ["3"],
    }
    assert all(trace.marker.line.color == trace.marker.color for trace in marks.values())


def test_no_bar_reaches_the_names_of_the_steps_and_no_words_stand_over_marks():
    drawn = accuracy_chart(figures(), 0.3)
    assert drawn.layout.yaxis.range[0] < 5 and not drawn.layout.annotations
    assert "always the most frequent label, 30 %" in chart_in_words(figures(), 0.3)


def test_graded_answers_are_drawn_by_their_mean_score():
    steps = [
        replace(step, validation=step.validation and replace(step.validation, score=0.75))
        for step in figures()
    ]
    drawn = accuracy_chart(steps, 0.3)
    heights = [y for trace in drawn.data if trace.name == "kept" for y in trace.y]
    assert heights == [75, 75, 75] and drawn.layout.yaxis.title.text == "mean score"
    assert chart_in_words(steps, 0.3).startswith("Mean score") and "Dotted" not in chart_in_words(steps, 0.3)


def test_the_legend_has_the_signs_and_fits_a_narrow_screen():
    drawn = accuracy_chart(figures(), 0.3)
    names = [trace.name for trace in drawn.data if trace.showlegend is not False]
    assert names == ["training rows", "kept", "kept, but not best", "refused", "ruled out"]


def test_the_step_after_the_last_iteration_says_what_it_is():
    assert "4<br>examples" in accuracy_chart(figures(), 0.3).layout.xaxis.ticktext
