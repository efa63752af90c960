"""The dataset page: filters that combine, the order, and one change of all rows that are found."""

from __future__ import annotations

import pytest

from core.label_errors.suspects import Suspect
from core.store.codec import encode
from core.store.records import SUSPECT, Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from tests.pages.dataset_page import edit, opened, rows, said, stored


@pytest.fixture
def dataset_id(store: Store) -> str:
    return store.datasets.add(rows(), "a test")


def shown(app) -> list[str]:
    return [row.id for row in app.session_state["rows seen"]]


def by_id(store: Store, dataset_id: str) -> dict:
    return {row.id: row for row in store.rows.page(dataset_id, RowQuery()).rows}


# ---- filters


def test_marks_of_curating_combine_with_the_other_filters(app, store, dataset_id):
    doubts = [
        Suspect("r3", "improvement", "bug", 0.9, ("x",)),
        Suspect("r0", "bug", "improvement", 0.7, ("x",)),
    ]
    store.marks.replace(dataset_id, SUSPECT, {each.example_id: encode(each) for each in doubts}, "now")
    store.edits.change(
        dataset_id,
        [Change("r0", "note", "by hand"), Change("r4", "note", "by hand"), Change("r4", "review", "kept")],
    )
    opened(app)
    pressable = app.button_group(key="counted").options
    assert pressable == ["2 in doubt", "2 edited by hand", "1 reviewed", "2 with a note"]
    app.multiselect(key="marks").set_value(["in doubt"]).run()
    assert shown(app) == ["r0", "r3"]
    app.selectbox(key="sort").set_value("doubt").run()
    assert shown(app) == ["r3", "r0"]
    app.multiselect(key="marks").set_value(["in doubt", "edited by hand"]).run()
    assert shown(app) == ["r0"]
    app.multiselect(key="marks").set_value(["edited by hand", "not reviewed"]).run()
    assert shown(app) == ["r0"]
    app.multiselect(key="marks").set_value(["edited by hand", "reviewed"]).run()
    assert shown(app) == ["r4"] and not app.exception


def test_rows_are_sorted_by_label_and_by_text(app, store):
    texts = {"a": ("zebra", "bug"), "b": ("ant", "wish"), "c": ("moth", "bug")}
    store.datasets.add(
        Dataset("d", LabelSet(("bug", "wish")), tuple(Example(i, *both) for i, both in texts.items())),
        "a test",
    )
    opened(app)
    app.selectbox(key="sort").set_value("text").run()
    assert shown(app) == ["b", "c", "a"]
    app.selectbox(key="sort").set_value("label").run()
    assert shown(app) == ["a", "c", "b"]


def test_the_source_is_a_filter_where_there_are_several(app, store):
    store.datasets.add(rows(), "a test")
    mixed = (
        Example("a", "one text", "yes", source="Ann"),
        Example("b", "two text", "no", source="Bob"),
        Example("c", "three", "no"),
    )
    mixed_id = store.datasets.add(Dataset("mixed", LabelSet(("yes", "no")), mixed), "a test")
    opened(app)
    app.selectbox(key="dataset").set_value(mixed_id).run()
    assert not app.exception
    app.multiselect(key="sources").set_value(["Bob", "(no source)"]).run()
    assert shown(app) == ["b", "c"]
    app.selectbox(key="dataset").set_value(
        next(info.id for info in store.datasets.all() if info.id != mixed_id)
    ).run()
    assert (
        not app.exception and "sources" not in [each.key for each in app.multiselect] and len(shown(app)) == 6
    )


def test_filters_and_order_come_from_the_address(app, store, dataset_id):
    store.edits.change(dataset_id, [Change("r0", "note", "by hand"), Change("r2", "note", "by hand")])
    app.run()
    app.query_params.update({"labels": "bug", "marks": "edited by hand", "sort": "By text"})
    app.switch_page("data/dataset.py").run()
    assert not app.exception and shown(app) == ["r0", "r2"]


# ---- all at once


