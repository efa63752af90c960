"""Feedback through the workspace, for pages, the HTTP API and the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Conflict, UsageError
from core.prompts.starting_prompt import starting_prompt
from core.services.feedback import (
    Said,
    enough_to_tune,
    news_since_tuning,
    preview,
    receive,
    receive_last_word,
    settings_to_retune,
    take_back,
)
from core.store.feedback.records import FeedbackRule, RuleEffect, ServedPrediction, State
from core.types import Branch, Dataset, LabelSet, Settings
from core.workspace import Workspace


@pytest.fixture
def dataset(workspace: Workspace) -> str:
    return workspace.store.datasets.add(Dataset("titles", LabelSet(("bug", "documentation")), ()), "test")


def test_feedback_is_kept_and_carried_out_at_once(workspace: Workspace, dataset: str):
    workspace.store.answers.add(
        ServedPrediction("p", dataset, 0.0, "fix bug in documentation", "bug", "label")
    )
    said = receive(
        workspace, dataset, Said("p", correction="documentation", note="Docs.", who="Ann", key="k")
    )
    assert (said.state, said.who, said.key, said.note) == (State.APPLIED, "Ann", "k", "Docs.")
    (row,) = workspace.store.datasets.get(dataset).examples
    assert (row.id, row.label, row.note) == (said.example_id, "documentation", "Docs.")
    assert preview(workspace, FeedbackRule("", dataset, "correction")).count(RuleEffect.ALREADY) == 1


def test_news_are_counted_since_the_last_run(workspace: Workspace, dataset: str):
    workspace.store.answers.add_all(
        [ServedPrediction(f"p{n}", dataset, 0.0, f"text {n}", "bug", "label") for n in range(3)]
    )
    receive(workspace, dataset, Said("p0", score=1.0))
    assert news_since_tuning(workspace, dataset) == 1
    workspace.store.runs.create(dataset, Settings())
    assert news_since_tuning(workspace, dataset) == 0
    for id_ in ("p1", "p2"):
        receive(workspace, dataset, Said(id_, score=1.0))
    assert news_since_tuning(workspace, dataset) == 2


def test_a_run_that_goes_on_begins_with_what_is_in_use_and_is_told_what_the_last_one_was(
    workspace: Workspace, dataset: str
):
    assert settings_to_retune(workspace, dataset) == Settings()
    workspace.store.runs.create(
        dataset, Settings(lightweight="openai:old", heavyweight="openai:big", budget_usd=2.0)
    )
    assert settings_to_retune(workspace, dataset).budget_usd == 2.0
    prompt = starting_prompt(LabelSet(("bug", "documentation")))
    workspace.store.champions.adopt(dataset, prompt, "openai:new", "", 0)
    told = settings_to_retune(workspace, dataset)
    assert (told.lightweight, told.heavyweight, told.budget_usd, told.start) == (
        "openai:new",
        "openai:big",
        2.0,
        prompt,
    )


def test_a_workspace_that_is_only_shown_takes_none(workspace: Workspace, dataset: str, tmp_path: Path):
    shown = Workspace(tmp_path, {"WHETSTONE_READ_ONLY": "1"})
    with pytest.raises(UsageError, match="read-only"):
        receive(shown, dataset, Said("p", score=1.0))
    assert workspace.store.feedback.all(dataset) == ()


def test_what_was_decided_is_taken_back_with_what_it_changed(workspace: Workspace, dataset: str):
    workspace.store.answers.add_all(
        [ServedPrediction(f"p{n}", dataset, 0.0, "one text", "bug", "label") for n in range(2)]
    )
    first, again = (receive(workspace, dataset, Said(f"p{n}", score=1.0)) for n in range(2))
    assert take_back(workspace, again.id).state is State.INBOX, (
        "the row said so already: nothing is to be undone"
    )
    assert len(workspace.store.datasets.get(dataset).examples) == 1
    assert (
        take_back(workspace, first.id).state is State.INBOX
        and workspace.store.datasets.get(dataset).examples == ()
    )
    workspace.store.feedback.discard(first.id)
    assert take_back(workspace, first.id).state is State.INBOX
    waiting = receive(workspace, dataset, Said("later", score=1.0))
    workspace.store.feedback.discard(waiting.id)
    assert take_back(workspace, waiting.id).state is State.WAITING, "its prediction is not known yet"


def test_what_something_else_followed_is_not_taken_back(workspace: Workspace, dataset: str):
    workspace.store.answers.add_all(
        [ServedPrediction(f"p{n}", dataset, 0.0, f"text {n}", "bug", "label") for n in range(2)]
    )
    first, _ = (receive(workspace, dataset, Said(f"p{n}", score=1.0)) for n in range(2))
    with pytest.raises(Conflict):
        take_back(workspace, first.id)
    with pytest.raises(Conflict, match="in the rows already"):
        workspace.store.feedback.reopen(first.id)
    assert workspace.store.feedback.get(first.id).state is State.APPLIED


def test_the_last_word_of_a_person_is_the_one_that_counts(workspace: Workspace, dataset: str):
    workspace.store.answers.add(ServedPrediction("p", dataset, 0.0, "one text", "bug", "label"))
    ann, bob = (
        receive_last_word(workspace, dataset, Said("p", score=1.0, who=who)) for who in ("Ann", "Bob")
    )
    wrong, again = (receive_last_word(workspace, dataset, Said("p", score=0.0, who="Ann")) for _ in range(2))
    assert wrong.id == again.id, "a double press"
    states = {each.id: each.state for each in workspace.store.feedback.all(dataset)}
    assert states == {ann.id: State.DISCARDED, bob.id: bob.state, wrong.id: State.NEW}
    assert workspace.store.datasets.get(dataset).examples == ()
    right = receive_last_word(workspace, dataset, Said("p", score=1.0, who="Ann"))
    assert right.state is State.APPLIED and workspace.store.feedback.get(wrong.id).state is State.DISCARDED


def test_another_run_is_worth_it_from_ten_rows_or_a_twentieth():
    assert [enough_to_tune(*each) for each in ((9, 20), (10, 20), (49, 1_000), (50, 1_000), (0, 0))] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_a_run_that_goes_on_keeps_the_locked_lines_that_the_champion_has(workspace: Workspace, dataset: str):
    prompt = starting_prompt(LabelSet(("bug", "documentation")))
    line = prompt.user_prompt_suffix.split("\n")[-1]
    run_id = workspace.store.runs.create(dataset, Settings(locked=(line, "Of another prompt.")))
    workspace.store.champions.adopt(dataset, prompt, "openai:new", run_id, 3)
    told = settings_to_retune(workspace, dataset)
    assert (told.locked, told.branch) == ((line,), Branch(run_id, 3))
