"""Edits as a heavyweight model writes them: read, and applied."""

from __future__ import annotations

import html
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EditRefused
from core.prompts.edits import apply_edits, read_edits
from core.prompts.rendering import render
from core.prompts.starting import starting_prompt
from core.types import PROMPT_FIELDS, Edit, LabelSet, Prompt

START = starting_prompt(LabelSet(("bug", "improvement")))
RULED = replace(START, system_prompt="Sort.\n- Rule one.\n- Rule two.\n- Rule three.")


def block(field: str = "system_prompt", find: str = "old", new: str = "new") -> str:
    return f"<edit><field>{field}</field><find>{find}</find><replace>{new}</replace></edit>"


ONE = (Edit("system_prompt", "old", "new"),)


@pytest.mark.parametrize("reply", [
    block(),
    "These changes help.\n\n" + block() + "\n\nThat is all.",
    "```xml\n" + block() + "\n```",
    "<reasoning>The mistakes share a pattern.</reasoning>\n" + block(),
    "I propose one <edit> block, the `<edit>` of my choice:\n" + block() + "\nEach <edit> stands on its own.",
    "<edit>\n  <field>\n  system_prompt\n  </field>\n  <find>\nold\n  </find>\n  <replace>\nnew\n</replace>\n</edit>",
    "< edit >< field >system_prompt</ field ><find >old</find ><replace>new</replace>< / edit >",
    "<EDIT><Field>system_prompt</Field><FIND>old</FIND><Replace>new</Replace></Edit>",
    '<edit id="1" why="x"><field name="f">system_prompt</field><find n=1>old</find><replace>new</replace></edit>',
    '<edit field="system_prompt"><find>old</find><replace>new</replace></edit>',
    "<edit><find>old</find><replace>new</replace><field>system_prompt</field></edit>",
    "<edit><field>system_prompt</field><replace>new</replace><find>old</find></edit>",
    html.escape(block()),
    "```\n" + html.escape(block()) + "\n```",
    block() + "\n" + block(),
    "<thinking>Perhaps " + block(new="draft") + "? No.</thinking>" + block(),
    "<think>Perhaps <edit>\n<field>system_prompt</field><find>draft</think>\n" + block(),
    "<reasoning>" + block() + "</reasoning>",
    "<edit></edit>" + block(),
    "<edits>" + block() + "</edits>",
    block().replace("\n", "\r\n"),
])
def test_an_edit_is_read_whatever_surrounds_it(reply: str) -> None:
    assert read_edits(reply) == ONE


def test_several_edits_keep_their_order_and_repeats_count_once() -> None:
    reply = block(new="a") + block(field="user_prompt_suffix", new="b") + block(new="a") + block(find="", new="c")
    assert read_edits(reply) == (Edit("system_prompt", "old", "a"), Edit("user_prompt_suffix", "old", "b"), Edit("system_prompt", "", "c"))


@pytest.mark.parametrize(("written", "value"), [
    ("\nnew\n", "new"), ("\n\nnew\n\n", "\nnew\n"), ("  new  ", "  new  "), ("\r\nnew\r\n", "new"), ("a\nb", "a\nb"), ("", ""),
    ("a &lt; b &amp; c", "a &lt; b &amp; c"), ("<b>x</b> </text>", "<b>x</b> </text>"), ("answer in <label>…</label>", "answer in <label>…</label>"),
    ("say <reasoning>why</reasoning>", "say <reasoning>why</reasoning>"), ("<\\/text>", "</text>"), ("{0} \\1", "{0} \\1"),
])
def test_a_value_loses_one_newline_at_either_end_and_nothing_else(written: str, value: str) -> None:
    assert read_edits(block(find=written or "x", new=written)) == (Edit("system_prompt", value if written else "x", value),)


@pytest.mark.parametrize("find", ["<find></find>", "<find/>", "<find />", "<find>\n</find>", "<find> </find>", ""])
def test_an_empty_find_or_none_appends(find: str) -> None:
    assert read_edits(f"<edit><field>system_prompt</field>{find}<replace>new</replace></edit>") == (Edit("system_prompt", "", "new"),)


def test_an_empty_replace_removes() -> None:
    removed = (Edit("system_prompt", "old", ""),)
    assert read_edits(block(new="")) == removed
    assert read_edits("<edit><field>system_prompt</field><find>old</find><replace/></edit>") == removed


