"""The offline heavyweight model: edits from the rows of the request, and from nothing else."""

from __future__ import annotations

import pytest

from core.llm.providers.offline import offline_editor, offline_reader
from core.offline.casebook import read_casebook
from core.offline.rule_lines import read_rule_lines
from core.prompts.edits import apply_edits, read_edits, read_rewrite
from core.prompts.rules import check_candidate
from core.tuning.reflection_request import ReflectionInputs, Refusal, reflection_request
from core.types import Edit, Example, LabelSet, Outcome, Prediction, Prompt
from tests.core.offline.offline_requests import (
    editor_request,
    label_of,
    mistake,
    prompt_with,
    refused,
    reply_to,
    right,
    said,
)

LABELS = ("plant", "animal")
PLANTS = [
    "A petal fell in spring",
    "Each petal is white",
    "The petal smells sweet",
    "Count every petal twice",
]
ANIMALS = ["Its paw is hurt", "The left paw is bigger", "Muddy paw on my coat", "Lick that paw clean"]
ROWS = [
    *(mistake(text, "plant", "animal") for text in PLANTS),
    *(mistake(text, "animal", "plant") for text in ANIMALS),
]


def edited(prompt: Prompt, *rows: str, labels: tuple[str, ...] = LABELS) -> tuple[tuple[Edit, ...], Prompt]:
    edits = read_edits(said(offline_editor(), editor_request(prompt, labels, *rows)))
    return edits, apply_edits(prompt, edits)


def test_a_word_that_separates_the_rows_gets_into_the_prompt_and_the_reader_uses_it():
    prompt = prompt_with(LABELS)
    edits, better = edited(prompt, *ROWS)
    assert 1 <= len(edits) <= 6
    assert "- Typical of plant: petal" in better.system_prompt
    check_candidate(better, LabelSet(LABELS), (), 12_000)
    reader = offline_reader()
    for text, label in (("One more petal, unseen before", "plant"), ("Paws everywhere", "animal")):
        assert "guess" in reply_to(reader, prompt, text)
        assert label_of(reply_to(reader, better, text)) == label


def test_the_same_request_gets_the_same_reply_and_other_rows_another_one():
    request = editor_request(prompt_with(LABELS), LABELS, *ROWS)
    editor = offline_editor()
    first = said(editor, request)
    said(editor, editor_request(prompt_with(LABELS), LABELS, *ROWS[:2]))
    assert said(editor, request) == first == said(offline_editor(), request)
    assert said(editor, editor_request(prompt_with(LABELS), LABELS, *ROWS[2:6])) != first


def test_it_says_in_words_what_it_saw_before_the_edits():
    reply = said(
        offline_editor(),
        editor_request(prompt_with(LABELS), LABELS, *ROWS, right("Grass is a plant", "plant")),
    )
    prose = reply[: reply.index("<edit>")]
    assert "8 of the 9 rows were classified wrongly: 4 plant (4 of them called animal), 4 animal" in prose
    assert 'Rows of plant share "petal"' in prose


def test_a_word_in_one_row_only_is_no_rule_unless_a_note_names_it():
    rows = [
        mistake("A cactus in the sun", "plant", "animal"),
        mistake("A hamster in the wheel", "animal", "plant"),
    ]
    assert (
        "cactus"
        not in said(offline_editor(), editor_request(prompt_with(LABELS), LABELS, *rows)).partition("<edit>")[
            2
        ]
    )
    more = [*ANIMALS, "Wag that tail", "Some purring fur"]
    noted = [
        mistake("A cactus in the sun", "plant", "animal", note="a cactus grows, so plant"),
        *(right(text, "animal") for text in more),
    ]
    assert "- Typical of plant: cactus" in edited(prompt_with(LABELS), *noted)[1].system_prompt


def test_what_a_note_only_concedes_is_no_evidence():
    odd = mistake(
        "The cactus shop is closed", "animal", "plant", note="says cactus, but it is about the shop"
    )
    rows = [odd, *(right(text, "plant") for text in PLANTS)]
    _, better = edited(prompt_with(LABELS), *rows)
    [line] = [
        line
        for line in read_rule_lines(better.system_prompt, LABELS)
        if line.kind == "words" and line.label == "animal"
    ]
    assert "shop" in line.items and "cactus" not in line.items