def change_all(app, deed: str, value: str = ""):
    app.button(key="bulk").click().run()
    app.selectbox(key="bulk_deed").set_value(deed).run()
    if deed == "Set the label":
        app.selectbox(key="bulk_label").set_value(value).run()
    elif deed == "Write a note":
        app.text_input(key="bulk_note").set_value(value).run()
    assert not app.exception
    return app


def test_the_label_of_all_rows_found_is_set_as_one_change(app, store, dataset_id):
    opened(app)
    app.text_input(key="search").set_value("number").run()
    app.multiselect(key="labels").set_value(["bug"]).run()
    change_all(app, "Set the label", "improvement")
    assert any(each.value == "Of 3 rows found, 3 would change." for each in app.caption)
    preview = next(frame.value for frame in app.dataframe if "Then" in frame.value.columns)
    assert preview[["Now", "Then"]].values.tolist() == [["bug", "improvement"]] * 3
    assert stored(store, dataset_id).label == "bug"
    app.text_input(key="bulk_why").set_value("one rule for all").run()
    app.button(key="bulk_now").click().run()
    assert not app.exception and {row.label for row in by_id(store, dataset_id).values()} == {"improvement"}
    assert store.edits.history(dataset_id)[0].why == "one rule for all"
    app.button(key="undo").click().run()
    assert [row.label for row in by_id(store, dataset_id).values()] == ["bug", "improvement"] * 3


def test_rows_that_have_the_value_already_are_counted_apart(app, store, dataset_id):
    store.edits.change(dataset_id, [Change("r0", "excluded", True)])
    change_all(opened(app), "Exclude from runs")
    assert any(each.value == "Of 6 rows found, 5 would change; 1 row has it already." for each in app.caption)
    app.button(key="bulk_now").click().run()
    assert all(row.excluded for row in by_id(store, dataset_id).values())


def test_a_note_is_written_and_cleared_in_all_rows(app, store, dataset_id):
    change_all(opened(app), "Write a note", "as agreed")
    app.button(key="bulk_now").click().run()
    assert {row.note for row in by_id(store, dataset_id).values()} == {"as agreed"}
    change_all(app, "Clear the note")
    app.button(key="bulk_now").click().run()
    assert {row.note for row in by_id(store, dataset_id).values()} == {""} and not app.exception


def test_it_is_refused_where_other_rows_match_meanwhile(app, store, dataset_id):
    opened(app)
    app.multiselect(key="labels").set_value(["bug"]).run()
    change_all(app, "Make canonical")
    store.edits.change(dataset_id, [Change("r1", "label", "bug")])
    app.button(key="bulk_now").click().run()
    assert [each for each in said(app) if each.startswith("4 rows match now, no longer 3")]
    assert not any(row.canonical for row in by_id(store, dataset_id).values())


def test_it_is_refused_where_one_of_the_rows_was_changed_meanwhile(app, store, dataset_id):
    change_all(opened(app), "Write a note", "mine")
    store.edits.change(dataset_id, [Change("r1", "note", "from the other tab")])
    app.button(key="bulk_now").click().run()
    assert [each for each in said(app) if "r1" in each and "changed" in each]
    assert (
        by_id(store, dataset_id)["r0"].note == ""
        and by_id(store, dataset_id)["r1"].note == "from the other tab"
    )


def test_a_read_only_workspace_offers_no_bulk_change(app, store, dataset_id, monkeypatch):
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    assert opened(app).button(key="bulk").disabled


# ---- two tabs


def test_an_old_edit_is_not_sent_again_over_a_newer_one(app, store, dataset_id):
    edit(opened(app), dataset_id, {0: {"note": "mine"}})
    store.edits.change(dataset_id, [Change("r0", "note", "theirs, later")])
    app.run()
    number = app.session_state["editor number"]
    assert number == 1, "the editor would go on to show what was typed into it"
    edit(app, dataset_id, {1: {"note": "mine again"}})
    assert [by_id(store, dataset_id)[row].note for row in ("r0", "r1")] == ["theirs, later", "mine again"]
