"""Rows without a label on Review: labels are named first, then given by one press each; a second person's labels;
and what other pages call such rows."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import DataError
from core.services.labelling import agreement as agreeing
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from core.workspace import Workspace
from pages.ui.review.label_names import labels_of
from tests.pages.conftest import open_page, words_of

PAGE = "data/review.py"


def dataset_of(store: Store, labels: tuple[str, ...], labelled: int = 0, rows: int = 12) -> str:
    examples = tuple(
        Example(
            f"r{n}",
            f"text {n} <b>bold</b> *x*",
            labels[n % len(labels)] if n < labelled else "",
            excluded=n >= labelled,
        )
        for n in range(rows)
    )
    return store.datasets.add(Dataset("new", LabelSet(labels), examples), "test")


def test_a_dataset_without_any_label_says_what_to_do_and_takes_label_names(app: AppTest, store: Store):
    dataset = store.datasets.add(
        Dataset(
            "bare", LabelSet(()), tuple(Example(f"r{n}", f"text {n}", "", excluded=True) for n in range(5))
        ),
        "t",
    )
    open_page(app, "start/overview.py")
    assert "Next: label rows, 5 rows wait" in words_of(app) and "5 without a label" in words_of(app)
    app.button(key="next_Label rows").click().run()
    assert app.subheader[0].value == "Name the labels first"
    open_page(app, PAGE)
    app.text_area(key=f"label_names_{dataset}_0").set_value("bug: It fails.\n\n docs ")
    next(each for each in app.button if each.label == "Use these labels").click().run()
    assert store.datasets.info(dataset).labels == LabelSet(("bug", "docs"), {"bug": "It fails."})
    assert not app.exception and app.button(key="labelling_label_1").label == "bug"


def test_lines_name_labels_and_what_they_mean():
    assert labels_of("a: x: y\nb:\n c d ") == LabelSet(("a", "b", "c d"), {"a": "x: y"})
    with pytest.raises(DataError, match="names no label"):
        labels_of(": what")


def test_rows_are_labelled_noted_skipped_put_aside_and_undone(app: AppTest, store: Store):
    dataset = dataset_of(store, ("bug", "docs"))
    open_page(app, PAGE)
    assert "0 of 12 rows labelled" in words_of(app)
    app.button(key="labelling_label_2").click().run()
    assert store.rows.counts(dataset).labels == {"bug": 0, "docs": 1}
    assert "1 of 12 rows labelled" in words_of(app)
    app.button(key="review_undo").click().run()
    assert store.rows.counts(dataset).unlabelled == 12
    app.button(key="labelling_skip").click().run()
    app.button(key="labelling_aside").click().run()
    assert store.rows.counts(dataset).reviewed == 1 and "1 put aside" in words_of(app)
    app.button(key="labelling_note").click().run()
    next(each for each in app.text_input if each.label == "Why the label is right").set_value("since").run()
    assert store.rows.counts(dataset).noted == 1 and not app.exception


def test_one_row_put_aside_has_no_label(app: AppTest, store: Store):
    dataset_of(store, ("bug", "docs"), labelled=11)
    open_page(app, PAGE, review="label")
    app.button(key="labelling_aside").click().run()
    assert "1 row put aside has none" in words_of(app)


def test_suggestions_are_taken_by_one_press_and_come_from_whom_the_user_chose(app: AppTest, store: Store):
    dataset = dataset_of(store, ("bug", "docs"), labelled=6)
    open_page(app, PAGE, review="label", suggest="neighbours")
    assert app.radio(key="suggest").options == ["Nothing", "Neighbours"], (
        "nothing was adopted that could be asked"
    )
    suggested = app.button(key="labelling_accept").label
    app.button(key="labelling_accept").click().run()
    assert store.rows.counts(dataset).labels[suggested] == 4


def test_other_pages_call_them_rows_without_a_label(app: AppTest, store: Store):
    dataset_of(store, ("bug", "docs"), labelled=6)
    open_page(app, "data/dataset.py", marks="without a label")
    counted = app.button_group(key="counted")
    assert counted.value == ["without a label"] and counted.options == ["6 without a label"]
    assert "6 rows found" in words_of(app)
    for page in (
        "tune/new_run.py",
        "tune/runs.py",
        "tune/benchmark.py",
        "use/playground.py",
        "use/feedback.py",
        "tune/compare.py",
    ):
        open_page(app, page)


@pytest.mark.parametrize("labels", [(), ("bug", "docs")])
def test_every_page_opens_for_a_dataset_of_rows_without_a_label_alone(app: AppTest, store: Store, labels):
    store.datasets.add(
        Dataset(
            "bare",
            LabelSet(labels),
            tuple(Example(f"r{n}", f"text {n}", "", excluded=True) for n in range(5)),
        ),
        "t",
    )
    for page in (
        "data/dataset.py",
        "tune/new_run.py",
        "tune/runs.py",
        "tune/benchmark.py",
        "use/playground.py",
        "use/feedback.py",
    ):
        open_page(app, page)
    for view in ("cards", "triage", "second"):
        open_page(app, PAGE, review=view)
    for view in ("labels", "history", "import"):
        open_page(app, "data/dataset.py", data=view)


def test_a_second_person_labels_blind_and_disagreements_are_settled(app: AppTest, store: Store, folder):
    dataset = dataset_of(store, ("bug", "docs"), labelled=12)
    open_page(app, PAGE, review="second")
    assert not any(each.label == "bug" for each in app.button), "nobody labels without a name"
    start = next(each for each in app.button if each.label == "Start labelling")
    start.click().run()
    assert app.error[0].value == "Type a name first: it is kept with the labels."
    app.text_input(key="second_name").set_value("Bea")
    app.number_input(key=f"second_rows_{dataset}").set_value(4)
    next(each for each in app.button if each.label == "Start labelling").click().run()
    for _ in range(4):
        app.button(key="second_label_1").click().run()
    assert store.annotations.annotators(dataset) == {"Bea": 4} and "4 of 4 rows labelled" in words_of(app)
    app.button(key="second_undo").click().run()
    app.button(key="second_label_1").click().run()
    app.segmented_control(key="second").set_value("agreement").run()
    assert not app.exception and "Bea and the rows' labels" in words_of(app)
    workspace = Workspace(folder)
    waiting = agreeing.second_labels(workspace, dataset, "Bea").open
    assert waiting and f"{len(waiting)} disagreement" in words_of(app)
    app.button(key="settle_second").click().run()
    assert store.rows.one(dataset, waiting[0].example_id).label == "bug"
    app.button(key="settle_undo").click().run()
    assert store.rows.one(dataset, waiting[0].example_id).label == "docs"
    for _ in waiting:
        app.button(key="settle_second").click().run()
    assert "Every disagreement is settled" in words_of(app) and "to settle" not in words_of(app)
    workspace.close()
