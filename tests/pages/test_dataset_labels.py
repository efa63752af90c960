"""The dataset page, labels: rename, merge, delete, definitions, the drafted codebook."""

from __future__ import annotations

import pytest

from core.store.records import Change, RowQuery
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from tests.pages.conftest import edit_table
from tests.pages.dataset_page import editor_of, opened, press_in_table, rows, said, turn

LABELS = ("bug", "improvement", "question")
HOSTILE = ("**bold** <b>x</b> $a$ :red[no]", "🔥 :fire: `code`", "x" * 100)


@pytest.fixture
def dataset_id(store: Store) -> str:
    return store.datasets.add(rows(9, LABELS), "a test")


def in_labels(app):
    return turn(opened(app), "labels")


def labels_of(store: Store, dataset_id: str) -> list[str]:
    return [row.label for row in store.rows.page(dataset_id, RowQuery()).rows]


def sentences(app) -> list[str]:
    return [each.value.replace("\\", "") for each in app.markdown]


def test_a_label_is_renamed_with_its_rows_and_definition(app, store, dataset_id):
    store.labels.define(dataset_id, {"bug": "It fails."})
    press_in_table(in_labels(app), "deed", 0, "Rename…")
    app.text_input(key="deed_name").set_value("defect").run()
    assert "3 rows with “bug” will have the label “defect”. Its definition moves with it." in sentences(app)
    assert labels_of(store, dataset_id)[0] == "bug"
    app.button(key="deed_now").click().run()
    info = store.datasets.info(dataset_id)
    assert (
        not app.exception
        and info.labels.names[0] == "defect"
        and info.labels.definitions == {"defect": "It fails."}
    )
    assert labels_of(store, dataset_id).count("defect") == 3
    app.button(key="undo").click().run()
    assert (
        store.datasets.info(dataset_id).labels.names == LABELS
        and labels_of(store, dataset_id).count("bug") == 3
    )


def test_a_name_that_is_taken_is_refused_in_the_dialog(app, store, dataset_id):
    press_in_table(in_labels(app), "deed", 0, "Rename…")
    app.text_input(key="deed_name").set_value("question").run()
    app.button(key="deed_now").click().run()
    assert not app.exception and app.error and app.text_input(key="deed_name").value == "question"
    assert store.datasets.info(dataset_id).labels.names == LABELS


def test_labels_are_merged_with_a_count_before(app, store, dataset_id):
    store.edits.change(dataset_id, [Change("r0", "excluded", True)])
    press_in_table(in_labels(app), "deed", 0, "Merge…")
    app.multiselect(key="deed_gone").set_value(["bug", "question"]).run()
    app.selectbox(key="deed_into").set_value("improvement").run()
    wanted = "6 rows (1 of them excluded) with “bug”, “question” will have the label “improvement”."
    assert any(each.startswith(wanted) and "“improvement” then has 9 rows" in each for each in sentences(app))
    app.button(key="deed_now").click().run()
    assert not app.exception and set(labels_of(store, dataset_id)) == {"improvement"}
    assert store.datasets.info(dataset_id).labels.names == ("improvement",)
    app.button(key="undo").click().run()
    assert (
        store.datasets.info(dataset_id).labels.names == LABELS and len(set(labels_of(store, dataset_id))) == 3
    )


@pytest.mark.parametrize("into", [None, "question"])
def test_a_label_is_deleted_and_its_rows_are_excluded_or_given_another(app, store, dataset_id, into):
    press_in_table(in_labels(app), "deed", 1, "Delete…")
    if into:
        app.selectbox(key="deed_rows").set_value(into).run()
    app.button(key="deed_now").click().run()
    assert not app.exception and store.datasets.info(dataset_id).labels.names == ("bug", "question")
    found = store.rows.page(dataset_id, RowQuery()).rows
    assert [row.label for row in found].count("question") == (6 if into else 3)
    assert sum(row.excluded for row in found) == (0 if into else 3)


def test_a_label_that_another_tab_changed_meanwhile_is_not_overwritten(app, store, dataset_id):
    press_in_table(in_labels(app), "deed", 0, "Rename…")
    app.text_input(key="deed_name").set_value("defect").run()
    store.labels.rename(dataset_id, "bug", "failure")
    app.button(key="deed_now").click().run()
    assert not app.exception and app.error and store.datasets.info(dataset_id).labels.names[0] == "failure"


