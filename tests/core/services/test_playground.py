"""The playground without its page: sides, switches, the exact request, prompts kept for the history; drafts
scored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import DataError, UsageError
from core.prompts.files import prompt_key
from core.prompts.starting_prompt import starting_prompt
from core.samples import sample
from core.services.datasets import import_sample
from core.services.evaluation.draft_score import match, price, score
from core.services.playground import (
    PlaygroundContext,
    PromptedModel,
    RequestOptions,
    play,
    prompt_of_key,
    request_of,
    switched,
)
from core.types import Dataset, Example, FewShot, LabelSet, Outcome, Shot
from core.workspace import Workspace
from tests.fakes import acts
from tests.fakes.server import FakeServer

KEY = "sk-test-Zx81Qm7TtuwRk02LpVd9"
LABELS = LabelSet(("bug", "documentation"))
PLAIN = starting_prompt(LABELS)
TOLD = starting_prompt(
    LabelSet(("bug", "documentation"), {"documentation": "docs, documentation", "bug": "crash, error"})
)
MODEL = "openai:gpt-6-luna"


def side(prompt=PLAIN, model: str = "offline:reader") -> PromptedModel:
    return PromptedModel(prompt, LABELS.names, model)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace(tmp_path / "workspace", {})
    yield opened
    opened.close()


@pytest.fixture
def dataset(workspace: Workspace) -> str:
    held_out = [
        ("secret docs held out", "documentation", "validation"),
        ("secret crash held out", "bug", "test"),
    ]
    rows = [("the docs are wrong", "documentation", "train"), ("a crash at start", "bug", "train"), *held_out]
    examples = tuple(Example(str(n), text, label, split=split) for n, (text, label, split) in enumerate(rows))
    return workspace.store.datasets.add(Dataset("issues", LABELS, examples), "test")


def test_switches_change_what_they_name_and_nothing_else():
    shown = replace(PLAIN, bot_reply_prefix="Well", few_shot=FewShot("fixed", 1, (Shot("a", "bug"),)))
    assert switched(shown, RequestOptions()) == shown
    assert switched(shown, RequestOptions(k=0)) == replace(shown, few_shot=FewShot())
    assert switched(shown, RequestOptions(k=3)) == replace(
        shown, few_shot=FewShot("similar", 3, (Shot("a", "bug"),))
    )
    assert switched(shown, RequestOptions(reply_prefix="")) == replace(shown, bot_reply_prefix="")
    assert switched(shown, RequestOptions(reply_prefix="So: ")) == replace(shown, bot_reply_prefix="So: ")


def test_sides_answer_the_same_texts_beside_each_other(workspace: Workspace, dataset: str):
    plain, told = play(
        PlaygroundContext(workspace, dataset), [side(), side(TOLD)], ["broken docs", "an error"]
    )
    assert [each.text for each in plain] == [each.text for each in told] == ["broken docs", "an error"]
    assert [each.label for each in told] == ["documentation", "bug"]
    page = workspace.store.answers.page(dataset)
    assert page.total == 4 and {answer.source for answer in page.answers} == {"playground"}
    assert {answer.prompt_key for answer in page.answers} == {prompt_key(PLAIN), prompt_key(TOLD)}


def test_neighbours_come_from_training_rows_alone(workspace: Workspace, dataset: str):
    [[answer]] = play(
        PlaygroundContext(workspace, dataset, RequestOptions(k=16)),
        [side(switched(PLAIN, RequestOptions(k=16)))],
        ["secret docs held out"],
    )
    assert {each.text for each in answer.examples} == {"the docs are wrong", "a crash at start"}
    similar = [each.similarity for each in answer.examples]
    assert similar == sorted(similar) and similar[-1] > 0


def test_the_request_shown_is_the_one_sent(tmp_path: Path):
    with FakeServer(key=KEY) as server:
        here = Workspace(tmp_path / "wire", {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.openai_url})
        dataset = here.store.datasets.add(
            Dataset("issues", LABELS, (Example("1", "docs", "documentation", split="train"),)), "test"
        )
        table, asked = (
            PlaygroundContext(here, dataset, RequestOptions(k=2, structured=True)),
            side(switched(PLAIN, RequestOptions(k=2)), MODEL),
        )
        request = request_of(table, asked, "fix docs")
        [[answer]] = play(table, [asked], ["fix docs"])
        sent = server.bodies[0]
        assert answer.request == request and request.choices == LABELS.names
        assert [message["content"] for message in sent["messages"]] == [
            message.content for message in request.messages
        ]
        assert "response_format" in sent and len(answer.examples) == 1
        [[again]] = play(table, [asked], ["fix docs"])
        assert again.cached and again.cost_usd == 0 and len(server.bodies) == 1 and answer.cost_usd > 0
        here.close()


def test_a_failed_call_is_an_answer_that_says_so(tmp_path: Path):
    with FakeServer(key=KEY) as server:
        here = Workspace(tmp_path / "wire", {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.openai_url})
        dataset = here.store.datasets.add(Dataset("issues", LABELS, ()), "test")
        server.script.append(acts.FILTERED_REQUEST)
        [[failed]] = play(PlaygroundContext(here, dataset), [side(model=MODEL)], ["fix docs"])
        assert failed.outcome is Outcome.FAILED and failed.error and not failed.label
        here.close()


def test_in_a_workspace_shown_read_only_nothing_is_stored_or_asked(
    tmp_path: Path, workspace: Workspace, dataset: str
):
    with FakeServer(key=KEY) as server:
        keys = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.openai_url, "WHETSTONE_READ_ONLY": "1"}
        shown = Workspace(workspace.folder, keys)
        [[offline], [asked]] = play(
            PlaygroundContext(shown, dataset), [side(TOLD), side(TOLD, MODEL)], ["broken docs"]
        )
        assert (
            offline.label == "documentation"
            and asked.outcome is Outcome.FAILED
            and "read-only" in asked.error
        )
        assert server.bodies == [] and workspace.store.answers.page(dataset).total == 0
        assert prompt_of_key(workspace, dataset, prompt_key(TOLD)) is None
        shown.close()


def test_a_prompt_that_was_tried_is_found_by_its_key(workspace: Workspace, dataset: str):
    draft = replace(PLAIN, system_prompt="Draft: \ud800 \u2028 </text>")
    with pytest.raises(UsageError):
        play(PlaygroundContext(workspace, dataset), [side(), side(PLAIN, "nobody")], ["x"])
    play(PlaygroundContext(workspace, dataset), [side(TOLD)], ["x"])
    found = prompt_of_key(workspace, dataset, prompt_key(TOLD))
    assert (found.prompt, found.labels, found.model) == (TOLD, LABELS.names, "offline:reader")
    assert prompt_of_key(workspace, dataset, prompt_key(PLAIN)).prompt == PLAIN, (
        "the starting prompt is always known"
    )
    workspace.store.champions.adopt(dataset, replace(TOLD, bot_reply_prefix="x"), "offline:reader")
    assert (
        prompt_of_key(workspace, dataset, prompt_key(replace(TOLD, bot_reply_prefix="x"))).model
        == "offline:reader"
    )
    for key in ("", "0" * 10, "x" * 500):
        assert prompt_of_key(workspace, dataset, key) is None
    play(PlaygroundContext(workspace, dataset), [side(draft)], ["x"])
    assert prompt_of_key(workspace, dataset, prompt_key(draft)) is not None


def test_a_prompt_file_with_labels_of_another_dataset_is_refused(workspace: Workspace, dataset: str):
    with pytest.raises(DataError, match="“poem”"):
        play(
            PlaygroundContext(workspace, dataset),
            [PromptedModel(PLAIN, ("bug", "poem"), "offline:reader")],
            ["x"],
        )


# ---- drafts scored


def test_a_draft_is_scored_on_validation_rows_against_the_champion(workspace: Workspace):
    dataset = import_sample(workspace, sample("github_issues"))
    info = workspace.store.datasets.info(dataset)
    start = starting_prompt(info.labels)
    draft = PromptedModel(switched(start, RequestOptions(k=4)), info.labels.names, "offline:reader")
    first = match(workspace, dataset, draft)
    assert not first.champion and first.other.prompt == start, "without a champion it is the starting prompt"
    workspace.store.champions.adopt(dataset, start, "offline:reader")
    wanted, seen = match(workspace, dataset, draft), []
    assert wanted.champion and [part.calls for part in price(wanted, workspace.model_context())] == [
        2 * len(wanted.rows)
    ]
    found = score(workspace, wanted, on_progress=seen.append)
    assert {row.split for row in wanted.rows} == {
        "validation"
    } and found.draft.metrics.n == found.other.metrics.n == len(wanted.rows)
    assert found.comparison.n == len(wanted.rows) and len(found.comparison.fixed) > len(
        found.comparison.broke
    ), "examples help here"
    assert seen[-1].done == seen[-1].total == 2 * len(wanted.rows)
    assert workspace.store.answers.page(dataset).total == 0, "nothing is stored"


def test_a_score_shows_no_row_a_near_duplicate_of_itself(workspace: Workspace):
    texts = ["the same text over and over, number one", "the same text over and over, number one!"]
    rows = (
        Example("t", texts[0], "documentation", split="train"),
        Example("o", "quite another thing", "bug", split="train"),
        Example("v", texts[1], "documentation", split="validation"),
    )
    dataset = workspace.store.datasets.add(Dataset("leaky", LABELS, rows), "test")
    wanted = match(workspace, dataset, side(switched(PLAIN, RequestOptions(k=5))))
    assert [shot.text for shot in wanted.draft.prompt.few_shot.examples] == ["quite another thing"]


def test_without_validation_rows_a_score_is_refused_in_a_sentence(workspace: Workspace):
    dataset = workspace.store.datasets.add(Dataset("empty", LABELS, ()), "test")
    with pytest.raises(DataError, match="no usable rows"):
        match(workspace, dataset, side())
