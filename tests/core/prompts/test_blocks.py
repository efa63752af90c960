from __future__ import annotations

import pytest

from core.prompts.block_layout import appended, evened, renumbered
from core.prompts.blocks import blocks, text_of, unwrapped


def texts(text: str) -> list[str]:
    return [block.text for block in blocks(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One line.\nAnother line.", ["One line.", "Another line."]),
        ("- a rule that\n  goes on\n- another", ["- a rule that\n  goes on", "- another"]),
        ("- a rule that\ngoes on here\n- another", ["- a rule that\ngoes on here", "- another"]),
        (
            "- a rule of more than sixty characters that has no full stop at its end\nAnother one.",
            ["- a rule of more than sixty characters that has no full stop at its end", "Another one."],
        ),
        ("- one\n  - below it\n\n  and this\n- two", ["- one\n  - below it\n\n  and this", "- two"]),
        ("1. a\n2) b\n10. c", ["1. a", "2) b", "10. c"]),
        ("bug: it crashes\nwish: it could", ["bug: it crashes", "wish: it could"]),
        ("crash -> bug\nhope -> wish", ["crash -> bug", "hope -> wish"]),
        ("| a | b |\n|---|---|\n| c | d |\nafter", ["| a | b |\n|---|---|\n| c | d |", "after"]),
        (
            "```\n- not an item\n\n# nor a heading\n```\nafter",
            ["```\n- not an item\n\n# nor a heading\n```", "after"],
        ),
        ("```\nnever closed", ["```\nnever closed"]),
        ("", []),
        ("\n \n", []),
        (
            "A sentence that is wrapped after seventy characters or so, as one that writes in\nEnglish does it.",
            [
                "A sentence that is wrapped after seventy characters or so, as one that writes in\nEnglish does it."
            ],
        ),
        ("2024 was a year.\n3.5 is a number.", ["2024 was a year.", "3.5 is a number."]),
    ],
)
def test_a_text_is_read_into_what_belongs_together(text, parts):
    assert texts(text) == parts


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("# A\n- x\n## B\n- y\n# C\n- z", {"- x": ["# A"], "- y": ["# A", "## B"], "- z": ["# C"]}),
        ("**bug**\n- x\n\n**wish:**\n- y", {"- x": ["**bug**"], "- y": ["**wish:**"]}),
        (
            "In this order:\n1. x\n2. y\n\nAfter it.",
            {"1. x": ["In this order:"], "2. y": ["In this order:"], "After it.": []},
        ),
        ("Note:\n\nOne paragraph.\n\nAnother.", {"One paragraph.": ["Note:"], "Another.": []}),
        ("<rules>\n- x\n</rules>\n- y", {"- x": ["<rules>"], "- y": []}),
        ("<a>\n<b>\n- x\n</b>\n- y\n</a>\n- z", {"- x": ["<a>", "<b>"], "- y": ["<a>"], "- z": []}),
        ("<never>\n- x", {"- x": []}),
        ("bug\n- x", {"- x": ["bug"]}),
    ],
)
def test_what_a_block_stands_under(text, above):
    parts = blocks(text)
    read = {part.text: [parts[index].text for index in part.above] for part in parts if part.text in above}
    assert read == above


@pytest.mark.parametrize(
    "text",
    ["# A\n\n- x\n  y\n\n\n- z", "a\nb\n\n<r>\n1. c\n</r>", "- one\n\n  two\n- three", "Rules:\n- a\n\nEnd."],
)
def test_the_blocks_make_the_text_again(text):
    assert text_of(blocks(text)) == text


def test_reading_grows_with_the_text_and_no_faster():
    """Counted by blocks, not by time: every line is one, however many there are."""
    assert len(blocks("- a\n" * 20_000)) == 20_000
    assert len(blocks("  - a\n" * 5_000 + "End.")) == 5_001


