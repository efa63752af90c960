"""Rows with several labels on the pages: imported, corrected in one field, reviewed, and what a run starts with."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.cli.main import main
from core.data.fields import ColumnMap
from core.data.importing.mapping import import_dataset
from core.store.records import Change
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from tests.pages.conftest import open_page, words_of
from tests.pages.dataset_page import edit, stored
from tests.pages.test_dataset_import import import_button, upload

FILE = Path(__file__).resolve().parents[2] / "data" / "samples" / "help_desk_labels.csv"
LABELS = ("billing", "bug", "praise")


def dataset_of(store: Store) -> str:
    dataset = import_dataset(FILE.read_bytes(), "help desk", ColumnMap(("text",), "label", several="keep"))
    return store.datasets.add(dataset.dataset, "test")


def test_all_labels_are_kept_at_import_and_more_columns_become_datasets(app: AppTest, store: Store):
    lines = [
        f'text {n} of {n * n},"{"bug; ui" if n % 3 == 0 else "bug" if n % 3 == 1 else "ui"}",{n % 2}'
        for n in range(30)
    ]
    upload(app, "\n".join(["text,label,urgent", *lines]).encode())
    ways = next(each for each in app.button_group if each.label == "10 rows with several labels")
    assert ways.value == "keep" and import_button(app).label == "Import 30 rows"
    next(each for each in app.multiselect if each.label == "More label columns").set_value(["urgent"]).run()
    import_button(app).click().run()
    assert not app.exception
    first, second = store.datasets.all()
    assert first.labels == LabelSet(("bug", "ui"), several=True) and second.labels.names == ("0", "1")
    assert any("2 datasets" in each.value for each in app.toast)
    parts = [{row.id: row.split for row in store.datasets.get(each.id).examples} for each in (first, second)]
    assert parts[0] == parts[1]


def test_labels_are_chosen_in_one_field_on_dataset_and_review(app: AppTest, store: Store):
    rows = (Example("a", "both", "billing; bug"), Example("b", "none yet", "", excluded=True))
    dataset = store.datasets.add(Dataset("desk", LabelSet(LABELS, several=True), rows), "test")
    open_page(app, "data/dataset.py")
    edit(app, dataset, {0: {"label": ["praise", "bug"]}})
    assert stored(store, dataset).label == "bug; praise"
    open_page(app, "data/review.py", review="label")
    next(each for each in app.multiselect if each.label == "Labels").set_value(["praise", "billing"]).run()
    app.button(key="labelling_label_save").click().run()
    assert not app.exception and stored(store, dataset, 1).label == "billing; praise"


def test_labels_in_doubt_are_reviewed_accepted_and_undone(app: AppTest, store: Store):
    dataset = dataset_of(store)
    victim = next(
        row
        for row in store.datasets.get(dataset).examples
        if row.text.startswith("You charged my card twice")
    )
    store.edits.change(dataset, [Change(victim.id, "label", "billing; cancellation")])
    open_page(app, "data/review.py")
    app.button(key="find").click().run()
    app.multiselect(key="review_labels").set_value(["cancellation"]).run()
    assert victim.text in [each.value for each in app.text]
    assert "cancellation is probably too much" in words_of(app) and not app.exception
    assert "Ask a model…" not in [each.label for each in app.button]
    assert app.button(key="review_relabel").label == "As suggested"
    app.button(key="review_relabel").click().run()
    assert store.rows.one(dataset, victim.id).label == "billing" and victim.text not in words_of(app)
    app.button(key="review_undo").click().run()
    assert store.rows.one(dataset, victim.id).label == "billing; cancellation"
    assert victim.text in [each.value for each in app.text]


def test_a_new_run_asks_for_all_labels_that_fit(app: AppTest, store: Store):
    dataset = dataset_of(store)
    open_page(app, "tune/new_run.py")
    assert "how many of each row's labels are right" in words_of(app)
    assert "Is it worth tuning?" not in words_of(app)
    next(each for each in app.button if each.label == "Start the run").click().run()
    [run] = store.runs.all(dataset)
    assert run.settings.start.several == store.datasets.info(dataset).labels.names
    assert (
        run.settings.scorer.startswith("labels:account; billing;")
        and store.datasets.info(dataset).scorer == ""
    )


def test_runs_show_their_mean_score_and_figures_by_label_in_place_of_the_matrix(app: AppTest, store: Store):
    for iterations in ("1", "2"):
        assert main(["tune", str(FILE), "--several", "keep", "--iterations", iterations, "-q"]) == 0
    second, first = store.runs.all()
    assert first.best_score > first.best_accuracy and second.best_score >= first.best_score
    open_page(app, "tune/runs.py", view="steps", step="0")
    words = words_of(app)
    assert "Rows have several labels here" in words and "Macro-F1" in [each.label for each in app.metric]
    gain = f"mean score {100 * second.baseline_score:.0f} → {100 * second.best_score:.0f} %"
    assert any(gain in option for option in app.selectbox(key="run").options)
    open_page(app, "data/review.py", review="triage")
    assert any("Fixable by prompt" in each for group in app.button_group for each in group.options)
    open_page(app, "tune/compare.py")
    shown = [each.value.split(" ±")[0] for each in app.metric]
    assert shown == [f"{100 * run.best_score:.1f} %" for run in (first, second)]
    assert "Mean score;" in words_of(app)
    open_page(app, "start/overview.py")
    open_page(app, "use/playground.py")
