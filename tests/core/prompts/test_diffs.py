"""What changed between two prompts, by lines and by words."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.prompts.diffs import changed_lines, edit_lines, prompt_changes
from core.types import Edit, FewShot, Prompt, Shot

BEFORE = Prompt("Sort.\n- Rule one.\n- Rule two.", "Read:\n", "Answer.")


def marked(before: str, after: str) -> list[str]:
    """As text: the sign, and what changed between brackets."""
    return [
        line.sign + "".join(f"[{text}]" if changed else text for text, changed in line.parts)
        for line in changed_lines(before, after)
    ]


def test_only_changed_fields_are_shown_each_under_its_name() -> None:
    after = replace(BEFORE, system_prompt="Sort.\n- Rule one.", bot_reply_prefix="So:")
    changes = prompt_changes(BEFORE, after)
    assert [change.name for change in changes] == ["system_prompt", "bot_reply_prefix"]
    assert [line.sign + line.text for line in changes[0].lines] == [" - Rule one.", "-- Rule two."]
    assert [line.sign + line.text for line in changes[1].lines] == ["+So:"]


def test_a_trailing_newline_that_went_is_a_change() -> None:
    [change] = prompt_changes(BEFORE, replace(BEFORE, user_prompt_prefix="Read:"))
    assert [line.sign + line.text for line in change.lines] == [" Read:", "-"]


def test_another_few_shot_choice_is_shown() -> None:
    [change] = prompt_changes(
        BEFORE, replace(BEFORE, few_shot=FewShot("fixed", 0, (Shot("It crashes", "bug"),)))
    )
    assert change.name == "few_shot"
    assert "+bug: It crashes" in [line.sign + line.text for line in change.lines]


def test_in_a_line_of_fifteen_words_the_one_that_changed_is_marked() -> None:
    old = "- If the text asks how to do a thing, or whether it may, label it bug."
    assert marked(old, old.replace("bug", "question")) == [
        "-- If the text asks how to do a thing, or whether it may, label it [bug].",
        "+- If the text asks how to do a thing, or whether it may, label it [question].",
    ]


def test_words_that_changed_beside_each_other_are_one_mark() -> None:
    assert marked("Typical of bug: flaky, lost", "Typical of bug: flaky, lost, wrong") == [
        "-Typical of bug: flaky, lost",
        "+Typical of bug: flaky, lost[, wrong]",
    ]
    assert marked("Label it as a clear bug now", "Label it as an open question now")[1] == (
        "+Label it as [an open question] now"
    )


def test_a_changed_line_is_found_among_lines_that_came_with_it() -> None:
    old = "- A crash is a bug.\n- A wish is a feature."
    new = "- Read the title first.\n- A crash or a hang is a bug.\n- A wish is a feature request."
    assert marked(old, new) == [
        "+- Read the title first.",
        "-- A crash is a bug.",
        "+- A crash[ or a hang] is a bug.",
        "-- A wish is a feature.",
        "+- A wish is a feature[ request].",
    ]


def test_a_line_that_says_something_else_is_shown_whole() -> None:
    assert marked("Be brief.", "Answer with one of the labels") == [
        "-Be brief.",
        "+Answer with one of the labels",
    ]


def test_of_a_long_field_only_what_changed_is_shown_with_its_neighbours() -> None:
    old = "\n".join(f"line {number}" for number in range(30))
    lines = changed_lines(old, old.replace("line 15", "another thing").replace("line 3\n", ""))
    assert [line.sign for line in lines] == [" ", "-", " ", "…", " ", "-", "+", " "]


prompts = st.builds(Prompt, st.text(), st.text(), st.text(), st.text())


@given(prompts, prompts)
def test_nothing_is_shown_exactly_when_nothing_changed(one: Prompt, other: Prompt) -> None:
    assert (prompt_changes(one, other) == []) == (one == other)


lines = st.lists(st.sampled_from(["a", "b", "", "- c d e f", "- c d e g"]), max_size=6).map("\n".join)


@given(lines, lines)
def test_the_lines_shown_turn_one_field_into_the_other(old: str, new: str) -> None:
    for change in prompt_changes(Prompt(old, "", ""), Prompt(new, "", "")):
        if "…" not in [line.sign for line in change.lines]:
            before = "\n".join(line.text for line in change.lines if line.sign in "- ")
            after = "\n".join(line.text for line in change.lines if line.sign in "+ ")
            assert before in old and after in new


def test_a_heading_that_the_prompt_has_already_is_not_added_by_an_edit() -> None:
    prompt = Prompt("Sort.\n\nWhat the labels mean:\n- bug: a crash.\n", "", "")
    edit = Edit("system_prompt", "", "What the labels mean:\n- docs: a guide.")
    shown = [line.sign + line.text for line in edit_lines(edit, prompt)]
    assert shown == [" What the labels mean:", "+- docs: a guide."]
    assert {line.sign for line in edit_lines(edit)} == {"+"}
