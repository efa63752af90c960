from __future__ import annotations

import random

import pytest

from core.prompts.blocks import blocks
from core.prompts.revisions import Revision

BEFORE = "Labels: bug, wish.\n- crashes are a bug"
ORDER = "Labels: bug, wish.\n- crashes are a bug\n\nIn this order:\n1. hopes -> wish\n2. errors\n   of any kind -> bug\n3. else -> wish"


def words(revision: Revision) -> list[tuple[str, str]]:
    """Old and new text of each change; empty for none."""
    return [
        (change.old.text if change.old else "", change.new.text if change.new else "")
        for change in revision.changes
    ]


def test_what_came_is_taken_block_by_block():
    assert words(Revision(BEFORE, ORDER)) == [
        ("", "1. hopes -> wish"),
        ("", "2. errors\n   of any kind -> bug"),
        ("", "3. else -> wish"),
    ]


@pytest.mark.parametrize(
    ("taken", "text"),
    [
        ([], BEFORE),
        ([0, 1, 2], ORDER),
        ([1, 2], BEFORE + "\n\nIn this order:\n1. errors\n   of any kind -> bug\n2. else -> wish"),
        ([2], BEFORE + "\n\nIn this order:\n1. else -> wish"),
    ],
)
def test_some_of_it_reads_as_written_by_hand(taken, text):
    revision = Revision(BEFORE, ORDER)
    assert revision.text_with([revision.changes[index] for index in taken]) == text


def test_no_heading_is_left_alone():
    revision = Revision(BEFORE, BEFORE + "\n\n### bug\n- a\n\n### wish\n- b\n")
    first, second = revision.changes
    assert revision.text_with([first]) == BEFORE + "\n\n### bug\n- a\n"
    assert revision.text_with([second]) == BEFORE + "\n\n### wish\n- b\n"


def test_a_tagged_section_goes_with_both_its_tags():
    revision = Revision(BEFORE, BEFORE + "\n<more>\n- a\n</more>\n- b")
    assert revision.text_with([revision.changes[1]]) == BEFORE + "\n- b"


def test_what_went_stays_where_its_removal_is_not_taken():
    revision = Revision("Labels.\n- a\n- b\n- c", "Labels.\n- a\n- c\n- d")
    came, went = revision.changes
    assert words(revision) == [("", "- d"), ("- b", "")]
    assert revision.text_with([came]) == "Labels.\n- a\n- b\n- c\n- d"
    assert revision.text_with([went]) == "Labels.\n- a\n- c"


def test_a_removal_takes_the_heading_with_it_that_it_leaves_empty():
    before = "Labels.\n\n## Old\n- a\n\n## Rest\n- b"
    revision = Revision(before, before.replace("- a\n", "") + "\n- c")
    came, went = revision.changes
    assert revision.text_with([went]) == "Labels.\n\n## Rest\n- b"
    assert revision.text_with([came]) == before + "\n- c"


def test_a_restructured_text_has_only_what_is_new_as_changes():
    before = "Labels.\n- crashes are a bug\n- hopes are a wish"
    revision = Revision(
        before, "## Task\nLabels.\n\n### bug\n- crashes are a bug\n- errors\n\n### wish\n- hopes are a wish"
    )
    assert revision.is_restructured and words(revision) == [("", "- errors")]
    assert not Revision(BEFORE, ORDER).is_restructured


def test_what_must_stay_is_replaced_and_not_removed():
    revision = Revision(
        BEFORE, "Say which of bug and wish it is.\n- crashes are a bug", lambda text: "Labels" in text
    )
    assert words(revision) == [("Labels: bug, wish.", "Say which of bug and wish it is.")]


def test_any_choice_of_changes_leaves_nothing_torn():
    """Every block of the result is a whole block of one of the texts, whatever is chosen."""
    rng = random.Random(4)
    pieces = [
        "# A",
        "## B",
        "- x\n  y",
        "1. p",
        "2. q",
        "3. r",
        "Text of one\nline and more.",
        "Note:",
        "<t>",
        "</t>",
        "",
    ]
    for _ in range(300):
        before, after = ("\n".join(rng.choices(pieces, k=rng.randint(0, 9))) for _ in range(2))
        revision = Revision(before, after)
        whole = {block.says for text in (before, after) for block in blocks(text)}
        some = [change for change in revision.changes if rng.random() < 0.5]
        assert {block.says for block in blocks(revision.text_with(some)) if not block.is_structure} <= whole
        assert revision.text_with(revision.changes) == after
