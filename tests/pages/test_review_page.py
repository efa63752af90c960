"""Review: every decision is stored at once, leaves the queue, and can be undone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core import curating
from core.state.records import Change
from core.state.store import Store
from core.types import Dataset, Example, LabelSet
from core.workspace import Workspace
from tests.pages.made import dataset_of, run_of

PAGE = "app_pages/data/review.py"


def opened(app: AppTest) -> AppTest:
    return app.run().switch_page(PAGE).run()


@pytest.fixture
def searched(app: AppTest, store: Store) -> tuple[AppTest, str]:
    """The page with a card, and the dataset."""
    dataset = dataset_of(store, "github_issues")
    opened(app).button(key="find").click().run()
    return app, dataset


def waiting(folder, dataset: str) -> list[str]:
    workspace = Workspace(folder)
    try:
        return [each.example_id for each in curating.queue(workspace, dataset)]
    finally:
        workspace.close()


def test_without_a_dataset_the_page_says_what_to_do(app: AppTest):
    assert opened(app).subheader[0].value == "Nothing to review yet"
    app.button(key="to_overview").click().run()
    assert not app.exception


def test_labels_are_looked_for_on_demand_and_come_as_cards(searched, folder):
    app, dataset = searched
    first = waiting(folder, dataset)[0]
    with Store.open(folder / "whetstone.db") as store:
        row = store.rows.one(dataset, first)
    assert row.text in [each.value for each in app.text] and not app.exception
    assert any(each.value.startswith("• ") for each in app.text), "the evidence"


@pytest.mark.parametrize(("key", "field", "value"), [
    ("review_keep", "review", "kept"), ("review_gap", "review", "gap"), ("review_exclude", "excluded", True),
])
def test_a_decision_is_stored_and_leaves_the_queue_until_it_is_undone(searched, store: Store, folder, key: str, field: str, value: object):
    app, dataset = searched
    first, second, *_ = waiting(folder, dataset)
    app.button(key=key).click().run()
    assert getattr(store.rows.one(dataset, first), field) == value
    assert waiting(folder, dataset)[0] == second
    assert store.rows.history(dataset, first)[0].why.startswith("review: ")
    app.button(key="review_undo").click().run()
    assert waiting(folder, dataset)[0] == first
    app.button(key="review_redo").click().run()
    assert waiting(folder, dataset)[0] == second and not app.exception


def test_a_row_gets_the_suggested_label_or_another_by_its_number(searched, store: Store, folder):
    app, dataset = searched
    first, second, *_ = waiting(folder, dataset)
    suggested = {each.example_id: each.suggested for each in curating.suspects(Workspace(folder), dataset)}
    app.button(key="review_relabel").click().run()
    row = store.rows.one(dataset, first)
    assert (row.label, row.review) == (suggested[first], "kept")
    names = store.datasets.info(dataset).labels.names
    other = next(number for number, name in enumerate(names, 1) if name not in (suggested[second], store.rows.one(dataset, second).label))
    app.button(key=f"review_label_{other}").click().run()
    assert store.rows.one(dataset, second).label == names[other - 1]
    assert "the suggestion was right 1 of 2 times" in "\n".join(each.value for each in app.caption)


def test_what_is_put_off_comes_last(searched, folder):
    app, dataset = searched
    texts = [each.value for each in app.text]
    app.button(key="review_later").click().run()
    assert [each.value for each in app.text] != texts
    assert len(waiting(folder, dataset)) > 1 and not app.exception


def test_a_row_that_somebody_else_changed_is_not_overwritten(searched, store: Store, folder):
    app, dataset = searched
    first = waiting(folder, dataset)[0]
    store.rows.change(dataset, [Change(first, "note", "from another tab")])
    app.button(key="review_exclude").click().run()
    row = store.rows.one(dataset, first)
    assert not row.excluded and row.note == "from another tab" and app.error


def test_a_note_is_kept_with_the_row(searched, store: Store, folder):
    app, dataset = searched
    first = waiting(folder, dataset)[0]
    app.text_input(key=f"note_{first}_{store.rows.one(dataset, first).version}").set_value("docs first").run()
    assert store.rows.one(dataset, first).note == "docs first" and not app.exception


def test_when_all_is_decided_the_page_says_so(searched, store: Store, folder):
    app, dataset = searched
    store.rows.change(dataset, [Change(row, "review", "kept") for row in waiting(folder, dataset)])
    app.run()
    assert app.success[0].proto.title == "All reviewed"


def test_what_prompts_have_said_stands_on_the_card(app: AppTest, store: Store):
    run_of(store, dataset_of(store, "github_issues"))
    opened(app).button(key="find").click().run()
    for _ in range(30):
        if "What prompts have said" in [each.value for each in app.caption]:
            break
        app.button(key="review_later").click().run()
    assert "What prompts have said" in [each.value for each in app.caption] and not app.exception


def test_hostile_texts_and_labels_are_shown_as_they_are(app: AppTest, store: Store):
    bad = "![x](https://example.com/x.png)"
    animals = [Example(f"r{n}", f"the striped zebra ran {n}", "animal") for n in range(30)]
    fruits = [Example(f"s{n}", f"a ripe apple fell {n}", bad) for n in range(30)]
    odd = Example("odd", "the striped zebra **ran** <img src=x>", bad)
    store.datasets.add(Dataset("Odd", LabelSet(("animal", bad)), (*animals, *fruits, odd, replace(odd, id="twin", label="animal"))), "test")
    opened(app).button(key="find").click().run()
    assert odd.text in [each.value for each in app.text]
    assert not any(bad in each.value for each in app.markdown) and not any(bad in each.label for each in app.button)


def test_read_only_pages_decide_nothing(app: AppTest, store: Store, folder, monkeypatch: pytest.MonkeyPatch):
    dataset = dataset_of(store, "github_issues")
    workspace = Workspace(folder)
    curating.find(workspace, dataset)
    workspace.close()
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert all(app.button(key=f"review_{name}").disabled for name in ("relabel", "keep", "exclude", "gap", "undo"))
