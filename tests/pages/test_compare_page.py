"""The page that puts runs beside each other: the answer, the cards, what is behind them, and what the address
says."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import Stopped
from core.exports.report.palette import LABELS
from core.jobs.run_job import Work, execute_run
from core.metrics.comparison import compare, comparison_in_words
from core.store.records import Change
from core.store.runs.owners import new_owner
from core.store.runs.runs import Runs
from core.store.store import Store
from core.types import Dataset, Example, LabelSet, Progress, Settings, Step
from pages.ui.compare.choice import RUN_MARKS, RUNS
from tests.pages.compare_page import answer, dataset, opened, pair, said, table
from tests.pages.conftest import choose_row, diff_of
from tests.pages.made import dataset_of, events, failing_after, run_of

__all__ = ["dataset", "pair"]
HOSTILE = "**bold** <b>x</b> ![x](http://x/y.png) :material/home: $a$ {0} | `"


# ---- when there is nothing to compare


def test_without_runs_the_page_says_what_to_do(app: AppTest, store: Store):
    opened(app)
    assert "No run yet" in said(app)
    dataset_of(store)
    opened(app)
    app.button(key="set_up").click().run()
    assert app.title[0].value == "New run"


def test_one_run_wants_another(app: AppTest, store: Store, dataset: str):
    run_of(store, dataset)
    opened(app)
    assert "One run so far" in said(app) and app.button(key="set_up").label == "Set up another run"


def test_fewer_than_two_chosen_are_asked_for(app: AppTest, pair: tuple[str, str]):
    opened(app)
    app.multiselect(key="compared").set_value([pair[0]]).run()
    assert not app.exception and "at least two" in said(app)


# ---- the answer


def test_the_answer_is_that_of_the_stored_test_predictions(app: AppTest, store: Store, pair: tuple[str, str]):
    opened(app)
    low, high = (store.runs.get(run_id).result.best.evaluations["test"].predictions for run_id in pair)
    found = compare(store.runs.snapshot(pair[0]).examples, low, high)
    assert found.p < 0.05
    assert answer(app).startswith(
        f"High is better than Low on {found.n} test rows: {len(found.fixed)} mistakes fixed, "
    )
    assert "Against A" not in said(app), "with two runs the answer has said it"


def test_each_card_shows_accuracy_with_interval_as_the_page_of_the_run_does(
    app: AppTest, store: Store, pair: tuple[str, str]
):
    opened(app)
    shown = [metric.value for metric in app.metric]
    app.switch_page("tune/runs.py")
    app.query_params["run"], app.query_params["view"] = pair[1], "steps"
    app.run()
    assert shown[1].startswith("71.2 %") and any(text.value.startswith(shown[1]) for text in app.text)


def test_a_difference_within_luck_is_not_called_better(app: AppTest, store: Store, dataset: str):
    run_of(store, dataset, "One")
    run_of(store, dataset, "Two")
    opened(app)
    assert answer(app).startswith("One and Two may be equally good")
    assert [metric.delta for metric in app.metric] == ["", ""]


# ---- the address


def test_a_link_names_runs_and_steps(app: AppTest, store: Store, pair: tuple[str, str]):
    low, high = pair
    opened(app, runs=f"{high},{low}", steps="2,best")
    assert app.multiselect(key="compared").value == [high, low]
    assert app.selectbox(key="compared_step_" + high).value == 2
    assert app.metric[0].label == "Step 2 on 104 validation rows"
    assert app.query_params["runs"] == f"{high},{low}" and app.query_params["steps"] == "2,best"


def test_a_chosen_step_is_compared_and_stands_in_the_address(
    app: AppTest, store: Store, pair: tuple[str, str]
):
    opened(app)
    app.selectbox(key="compared_step_" + pair[1]).set_value(2).run()
    assert not app.exception and app.query_params["steps"] == "best,2"
    rows = store.runs.snapshot(pair[0]).examples
    found = compare(
        rows,
        store.steps.get(pair[0], 0).validation.predictions,
        store.steps.get(pair[1], 2).validation.predictions,
    )
    assert comparison_in_words(found).split(";")[0] in answer(app)
    assert "Test: not read with this prompt" in said(app)


def test_runs_in_the_address_choose_the_dataset_and_one_of_another_is_offered(
    app: AppTest, store: Store, pair: tuple[str, str]
):
    other = run_of(store, dataset_of(store, "five_topics"), "Elsewhere")
    opened(app, runs=f"gone,{pair[0]},{other},{pair[1]}")
    assert app.session_state["dataset"] == store.runs.get(pair[0]).dataset_id
    assert app.multiselect(key="compared").value == list(pair)
    assert "1 run that is not here any more" in said(app) and "Elsewhere belongs to the dataset" in said(app)
    app.button(key="show_linked").click().run()
    assert app.session_state["dataset"] == store.runs.get(other).dataset_id
    assert not app.exception and "One run so far" in said(app)


def test_nonsense_in_the_address_does_no_harm(app: AppTest, pair: tuple[str, str]):
    opened(app, runs=f"{pair[0]},{pair[1]},{pair[0]},,", steps="99,x,²")
    assert app.multiselect(key="compared").value == list(pair)
    assert [app.selectbox(key="compared_step_" + run_id).value for run_id in pair] == ["best", "best"]


# ---- what is behind it


def test_flipped_rows_are_listed_and_filtered(app: AppTest, store: Store, pair: tuple[str, str]):
    opened(app)
    rows = {row.id: row for row in store.runs.snapshot(pair[0]).examples}
    low, high = (store.runs.get(run_id).result.best.evaluations["validation"].predictions for run_id in pair)
    differing = {one.example_id for one, other in zip(low, high, strict=True) if one.label != other.label}
    assert sorted(table(app, "A predicted")["Text"]) == sorted(rows[each].text for each in differing)
    app.segmented_control(key="flip_kind").set_value("second").run()
    shown = table(app, "A predicted")
    assert len(shown) and [list(said) for said in shown["B predicted"]] == [
        list(label) for label in shown["Correct"]
    ]
    app.segmented_control(key="flip_kind").set_value("first").run()
    assert not app.exception and "No such row." in said(app), "High broke nothing"


def test_a_flipped_row_opens_with_both_replies(app: AppTest, store: Store, pair: tuple[str, str]):
    opened(app)
    app.session_state["panel_tabs"] = "Request and reply"
    text = table(app, "A predicted")["Text"].iloc[1]
    choose_row(app, "A predicted", 1)
    assert not app.exception and text in [each.value for each in app.text]
    row = next(row for row in store.runs.snapshot(pair[0]).examples if row.text == text)
    for run_id in pair:
        replies = store.runs.get(run_id).result.best.evaluations["validation"].predictions
        assert next(each.reply for each in replies if each.example_id == row.id) in [
            code.value for code in app.code
        ]


@pytest.mark.parametrize(
    ("tab", "expected"),
    [
        ("Labels", "documentation"),
        ("Prompts", "documentation, even a bug"),
        ("Settings", "rewrite"),
        ("Cost and time", "lightweight"),
    ],
)
def test_each_tab_tells_its_part(app: AppTest, pair: tuple[str, str], tab: str, expected: str):
    opened(app)
    app.session_state["compare_details"] = tab
    app.run()
    assert not app.exception
    assert expected in " ".join([diff_of(app)] + [frame.value.to_string() for frame in app.dataframe])


def test_three_runs_choose_which_two_are_read_row_by_row(
    app: AppTest, store: Store, dataset: str, pair: tuple[str, str]
):
    third = run_of(store, dataset, "Third")
    opened(app, runs=",".join((*pair, third)))
    app.segmented_control(key="pair_from").set_value("B").run()
    assert not app.exception and {"B predicted", "A predicted"} <= set(table(app, "B predicted").columns)
    app.segmented_control(key="pair_to_B").set_value("C").run()
    assert "Both predict the same for every row." in said(app)


# ---- rows, runs and names as they are


def test_changed_labels_are_said_clearly(app: AppTest, store: Store, dataset: str):
    first = run_of(store, dataset, "Before")
    read = store.steps.get(first, 1).validation.predictions
    wrong = next(each for each in read if each.label != store.rows.one(dataset, each.example_id).label)
    store.edits.change(dataset, [Change(wrong.example_id, "label", wrong.label)])
    run_of(store, dataset, "After")
    opened(app)
    assert "Rows have changed between Before and After: 1 row relabelled." in app.warning[0].value.replace(
        "\\", ""
    )


def test_interrupted_and_running_runs_are_compared_by_what_they_have(
    app: AppTest, store: Store, pair: tuple[str, str], dataset: str
):
    half = run_of(store, dataset, "Half", ends=failing_after(1, Stopped("enough")))
    live, owner = store.runs.create(dataset, Settings(), "Live"), new_owner()
    store.leases.claim(live, owner)
    store.leases.heartbeat(live, owner, Progress("Step 1", 3, 12), {})
    store.steps.save(live, store.steps.get(pair[0], 0))
    opened(app, runs=f"{pair[1]},{half},{live}")
    assert "Still under way: Live" in said(app) and len(app.metric) == 3
    assert answer(app).startswith("High is better than Half and Live on the 104 validation rows")


def test_a_run_whose_calls_all_failed_is_no_trouble(
    app: AppTest, store: Store, pair: tuple[str, str], dataset: str
):
    def blind(made):
        for event in made:
            yield replace(event, validation=None, candidate=None) if isinstance(event, Step) else event

    broken = run_of(
        store, dataset, "Broken", ends=lambda made: failing_after(1, Stopped("enough"))(blind(made))
    )
    opened(app, runs=f"{pair[1]},{broken}")
    assert "nothing to compare" in app.subheader[0].value and "not measured" in [
        metric.value for metric in app.metric
    ]


@pytest.mark.parametrize("tab", ["Rows that flipped", "Labels", "Settings", "Cost and time"])
def test_hostile_names_and_labels_are_never_markup(app: AppTest, store: Store, tab: str):
    labels = ("<img src=x onerror=alert(1)>", "**b** [x](http://x)", "c|d")
    rows = tuple(Example(f"r{n}", f"{HOSTILE} text {n} {'abc' * (n % 7)}", labels[n % 3]) for n in range(90))
    hostile = store.datasets.add(Dataset("Hostile " + HOSTILE, LabelSet(labels), rows), origin="test")
    for _ in range(2):
        run_of(store, hostile, HOSTILE)
    opened(app)
    app.session_state["compare_details"] = tab
    app.run()
    assert not app.exception
    assert "![x]" not in app.subheader[0].value and "<b>" not in app.subheader[0].value.replace("\\<b\\>", "")
    drawn = [each.proto.body for each in app.get("html") if "<style" not in each.proto.body]
    assert len(drawn) == 2 and len(app.get("plotly_chart")) >= 2
    for html in drawn:
        assert "<b>x</b>" not in html and "&lt;b&gt;" in html
    for chart in app.get("plotly_chart"):
        assert "<b>x" not in chart.proto.spec


def test_the_colours_of_runs_are_none_of_the_labels():
    assert not set(RUNS) & set(LABELS) and len(set(RUNS)) == len(set(RUN_MARKS)) == 6


def test_runs_of_one_name_stay_two(app: AppTest, store: Store, dataset: str):
    both = [run_of(store, dataset, "Same") for _ in range(2)]
    opened(app)
    assert (
        app.multiselect(key="compared").value == both
        and len(set(app.multiselect(key="compared").options)) == 2
    )
    assert answer(app).startswith("A (Same) and B (Same) may be equally good")


def test_benchmark_runs_are_offered_only_by_their_address(
    app: AppTest, store: Store, dataset: str, pair: tuple[str, str]
):
    bench = run_of_benchmark(store, dataset)
    opened(app)
    assert app.multiselect(key="compared").value == list(pair)
    assert len(app.multiselect(key="compared").options) == 2
    opened(app, runs=f"{pair[0]},{bench}")
    assert app.multiselect(key="compared").value == [pair[0], bench]


def run_of_benchmark(store: Store, dataset: str) -> str:
    run_id = store.runs.create(
        dataset, Settings(), "Of a benchmark", benchmark=store.benchmarks.create("Bench", "{}")
    )
    execute_run(
        store,
        run_id,
        new_owner(),
        lambda rows, settings, run_id, on_progress: Work(events(rows, settings), dict),
    )
    return run_id


def test_runs_on_the_same_rows_share_them(
    app: AppTest, store: Store, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    read, snapshot = [], Runs.snapshot
    monkeypatch.setattr(
        Runs, "snapshot", lambda self, run_id: (read.append(called_by()), snapshot(self, run_id))[1]
    )
    opened(app)
    assert read.count("steps.py") == 1, "one copy in memory, not one a run"


def called_by() -> str:
    """The file that asks for the rows."""
    return Path(sys._getframe(2).f_code.co_filename).name
