"""The panel of a row, editable wherever it is opened from; and the history with who and why."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.label_errors.suspects import Suspect
from core.services.runs import start_run
from core.store.codec import encode
from core.store.records import SUSPECT, Change
from core.store.store import Store
from core.types import Dataset, Example, LabelSet, Settings
from core.workspace import Workspace
from pages.ui.row_panel.state import OPENED, OpenedRow, RowContext
from tests.pages.dataset_page import editor_of, opened, press_in_table, rows, turn

HOSTILE = "**x** <img src=x onerror=alert(1)> $y$ :red[no] 🔥"
BUTTON = ":material/open_in_full:"


@pytest.fixture
def dataset_id(store: Store) -> str:
    same = (
        Example("a", "The window does not open", "bug"),
        Example("b", "The window does not open", "wish"),
        Example("c", "Opening the window takes long", "bug"),
        Example("d", HOSTILE, HOSTILE),
        Example("e", "A door, please", "wish"),
    )
    return store.datasets.add(Dataset("d", LabelSet(("bug", "wish", HOSTILE)), same), "a test")


def card_of(app, place: int, tab: str = ""):
    """The panel of a row, opened from the Dataset page."""
    opened(app)
    if tab:
        app.session_state["panel_tabs"] = tab
    press_in_table(app, "card", place, BUTTON)
    assert not app.exception
    return app


def frame(app, column: str):
    return next(each.value for each in app.dataframe if column in each.value.columns)


def test_the_panel_shows_the_whole_text_and_neighbours_with_labels(app, store, dataset_id):
    card_of(app, 0, "Similar rows")
    assert "The window does not open" in [each.value for each in app.text]
    neighbours = frame(app, "Similarity")
    assert neighbours["Text"].tolist()[0] == "The window does not open"
    assert neighbours["Label"].tolist()[0] == "wish"
    assert any(each.value == "No run has classified it yet." for each in app.caption)


def test_what_was_predicted_for_a_test_row_is_said_to_be_kept_back(app, store):
    table = rows()
    examples = (replace(table.examples[0], split="test"), *table.examples[1:])
    store.datasets.add(replace(table, examples=examples), "a test")
    card_of(app, 0)
    assert any(each.value.startswith("A test row:") for each in app.caption)


def test_an_answer_that_is_no_label_is_typed(app, store):
    """Each row has its own: those of others are no choice, least of all by a key."""
    examples = tuple(Example(f"r{n}", f"Order {n}, please", f"WB-{n}") for n in range(12))
    dataset = store.datasets.add(Dataset("orders", LabelSet(()), examples), "a test", scorer="normalised")
    opened(app)
    columns = json.loads(editor_of(app, "card").proto.columns)
    assert columns["label"]["type_config"]["type"] == "text"
    press_in_table(app, "card", 0, BUTTON)
    assert not [each.key for each in app.button if each.key.startswith("panel_label_")]
    field = next(each for each in app.text_input if each.label == "Reference answer")
    assert field.value == "WB-0"
    field.set_value(" WB-99999 ").run()
    assert not app.exception and not app.error
    now = [row.label for row in store.datasets.get(dataset).examples]
    assert now == ["WB-99999", *(f"WB-{n}" for n in range(1, 12))]


def test_the_panel_of_a_suspect_says_why_and_shows_its_twin(app, store, dataset_id):
    doubt = Suspect("a", "bug", "wish", 0.83, ("The same text has another label.",), ("b",))
    store.marks.replace(dataset_id, SUSPECT, {"a": encode(doubt)}, "now")
    card_of(app, 0)
    words = [each.value.replace("\\", "") for each in (*app.caption, *app.markdown)]
    assert "Doubt 83 %, rather “wish”." in words and any(
        "The same text has another label." in each for each in words
    )
    assert "The same text with another label" in words


def test_the_panel_shows_who_changed_the_row_and_why(app, store, dataset_id):
    store.edits.change(dataset_id, [Change("a", "label", "wish")], "Ann", "as agreed on Monday")
    card_of(app, 0)
    assert frame(app, "Why")[["Who", "What", "From", "To", "Why"]].values.tolist() == [
        ["Ann", "label", "bug", "wish", "as agreed on Monday"]
    ]


def test_data_in_the_panel_is_never_markup(app, store, dataset_id):
    card_of(app, 3)
    assert HOSTILE in [each.value for each in app.text]
    drawn = [each.value for each in (*app.caption, *app.markdown, *app.subheader)]
    assert not [each for each in drawn if "<img" in each or "**x**" in each]


def test_a_row_that_is_gone_is_shown_as_it_was(app, store, dataset_id):
    opened(app)
    then = {"gone": Example("gone", "A text of before", "bug")}
    app.session_state[OPENED] = OpenedRow(dataset_id, "gone", ("gone",), RowContext(then=then))
    app.run()
    assert not app.exception and "no longer in the dataset" in app.warning[0].value
    assert "A text of before" in [each.value for each in app.text]


def test_labels_notes_and_marks_are_stored_at_once_and_undone(app, store, dataset_id):
    card_of(app, 0)
    app.button(key="panel_label_2").click().run()
    app.button(key="panel_canonical").click().run()
    app.button(key="panel_exclude").click().run()
    app.text_area(key="panel_note_a").set_value("It asks for something new.").run()
    row = store.rows.one(dataset_id, "a")
    assert (row.label, row.note, row.canonical, row.excluded) == (
        "wish",
        "It asks for something new.",
        True,
        True,
    )
    for _ in range(3):
        app.button(key="panel_undo").click().run()
    row = store.rows.one(dataset_id, "a")
    assert (row.label, row.note, row.canonical, row.excluded) == ("wish", "", False, False)
    assert app.text_area(key="panel_note_a").value == ""


def test_previous_and_next_lead_through_the_list_it_was_opened_from(app, store, dataset_id):
    card_of(app, 1)
    assert app.session_state[OPENED].row_id == "b"
    app.button(key="panel_next").click().run()
    assert app.session_state[OPENED].row_id == "c" and "3 of 5" in [each.value for each in app.caption]
    app.button(key="panel_previous").click().run()
    app.button(key="panel_previous").click().run()
    assert app.session_state[OPENED].row_id == "a" and app.button(key="panel_previous").disabled


def test_who_may_only_look_sees_no_button_that_changes_a_row(app, store, dataset_id, monkeypatch):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    card_of(app, 0)
    keys = {each.key for each in app.button}
    assert "panel_next" in keys and not {"panel_label_1", "panel_exclude", "panel_undo"} & keys


def test_keys_of_the_page_behind_rest_while_the_panel_is_open(app, store, dataset_id):
    store.marks.replace(dataset_id, SUSPECT, {"a": encode(Suspect("a", "bug", "wish", 0.83, (), ()))}, "now")
    app.run().switch_page("data/review.py").run()
    assert app.button(key="review_keep").proto.shortcut
    app.session_state[OPENED] = OpenedRow(dataset_id, "b", ("b",), RowContext())
    app.run()
    assert not app.button(key="review_keep").proto.shortcut and app.button(key="panel_label_1").proto.shortcut
    app.switch_page("data/dataset.py").run()
    assert OPENED not in app.session_state, "another page begins without it"


@pytest.fixture
def run_id(store: Store, folder: Path) -> str:
    """Of a finished run."""
    dataset_id = store.datasets.add(rows(40), "a test")
    workspace = Workspace.open(folder, {})
    started = start_run(workspace, dataset_id, Settings(iterations=1))
    while workspace.runner.running():
        time.sleep(0.05)
    workspace.close()
    return started


def test_what_every_prompt_predicted_is_in_the_panel(app, store, run_id):
    opened(app)
    read = {
        each.example_id
        for step in store.steps.all(run_id)
        if step.validation
        for each in step.validation.predictions
    }
    place = next(i for i, row in enumerate(app.session_state["rows seen"]) if row.id in read)
    press_in_table(app, "card", place, BUTTON)
    predicted = frame(app, "Predicted")
    assert not app.exception and predicted["Predicted"].tolist()[0]
    assert predicted["Prompt"].str.contains(", step ").all() and set(predicted[""]) <= {"✓", "✗"}


def test_rows_that_the_last_run_gets_wrong_are_found(app, store, run_id):
    read = store.runs.get(run_id).result.best.evaluations["validation"].predictions
    opened(app)
    labels = {row.id: row.label for row in app.session_state["rows seen"]}
    wrong = {each.example_id for each in read if each.label != labels[each.example_id]}
    app.multiselect(key="marks").set_value(["wrong in the last run"]).run()
    app.multiselect(key="splits").set_value(["validation"]).run()
    assert wrong and {row.id for row in app.session_state["rows seen"]} == wrong
    relabelled = sorted(wrong)[0]
    said = next(each.label for each in read if each.example_id == relabelled)
    store.edits.change(store.runs.get(run_id).dataset_id, [Change(relabelled, "label", said)])
    app.run()
    assert not app.exception and relabelled not in {row.id for row in app.session_state["rows seen"]}


def test_the_history_says_who_and_why_and_words_label_sets(app, store, dataset_id):
    store.edits.change(dataset_id, [Change("a", "excluded", True)], "Ann", "too short")
    store.labels.rename(dataset_id, "wish", "improvement", "Bob", "as everywhere else")
    turn(opened(app), "history")
    found = app.dataframe[0].value
    assert found[["Who", "Row", "Why"]].values.tolist() == [
        ["Bob", "2\u00a0rows", "as everywhere else"],
        ["Ann", "The window does not open", "too short"],
    ]
    assert found["What"].tolist() == ["“wish” renamed “improvement” (2 rows)", "exclude"]
    assert found[["From", "To"]].values.tolist() == [["", ""], ["no", "yes"]]