def test_a_refused_edit_is_not_proposed_again():
    prompt = prompt_with(LABELS)
    rows, seen = list(ROWS), set()
    for _ in range(6):
        reply = said(offline_editor(), editor_request(prompt, LABELS, *rows))
        if "<edit>" not in reply:
            break
        edits = {edit.replace for edit in read_edits(reply)}
        assert not edits & seen
        seen |= edits
        rows += [refused(edit) for edit in sorted(edits)]
    assert len(seen) > 2


def test_a_known_line_grows_in_place_and_what_people_wrote_is_left_alone():
    start = prompt_with(LABELS, "Be kind to plant lovers.", "- Typical of plant: leaf, root")
    _, better = edited(start, *ROWS)
    lines = [line for line in better.system_prompt.splitlines() if line.startswith("- Typical of plant")]
    assert lines == ["- Typical of plant: leaf, root, petal"]
    assert "Be kind to plant lovers." in better.system_prompt


def test_a_word_that_misled_is_taken_out():
    start = prompt_with(LABELS, "- Typical of plant: garden, leaf")
    rows = [
        mistake(f"The garden {noise}", "animal", "plant") for noise in ("bird sang", "mole dug", "cat slept")
    ]
    _, better = edited(start, *rows)
    [line] = [
        line
        for line in read_rule_lines(better.system_prompt, LABELS)
        if line.kind == "words" and line.label == "plant"
    ]
    assert line.items == ("leaf",)


def test_a_word_that_others_outvote_becomes_a_rule_that_wins():
    start = prompt_with(LABELS, "- Typical of animal: house, loud, brown, old")
    rows = [
        mistake(f"A loud brown old house with a petal {n}", "plant", "animal")
        for n in ("on it", "by it", "under it")
    ]
    rows += [right(f"A {word} house", "animal") for word in ("loud", "brown", "old")]
    edits, better = edited(start, *rows)
    assert any(
        edit.replace.startswith('- If the text mentions "petal"') and "even if" in edit.replace
        for edit in edits
    )
    assert label_of(reply_to(offline_reader(), better, "Loud, brown, old house and a petal")) == "plant"


def test_how_texts_start_becomes_a_rule():
    rows = [mistake(f"Water the {noise}", "plant", "animal") for noise in ("rose", "fern", "oak", "moss")]
    rows += [
        mistake(f"{noise} near water", "animal", "plant") for noise in ("Otters", "Newts", "Herons", "Frogs")
    ]
    edits, _ = edited(prompt_with(LABELS), *rows)
    assert any(edit.replace == '- If the text starts with "water", it is usually plant.' for edit in edits)


def test_how_alike_two_parts_are_becomes_a_rule():
    labels = ("alike", "unlike")
    words = (("red", "oak"), ("dull", "day"), ("grey", "cat"), ("slow", "bus"), ("new", "shoe"))
    alike = [f"Line 1: {one} {two}\nLine 2: {two} {one}" for one, two in words]
    unlike = [f"Line 1: {one} sky{n}\nLine 2: far {two}" for n, (one, two) in enumerate(words)]
    rows = [
        *(mistake(text, "alike", "unlike") for text in alike),
        *(mistake(text, "unlike", "alike") for text in unlike),
    ]
    start = prompt_with(labels)
    _, better = edited(start, *rows, labels=labels)
    assert (
        "the two lines share at least" in better.system_prompt
        or "the two lines share less than" in better.system_prompt
    )
    reader = offline_reader()
    assert label_of(reply_to(reader, better, "Line 1: pale thin moon\nLine 2: moon thin pale")) == "alike"
    assert label_of(reply_to(reader, better, "Line 1: pale thin moon\nLine 2: quick brown ants")) == "unlike"


def test_the_label_of_most_rows_without_evidence_becomes_the_fallback_and_the_next_one_after_a_refusal():
    rows = [*ROWS, *(mistake(f"{noise}", "plant", "animal") for noise in ("Qwert", "Asdf", "Zxcv"))]
    edits, _ = edited(prompt_with(LABELS), *rows)
    fallback = "- If nothing else points to a label, answer {}."
    assert fallback.replace("{}", "plant") in {edit.replace for edit in edits}
    edits, _ = edited(prompt_with(LABELS), *rows, refused(fallback.replace("{}", "plant")))
    assert fallback.replace("{}", "animal") in {edit.replace for edit in edits}


@pytest.mark.parametrize(
    "rows", [[], [right("Fine as it is", "plant")], [mistake("Lone words", "plant", "animal")]]
)
def test_nothing_to_learn_is_said_and_no_edit_is_sent_or_only_the_fallback(rows):
    reply = said(
        offline_editor(), editor_request(prompt_with(LABELS, "Otherwise answer plant."), LABELS, *rows)
    )
    if "<edit>" not in reply:
        assert reply.startswith("There is nothing to learn here")
    else:
        assert all("nothing else points" in edit.replace for edit in read_edits(reply))


