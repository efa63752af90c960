"""Suspects, cards and past runs, out of a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import DataError, NotFound, UsageError
from core.samples import sample
from core.services import review as curating
from core.services.datasets import import_sample
from core.store.records import WRONG, Change, RowQuery
from core.workspace import Workspace
from tests.pages.made import run_of


@pytest.fixture
def dataset(workspace: Workspace) -> str:
    return import_sample(workspace, sample("github_issues"))


def test_suspects_are_kept_most_doubtful_first_and_can_be_filtered_by(workspace: Workspace, dataset: str):
    assert not curating.was_searched(workspace, dataset) and curating.all_suspects(workspace, dataset) == ()
    found = curating.find(workspace, dataset)
    assert curating.was_searched(workspace, dataset) and not curating.is_stale(workspace, dataset)
    assert curating.all_suspects(workspace, dataset) == found and len(found) > 10
    assert [each.doubt for each in found] == sorted((each.doubt for each in found), reverse=True)
    page = workspace.store.rows.page(dataset, RowQuery(suspect=True, sort="doubt"))
    assert page.total == len(found) and page.rows[0].id == found[0].example_id


def test_what_was_decided_leaves_the_queue_and_does_not_come_back(workspace: Workspace, dataset: str):
    curating.find(workspace, dataset)
    first, second, third, *_ = curating.queue(workspace, dataset)
    edits = workspace.store.edits
    edits.change(dataset, [Change(first.example_id, "review", "kept")])
    edits.change(
        dataset,
        [Change(second.example_id, "label", second.suggested), Change(second.example_id, "review", "kept")],
    )
    edits.change(dataset, [Change(third.example_id, "excluded", True)])
    decided = {first.example_id, second.example_id, third.example_id}
    left = {each.example_id for each in curating.queue(workspace, dataset)}
    assert not decided & left
    # Fault: the overview counted 44 suspects, Review 37.
    assert workspace.store.rows.counts(dataset).suspects == len(left)
    assert workspace.store.rows.page(dataset, RowQuery(suspect=True)).total == len(left)
    assert curating.is_stale(workspace, dataset)
    curating.find(workspace, dataset)
    assert not decided & {each.example_id for each in curating.queue(workspace, dataset)}
    edits.undo(dataset)
    edits.undo(dataset)
    curating.find(workspace, dataset)
    assert second.example_id in {each.example_id for each in curating.queue(workspace, dataset)}


def test_a_card_shows_all_that_is_known_of_a_row(workspace: Workspace, dataset: str):
    run_of(workspace.store, dataset)
    found = curating.find(workspace, dataset)
    told = curating.card(workspace, dataset, found[0].example_id)
    assert told.suspect == found[0] and told.row.id == found[0].example_id
    assert 0 < len(told.neighbours) <= curating.NEAREST
    assert [each.similarity for each in told.neighbours] == sorted(
        (each.similarity for each in told.neighbours), reverse=True
    )
    assert told.row.id not in {each.row.id for each in told.neighbours}
    plain = next(
        row
        for row in workspace.store.rows.page(dataset).rows
        if row.id not in {each.example_id for each in found}
    )
    other = curating.card(workspace, dataset, plain.id)
    assert other.suspect is None and other.neighbours
    workspace.store.edits.change(dataset, [Change(plain.id, "note", "seen")], who="Ada", why="a test")
    assert [(each.who, each.why) for each in curating.card(workspace, dataset, plain.id).history] == [
        ("Ada", "a test")
    ]
    with pytest.raises(NotFound):
        curating.card(workspace, dataset, "nowhere")


def test_rows_that_the_last_run_gets_wrong_follow_their_labels(workspace: Workspace, dataset: str):
    curating.refresh_wrong(workspace, dataset)
    assert workspace.store.marks.get(dataset, WRONG) == {}
    run_of(workspace.store, dataset)
    curating.refresh_wrong(workspace, dataset)
    wrong = {row: said for row, said in workspace.store.marks.get(dataset, WRONG).items() if said}
    row, said = next(iter(wrong.items()))
    workspace.store.edits.change(dataset, [Change(row, "label", said)])
    curating.refresh_wrong(workspace, dataset)
    assert set(workspace.store.marks.get(dataset, WRONG)) == set(
        workspace.store.marks.get(dataset, WRONG)
    ) - {row}


def test_stubborn_mistakes_are_sorted(workspace: Workspace, dataset: str):
    assert curating.triaged(workspace, dataset) == ()
    run_of(workspace.store, dataset)
    curating.find(workspace, dataset)
    sorted_ = curating.triaged(workspace, dataset)
    assert sorted_ and all(each.evidence and each.missed for each in sorted_)


def test_a_run_is_replayed_by_todays_labels(workspace: Workspace, dataset: str):
    run = run_of(workspace.store, dataset)
    assert curating.replayed(workspace, run).changes.count == 0
    row = workspace.store.rows.page(dataset).rows[0]
    workspace.store.edits.change(dataset, [Change(row.id, "excluded", True)])
    assert curating.replayed(workspace, run).changes.count == 1


def test_nothing_is_looked_for_where_the_workspace_is_only_shown(tmp_path: Path, dataset: str):
    with pytest.raises(UsageError, match="read-only"):
        curating.find(Workspace(tmp_path, {"WHETSTONE_READ_ONLY": "1"}), dataset)


def test_rows_with_several_labels_are_not_sent_to_a_blind_vote(workspace: Workspace):
    labelled = import_sample(workspace, sample("help_desk_labels"))
    with pytest.raises(DataError, match="a blind vote takes one label a row"):
        curating.vote(workspace, labelled, [curating.find(workspace, labelled)[0].example_id], "any:model")
