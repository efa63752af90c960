"""Requests that name only the likeliest labels: who chooses them, and what stays of the prompt."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from core.errors import PromptError, UsageError
from core.exports.markdown import to_markdown
from core.prompts.files import PromptFile, from_json, to_json
from core.prompts.starting_prompt import starting_prompt
from core.similarity.requests import classify_requests
from core.similarity.shortlist import Shortener, on_shortlist, shortlisted, with_few_shot
from core.tuning.few_shot import VOTERS_PER_LABEL, with_shortlist
from core.types import Example, FewShot, LabelSet, Prompt, Shot

LABELS = ("card lost", "card_limit", "fee, hidden", "loan", "top-up", "wire")
MEANINGS = {label: f"all about {label[:4]}" for label in LABELS}
POOL = tuple(Shot(f"{label} {word}", label) for label in LABELS for word in ("today", "again"))


def short(size: int = 2, k: int = 0, **fields: str) -> Prompt:
    prompt = replace(starting_prompt(LabelSet(LABELS, MEANINGS)), **fields)
    return replace(prompt, few_shot=FewShot("similar", k, POOL), shortlist=size)


def naming(prompt: Prompt, *labels: str) -> str:
    """The system prompt of a text that is most like examples of these labels, least likely first."""
    return Shortener(prompt).prompt_for([Shot("", label) for label in labels]).system_prompt


def test_a_request_names_the_likely_labels_and_what_they_mean_alone():
    assert naming(short(), "wire", "fee, hidden") == (
        'Classify the text into exactly one of these labels: "fee, hidden", wire.\n\n'
        "What the labels mean:\n- fee, hidden: all about fee,\n- wire: all about wire\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Choose from card lost, card_limit, loan, top-up and wire!", "Choose from loan, wire!"),
        ("One of: `loan` | `top-up` | `card lost` | `wire` | other", "One of: `loan` | `wire` | other"),
        ("Labels: card-limit, top-up, loan, wire, card lost.", "Labels: loan, wire."),
        ("If it says bank, answer top-up, not loan.", "If it says bank, answer top-up, not loan."),
        ("- card lost: gone\n  - for good\n- wire: sent", "- wire: sent"),
        ("- Never mind the top up.\n- Be short.", "- Be short."),
        ("card lost: gone\nwire: sent\nIt may say card lost, too.", "wire: sent\nIt may say card lost, too."),
        (
            "## card lost\n\nGone.\n\n## loan\n\n| loan | money |\n| top-up | more |",
            "## loan\n\n| loan | money |",
        ),
        ("No label here,\n\n\nnot one.", "No label here,\n\n\nnot one."),
    ],
)
def test_lists_lose_labels_and_only_what_is_about_them_alone_goes(before, after):
    assert naming(short(system_prompt=before), "loan", "wire") == after


def test_labels_without_examples_and_requests_without_neighbours_are_left_alone():
    prompt = short()
    few = replace(
        prompt, few_shot=FewShot("similar", 0, tuple(shot for shot in POOL if shot.label != "loan"))
    )
    assert "loan" in naming(few, "wire", "top-up") and "card lost" not in naming(few, "wire", "top-up")
    assert Shortener(prompt).prompt_for(()) is prompt
    assert on_shortlist(few, ["loan", "wire", "top-up"], [[Shot("", "wire")]] * 3) == 2


def test_the_nearest_example_counts_most_but_many_outvote_it():
    a, b = Shot("", "a"), Shot("", "b")
    assert shortlisted([b, a], 1) == ("a",)
    assert shortlisted([b, b, a], 2) == ("b", "a")


def test_examples_that_choose_labels_are_shown_only_as_far_as_the_prompt_shows_examples():
    for k in (0, 1):
        [request] = classify_requests(short(k=k), ["top-up today, please"])
        assert len(request.messages) == 2 + 2 * k
        assert "top-up" in request.messages[0].content and "card lost" not in request.messages[0].content
    whole = replace(short(), shortlist=0)
    assert classify_requests(whole, ["x"])[0].messages[0].content == whole.system_prompt


def test_the_prompt_file_has_the_key_only_where_there_is_a_shortlist():
    file = PromptFile(short(), LABELS)
    assert from_json(to_json(file)) == file and '"shortlist": 2' in to_json(file)
    assert "shortlist" not in to_json(PromptFile(Prompt("S", "a", "b"), LABELS))
    assert "names only the 2 labels likeliest for its text" in to_markdown(file, "P")
    content = json.loads(to_json(file))
    with pytest.raises(PromptError, match='a whole number of 0 or more for "shortlist", not -1'):
        from_json(json.dumps(content | {"shortlist": -1}))
    with pytest.raises(PromptError, match='give "few_shot" the strategy similar'):
        from_json(json.dumps(content | {"few_shot": {}}))


def test_other_examples_leave_the_shortlist_its_own_and_fixed_ones_end_it():
    assert with_few_shot(short(), FewShot("similar", 4, POOL[:1])).few_shot == FewShot("similar", 4, POOL)
    assert with_few_shot(short(k=3), FewShot()) == short()
    assert with_few_shot(short(), FewShot("fixed", 1, POOL[:1])).shortlist == 0


def test_a_shortlist_is_chosen_by_training_rows_that_are_near_no_held_out_row():
    train = [
        Example(str(n), f"{'loan' if n % 9 else 'wire'} number {n * 7919}", "loan" if n % 9 else "wire")
        for n in range(90)
    ]
    held_out = [Example("h", train[0].text + "!", "wire")]
    prompt = with_shortlist(starting_prompt(LabelSet(LABELS)), 3, train, held_out, 0)
    given = [shot.label for shot in prompt.few_shot.examples]
    assert (given.count("loan"), given.count("wire")) == (VOTERS_PER_LABEL, 9)
    with pytest.raises(UsageError, match="start from a prompt without them"):
        with_shortlist(replace(prompt, few_shot=FewShot("fixed", 1, POOL[:1])), 3, train, held_out, 0)