def test_without_rows_no_edit_is_sent():
    assert "<edit>" not in said(offline_editor(), editor_request(prompt_with(LABELS), LABELS))


def test_no_row_is_quoted_whole():
    texts = ["Green fern", "Green fern", "Wet nose", "Wet nose"]
    rows = [
        mistake(text, label, "x")
        for text, label in zip(texts, ["plant", "plant", "animal", "animal"], strict=True)
    ]
    reply = said(offline_editor(), editor_request(prompt_with(LABELS), LABELS, *rows))
    assert "green fern" not in reply.lower() and "wet nose" not in reply.lower()


def test_a_rewrite_brings_the_whole_prompt_with_the_same_changes():
    start = prompt_with(LABELS)
    reply = said(offline_editor(), editor_request(start, LABELS, *ROWS, rewrite=True))
    assert "<edit>" not in reply
    assert read_rewrite(reply, start) == edited(start, *ROWS)[1]


@pytest.mark.parametrize(
    "labels",
    [("<b>", "</edit>"), ("🌱 plant", "🐾 animal"), ("a, b", "c or d"), ('say "plant"', "it's animal")],
)
def test_labels_of_any_kind_come_through_edits_and_back(labels):
    start = prompt_with(labels)
    rows = [
        *(mistake(text, labels[0], labels[1]) for text in PLANTS),
        *(mistake(text, labels[1], labels[0]) for text in ANIMALS),
    ]
    rows = [row.replace("</edit>", "<\\/edit>") for row in rows]
    _, better = edited(start, *rows, labels=labels)
    assert f"- Typical of {labels[0]}: petal" in better.system_prompt
    rows = [row.replace("petal", "stem") for row in rows]
    _, again = edited(better, *rows, labels=labels)
    assert again.system_prompt.count(f"- Typical of {labels[0]}") == 1


def test_another_try_at_the_same_request_begins_with_other_edits():
    words = ["petal", "stem", "root", "leaf", "bud", "seed", "bark", "twig"]
    labels = tuple(f"kind{n}" for n in range(8))
    pairs = zip(words, labels, strict=True)
    rows = [
        mistake(f"{prefix} {word}", label, labels[0])
        for word, label in pairs
        for prefix in ("Old", "My", "Its")
    ]
    request = editor_request(prompt_with(labels), labels, *rows)
    again = type(request)(request.messages, request.max_tokens, request.choices, repeat=1)
    editor = offline_editor()
    assert set(read_edits(said(editor, request))) != set(read_edits(said(editor, again)))
    assert said(editor, again) == said(editor, again)


def test_the_request_of_the_loop_is_read_whole():
    labels = LabelSet(("plant", "animal"), {"plant": "it grows, and does not walk"})
    mistakes = [Example(str(n), text, "plant") for n, text in enumerate(PLANTS)]
    correct = [Example("c", "</text> Mooing", "animal", note="moo")]
    noted = [Example("n", "A twig", "plant", note="a twig is a part of one")]
    predictions = {
        row.id: Prediction(row.id, Outcome.LABEL, "animal", reply="<label>animal</label>") for row in mistakes
    }
    predictions["0"] = Prediction("0", Outcome.UNREADABLE, reply="Hm")
    edit = Edit("system_prompt", "", "- Typical of plant: twig")
    findings = ReflectionInputs(
        prompt_with(LABELS),
        labels,
        mistakes,
        correct,
        predictions,
        noted=noted,
        refused=[Refusal((edit,), "broke 3")],
    )
    message = reflection_request(findings).messages[-1].content
    book = read_casebook(message)
    assert (
        book.labels == ("plant", "animal")
        and book.definitions == dict(labels.definitions)
        and book.prompt == prompt_with(LABELS)
    )
    assert [case.predicted for case in book.cases] == ["(unreadable)", "animal", "animal", "animal", "", ""]
    assert [case.text for case in book.cases] == [*PLANTS, "</text> Mooing", "A twig"]
    assert [case.note for case in book.cases][-2:] == ["moo", "a twig is a part of one"]
    assert book.refused == (("- Typical of plant: twig",),) and not book.rewrite
    rewrite = ReflectionInputs(
        prompt_with(LABELS), labels, mistakes, correct, predictions, strategy="rewrite"
    )
    assert read_casebook(reflection_request(rewrite).messages[-1].content).rewrite
