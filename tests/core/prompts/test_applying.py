"""Edits, applied to a prompt."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EditRefused
from core.prompts.edits import apply_edits
from core.prompts.render import render
from core.prompts.starting_prompt import starting_prompt
from core.types import Edit, LabelSet, Prompt

START = starting_prompt(LabelSet(("bug", "improvement")))
RULED = replace(START, system_prompt="Sort.\n- Rule one.\n- Rule two.\n- Rule three.")


def applied(find: str, new: str, prompt: Prompt = RULED, field: str = "system_prompt") -> str:
    return getattr(apply_edits(prompt, [Edit(field, find, new)]), field)


def test_found_text_is_replaced_and_all_else_is_kept() -> None:
    changed = apply_edits(RULED, [Edit("system_prompt", "- Rule two.", "- Rule 2: \\1 {x} $&")])
    assert changed == replace(RULED, system_prompt="Sort.\n- Rule one.\n- Rule 2: \\1 {x} $&\n- Rule three.")


def test_edits_apply_in_order_each_to_what_the_last_one_left() -> None:
    edits = [
        Edit("system_prompt", "Rule two", "Rule 2"),
        Edit("system_prompt", "Rule 2", "Rule II"),
        Edit("bot_reply_prefix", "", "Reason:"),
    ]
    changed = apply_edits(RULED, edits)
    assert changed.system_prompt == "Sort.\n- Rule one.\n- Rule II.\n- Rule three."
    assert changed.bot_reply_prefix == "Reason:"


def test_no_edits_change_nothing() -> None:
    assert apply_edits(RULED, []) == RULED


@pytest.mark.parametrize(
    "find", ["- Rule   two.", "- Rule\ntwo.", " - Rule two. ", "\n- Rule\ttwo.\n\n", "Rule one. - Rule two."]
)
def test_other_white_space_still_finds_a_unique_text(find: str) -> None:
    assert "NEW" in applied(find, "NEW")


@pytest.mark.parametrize(
    ("find", "count"),
    [
        ("Rule", "more than once"),
        ("- Rule\t", "more than once"),
        ("Rule four", "not"),
        ("rule one", "not"),
        (".*", "not"),
    ],
)
def test_a_text_found_never_or_several_times_is_refused(find: str, count: str) -> None:
    where = "is not in system_prompt" if count == "not" else "is in system_prompt more than once"
    with pytest.raises(EditRefused) as refused:
        applied(find, "NEW")
    assert str(refused.value) == f"An edit does not apply: the text to find {where}: {find.strip()}"


def test_overlapping_places_count_as_several() -> None:
    with pytest.raises(EditRefused, match=r"more than once"):
        applied("aa", "b", replace(RULED, system_prompt="aaa"))


def test_a_long_text_is_quoted_by_its_first_60_characters() -> None:
    with pytest.raises(EditRefused) as refused:
        applied("abcde\n" * 50, "NEW")
    assert str(refused.value).endswith(": " + ("abcde " * 10) + "…")


def test_appended_text_never_sticks_to_the_last_line() -> None:
    assert applied("", "- Rule four.") == RULED.system_prompt + "\n- Rule four."
    assert applied("", "- A rule.", START) == START.system_prompt + "- A rule."
    assert applied("", "Reason:", field="bot_reply_prefix") == "Reason:"


def test_text_appended_to_the_suffix_goes_to_its_end_and_the_delimiter_still_closes() -> None:
    changed = applied("", "Think.", START, "user_prompt_suffix")
    assert changed == START.user_prompt_suffix + "\nThink."
    assert changed.startswith("\n</text>\n")


def test_text_appended_to_the_prefix_goes_before_the_tag_that_encloses_the_text() -> None:
    assert (
        applied("", "Mind the tone.", START, "user_prompt_prefix")
        == "Classify this text.\nMind the tone.\n<text>\n"
    )
    inline = Prompt("S", "Read: <text>", "</text>")
    assert applied("", "Mind the tone.", inline, "user_prompt_prefix") == "Mind the tone.\nRead: <text>"


def test_text_appended_to_a_prefix_without_delimiter_never_sticks_to_the_text_to_classify() -> None:
    changed = apply_edits(
        Prompt("S", "Read this:", "Answer."), [Edit("user_prompt_prefix", "", "Mind the tone.")]
    )
    assert render(changed, "TEXT\n")[1].content == "Read this:\nMind the tone.\nTEXT\nAnswer."


@pytest.mark.parametrize(
    ("find", "left"),
    [
        ("- Rule two.", "Sort.\n- Rule one.\n- Rule three."),
        ("- Rule three.", "Sort.\n- Rule one.\n- Rule two."),
        ("Sort.", "- Rule one.\n- Rule two.\n- Rule three."),
        ("Rule two.", "Sort.\n- Rule one.\n- \n- Rule three."),
        ("- Rule one.\n- Rule two.", "Sort.\n- Rule three."),
        (RULED.system_prompt, ""),
        ("- Rule two.\n", "Sort.\n- Rule one.\n- Rule three."),
    ],
)
def test_a_whole_line_is_removed_with_its_line_end(find: str, left: str) -> None:
    assert applied(find, "") == left


@pytest.mark.parametrize(("find", "new"), [("Rule two", "Rule two"), ("", ""), ("", "\n ")])
def test_an_edit_that_changes_nothing_is_refused(find: str, new: str) -> None:
    with pytest.raises(EditRefused, match=r"^An edit changes nothing in system_prompt: "):
        applied(find, new)


def test_an_edit_of_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(EditRefused, match=r"^An edit names the field few_shot, but"):
        apply_edits(RULED, [Edit("few_shot", "", "x")])


values = st.text(alphabet="ab \n.*[]{}\\", max_size=12)


@given(values, values, values)
def test_applying_gives_another_prompt_or_a_refusal(value: str, find: str, new: str) -> None:
    prompt = Prompt(value, "", "")
    try:
        changed = apply_edits(prompt, [Edit("system_prompt", find, new)])
    except EditRefused:
        return
    assert changed != prompt
    assert replace(changed, system_prompt=value) == prompt


def test_lines_removed_with_their_own_line_end_leave_the_blank_line_behind_them() -> None:
    spaced = replace(RULED, system_prompt="Sort.\n- Rule one.\n\n- Rule two.")
    assert applied("- Rule one.\n", "", spaced) == "Sort.\n\n- Rule two."
