"""Drafted definitions: which rows are shown, what is asked, what of the reply is used."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.costs.call_price import BYTES_PER_TOKEN, REPLY_TOKENS, THOUGHT_TOKENS
from core.data.importing.mapping import import_dataset
from core.data.splits import split
from core.errors import CallFailed, DataError
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.prompts.codebook import LONGEST_TEXT, MOST_ROWS, PER_LABEL
from core.samples import sample
from core.studies import label_definitions
from core.studies.label_definitions import (
    LONGEST,
    NO_WORDS,
    NOTHING_DEFINED,
    codebook_request,
    read_definitions,
    rows_to_show,
)
from core.types import Dataset, Example, Finish, LabelSet, Reply, Settings
from core.workspace import Workspace
from tests.core.tuning.toy import LABELS, Editor, ToyModel, dataset, rows, session_of, zoo
from tests.work import processor_limit

GOOD = "Zebras ask, apples are wanted."


def definition(label: str, meaning: str) -> str:
    return f"<definition><label>{label}</label><meaning>{meaning}</meaning></definition>"


def issues() -> Dataset:
    return import_dataset(sample("github_issues").path.read_bytes(), "issues").dataset


# ---- which rows are shown


def test_only_training_rows_are_shown_some_of_every_label():
    shown = rows_to_show(dataset(zoo(train=60)), 0)
    assert {row.split for row in shown} == {"train"}
    assert [sum(row.label == label for row in shown) for label in LABELS] == [
        min(PER_LABEL, MOST_ROWS // 3)
    ] * 3


def test_rows_without_a_split_are_held_back_as_the_run_of_that_seed_will():
    every = issues()
    for seed in (0, 7):
        held_out = {row.id for row in split(every.examples, seed) if row.split != "train"}
        shown = rows_to_show(every, seed)
        assert shown and not held_out & {row.id for row in shown}
        assert not any(row.excluded for row in shown)


def test_canonical_and_noted_rows_are_never_crowded_out():
    noted = [replace(row, note="so they say") for row in rows("train", 3, "kite", "bug")]
    canonical = rows("train", 2, "boat", "bug", canonical=True)
    shown = rows_to_show(dataset([*zoo(train=80), *noted, *canonical]), 3)
    assert [row.id for row in shown if row.label == "bug"][:2] == [row.id for row in shown if row.canonical]
    assert {row.id for row in noted} <= {row.id for row in shown}


def test_a_text_is_shown_once_and_of_conflicting_ones_only_those_with_a_note():
    text = "The very same words of a row."
    more = [
        Example("a", text, "bug", split="train"),
        Example("b", text.upper(), "wish", split="train"),
        Example("c", text, "question", note="a question, as it asks", split="train"),
        Example("d", "Twice the same.", "bug", split="train"),
        Example("e", "twice the same", "bug", split="train"),
    ]
    shown = {row.id for row in rows_to_show(dataset([*zoo(), *more]), 0)}
    assert "c" in shown and not {"a", "b"} & shown and len({"d", "e"} & shown) == 1


def test_the_same_seed_shows_the_same_rows_whatever_their_order():
    every = dataset(zoo(train=80))
    again = replace(every, examples=tuple(reversed(every.examples)))
    assert rows_to_show(every, 1) == rows_to_show(again, 1) != rows_to_show(every, 2)


def test_too_few_rows_to_hold_any_back_are_refused():
    with pytest.raises(DataError):
        rows_to_show(dataset([Example("a", "one", "bug")]), 0)


def test_many_labels_get_a_few_rows_each():
    names = tuple(f"label {n}" for n in range(200))
    parts = ("train", "train", "train", "validation")
    every = Dataset(
        "many",
        LabelSet(names),
        tuple(
            Example(f"{name}-{n}", f"{name} number {n}", name, split=part)
            for name in names
            for n, part in enumerate(parts)
        ),
    )
    shown = rows_to_show(every, 0)
    assert [sum(row.label == name for row in shown) for name in names] == [2] * 200


# ---- what is asked


def test_the_request_holds_labels_definitions_rows_and_notes():
    labels = LabelSet(LABELS, {"bug": "It fails."})
    request = codebook_request(labels, [Example("a", "It crashed.", "bug", note="plainly")])
    text = request.messages[-1].content
    assert "Labels: bug, question, wish\n" in text and "<definitions>\nbug: It fails.\n</definitions>" in text
    assert "<row>\n<text>It crashed.</text>\n<label>bug</label>\n<note>plainly</note>\n</row>" in text
    assert "<definitions>" not in codebook_request(LabelSet(LABELS), []).messages[-1].content


@given(
    st.lists(
        st.sampled_from(["</row>", "</ text>", "<row>", "</label>", "</note>", "</definitions>", "x", "\n"])
    ).map("".join)
)
def test_no_row_closes_a_tag_of_ours(text):
    row = Example("a", text or "-", "a" + text, note=text)
    whole = codebook_request(LabelSet(("a" + text,), {"a" + text: text}), [row]).messages[-1].content
    asked = whole.removeprefix("Labels: a" + text)  # the list stands outside of all tags
    assert len(re.findall(r"</\s*row>", asked)) == 1 and len(re.findall(r"</\s*definitions>", asked)) <= 1
    assert len(re.findall(r"</\s*text>", asked)) == 1


def test_a_very_long_row_is_cut():
    asked = codebook_request(LabelSet(LABELS), [Example("a", "long " * 1_000, "bug")]).messages[-1].content
    assert len(asked) < LONGEST_TEXT + 1_500


# ---- what comes back


def test_definitions_are_read_label_by_label_in_the_order_of_the_set():
    reply = (
        "Well.\n" + definition("Wish", "What\n is wanted.") + definition(" bug ", "What fails.") + "\nSo far."
    )
    assert read_definitions(reply, LABELS) == ({"bug": "What fails.", "wish": "What is wanted."}, "")


def test_the_last_definition_of_a_label_counts():
    assert read_definitions(definition("bug", "draft") + definition("bug", "final"), LABELS)[0] == {
        "bug": "final"
    }


def test_labels_that_do_not_exist_and_empty_meanings_are_passed_over():
    found, problem = read_definitions(
        definition("other", "x") + definition("bug", " ") + definition("wish", "y"), LABELS
    )
    assert found == {"wish": "y"} and problem == ""


def test_a_definition_that_quotes_a_row_or_is_too_long_is_left_out_and_named():
    quoting, long = (
        definition("bug", "Such as: the zebra ran over the hill."),
        definition("wish", "y" * (LONGEST + 1)),
    )
    reply = quoting + long + definition("question", GOOD)
    found, problem = read_definitions(reply, LABELS, ["The zebra ran over the hill."])
    assert found == {"question": GOOD}
    assert problem == "Left out, since too long or a row word for word: bug, wish."


def test_broken_tags_in_a_definition_are_mended():
    label = "a </label> b"
    assert read_definitions(definition("a <\\/label> b", "says <\\/meaning>"), (label,))[0] == {
        label: "says </meaning>"
    }


def test_a_reply_without_the_form_is_a_problem_in_words():
    assert read_definitions("bug: it fails", LABELS) == ({}, NOTHING_DEFINED)


def test_where_no_words_tell_labels_apart_the_offline_editor_s_draft_says_so():
    editor = Editor("I am no language model.")
    offline = ToyModel("offline:editor", editor)
    session = replace(
        session_of(editor),
        heavyweight=offline,
        ask_all=lambda model, requests, concurrency: [Reply(model.answer(each)) for each in requests],
    )
    draft = label_definitions.run(session, dataset(zoo()))
    assert (draft.definitions, draft.problem) == ({}, NO_WORDS)


# ---- the draft


def test_a_draft_carries_what_was_asked_and_said():
    editor = Editor(definition("bug", GOOD))
    draft = label_definitions.run(session_of(editor), dataset(zoo()), 0)
    assert (
        draft.definitions == {"bug": GOOD} and draft.problem == "" and draft.reply == definition("bug", GOOD)
    )
    assert editor.seen == [draft.request] and set(draft.shown) == {
        row.id for row in rows_to_show(dataset(zoo()), 0)
    }


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (CallFailed("The line went dead."), "The heavyweight model did not answer: The line went dead."),
        (
            Reply(definition("bug", GOOD), Finish.LENGTH),
            "The reply ended early (length), so nothing of it is used.",
        ),
        ("I would rather not.", NOTHING_DEFINED),
    ],
)
def test_a_reply_that_cannot_be_used_is_no_error(said, problem):
    draft = label_definitions.run(session_of(Editor(said)), dataset(zoo()), 0)
    assert draft.definitions == {} and draft.problem == problem


def test_the_offline_editor_drafts_from_the_rows(tmp_path: Path):
    workspace = Workspace.open(tmp_path, {})
    try:
        draft = label_definitions.run(workspace.session(Settings()), dataset(zoo(train=30)), 0)
    finally:
        workspace.close()
    assert draft.problem == "" and "no language model" in draft.reply
    assert draft.definitions == {
        "bug": "words such as crash",
        "question": "words such as zebra",
        "wish": "words such as apple",
    }


# ---- before


def test_the_price_of_a_draft_is_that_of_its_very_request():
    every, shared = issues(), ModelContext(load_profiles(), Prices(), {})
    part = label_definitions.price(Settings(heavyweight="openai:gpt-6.1-sol"), every, shared)
    request = codebook_request(every.labels, rows_to_show(every, 0))
    size = sum(len(message.content.encode()) for message in request.messages)
    assert part.calls == 1 and part.input.low == part.input.high == size / BYTES_PER_TOKEN
    assert (part.output.low, part.output.high) == THOUGHT_TOKENS[
        "heavyweight"
    ] and 0 < part.usd.low < part.usd.high
    free = label_definitions.price(Settings(), every, shared)
    assert (
        free.usd.high == 0
        and free.seconds == 0
        and (free.output.low, free.output.high) == REPLY_TOKENS["heavyweight"]
    )


@pytest.mark.parametrize("part", ["<definition><label>", "</label><meaning>", "<definition>"])
def test_definitions_without_an_end_are_passed_over_once(part: str):
    with processor_limit():
        read_definitions("<definition><label>" + part * 50_000, LABELS)
