"""The dataset page: correcting rows, labels, undo, renaming and deleting."""

from __future__ import annotations

import json

import pytest

from core.samples import sample
from core.services import review
from core.services.datasets import import_sample
from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from core.workspace import Workspace
from pages.ui import shell
from pages.ui.dataset.importing.label_doubt import SCORERS
from tests.pages.conftest import edit_table, words_of
from tests.pages.dataset_page import edit, editor_of, opened, rows, said, stored


@pytest.fixture
def dataset_id(store: Store) -> str:
    return store.datasets.add(rows(), "a test")


# ---- correcting rows


def test_an_edited_label_note_and_marks_are_saved_at_once(app, store, dataset_id):
    edit(
        opened(app),
        dataset_id,
        {0: {"label": "improvement", "note": "asked for", "canonical": True}, 1: {"excluded": True}},
    )
    row = stored(store, dataset_id)
    assert (row.label, row.note, row.canonical) == ("improvement", "asked for", True)
    assert stored(store, dataset_id, 1).excluded


def test_of_scored_answers_the_page_speaks_of_answers_and_scoring(app, store, folder):
    workspace = Workspace(folder)
    import_sample(workspace, sample("orders"))
    workspace.close()
    opened(app)
    assert app.segmented_control(key="data").options[:2] == ["Rows", "Scoring"]
    assert json.loads(editor_of(app, "label").proto.columns)["label"]["label"] == "Answer"
    assert SCORERS["normalised"].lower() in sample("orders").story


def test_a_change_by_somebody_else_is_not_overwritten(app, store, dataset_id):
    opened(app)
    store.edits.change(dataset_id, [Change("r0", "note", "from the other tab")])
    edit(app, dataset_id, {0: {"note": "mine"}})
    assert [each for each in said(app) if "was changed since you looked at it" in each]
    assert stored(store, dataset_id).note == "from the other tab"
    edit(app, dataset_id, {0: {"note": "mine, after looking"}})
    assert stored(store, dataset_id).note == "mine, after looking"


def test_a_second_edit_of_the_same_row_needs_no_reload(app, store, dataset_id):
    edit(opened(app), dataset_id, {0: {"note": "one"}})
    edit(app, dataset_id, {0: {"note": "two"}})
    assert stored(store, dataset_id).note == "two" and not app.error


def test_the_table_does_not_change_beneath_its_edits(app, store, dataset_id):
    """Or Streamlit would report them as gone, and a press of Undo at that moment would be lost."""
    drawn = editor_of(opened(app), "text").proto.SerializeToString()
    edit(app, dataset_id, {0: {"label": "improvement", "excluded": True}})
    edit(app, dataset_id, {0: {"label": "improvement", "excluded": True}, 2: {"note": "asked for"}})
    assert stored(store, dataset_id, 2).note == "asked for"
    assert editor_of(app, "text").proto.SerializeToString() == drawn
    store.edits.change(dataset_id, [Change("r2", "note", "from the other tab")])
    app.run()
    assert editor_of(app, "text").value["note"].tolist()[2] == "from the other tab"
    assert editor_of(app, "text").value["label"].tolist()[0] == "improvement"


def test_undo_and_redo_say_what_they_do(app, store, dataset_id):
    edit(opened(app), dataset_id, {0: {"label": "improvement"}})
    undo = app.button(key="undo")
    assert undo.help.replace("\\", "") == "Undo: “Text number 0” from “bug” to “improvement”."
    undo.click().run()
    assert stored(store, dataset_id).label == "bug" and app.button(key="undo").disabled
    app.button(key="redo").click().run()
    assert stored(store, dataset_id).label == "improvement" and not app.exception


def test_filters_combine(app, store, dataset_id):
    store.edits.change(
        dataset_id, [Change("r2", "note", "n"), Change("r3", "note", "n"), Change("r2", "excluded", True)]
    )
    opened(app)
    app.multiselect(key="labels").set_value(["bug"]).run()
    app.multiselect(key="marks").set_value(["with a note", "excluded"]).run()
    assert any(each.value == "1 row found" for each in app.caption)
    app.text_input(key="search").set_value("nowhere").run()
    assert "No row matches these filters." in said(app)
    app.button(key="clear_filters").click().run()
    assert not app.exception and any("edits are saved at once" in each.value for each in app.caption)


