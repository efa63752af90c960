"""Plain English as the offline reader understands it."""

from __future__ import annotations

import pytest

from core.offline.instructions import read_guide
from core.offline.judgement import evidence, judgement_of
from core.offline.shape import shape, traits
from core.offline.words import stem, words

HEAD = "Classify the text into exactly one of these labels: bird, tree, stone.\n"


def decided(said: str, text: str) -> tuple[str, str]:
    guide = read_guide(HEAD + said)
    found = words(text)
    judgement = judgement_of(guide, text, evidence(guide, found, shape(text, found)))
    return judgement.how, judgement.label


@pytest.mark.parametrize(
    ("rule", "holds", "fails"),
    [
        ('If the text mentions "nest" or "egg", answer bird.', "an egg", "a leaf"),
        ("If the text mentions nest, egg or feather, answer bird.", "a feather", "a leaf"),
        ("When a text talks about feathers, choose bird.", "a feather", "a leaf"),
        ("Answer bird if the text mentions feathers.", "a feather", "a leaf"),
        ('If the text mentions "nest" and "egg", answer bird.', "an egg in the nest", "an egg"),
        ("If the text mentions both nest and egg, answer bird.", "an egg in the nest", "an egg"),
        (
            'If the text mentions "nest" but does not mention "leaf", answer bird.',
            "a nest",
            "a leaf in a nest",
        ),
        ('If the text starts with "look up", answer bird.', "Look up there", "I look up"),
        ('If the text starts with "look" and mentions "wing", answer bird.', "Look, a wing", "A wing, look"),
        ('If the text ends with "wings", answer bird.', "it has wings", "wings it has"),
        ("If the text ends with a question mark, answer bird.", "does it sing?", "it sings"),
        ("If the text contains a number, answer bird.", "it has 2 legs", "it has two legs"),
        ("If the text contains code, it is usually bird.", "run `sing()`", "run and sing"),
        ("If the text has fewer than 4 words, answer bird.", "it sings well", "it sings very well"),
        ("If the text has at least 4 words, answer bird.", "it sings very well", "it sings well"),
        ("If the text is longer than 3 words, answer bird.", "it sings very well", "it sings well"),
        (
            "If the two lines share at least 60 % of their words, answer bird.",
            "red wing song\nred wing",
            "red wing song\nblue leaf",
        ),
        (
            "If the two parts have less than 20% of their words in common, answer bird.",
            "A: red wing\nB: blue leaf",
            "A: red wing\nB: red wing",
        ),
        ("Anything about feathers is bird, even a stone with feathers.", "a feather", "a stone"),
        ("A text about eggs is bird, not stone.", "eggs", "gravel"),
        ('"caw" is always bird.', "caw caw", "moo"),
        ("- bird: nest, egg", "an egg", "gravel"),
        ("- Typical of bird: nest, egg", "an egg", "gravel"),
        ('* "bird" = nest, egg', "an egg", "gravel"),
        ("bird: anything that flies, sings or lays eggs in the open", "it lays something", "gravel"),
        ('- bird: "it is"', "it is so", "gravel"),
    ],
)
def test_a_rule_points_to_its_label_where_it_holds_and_nowhere_else(rule, holds, fails):
    assert decided(rule, holds) == ("evidence", "bird")
    assert decided(rule, fails) != ("evidence", "bird")


@pytest.mark.parametrize(
    "said",
    [
        "Otherwise answer tree.",
        "If nothing else points to a label, answer tree.",
        "When in doubt, choose tree.",
        "Everything else is tree.",
    ],
)
def test_what_to_answer_otherwise(said):
    assert decided(said, "gravel") == ("otherwise", "tree")


def test_the_later_rule_for_everything_else_counts():
    assert (
        decided("Otherwise answer tree.\nIf nothing else points to a label, answer stone.", "x")[1] == "stone"
    )


def test_a_label_named_after_even_if_gets_no_evidence():
    assert decided('If the text mentions "moss", answer tree, even if it says stone.', "moss")[1] == "tree"
    guide = read_guide(HEAD + "If the text mentions moss, answer tree rather than stone.")
    assert {rule.label: rule.weight > 0 for rule in guide.rules} == {"tree": True, "stone": False}


def test_stop_words_count_only_when_quoted():
    assert decided("- bird: the", "the gravel")[0] == "guess"
    assert decided('- bird: "the"', "the gravel") == ("evidence", "bird")


def test_a_word_given_to_all_labels_decides_nothing():
    assert decided("- bird: grey\n- tree: grey\n- stone: grey", "a grey thing")[0] == "guess"


def test_a_word_given_to_fewer_labels_counts_more():
    assert decided("- bird: grey, wing\n- tree: grey", "grey wing")[1] == "bird"


def test_the_label_list_itself_is_no_evidence():
    guide = read_guide(HEAD)
    assert guide.rules == () and guide.otherwise == ""
    assert {sign.term for sign in guide.signs} == {(stem("bird"),), (stem("tree"),), (stem("stone"),)}


@pytest.mark.parametrize(
    "listed",
    [
        "labels: a b, c, d",
        "Labels: a b, c or d.",
        "Choose one of a b, c or d.",
        "one of the following labels: a b, c, d",
        'The categories are: "a b", "c", "d"',
        "- a b: first\n- c: second\n- d: third",
    ],
)
def test_labels_are_read_from_the_usual_ways_to_list_them(listed):
    assert read_guide("Classify the text.\n" + listed).labels == ("a b", "c", "d")


def test_every_trait_is_understood_as_it_was_measured():
    texts = [
        "red wing\nPart 2: red wing song",
        "a b c d e f g\nPart 2: blue leaf 7?",
        "x\nPart 2: `y` " + "z " * 30,
    ]
    texts = ["Part 1: " + text for text in texts]
    found = traits(texts)
    assert len(found) > 10
    for trait in found:
        guide = read_guide(HEAD + f"If {trait.condition}, it is usually bird.")
        hits = [
            row for row, text in enumerate(texts) if evidence(guide, words(text), shape(text, words(text)))
        ]
        assert tuple(hits) == trait.rows, trait.condition


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("crash", "crashes"),
        ("query", "queries"),
        ("run", "running"),
        ("document", "documentation"),
        ("fail", "failed"),
        ("integrate", "integration"),
        ("improve", "improvement"),
        ("make", "making"),
        ("image", "images"),
    ],
)
def test_word_forms_are_one(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["string", "class", "bus", "as", "ing", "é", "名"])
def test_short_words_are_left_alone(word):
    assert stem(word) == word


def test_names_written_in_one_word_hold_their_parts_and_phrases_end_at_punctuation():
    found = words("ReadTimeout in read_timeout. Stop, please")
    assert found.holds(words("read timeout").stems)
    assert not found.holds(words("timeout stop").stems)
    assert found.holds(words("timeout in read").stems)
