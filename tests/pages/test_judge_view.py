"""A run whose labels are verdicts, as a judge; the verdict that means good is chosen on the Dataset page."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.samples import sample
from core.services.datasets import sample_dataset
from core.store.store import Store
from tests.pages.conftest import open_page, words_of
from tests.pages.made import run_of

RUNS, DATASET = "tune/runs.py", "data/dataset.py"


def test_a_judge_is_measured_its_disagreements_sorted_and_new_answers_counted(app: AppTest, store: Store):
    dataset = store.datasets.add(sample_dataset(sample("help_desk_answers")), "test")
    run_of(store, dataset)
    open_page(app, RUNS, view="judge")
    words = words_of(app)
    assert "agrees with people on" in words and "test answers" in words
    assert [each.label for each in app.metric][:4] == [
        "Agreement",
        "Cohen's kappa",
        "“good” recognised",
        "“bad” recognised",
    ]
    assert app.metric[1].delta.endswith("at the start")
    assert "60 answers of this dataset" in words and "60 calls, free" in words
    app.button(key="judge_answers").click().run()
    assert not app.exception and "Of 60 answers that nobody has judged" in words_of(app)

    app.button(key="review_disagreements").click().run()
    assert app.title[0].value == "Review"
    app.button(key="review_judge").click().run()
    assert not app.exception and "agrees with people on" in words_of(app)
    open_page(app, RUNS, view="story")
    app.button(key="story_judge").click().run()
    assert not app.exception and "agrees with people on" in words_of(app)

    open_page(app, DATASET, data="labels")
    version = store.datasets.version(dataset)
    app.selectbox(key=f"good_verdict_{dataset}_{version}").set_value("").run()
    assert store.datasets.info(dataset).labels.good == ""
    open_page(app, RUNS, view="judge")
    assert "agrees with people on" not in words_of(app)