def test_an_order_by_doubt_says_that_nothing_was_looked_for_and_no_rows_have_nothing_to_change(
    app, store, dataset_id
):
    opened(app)
    words = "press *Find labels in doubt* on Review"
    assert words not in words_of(app) and any(each.key == "bulk" for each in app.button)
    app.selectbox(key="sort").set_value("doubt").run()
    assert words in words_of(app)
    app.text_input(key="search").set_value("nowhere to be found").run()
    assert not any(each.key == "bulk" for each in app.button)
    review.find(shell.workspace(), dataset_id)
    assert words not in words_of(app.run())


def test_what_is_counted_can_be_pressed_and_excluded_at_once(app, store):
    texts = [("a crash", "bug"), ("A crash!", "bug"), ("a crash", "docs"), ("a typo", "docs")]
    examples = tuple(Example(f"r{at}", *each) for at, each in enumerate(texts))
    dataset = store.datasets.add(Dataset("d", LabelSet(("bug", "docs")), examples), "a test")
    opened(app)
    counted = app.button_group(key="counted")
    assert counted.options == ["3 same text, another label", "1 repeated"]
    counted.set_value(["repeated"]).run()
    assert app.multiselect(key="marks").value == ["repeated"]
    for mark in (
        "same text, another label",
        "repeated",
    ):  # one in the place of the other: both together find nothing
        pressed = app.button_group(key="counted")
        pressed.set_value([*pressed.value, mark]).run()
        assert app.multiselect(key="marks").value == [mark]
    app.button(key="exclude_found").click().run()
    assert not app.exception and [stored(store, dataset, at).excluded for at in range(3)] == [
        False,
        True,
        False,
    ]
    app.button(key="undo").click().run()
    assert not stored(store, dataset, 1).excluded


def test_an_edit_in_a_filtered_table_lands_on_the_right_row(app, store, dataset_id):
    opened(app)
    app.multiselect(key="labels").set_value(["improvement"]).run()
    edit(app, dataset_id, {1: {"label": "bug"}})
    assert [row.label for row in store.rows.page(dataset_id, RowQuery()).rows] == [
        "bug",
        "improvement",
        "bug",
        "bug",
        "bug",
        "improvement",
    ]


def test_pages_of_a_hundred_rows_are_turned(app, store):
    store.datasets.add(rows(250), "a test")
    opened(app)
    app.session_state["rows_page"] = 3
    app.run()
    assert not app.exception
    assert [row.id for row in app.session_state["rows seen"]][:2] == ["r200", "r201"]
    app.text_input(key="search").set_value("number 7").run()
    assert not app.exception and len(app.session_state["rows seen"]) == 11


def test_changing_the_dataset_forgets_the_filters(app, store, dataset_id):
    other = store.datasets.add(rows(labels=("yes", "no"), name="other"), "a test")
    app.query_params["dataset"] = dataset_id
    opened(app)
    app.multiselect(key="labels").set_value(["bug"]).run()
    app.selectbox(key="dataset").set_value(other).run()
    assert not app.exception and app.title[0].value == "other"
    assert app.multiselect(key="labels").value == [] and len(app.session_state["rows seen"]) == 6


def test_a_rename_in_another_tab_does_not_change_the_choice(app, store, dataset_id):
    other = store.datasets.add(rows(name="other"), "a test")
    opened(app)
    app.selectbox(key="dataset").set_value(other).run()
    store.datasets.rename(other, "renamed")
    app.run()
    assert not app.exception and app.title[0].value == "renamed" and app.session_state["dataset"] == other
    # The browser goes on to send the old name, which would mean another dataset, unless it is told the new
    # one.
    assert (
        app.selectbox(key="dataset").proto.set_value
        and app.selectbox(key="dataset").proto.raw_value == "renamed (6 rows)"
    )


# ---- labels, history, the whole dataset