@pytest.mark.parametrize(
    ("text", "addition", "result"),
    [
        ("Labels: a.", "- x", "Labels: a.\n- x"),
        ("", "- x", "- x"),
        ("Labels: a.\n", "# R\n- x", "Labels: a.\n\n# R\n- x"),
        ("# R\n- x", "# R\n- y", "# R\n- x\n- y"),
        ("# R\n- x\n\n# S\n- z\n", "# R\n- y", "# R\n- x\n- y\n\n# S\n- z\n"),
        ("## How\n1. x\n2. y", "## How\n1. z\n2. w", "## How\n1. x\n2. y\n3. z\n4. w"),
        ("# R\n- x", "# R\n- y\n\n# S\n- z", "# R\n- x\n- y\n\n# S\n- z"),
        ("# R\n## bug\n- x\n\n## wish\n- z", "# R\n## bug\n- y", "# R\n## bug\n- x\n- y\n\n## wish\n- z"),
        ("Labels.\n\n# A\n- x\n\n# B\n- y\n", "- z", "Labels.\n- z\n\n# A\n- x\n\n# B\n- y\n"),
        ("# T\nLabels.\n- w\n\n# A\n- x", "1. z\n\n# A\n1. y", "# T\nLabels.\n- w\n- z\n\n# A\n- x\n- y"),
        ("# A\n1. x\n2. y", "# A\n- z", "# A\n1. x\n2. y\n3. z"),
        ("Labels.\n## Rules\n- x", "- y", "Labels.\n## Rules\n- x\n- y"),
        ("Rules:\n- x\n\nEnd.", "Rules:\n- y", "Rules:\n- x\n- y\n\nEnd."),
    ],
)
def test_what_is_appended_joins_the_section_of_the_same_heading(text, addition, result):
    assert appended(text, addition) == result


@pytest.mark.parametrize(
    ("before", "text", "result"),
    [
        ("1. a\n2. b", "1. a\n- x\n2. b", "1. a\n2. x\n3. b"),
        ("- a", "- a\n1. x\n  more", "- a\n- x\n  more"),
        ("- a\n1. b", "- a\n1. b\n- c", "- a\n1. b\n- c"),
        ("1. a", "1. a\n\n- x", "1. a\n\n- x"),
        ("4. a\n5. b", "4. a\n5. b\n", "4. a\n5. b\n"),
    ],
)
def test_a_list_has_one_kind_of_mark(before, text, result):
    assert evened(before, text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1. a\n3. b", "1. a\n2. b"),
        ("5. a", "1. a"),
        ("1. a\n1. b", "1. a\n1. b"),
        ("1. a\n2. b\n\nText.\n\n1. c\n2. d", "1. a\n2. b\n\nText.\n\n1. c\n2. d"),
        ("## Step 2: a\n- x\n\n## Step 3: b\n- y", "## Step 1: a\n- x\n\n## Step 2: b\n- y"),
    ],
)
def test_numbers_count_on(text, result):
    assert text_of(renumbered(blocks(text))) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("- a rule that\n  goes on\n- b", "- a rule that goes on\n- b"),
        ("- a rule.\n  Another sentence.", "- a rule.\n  Another sentence."),
        ("- a rule\n  - below it", "- a rule\n  - below it"),
        ("- an example\n  text: x\n  label: y", "- an example\n  text: x\n  label: y"),
        ("```\na line\nthat goes on\n```", "```\na line\nthat goes on\n```"),
        ("\nOne\n Line. \n", "\nOne\n Line. \n"),
        ("one\ntwo\n", "one two\n"),
    ],
)
def test_a_sentence_that_goes_on_below_is_put_on_one_line(text, result):
    assert unwrapped(text) == result


def test_kinds():
    kinds = [block.kind.value for block in blocks("# H\n- i\n\np\n| t |\n```\nf\n```\n<x>\n- i\n</x>")]
    assert kinds == "heading item paragraph table fence heading item closing_tag".split()
