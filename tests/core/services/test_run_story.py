"""The story of a stored run: an outline that knows no predictions, chapters one by one, a text to try, the cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.exports.report.headline import headline_of
from core.exports.story.score import score_of
from core.samples import sample
from core.services.datasets import import_sample
from core.services.run_report import stored_report
from core.services.story.in_use import rows_to_try, thousand_in_words, try_text
from core.services.story.outline import outline_of, run_chapter
from core.types import Outcome, Settings
from core.workspace import Workspace
from tests.pages.made import run_of


@pytest.fixture
def run_id(workspace: Workspace) -> str:
    return run_of(workspace.store, import_sample(workspace, sample("github_issues")))


def outline(workspace: Workspace, run_id: str):
    store = workspace.store
    return outline_of(store.runs.get(run_id), store.steps.figures(run_id), store.runs.snapshot(run_id))


def test_the_outline_says_what_the_whole_run_says(workspace: Workspace, run_id: str):
    whole, light = stored_report(workspace.store, run_id), outline(workspace, run_id)
    assert score_of(light) == score_of(whole) and headline_of(light) == headline_of(whole)


def test_a_chapter_is_read_against_the_last_prompt_that_was_kept(workspace: Workspace, run_id: str):
    store = workspace.store
    rows = {row.id: row for row in store.runs.snapshot(run_id).examples}
    chapters = [run_chapter(store, run_id, n, store.steps.figures(run_id), rows) for n in range(3)]
    assert [each.verdict for each in chapters] == ["start", "kept", "refused"]
    assert chapters[0].before is None and chapters[2].before == chapters[1].after


def test_rows_to_try_are_those_that_only_the_best_prompt_gets_right(workspace: Workspace, run_id: str):
    run = outline(workspace, run_id)
    tried = rows_to_try(run)
    start, best = (
        {each.example_id: each.label for each in scored.evaluations["test"].predictions}
        for scored in (run.result.baseline, run.result.best)
    )
    assert tried and all(start[row.id] != row.label == best[row.id] for row in tried)
    assert rows_to_try(replace(run, result=None)) == ()


def test_both_prompts_answer_a_text_and_nothing_is_stored(workspace: Workspace, run_id: str):
    record = workspace.store.runs.get(run_id)
    prompts = [record.result.baseline.prompt, record.result.best.prompt]
    answers = try_text(workspace, record, prompts, "fix bug in the docs")
    assert [answer.outcome for answer in answers] == [Outcome.LABEL] * 2
    assert workspace.store.answers.page(record.dataset_id).total == 0


def test_a_thousand_classifications_cost_nothing_offline_and_money_elsewhere(
    workspace: Workspace, run_id: str
):
    record = workspace.store.runs.get(run_id)
    assert thousand_in_words(workspace, record, outline(workspace, run_id)).startswith(
        "nothing with offline:reader, which is no language model (about "
    )
    paid = run_of(
        workspace.store, record.dataset_id, settings=Settings("openai:gpt-6-luna", "openai:gpt-6.1-sol")
    )
    words = thousand_in_words(workspace, workspace.store.runs.get(paid), outline(workspace, paid))
    assert words.startswith("$0.0") and words.endswith("with the starting prompt")
