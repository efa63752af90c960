"""The dataset page: the card of a row, and the history with who and why."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.label_errors.suspects import Suspect
from core.services.runs import start_run
from core.store.codec import encode
from core.store.records import SUSPECT, Change
from core.store.store import Store
from core.types import Dataset, Example, LabelSet, Settings
from core.workspace import Workspace
from tests.pages.dataset_page import opened, press_in_table, rows, turn

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


def card_of(app, place: int):
    press_in_table(opened(app), "card", place, BUTTON)
    assert not app.exception
    return app


def tables(app) -> list[list[str]]:
    return [list(frame.value.columns) for frame in app.dataframe]


def test_the_card_shows_the_whole_text_and_neighbours_with_labels(app, store, dataset_id):
    card_of(app, 0)
    assert "The window does not open" in [each.value for each in app.text]
    neighbours = next(frame.value for frame in app.dataframe if "Alike" in frame.value.columns)
    assert neighbours["Row"].tolist()[0] == "b" and neighbours["Label"].tolist()[0] == "wish"
    assert any(each.value == "No run has read it yet." for each in app.caption)


def test_the_card_of_a_suspect_says_why_and_shows_its_twin(app, store, dataset_id):
    doubt = Suspect("a", "bug", "wish", 0.83, ("The same text has another label.",), ("b",))
    store.marks.replace(dataset_id, SUSPECT, {"a": encode(doubt)}, "now")
    card_of(app, 0)
    words = [each.value.replace("\\", "") for each in (*app.caption, *app.markdown)]
    assert "Doubt 83 %, rather “wish”." in words and any(
        "The same text has another label." in each for each in words
    )
    assert "The same text with another label" in [each.value for each in app.subheader]


def test_the_card_shows_who_changed_the_row_and_why(app, store, dataset_id):
    store.edits.change(dataset_id, [Change("a", "label", "wish")], "Ann", "as agreed on Monday")
    card_of(app, 0)
    history = next(frame.value for frame in app.dataframe if "Why" in frame.value.columns)
    assert history[["Who", "What", "From", "To", "Why"]].values.tolist() == [
        ["Ann", "label", "bug", "wish", "as agreed on Monday"]
    ]


def test_data_in_a_card_is_never_markup(app, store, dataset_id):
    card_of(app, 3)
    assert HOSTILE in [each.value for each in app.text]
    drawn = [each.value for each in (*app.caption, *app.markdown, *app.subheader)]
    assert not [each for each in drawn if "<img" in each or "**x**" in each]


def test_the_card_of_a_row_that_is_gone_says_so(app, store, dataset_id):
    opened(app)
    app.session_state["card of"] = "gone"
    app.run()
    assert not app.exception and "There is no row" in app.error[0].value


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


def test_every_runs_word_is_on_the_card(app, store, run_id):
    opened(app)
    read = {
        each.example_id
        for step in store.steps.all(run_id)
        if step.validation
        for each in step.validation.predictions
    }
    place = next(i for i, row in enumerate(app.session_state["rows seen"]) if row.id in read)
    press_in_table(app, "card", place, BUTTON)
    said = next(frame.value for frame in app.dataframe if "Said" in frame.value.columns)
    assert not app.exception and said["Model"].tolist()[0] == "offline:reader" and said["Said"].tolist()[0]


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
        ["Ann", "a", "too short"],
    ]
    assert found["What"].tolist() == ["“wish” renamed “improvement” (2 rows)", "exclude"]
    assert found[["From", "To"]].values.tolist() == [["", ""], ["no", "yes"]]
