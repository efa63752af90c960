"""The view "When to answer": what it costs, what came of it, and that it is there again."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.store.store import Store
from tests.pages.conftest import open_page
from tests.pages.made import dataset_of, run_of
from tests.pages.test_runs_page import opened, said


def test_a_local_model_is_measured_for_nothing_and_the_result_stays(app: AppTest, store: Store):
    run_id = run_of(store, dataset_of(store, "insincere_questions"))
    opened(app, run=run_id, view="cascade")
    assert "no model is asked" in said(app) and not app.dataframe and not app.metric
    app.button(key="cascade_now").click().run()
    assert not app.exception and len(app.dataframe) == 2
    table = app.dataframe[0].value
    assert list(table["Calls"])[:2] == ["1,000", "0"] and "Local model where sure, else the prompt" in list(
        table[""]
    )
    assert any("local model" in heading.value for heading in app.subheader)
    assert app.metric[0].delta == "1,000 with the prompt alone"

    app.segmented_control(key="cascade_samples").set_value(3).run()
    assert "597 calls, free" in said(app) and app.number_input(key="cascade_target").value == 90
    again = opened(app, run=run_id, view="cascade")
    assert len(again.dataframe) == 2


def test_it_is_used_for_the_champion_and_the_playground_says_who_answers(app: AppTest, store: Store):
    dataset_id = dataset_of(store, "insincere_questions")
    run_id = run_of(store, dataset_id)
    opened(app, run=run_id, view="cascade")
    app.button(key="cascade_now").click().run()
    app.button(key="adopt cascade").click().run()
    assert not app.exception and [badge.value for badge in app.markdown if "In use" in badge.value]
    assert store.champions.current(dataset_id).cascade

    playground = open_page(app, "use/playground.py")
    playground.text_area(key="playground_text").input("How do I learn to fix my bike?").run()
    playground.button(key="classify").click().run()
    assert not app.exception and "Answered by the local model" in said(app)

    opened(app, run=run_id, view="cascade")
    app.button(key="end cascade").click().run()
    assert not app.exception and not store.champions.current(dataset_id).cascade


def test_who_may_not_spend_sees_the_result_only(app: AppTest, store: Store, monkeypatch):
    run_id = run_of(store, dataset_of(store))
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app, run=run_id, view="cascade")
    assert "read-only" in said(app) and not any(button.key == "cascade_now" for button in app.button)


@pytest.mark.parametrize("view", ["cascade", "rules", "rows"])
def test_a_refused_step_is_said_to_be_with_the_way_to_the_best(app: AppTest, store: Store, view: str):
    run_of(store, dataset_of(store))
    open_page(app, "tune/runs.py", view=view, step="2")
    words = "The prompt of step 2 was refused. The best prompt of the run is that of step 1."
    assert words in "".join(each.value for each in app.caption)
    app.button(key="to_best_step").click().run()
    assert app.selectbox(key="step").value == "best"
    assert words not in "".join(each.value for each in app.caption) and not app.exception