@pytest.mark.parametrize(("written", "field"), [
    ("System_Prompt", "system_prompt"), (" `system prompt` ", "system_prompt"), ("system-prompt", "system_prompt"), ("system", "system_prompt"),
    ("prompt_system", "system_prompt"), ("user_prefix", "user_prompt_prefix"), ("USER PROMPT SUFFIX", "user_prompt_suffix"),
    ("prompt_user_suffix", "user_prompt_suffix"), ("prompt_prefix", "user_prompt_prefix"), ("bot_reply_prefix", "bot_reply_prefix"),
    ("bot_prompt_reply_prefix", "bot_reply_prefix"), ("prompt_bot_reply_prefix", "bot_reply_prefix"),
])
def test_a_field_name_is_read_in_other_case_and_with_prompt_misplaced(written: str, field: str) -> None:
    assert read_edits(block(field=written))[0].field == field


@pytest.mark.parametrize("name", ["user_prompt", "prefix", "few_shot", "labels", "system_prompts", "", "prompt"])
def test_an_unknown_field_is_refused_by_name(name: str) -> None:
    with pytest.raises(EditRefused, match=f"^An edit names the field {name or '.empty.'}, but a prompt has only system_prompt, "):
        read_edits(block() + block(field=name))


CUT = block(new="first") + block(new="a longer rule that ends here")


@pytest.mark.parametrize("length", range(len(block(new="first")) + 1, len(CUT)))
def test_a_reply_cut_off_anywhere_in_an_edit_is_refused_as_a_whole(length: int) -> None:
    with pytest.raises(EditRefused, match="^The reply is cut off: its last <edit> has no </edit>, so nothing of it is used.$"):
        read_edits(CUT[:length])


def test_an_escaped_reply_cut_off_is_refused_too() -> None:
    with pytest.raises(EditRefused, match="cut off"):
        read_edits(html.escape(block() + "<edit><field>system_prompt</field>"))


@pytest.mark.parametrize("reply", ["", "Nothing to change.", "<edit></edit>", "Use <edit> blocks.", "<system_prompt>x</system_prompt>", "</edit>", "\ud800"])
def test_a_reply_without_edits_is_refused(reply: str) -> None:
    with pytest.raises(EditRefused, match="^The reply holds no <edit> block: there is nothing to try.$"):
        read_edits(reply)


@pytest.mark.parametrize(("inner", "sentence"), [
    ("<field>system_prompt</field><find>old</find>", "An edit has no <replace>: <field>system_prompt</field>"),
    ("<find>old</find><replace>new</replace>", "An edit has no <field>: "),
    ("<field>system_prompt</field><find>old<replace>new</replace>", "An edit has a <find> without </find>: <field>system_prompt</field><find>old<replace>new</repl…"),
    ("<field>system_prompt</field><find>old</find><replace>new", "An edit has a <replace> without </replace>: <field>system_prompt</field><replace>new"),
    ("the second rule is wrong", "An edit has no <replace>: the second rule is wrong"),
])
def test_an_incomplete_edit_is_refused_in_a_sentence(inner: str, sentence: str) -> None:
    with pytest.raises(EditRefused) as refused:
        read_edits(block() + "<edit>" + inner + "</edit>")
    assert str(refused.value) == sentence


# ---- applying

def applied(find: str, new: str, prompt: Prompt = RULED, field: str = "system_prompt") -> str:
    return getattr(apply_edits(prompt, [Edit(field, find, new)]), field)


def test_found_text_is_replaced_and_all_else_is_kept() -> None:
    changed = apply_edits(RULED, [Edit("system_prompt", "- Rule two.", "- Rule 2: \\1 {x} $&")])
    assert changed == replace(RULED, system_prompt="Sort.\n- Rule one.\n- Rule 2: \\1 {x} $&\n- Rule three.")


def test_edits_apply_in_order_each_to_what_the_last_one_left() -> None:
    edits = [Edit("system_prompt", "Rule two", "Rule 2"), Edit("system_prompt", "Rule 2", "Rule II"), Edit("bot_reply_prefix", "", "Reason:")]
    changed = apply_edits(RULED, edits)
    assert changed.system_prompt == "Sort.\n- Rule one.\n- Rule II.\n- Rule three."
    assert changed.bot_reply_prefix == "Reason:"


