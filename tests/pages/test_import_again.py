"""A file imported again: what it would change is shown before, done as one set, and taken back by one
undo."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.exports.dataset import export_dataset
from core.store.records import Change
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from tests.pages.dataset_page import opened, said
from tests.pages.made import dataset_of, run_of
from tests.pages.test_import_report import csv_of, table_with

HEADER = ("id", "text", "label")
ROWS = (
    ("1", "The page crashes", "bug"),
    ("2", "Add a dark mode", "idea"),
    ("3", "Nothing loads", "bug"),
    ("4", "Add filters", "idea"),
)
NAME = "![x](http://127.0.0.1:9/x.png) $a$"


def begun(store: Store, rows=ROWS, name: str = "issues") -> str:
    examples = tuple(Example(*row) for row in rows)
    return store.datasets.add(
        Dataset(name, LabelSet(tuple(sorted({row.label for row in examples}))), examples), "a test"
    )


def bring(app: AppTest, raw: bytes) -> AppTest:
    """To the update of the chosen dataset with this file."""
    opened(app)
    app.session_state["next data"] = "import"
    app.run()
    app.file_uploader[0].upload("again.csv", raw)
    app.run()
    target = next(
        each for each in app.button_group if any("Update" in option.content for option in each.proto.options)
    )
    target.set_value("update").run()
    assert not app.exception
    return app


def update_button(app: AppTest):
    return next((button for button in app.button if button.key and button.key.startswith("update_")), None)


def plan_pills(app: AppTest):
    return next((each for each in app.button_group if each.label == "What would change"), None)


def captions(app: AppTest) -> str:
    return " ".join(each.value.replace("\\", "") for each in app.caption)


def test_the_same_file_again_changes_nothing_and_says_so(app: AppTest, store: Store):
    begun(store)
    bring(app, csv_of(*ROWS, header=HEADER))
    assert [each.value.replace("\\", "") for each in app.success] == [
        "Nothing would change: all 4 rows are there as the file has them."
    ]
    assert update_button(app).disabled and plan_pills(app) is None


def test_what_would_change_is_shown_by_id_then_done_and_undone(app: AppTest, store: Store):
    dataset_id = begun(store)
    before = store.datasets.get(dataset_id)
    raw = csv_of(
        ("1", "The page crashes!", "crash"),
        ("2", "Add a dark mode", "idea"),
        ("3", "Nothing loads", "idea"),
        ("9", "<script>", "bug"),
        header=HEADER,
    )
    bring(app, raw)
    assert [option.content for option in plan_pills(app).proto.options] == [
        "2 changed (text 1, label 2)",
        "1 added",
        "1 not in the file",
    ]
    assert "1 row is the same." in captions(
        app
    ) and "1 row of the dataset is not in the file: it stays as it is." in captions(app)
    assert "New in the label set: “crash”." in captions(app)
    assert table_with(app, "Before").values.tolist() == [
        ["The page crashes", "text", "The page crashes", "The page crashes!"],
        ["The page crashes", "label", "bug", "crash"],
        ["Nothing loads", "label", "bug", "idea"],
    ]
    plan_pills(app).set_value("added").run()
    assert table_with(app, "Row").values.tolist() == [["<script>", "bug"]]
    plan_pills(app).set_value("absent").run()
    assert table_with(app, "Row").values.tolist() == [["Add filters", "idea"]]
    assert update_button(app).label == "Update 3 rows"
    update_button(app).click().run()
    assert (
        not app.exception
        and app.session_state["data"] == "rows"
        and app.session_state["dataset"] == dataset_id
    )
    now = store.datasets.get(dataset_id)
    assert [(row.id, row.text, row.label) for row in now.examples] == [
        ("1", "The page crashes!", "crash"),
        ("2", "Add a dark mode", "idea"),
        ("3", "Nothing loads", "idea"),
        ("4", "Add filters", "idea"),
        ("9", "<script>", "bug"),
    ]
    assert now.labels.names == ("bug", "idea", "crash") and len(store.datasets.all()) == 1
    app.button(key="undo").click().run()
    again = store.datasets.get(dataset_id)
    assert (again.examples, again.labels) == (before.examples, before.labels)


def test_without_an_id_column_rows_are_found_again_by_text_and_two_rows_are_enough(
    app: AppTest, store: Store
):
    dataset_id = begun(store)
    bring(app, csv_of(("Add filters", "bug"), ("Brand new", "idea")))
    assert "found again by their text" in captions(app) and not [
        box for box in app.selectbox if box.label == "Rows are found again by"
    ]
    update_button(app).click().run()
    labels = {row.text: row.label for row in store.datasets.get(dataset_id).examples}
    assert labels["Add filters"] == "bug" and labels["Brand new"] == "idea" and len(labels) == 5


def test_with_an_id_column_the_way_can_be_chosen_and_ids_that_fit_nothing_are_told(
    app: AppTest, store: Store
):
    begun(store)
    bring(app, csv_of(*((f"x{name}", text, label) for name, text, label in ROWS), header=HEADER))
    told = "No row is found again by their id: all of them would be added. If they are there already, choose their text."
    assert told in said(app) and update_button(app).label == "Update 4 rows"
    way = next(box for box in app.selectbox if box.label == "Rows are found again by")
    way.set_value("text").run()
    assert app.success and update_button(app).disabled


def test_labels_of_the_dataset_lead_over_other_spellings_in_the_file(app: AppTest, store: Store):
    dataset_id = begun(store)
    raw = csv_of(*((name, text, label.upper()) for name, text, label in ROWS), header=HEADER)
    bring(app, raw)
    assert [box.label.replace("\\", "") for box in app.checkbox] == [
        "“BUG” (2 rows) → “bug” of the dataset",
        "“IDEA” (2 rows) → “idea” of the dataset",
    ]
    assert app.success and update_button(app).disabled
    app.checkbox[0].uncheck().run()
    assert [each for each in said(app) if "“BUG” cannot be told from “bug”" in each] and update_button(
        app
    ) is None
    assert store.datasets.get(dataset_id).labels.names == ("bug", "idea")


def test_labels_the_dataset_keeps_apart_stay_apart(app: AppTest, store: Store):
    rows = (*ROWS, ("5", "Another crash", "Bug"))
    begun(store, rows)
    bring(app, csv_of(*rows, header=HEADER))
    assert not app.checkbox and app.success


def test_corrections_by_hand_that_the_file_would_replace_are_counted(app: AppTest, store: Store):
    dataset_id = begun(store)
    store.edits.change(dataset_id, [Change("1", "label", "idea"), Change("2", "note", "seen")])
    bring(app, csv_of(*ROWS, header=HEADER))
    assert (
        "1 row of those that change was corrected by hand here: what the file says replaces it."
        in captions(app)
    )
    update_button(app).click().run()
    assert {row.id: (row.label, row.note) for row in store.datasets.get(dataset_id).examples}["1"] == (
        "bug",
        "",
    )
    assert {row.id: row.note for row in store.datasets.get(dataset_id).examples}["2"] == "seen", (
        "no notes in the file, none replaced"
    )


def test_what_another_tab_changed_since_is_shown_before_it_is_overwritten(app: AppTest, store: Store):
    dataset_id = begun(store)
    bring(app, csv_of(("1", "The page crashes", "idea"), *ROWS[1:], header=HEADER))
    store.edits.change(dataset_id, [Change("1", "label", "mine")])
    update_button(app).click().run()
    assert not app.exception and any("changed since you looked" in each for each in said(app))
    assert store.rows.one(dataset_id, "1").label == "mine"
    assert table_with(app, "Before").values.tolist() == [["The page crashes", "label", "mine", "idea"]]
    update_button(app).click().run()
    assert store.rows.one(dataset_id, "1").label == "idea"


def test_new_rows_of_a_dataset_with_runs_go_to_training_unless_the_file_says_otherwise(
    app: AppTest, store: Store
):
    dataset_id = dataset_of(store, "github_issues")
    run_of(store, dataset_id)
    label = store.datasets.info(dataset_id).labels.names[0]
    rows = [
        ("new1", "Quite another text altogether", label, ""),
        ("new2", "Something else entirely", label, "test"),
        ("new3", "A third thing of its kind", label, ""),
    ]
    bring(app, csv_of(*rows, header=(*HEADER, "split")))
    assert "2 rows without a split go to training" in captions(app)
    update_button(app).click().run()
    assert not app.exception
    assert {
        row.id: row.split for row in store.datasets.get(dataset_id).examples if row.id.startswith("new")
    } == {"new1": "train", "new2": "test", "new3": "train"}


def test_a_new_row_that_says_what_a_held_out_one_says_joins_it(app: AppTest, store: Store):
    dataset_id = dataset_of(store, "github_issues")
    run_of(store, dataset_id)
    held = store.datasets.get(dataset_id).examples[0]
    store.rows.assign_splits(dataset_id, {held.id: "test"})
    bring(app, csv_of(("new1", held.text.upper(), held.label), header=HEADER))
    assert "1 row says what a held-out row says, and is held out, too" in captions(app)
    update_button(app).click().run()
    assert not app.exception and store.rows.one(dataset_id, "new1").split == "test"


def test_before_the_first_run_new_rows_are_left_to_chance(app: AppTest, store: Store):
    dataset_id = begun(store)
    bring(app, csv_of(("9", "Brand new", "bug"), header=HEADER))
    assert "training" not in captions(app)
    update_button(app).click().run()
    assert (
        store.rows.one(dataset_id, "9").split == ""
        and store.rows.one(dataset_id, "9").source == "file again.csv"
    )


def test_a_change_at_the_end_of_a_very_long_text_is_seen(app: AppTest, store: Store):
    long = "word " * 12_000
    begun(store, (("1", long + "before", "bug"), *ROWS[1:]))
    bring(app, csv_of(("1", long + "after", "bug"), *ROWS[1:], header=HEADER))
    row, what, before, after = table_with(app, "Before").values.tolist()[0]
    assert (
        what == "text"
        and before.endswith("before")
        and after.endswith("after")
        and max(map(len, (row, before, after))) < 300
    )


def test_what_was_exported_and_is_imported_again_changes_nothing(app: AppTest, store: Store):
    dataset_id = dataset_of(store, "github_issues")
    store.edits.change(dataset_id, [Change(store.rows.page(dataset_id).rows[0].id, "note", "=1+1")])
    bring(app, export_dataset(store.datasets.get(dataset_id), "csv"))
    assert app.success and update_button(app).disabled


def test_rows_pasted_by_hand_update_by_their_text(app: AppTest, store: Store):
    dataset_id = begun(store)
    opened(app)
    app.session_state["next data"], app.session_state["import_way"] = "import", "Paste lines"
    app.run()
    app.text_area(key="pasted_0").set_value("Add filters,bug").run()
    assert [each for each in said(app) if "Every usable row has the label" in each], (
        "too few for a dataset of their own"
    )
    app.button_group(key="target_pasted_0").set_value("update").run()
    update_button(app).click().run()
    assert not app.exception and store.rows.one(dataset_id, "4").label == "bug"


def test_a_dataset_name_full_of_markup_is_escaped_in_the_choice(app: AppTest, store: Store):
    begun(store, name=NAME)
    bring(app, csv_of(*ROWS, header=HEADER))
    words = [
        option.content
        for each in app.button_group
        for option in each.proto.options
        if "Update" in option.content
    ]
    assert (
        words
        and "![x](" not in words[0]
        and words[0].replace("\\", "").replace("\u2060", "") == "Update “" + NAME + "”"
    )


def test_a_new_dataset_is_the_default_and_nothing_else_is_touched(app: AppTest, store: Store):
    dataset_id = begun(store)
    before = store.datasets.get(dataset_id)
    opened(app)
    app.session_state["next data"] = "import"
    app.run()
    app.file_uploader[0].upload("again.csv", csv_of(*ROWS, header=HEADER))
    app.run()
    next(button for button in app.button if button.label.startswith("Import ")).click().run()
    assert len(store.datasets.all()) == 2 and store.datasets.get(dataset_id) == before