def test_a_definition_can_be_undone(app, store, dataset_id):
    edit_table(in_labels(app), editor_of(app, "definition").key, {0: {"definition": "It fails."}})
    assert store.datasets.info(dataset_id).labels.definitions == {"bug": "It fails."}
    app.button(key="undo").click().run()
    assert not app.exception and store.datasets.info(dataset_id).labels.definitions == {}
    assert editor_of(app, "definition").value["definition"].tolist() == ["", "", ""]


def test_the_definitions_do_not_change_beneath_what_is_typed(app, store, dataset_id):
    editor = editor_of(in_labels(app), "definition")
    drawn = editor.proto.SerializeToString()
    edit_table(app, editor.key, {0: {"definition": "It fails."}})
    edit_table(app, editor.key, {0: {"definition": "It fails."}, 1: {"definition": "Asked for."}})
    assert store.datasets.info(dataset_id).labels.definitions == {
        "bug": "It fails.",
        "improvement": "Asked for.",
    }
    assert editor_of(app, "definition").proto.SerializeToString() == drawn
    store.datasets.set_definitions(dataset_id, {"bug": "theirs"})
    app.run()
    assert editor_of(app, "definition").value["definition"].tolist()[0] == "theirs"


def test_a_definition_from_the_other_tab_is_not_overwritten(app, store, dataset_id):
    in_labels(app)
    store.labels.define(dataset_id, {"bug": "theirs"})
    edit_table(app, editor_of(app, "definition").key, {0: {"definition": "mine"}})
    assert app.error and store.datasets.info(dataset_id).labels.definitions == {"bug": "theirs"}


def test_hostile_labels_are_shown_as_they_are_written(app, store):
    dataset_id = store.datasets.add(rows(6, HOSTILE), "a test")
    press_in_table(in_labels(app), "deed", 0, "Rename…")
    app.text_input(key="deed_name").set_value(HOSTILE[0] + "!").run()
    [said_of_it] = [each.value for each in app.markdown if "will have the label" in each.value]
    assert "\\*\\*bold\\*\\*" in said_of_it and "<b>" not in said_of_it and "\\:red\\[no\\]" in said_of_it
    app.button(key="deed_now").click().run()
    assert not app.exception and store.datasets.info(dataset_id).labels.names[0] == HOSTILE[0] + "!"
    assert editor_of(app, "definition").value["label"].tolist()[1:] == list(HOSTILE[1:])


# ---- the codebook


def drafted(app, store):
    in_labels(app)
    [info] = store.datasets.all()
    app.session_state[f"codebook_{info.id}"] = True
    app.run()
    app.button(key="codebook_draft").click().run(timeout=60)
    assert not app.exception
    return app


def test_drafts_stand_beside_the_definitions_and_nothing_is_stored_before_saving(app, store):
    texts = {"bug": "The program crashes with an error", "wish": "Please add support for a new feature"}
    many = tuple(
        Example(f"r{i}", f"{text} number {i} in module {i % 7}", label)
        for i, (label, text) in enumerate(list(texts.items()) * 20)
    )
    dataset_id = store.datasets.add(Dataset("d", LabelSet(tuple(texts), {"bug": "Mine."}), many), "a test")
    drafted(app, store)
    drafts = editor_of(app, "draft").value
    assert drafts[["take", "label", "now"]].values.tolist() == [[False, "bug", "Mine."], [True, "wish", ""]]
    assert all(drafts["draft"]) and store.datasets.info(dataset_id).labels.definitions == {"bug": "Mine."}
    edit_table(app, editor_of(app, "draft").key, {1: {"draft": "What somebody would like to have."}})
    app.button(key="codebook_save").click().run()
    assert not app.exception
    assert store.datasets.info(dataset_id).labels.definitions == {
        "bug": "Mine.",
        "wish": "What somebody would like to have.",
    }
    assert store.edits.history(dataset_id)[0].why == "drafted by offline:editor"
    app.button(key="undo").click().run()
    assert store.datasets.info(dataset_id).labels.definitions == {"bug": "Mine."}


def test_rows_that_are_too_few_to_draft_from_get_a_sentence(app, store):
    store.datasets.add(rows(2), "a test")
    drafted(app, store)
    assert said(app)


def test_what_a_draft_costs_is_said_before_it_is_asked(app, store, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    store.datasets.add(rows(40, LABELS), "a test")
    in_labels(app)
    [info] = store.datasets.all()
    app.session_state[f"codebook_{info.id}"] = True
    app.session_state["codebook_model"] = "openai:gpt-6.1-sol"
    app.run()
    assert not app.exception
    [price] = [each.value.replace("\\", "") for each in app.caption if each.value.startswith("1 call")]
    assert "$" in price and "cache" in price