def test_a_definition_is_saved_and_others_stay(app, store, dataset_id):
    store.datasets.set_definitions(dataset_id, {"bug": "It fails."})
    opened(app)
    app.session_state["next data"] = "labels"
    app.run()
    edit_table(app, editor_of(app, "definition").key, {1: {"definition": "It could be better."}})
    assert not app.exception
    assert store.datasets.info(dataset_id).labels.definitions == {
        "bug": "It fails.",
        "improvement": "It could be better.",
    }


def test_a_new_label_can_be_given_to_a_row(app, store, dataset_id):
    opened(app)
    app.session_state["next data"] = "labels"
    app.run()
    app.text_input(key="new_label").set_value("question")
    app.form_submit_button[0].click().run()
    assert not app.exception
    app.session_state["next data"] = "rows"
    app.run()
    app.session_state["next data"] = "labels"
    app.run()
    assert any("Without rows yet: “question”" in each.value for each in app.caption)
    app.session_state["next data"] = "rows"
    app.run()
    edit(app, dataset_id, {0: {"label": "question"}})
    assert store.datasets.info(dataset_id).labels.names == ("bug", "improvement", "question")


def test_a_label_that_differs_only_in_case_gets_one_sentence(app, store, dataset_id):
    edit(opened(app), dataset_id, {0: {"label": "BUG"}})
    assert [each for each in said(app) if "cannot be told from “bug”" in each]
    assert stored(store, dataset_id).label == "bug"


def test_an_edit_that_is_reported_again_beside_undo_stays_undone(app, store, dataset_id):
    edit(opened(app), dataset_id, {0: {"label": "improvement"}})
    app.button(key="undo").click()
    edit_table(app, f"rows_{dataset_id}_0", {0: {"label": "improvement", "note": "stale"}})
    assert not app.exception
    assert (stored(store, dataset_id).label, stored(store, dataset_id).note) == ("bug", "")


def test_a_filter_for_a_label_that_was_undone_is_dropped(app, store, dataset_id):
    store.edits.change(dataset_id, [Change("r0", "label", "question")])
    opened(app)
    app.multiselect(key="labels").set_value(["question"]).run()
    assert len(app.session_state["rows seen"]) == 1
    app.button(key="undo").click().run()
    assert not app.exception and not app.error


def test_the_history_lists_changes(app, store, dataset_id):
    store.edits.change(dataset_id, [Change("r0", "label", "improvement")])
    opened(app)
    app.session_state["next data"] = "history"
    app.run()
    assert app.dataframe[0].value[["Row", "What", "From", "To"]].values.tolist() == [
        ["Text number 0", "label", "bug", "improvement"]
    ]


def test_a_dataset_is_renamed_and_stays_chosen(app, store, dataset_id):
    store.datasets.delete(dataset_id)
    store.datasets.add(rows(name="first"), "a test")
    dataset_id = store.datasets.add(rows(), "a test")
    opened(app)
    app.selectbox(key="dataset").set_value(dataset_id).run()
    app.menu_button(key="dataset_more").click("Rename…").run()
    app.text_input(key=f"rename_{dataset_id}").set_value("better name")
    app.button(key="rename_now").click().run()
    assert not app.exception and store.datasets.info(dataset_id).name == "better name"
    assert app.title[0].value == "better name"


def test_a_dataset_is_deleted_only_after_asking(app, store, dataset_id):
    opened(app)
    app.menu_button(key="dataset_more").click("Delete…").run()
    assert store.datasets.all()
    app.button(key="delete_now").click().run()
    assert not app.exception and not store.datasets.all()
    assert app.title[0].value == "Bring labelled text"


def test_a_read_only_workspace_changes_nothing(app, store, dataset_id, monkeypatch):
    store.edits.change(dataset_id, [Change("r0", "label", "improvement")])
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert app.button(key="undo").disabled
    edit(app, dataset_id, {0: {"label": "bug"}})
    assert stored(store, dataset_id).label == "improvement"
    assert not any("saved" in each.value for each in app.caption)
    app.session_state["next data"] = "labels"
    app.run()
    assert not app.exception and "new_label" not in [each.key for each in app.text_input]
    app.session_state["next data"] = "import"
    app.run()
    assert not app.exception and not app.file_uploader
