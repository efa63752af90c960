"""Rows without a label: their order, the label a person gives, what neighbours and the champion suggest."""

from __future__ import annotations

import pytest

from core.data.importing.update import UpdatePlan
from core.errors import Conflict, NotFound
from core.prompts.starting_prompt import starting_prompt
from core.samples import sample
from core.services.datasets import hold_out, import_sample
from core.services.labelling import suggestions
from core.services.labelling import unlabelled as labelling
from core.store.records import Change, RowQuery
from core.types import Dataset, Example, LabelSet
from core.workspace import Workspace
from tests.pages.made import run_of

TOPICS = {"billing": "invoice card charge refund", "login": "password sign in account locked"}


def unlabelled(workspace: Workspace, labelled: int = 0, rows: int = 24) -> str:
    """Rows of two topics, the first ones labelled."""
    names = list(TOPICS)
    examples = []
    for number in range(rows):
        label = names[number % 2]
        text = f"{TOPICS[label].split()[number % 4]} trouble with {TOPICS[label]}, case {number * 7919 % 101}"
        given = label if number < labelled else ""
        examples.append(Example(f"r{number}", text, given, excluded=not given))
    return workspace.store.datasets.add(Dataset("new", LabelSet(tuple(names)), tuple(examples)), "test")


def test_a_dataset_of_rows_without_a_label_alone_has_an_order_and_a_progress(workspace: Workspace):
    dataset = workspace.store.datasets.add(
        Dataset(
            "bare", LabelSet(()), tuple(Example(f"r{n}", f"text {n}", "", excluded=True) for n in range(5))
        ),
        "t",
    )
    assert sorted(labelling.waiting(workspace, dataset)) == [f"r{n}" for n in range(5)]
    done = labelling.progress(workspace, dataset)
    assert (done.labelled, done.total, done.waiting, done.labels) == (0, 5, 5, {})
    labelling.name_labels(workspace, dataset, LabelSet(("a", "b"), {"a": "first"}), "Ann")
    assert workspace.store.datasets.info(dataset).labels == LabelSet(("a", "b"), {"a": "first"})
    assert workspace.store.edits.history(dataset)[0].who == "Ann"


def test_near_duplicates_do_not_come_one_after_the_other(workspace: Workspace):
    copies = [
        Example(f"c{n}", f"My card was charged twice for order {n}", "", excluded=True) for n in range(30)
    ]
    others = [
        Example("o1", "The app crashes when I open settings", "", excluded=True),
        Example("o2", "Where is the documentation of webhooks", "", excluded=True),
        Example("o3", "Please add a dark theme", "", excluded=True),
    ]
    dataset = workspace.store.datasets.add(Dataset("x", LabelSet(("a", "b")), (*copies, *others)), "test")
    assert {"o1", "o2", "o3"} <= set(labelling.waiting(workspace, dataset)[: labelling.BATCH])


def test_a_label_is_one_change_that_takes_the_row_in_and_is_undone_as_a_whole(workspace: Workspace):
    dataset = unlabelled(workspace)
    row = workspace.store.rows.one(dataset, labelling.waiting(workspace, dataset)[0])
    labelling.give_first_label(workspace, dataset, row, "billing", "Ann")
    given = workspace.store.rows.one(dataset, row.id)
    assert (given.label, given.excluded, given.review, given.split) == ("billing", False, "kept", "")
    assert row.id not in labelling.waiting(workspace, dataset)
    assert labelling.progress(workspace, dataset).labelled == 1
    with pytest.raises(Conflict):
        labelling.give_first_label(workspace, dataset, row, "login")
    assert workspace.store.edits.undo(dataset) == f"Undone: “{row.text}” labelled “billing”."
    assert row.id in labelling.waiting(workspace, dataset)


def test_a_row_that_no_label_fits_is_put_aside_and_a_skipped_one_comes_last(workspace: Workspace):
    dataset = unlabelled(workspace, rows=6)
    first, second, *_ = labelling.waiting(workspace, dataset)
    labelling.put_aside(workspace, dataset, workspace.store.rows.one(dataset, first))
    left = labelling.waiting(workspace, dataset, but=[second])
    assert first not in left and left[-1] == second
    assert (labelling.progress(workspace, dataset).aside, labelling.progress(workspace, dataset).waiting) == (
        1,
        5,
    )


def test_in_a_dataset_with_runs_first_labels_go_to_training_or_beside_their_like(workspace: Workspace):
    dataset = import_sample(workspace, sample("github_issues"))
    run_of(workspace.store, dataset)
    hold_out(workspace, dataset, 0)
    store = workspace.store
    held = store.rows.page(dataset, RowQuery(splits=("test",))).rows[0]
    added = tuple(
        Example(name, text, "", excluded=True)
        for name, text in (
            ("like", held.text.upper() + "!"),
            ("new", "Something else altogether"),
            ("third", "And a third"),
        )
    )
    store.edits.update(dataset, UpdatePlan(added, (), 0, ()))
    for name in ("like", "new"):
        labelling.give_first_label(workspace, dataset, store.rows.one(dataset, name), held.label)
    assert store.rows.one(dataset, "like").split == "test" and store.rows.one(dataset, "new").split == "train"
    store.edits.change_all(dataset, RowQuery(search="and a third"), "label", held.label)
    labelling.place_new_rows(workspace, dataset)
    assert store.rows.one(dataset, "third").split == "train"


def test_a_label_from_the_table_of_rows_takes_the_row_in_and_other_edits_stay_as_they_are(
    workspace: Workspace,
):
    dataset = unlabelled(workspace, labelled=2)
    changes = [
        Change("r5", "label", "login", 1),
        Change("r0", "label", "login", 1),
        Change("r6", "note", "n", 1),
    ]
    assert labelling.completed(workspace, dataset, changes) == [*changes, Change("r5", "excluded", False, 1)]


def test_neighbours_suggest_what_the_labelled_rows_most_like_it_have(workspace: Workspace):
    dataset = unlabelled(workspace)
    assert suggestions.neighbour_suggestion(workspace, dataset, "r20") is None
    dataset = unlabelled(workspace, labelled=10)
    suggested = suggestions.neighbour_suggestion(workspace, dataset, "r21")
    assert suggested is not None and suggested.label == "login" and suggested.nearest[0].row.label == "login"
    assert suggested.why == "so say 5 of the 5 labelled rows most like it"


def test_the_champion_is_priced_then_asked_once_for_a_batch(workspace: Workspace):
    dataset = unlabelled(workspace, labelled=10)
    with pytest.raises(NotFound, match="no champion to ask"):
        suggestions.ask_champion(workspace, dataset, ["r20"])
    labels = workspace.store.datasets.info(dataset).labels
    workspace.store.champions.adopt(dataset, starting_prompt(labels), "offline:reader")
    ids = suggestions.unasked(workspace, dataset, 5)
    price = suggestions.price_of_champion(workspace, dataset, ids, workspace.model_context())
    assert price.calls == 5 and price.total_usd is not None and price.total_usd.high == 0
    said = suggestions.ask_champion(workspace, dataset, ids)
    assert said and not set(ids[:said]) & set(suggestions.unasked(workspace, dataset, 30))
    suggested = [suggestions.champion_suggestion(workspace, dataset, each) for each in ids]
    assert any(each is not None and each.label in TOPICS for each in suggested)
    assert labelling.progress(workspace, dataset).labelled == 10, "what it says is no label"