def test_no_edits_change_nothing() -> None:
    assert apply_edits(RULED, []) == RULED


@pytest.mark.parametrize("find", ["- Rule   two.", "- Rule\ntwo.", " - Rule two. ", "\n- Rule\ttwo.\n\n", "Rule one. - Rule two."])
def test_other_white_space_still_finds_a_unique_text(find: str) -> None:
    assert "NEW" in applied(find, "NEW")


@pytest.mark.parametrize(("find", "count"), [("Rule", "more than once"), ("- Rule\t", "more than once"), ("Rule four", "not"), ("rule one", "not"), (".*", "not")])
def test_a_text_found_never_or_several_times_is_refused(find: str, count: str) -> None:
    where = "is not in system_prompt" if count == "not" else "is in system_prompt more than once"
    with pytest.raises(EditRefused) as refused:
        applied(find, "NEW")
    assert str(refused.value) == f"An edit does not apply: the text to find {where}: {find.strip()}"


def test_overlapping_places_count_as_several() -> None:
    with pytest.raises(EditRefused, match="more than once"):
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
    assert applied("", "Mind the tone.", START, "user_prompt_prefix") == "Classify this text.\nMind the tone.\n<text>\n"
    inline = Prompt("S", "Read: <text>", "</text>")
    assert applied("", "Mind the tone.", inline, "user_prompt_prefix") == "Mind the tone.\nRead: <text>"


def test_text_appended_to_a_prefix_without_delimiter_never_sticks_to_the_text_to_classify() -> None:
    changed = apply_edits(Prompt("S", "Read this:", "Answer."), [Edit("user_prompt_prefix", "", "Mind the tone.")])
    assert render(changed, "TEXT\n")[1].content == "Read this:\nMind the tone.\nTEXT\nAnswer."


@pytest.mark.parametrize(("find", "left"), [
    ("- Rule two.", "Sort.\n- Rule one.\n- Rule three."), ("- Rule three.", "Sort.\n- Rule one.\n- Rule two."),
    ("Sort.", "- Rule one.\n- Rule two.\n- Rule three."), ("Rule two.", "Sort.\n- Rule one.\n- \n- Rule three."),
    ("- Rule one.\n- Rule two.", "Sort.\n- Rule three."), (RULED.system_prompt, ""), ("- Rule two.\n", "Sort.\n- Rule one.\n- Rule three."),
])
def test_a_whole_line_is_removed_with_its_line_end(find: str, left: str) -> None:
    assert applied(find, "") == left


@pytest.mark.parametrize(("find", "new"), [("Rule two", "Rule two"), ("", ""), ("", "\n ")])
def test_an_edit_that_changes_nothing_is_refused(find: str, new: str) -> None:
    with pytest.raises(EditRefused, match="^An edit changes nothing in system_prompt: "):
        applied(find, new)


def test_an_edit_of_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(EditRefused, match="^An edit names the field few_shot, but"):
        apply_edits(RULED, [Edit("few_shot", "", "x")])


bits = st.sampled_from(["<edit>", "</edit>", "<field>", "</field>", "<find>", "</find>", "<replace>", "</replace>", "system_prompt", "<think>",
                        "</think>", "&lt;edit&gt;", "<", ">", "/", "\n", " ", "```", "\ud800"])


@given(st.lists(st.one_of(bits, st.text(max_size=4))).map("".join))
def test_reading_gives_edits_or_a_refusal_whatever_the_reply(reply: str) -> None:
    try:
        edits = read_edits(reply)
    except EditRefused as refused:
        assert str(refused)
    else:
        assert edits
        assert all(edit.field in PROMPT_FIELDS for edit in edits)


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


@given(st.text(alphabet="abc \n</>", min_size=1).filter(lambda t: t.strip() == t))
def test_an_edit_written_in_the_answer_form_is_read_back(text: str) -> None:
    assert read_edits(block(find=text, new=text)) == (Edit("system_prompt", text, text),)


@pytest.mark.parametrize("reply", ["<" + " " * 100_000, "<edit>" * 10_000, "<edit " * 20_000, "<think>" * 3_000, "\n" + " " * 100_000 + "x"])
def test_hostile_replies_are_read_in_no_time(reply: str) -> None:
    start = time.perf_counter()
    with pytest.raises(EditRefused):
        read_edits(reply)
    assert time.perf_counter() - start < 1
