"""Review: every decision is stored at once, leaves the queue, and can be undone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.services import review as curating
from core.store.records import Change
from core.store.store import Store
from core.types import Dataset, Example, LabelSet
from core.workspace import Workspace
from pages.ui.review.decisions import Made
from pages.ui.review.progress import progress_in_words
from pages.ui.review.queue import OPENED
from pages.ui.review.votes import votes_in_words
from tests.pages.made import dataset_of, run_of

PAGE = "data/review.py"


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
    assert any(each.value.startswith("- ") for each in app.markdown), "the evidence"


@pytest.mark.parametrize(
    ("key", "field", "value"),
    [
        ("review_keep", "review", "kept"),
        ("review_unclear", "review", "gap"),
        ("review_exclude", "excluded", True),
    ],
)
def test_a_decision_is_stored_and_leaves_the_queue_until_it_is_undone(
    searched, store: Store, folder, key: str, field: str, value: object
):
    app, dataset = searched
    first, second, *_ = waiting(folder, dataset)
    app.button(key=key).click().run()
    assert getattr(store.rows.one(dataset, first), field) == value
    assert waiting(folder, dataset)[0] == second
    assert store.edits.history(dataset, first)[0].why.startswith("review: ")
    app.button(key="review_undo").click().run()
    assert waiting(folder, dataset)[0] == first
    app.button(key="review_redo").click().run()
    assert waiting(folder, dataset)[0] == second and not app.exception


def test_a_row_gets_the_suggested_label_or_another_by_its_number(searched, store: Store, folder):
    app, dataset = searched
    first, second, *_ = waiting(folder, dataset)
    suggested = {
        each.example_id: each.suggested for each in curating.all_suspects(Workspace(folder), dataset)
    }
    app.button(key="review_relabel").click().run()
    row = store.rows.one(dataset, first)
    assert (row.label, row.review) == (suggested[first], "kept")
    names = store.datasets.info(dataset).labels.names
    other = next(
        number
        for number, name in enumerate(names, 1)
        if name not in (suggested[second], store.rows.one(dataset, second).label)
    )
    app.button(key=f"review_label_{other}").click().run()
    assert store.rows.one(dataset, second).label == names[other - 1]
    assert "you agreed with the suggestion 1 of 2" in "\n".join(each.value for each in app.caption)


def test_what_is_put_off_comes_last(searched, folder):
    app, dataset = searched
    texts = [each.value for each in app.text]
    app.button(key="review_later").click().run()
    assert [each.value for each in app.text] != texts
    assert len(waiting(folder, dataset)) > 1 and not app.exception


def test_a_row_that_somebody_else_changed_is_not_overwritten(searched, store: Store, folder):
    app, dataset = searched
    first = waiting(folder, dataset)[0]
    store.edits.change(dataset, [Change(first, "note", "from another tab")])
    app.button(key="review_exclude").click().run()
    row = store.rows.one(dataset, first)
    assert not row.excluded and row.note == "from another tab" and app.error


def test_a_note_is_kept_with_the_row(searched, store: Store, folder):
    app, dataset = searched
    first = waiting(folder, dataset)[0]
    app.button(key="review_note").click().run()
    app.text_input(key=f"review_noted_{first}_{store.rows.one(dataset, first).version}").set_value(
        "docs first"
    ).run()
    row = store.rows.one(dataset, first)
    assert (row.note, row.review) == ("docs first", "kept") and not app.exception


def test_when_all_is_decided_the_page_says_so(searched, store: Store, folder):
    app, dataset = searched
    store.edits.change(dataset, [Change(row, "review", "kept") for row in waiting(folder, dataset)])
    app.run()
    assert app.success[0].proto.title == "All reviewed"


def test_what_prompts_have_said_stands_on_the_card(app: AppTest, store: Store):
    run_of(store, dataset_of(store, "github_issues"))
    opened(app).button(key="find").click().run()
    for _ in range(30):
        if any("classified it," in each.value for each in app.caption):
            break
        app.button(key="review_later").click().run()
    assert any("classified it," in each.value for each in app.caption) and not app.exception


def test_hostile_texts_and_labels_are_shown_as_they_are(app: AppTest, store: Store):
    bad = "![x](https://example.com/x.png)"
    animals = [Example(f"r{n}", f"the striped zebra ran {n}", "animal") for n in range(30)]
    fruits = [Example(f"s{n}", f"a ripe apple fell {n}", bad) for n in range(30)]
    odd = Example("odd", "the striped zebra **ran** <img src=x>", bad)
    store.datasets.add(
        Dataset(
            "Odd",
            LabelSet(("animal", bad)),
            (*animals, *fruits, odd, replace(odd, id="twin", label="animal")),
        ),
        "test",
    )
    opened(app).button(key="find").click().run()
    assert odd.text in [each.value for each in app.text]
    assert not any(bad in each.value for each in app.markdown) and not any(
        bad in each.label for each in app.button
    )


def test_read_only_pages_decide_nothing(app: AppTest, store: Store, folder, monkeypatch: pytest.MonkeyPatch):
    dataset = dataset_of(store, "github_issues")
    workspace = Workspace(folder)
    curating.find(workspace, dataset)
    workspace.close()
    monkeypatch.setenv("WHETSTONE_READ_ONLY", "1")
    opened(app)
    assert all(
        app.button(key=f"review_{name}").disabled
        for name in ("relabel", "keep", "exclude", "unclear", "note", "undo")
    )


def test_undo_takes_back_what_was_decided_here_and_nothing_else(searched, store: Store, folder):
    app, dataset = searched
    first, second, *_ = waiting(folder, dataset)
    store.edits.change(dataset, [Change(first, "note", "by the editor")], why="")
    app.run()
    assert app.button(key="review_undo").disabled
    app.button(key="review_later").click().run()
    app.button(key="review_keep").click().run()
    assert store.rows.one(dataset, second).review == "kept"
    app.button(key="review_undo").click().run()
    text = store.rows.one(dataset, second).text
    assert store.rows.one(dataset, second).review == "" and text in [each.value for each in app.text], (
        "its card is shown again"
    )


def test_filters_narrow_the_cards(searched, store: Store, folder):
    app, dataset = searched
    before = len(waiting(folder, dataset))
    label = store.rows.one(dataset, waiting(folder, dataset)[0]).label
    app.multiselect(key="review_labels").set_value([label]).run()
    now = int(app.caption[0].value.split()[0])
    rows = store.rows.some(dataset, waiting(folder, dataset))
    assert now == sum(row.label == label for row in rows.values()) < before
    app.radio(key="review_source").set_value("twins").run()
    assert not app.exception


def test_a_row_with_the_same_text_stands_on_a_card_once(app: AppTest, store: Store):
    labels = ("bug", "docs")
    rows = [
        Example(f"r{n}", f"the {'build crashes' if n % 2 else 'guide is old'} {n}", labels[1 - n % 2])
        for n in range(30)
    ]
    rows += [Example(label, "the build crashes again", label) for label in labels]
    store.datasets.add(Dataset("twins", LabelSet(labels), tuple(rows)), "test")
    opened(app).button(key="find").click().run()
    assert "The same text with another label" in [each.value for each in app.caption]
    shown = "".join(each.proto.body for each in app.get("html"))
    assert shown.count("the build crashes again") == 1


def test_stubborn_mistakes_are_sorted_and_open_as_cards(app: AppTest, store: Store):
    run_of(store, dataset_of(store, "github_issues"))
    opened(app).button(key="find").click().run()
    app.segmented_control(key="review").set_value("triage").run()
    assert "Evidence" in app.dataframe[0].value.columns and not app.exception
    asked = len(app.dataframe[0].value)
    app.button(key="triage_review").click().run()
    assert app.segmented_control(key="review").value == "cards"
    assert any(f"probably mislabelled, {asked:,} row" in each.value for each in app.caption)
    app.button(key="review_all").click().run()
    assert not any("From triage" in each.value for each in app.caption) and not app.exception


def test_without_runs_triage_says_what_to_do(searched):
    app, _ = searched
    app.segmented_control(key="review").set_value("triage").run()
    assert app.subheader[0].value == "No stubborn mistakes" and app.button(key="triage_to_run")


def test_the_offline_editor_has_no_vote_and_others_tell_their_price_first(
    searched, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-real-key-0123456789")
    app, _ = searched
    app.button(key="ask_votes").click().run()
    assert "no vote" in app.info[0].value and app.button(key="votes_now").disabled
    app.selectbox(key="votes_model").set_value("openai:gpt-6.1-sol").run()
    app.button(
        key="ask_votes"
    ).click().run()  # a browser would draw the dialog alone again; here it is closed by any other run
    assert any(" calls, " in each.value and "$" in each.value for each in app.text) and not app.exception


def test_votes_become_a_reason_to_doubt(store: Store, folder):
    dataset = dataset_of(store, "github_issues")
    workspace = Workspace(folder)
    ids = [each.example_id for each in curating.find(workspace, dataset)]
    assert (
        curating.vote(workspace, dataset, ids, "offline:reader")
        == len(workspace.store.marks.get(dataset, curating.VOTE))
        > 0
    )
    assert curating.is_stale(workspace, dataset)
    reasons = [reason for each in curating.find(workspace, dataset) for reason in each.reasons]
    workspace.close()
    assert any(reason.startswith("The heavyweight model, not shown the label, says") for reason in reasons)


def test_progress_counts_the_rows_of_what_is_shown_each_once(searched, store: Store, folder):
    """Fault: "6 of 9 reviewed" stood over a group of three cards."""
    app, dataset = searched
    for _ in range(2):
        app.button(key="review_keep").click().run()
    left = len(waiting(folder, dataset))
    assert progress(app).startswith(f"2 of {left + 2} reviewed")
    app.session_state[OPENED] = (dataset, tuple(waiting(folder, dataset)[:3]), "probably mislabelled")
    app.run().button(key="review_keep").click().run()
    assert progress(app).startswith("1 of 3 reviewed")
    twice = [Made("one", "a", False, 0.0), Made("two", "a", True, 1.0)]
    assert progress_in_words(twice, 2).startswith("1 of 3 reviewed · you agreed with the suggestion 1 of 1")
    assert progress_in_words([], 8) == "8 rows to decide", "whether or not their labels are in doubt"
    assert progress_in_words([Made("one", "a", None, 0.0)], 2) == "1 of 3 reviewed", "nothing was suggested"


def progress(app: AppTest) -> str:
    return next(each.value for each in app.caption if "reviewed" in each.value)


def test_a_vote_says_why_there_are_fewer_cards():
    """Fault: 32 cards became 22 without a word."""
    before, after = {str(n) for n in range(32)}, {str(n) for n in range(10, 33)}
    assert votes_in_words(32, before, after) == (
        "The model labelled 32 rows. 10 labels it confirmed are no longer in doubt. "
        "1 label is newly in doubt. 23 labels in doubt now, 32 before."
    )
