"""What changed between two prompts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.prompts.diffs import diff
from core.types import FewShot, Prompt, Shot

BEFORE = Prompt("Sort.\n- Rule one.\n- Rule two.", "Read:\n", "Answer.")


def test_equal_prompts_have_no_diff() -> None:
    assert diff(BEFORE, replace(BEFORE)) == ""


def test_only_changed_fields_are_shown_each_under_its_name() -> None:
    after = replace(
        BEFORE, system_prompt="Sort.\n- Rule 1.\n- Rule two.\n- Rule three.", bot_reply_prefix="So:"
    )
    assert diff(BEFORE, after) == (
        "=== system_prompt\n@@ -1,3 +1,4 @@\n Sort.\n-- Rule one.\n+- Rule 1.\n - Rule two.\n+- Rule three.\n"
        "=== bot_reply_prefix\n@@ -0,0 +1 @@\n+So:"
    )


def test_an_emptied_field_shows_what_is_gone() -> None:
    assert (
        diff(BEFORE, replace(BEFORE, user_prompt_suffix=""))
        == "=== user_prompt_suffix\n@@ -1 +0,0 @@\n-Answer."
    )


def test_a_trailing_newline_shows_as_a_line_and_never_as_a_note() -> None:
    shown = diff(BEFORE, replace(BEFORE, user_prompt_prefix="Read:"))
    assert shown == "=== user_prompt_prefix\n@@ -1,2 +1 @@\n Read:\n-"


def test_another_few_shot_choice_is_shown() -> None:
    after = replace(BEFORE, few_shot=FewShot("fixed", 0, (Shot("It crashes", "bug"),)))
    assert (
        diff(BEFORE, after)
        == "=== few_shot\n@@ -1,2 +1,3 @@\n-strategy: none\n+strategy: fixed\n k: 0\n+bug: It crashes"
    )


prompts = st.builds(Prompt, st.text(), st.text(), st.text(), st.text())


@given(prompts, prompts)
def test_a_diff_is_empty_exactly_when_nothing_changed(one: Prompt, other: Prompt) -> None:
    assert (diff(one, other) == "") == (one == other)
    assert "No newline" not in diff(one, other) or any(
        "No newline" in text for text in (repr(one), repr(other))
    )


lines = st.lists(st.sampled_from(["a", "b", "", "- c"]), max_size=6).map("\n".join)


@given(lines, lines)
def test_the_lines_shown_turn_one_field_into_the_other(old: str, new: str) -> None:
    shown = diff(Prompt(old, "", ""), Prompt(new, "", "")).split("\n")[1:]
    marks = [line for line in shown if not line.startswith("@@")]
    if old != new and len(old) < 6 and len(new) < 6:  # short enough for one hunk that holds every line
        assert [line[1:] for line in marks if line[:1] in " -"] == (old.split("\n") if old else [])
        assert [line[1:] for line in marks if line[:1] in " +"] == (new.split("\n") if new else [])
