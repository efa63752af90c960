"""Edits as a heavyweight model writes them, read."""

from __future__ import annotations

import html
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EditRefused
from core.prompts.edits import read_edits
from core.types import PROMPT_FIELDS, Edit
from tests.work import Text, assert_linear, processor_limit


def block(field: str = "system_prompt", find: str = "old", new: str = "new") -> str:
    return f"<edit><field>{field}</field><find>{find}</find><replace>{new}</replace></edit>"


ONE = (Edit("system_prompt", "old", "new"),)


@pytest.mark.parametrize(
    "reply",
    [
        block(),
        "These changes help.\n\n" + block() + "\n\nThat is all.",
        "```xml\n" + block() + "\n```",
        "<reasoning>The mistakes share a pattern.</reasoning>\n" + block(),
        "I propose one <edit> block, the `<edit>` of my choice:\n"
        + block()
        + "\nEach <edit> stands on its own.",
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
        "<reasoning>"
        + block(new="ask for <reasoning>…</reasoning>")
        + " or "
        + block(new="draft")
        + "</reasoning>"
        + block(),
        "<edit></edit>" + block(),
        "<edits>" + block() + "</edits>",
        block().replace("\n", "\r\n"),
    ],
)
def test_an_edit_is_read_whatever_surrounds_it(reply: str) -> None:
    assert read_edits(reply) == ONE


def test_entities_are_read_only_where_all_markup_is_escaped() -> None:
    assert read_edits("Written as &lt;edit&gt;: " + block(new="R&amp;D")) == (
        Edit("system_prompt", "old", "R&amp;D"),
    )
    assert read_edits(html.escape(block(new="R&D"))) == (Edit("system_prompt", "old", "R&D"),)


def test_several_edits_keep_their_order_and_repeats_count_once() -> None:
    reply = (
        block(new="a") + block(field="user_prompt_suffix", new="b") + block(new="a") + block(find="", new="c")
    )
    assert read_edits(reply) == (
        Edit("system_prompt", "old", "a"),
        Edit("user_prompt_suffix", "old", "b"),
        Edit("system_prompt", "", "c"),
    )


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("\nnew\n", "new"),
        ("\n\nnew\n\n", "\nnew\n"),
        ("  new  ", "  new  "),
        ("\r\nnew\r\n", "new"),
        ("a\nb", "a\nb"),
        ("", ""),
        ("a &lt; b &amp; c", "a &lt; b &amp; c"),
        ("<b>x</b> </text>", "<b>x</b> </text>"),
        ("answer in <label>…</label>", "answer in <label>…</label>"),
        ("say <reasoning>why</reasoning>", "say <reasoning>why</reasoning>"),
        ("<\\/text>", "</text>"),
        ("{0} \\1", "{0} \\1"),
    ],
)
def test_a_value_loses_one_newline_at_either_end_and_nothing_else(written: str, value: str) -> None:
    assert read_edits(block(find=written or "x", new=written)) == (
        Edit("system_prompt", value if written else "x", value),
    )


@pytest.mark.parametrize(
    "find", ["<find></find>", "<find/>", "<find />", "<find>\n</find>", "<find> </find>", ""]
)
def test_an_empty_find_or_none_appends(find: str) -> None:
    assert read_edits(f"<edit><field>system_prompt</field>{find}<replace>new</replace></edit>") == (
        Edit("system_prompt", "", "new"),
    )


def test_an_empty_replace_removes() -> None:
    removed = (Edit("system_prompt", "old", ""),)
    assert read_edits(block(new="")) == removed
    assert read_edits("<edit><field>system_prompt</field><find>old</find><replace/></edit>") == removed


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("System_Prompt", "system_prompt"),
        (" `system prompt` ", "system_prompt"),
        ("system-prompt", "system_prompt"),
        ("system", "system_prompt"),
        ("prompt_system", "system_prompt"),
        ("user_prefix", "user_prompt_prefix"),
        ("USER PROMPT SUFFIX", "user_prompt_suffix"),
        ("prompt_user_suffix", "user_prompt_suffix"),
        ("prompt_prefix", "user_prompt_prefix"),
        ("bot_reply_prefix", "bot_reply_prefix"),
        ("bot_prompt_reply_prefix", "bot_reply_prefix"),
        ("prompt_bot_reply_prefix", "bot_reply_prefix"),
    ],
)
def test_a_field_name_is_read_in_other_case_and_with_prompt_misplaced(written: str, field: str) -> None:
    assert read_edits(block(field=written))[0].field == field


@pytest.mark.parametrize(
    "name", ["user_prompt", "prefix", "few_shot", "labels", "system_prompts", "", "prompt"]
)
def test_an_unknown_field_is_refused_by_name(name: str) -> None:
    with pytest.raises(
        EditRefused,
        match=rf"^An edit names the field {name or '.empty.'}, but a prompt has only system_prompt, ",
    ):
        read_edits(block() + block(field=name))


CUT = block(new="first") + block(new="a longer rule that ends here")


@pytest.mark.parametrize("length", range(len(block(new="first")) + 1, len(CUT)))
def test_a_reply_cut_off_anywhere_in_an_edit_is_refused_as_a_whole(length: int) -> None:
    with pytest.raises(
        EditRefused, match=r"^The reply is cut off: an <edit> has no </edit>, so nothing of it is used.$"
    ):
        read_edits(CUT[:length])


def test_an_escaped_reply_cut_off_is_refused_too() -> None:
    with pytest.raises(EditRefused, match=r"cut off"):
        read_edits(html.escape(block() + "<edit><field>system_prompt</field>"))


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "Nothing to change.",
        "<edit></edit>",
        "Use <edit> blocks.",
        "<system_prompt>x</system_prompt>",
        "</edit>",
        "\ud800",
    ],
)
def test_a_reply_without_edits_is_refused(reply: str) -> None:
    with pytest.raises(EditRefused, match=r"^The reply holds no <edit> block: there is nothing to try.$"):
        read_edits(reply)


@pytest.mark.parametrize(
    ("inner", "sentence"),
    [
        (
            "<field>system_prompt</field><find>old</find>",
            "An edit has no <replace>: <field>system_prompt</field><find>old</find>",
        ),
        (
            "<find>old</find><replace>new</replace>",
            "An edit has no <field>: <find>old</find><replace>new</replace>",
        ),
        (
            "<field>system_prompt</field><find>old<replace>new</replace>",
            "An edit has a <find> without </find>: <field>system_prompt</field><find>old<replace>new</replace>",
        ),
        (
            "<field>system_prompt</field><find>old</find><replace>new",
            "An edit has a <replace> without </replace>: <field>system_prompt</field><find>old</find><replace>new",
        ),
        ("the second rule is wrong", "An edit has no <replace>: the second rule is wrong"),
    ],
)
def test_an_incomplete_edit_is_refused_in_a_sentence(inner: str, sentence: str) -> None:
    with pytest.raises(EditRefused) as refused:
        read_edits(block() + "<edit>" + inner + "</edit>")
    assert str(refused.value) == sentence


bits = st.sampled_from(
    [
        "<edit>",
        "</edit>",
        "<field>",
        "</field>",
        "<find>",
        "</find>",
        "<replace>",
        "</replace>",
        "system_prompt",
        "<think>",
        "</think>",
        "&lt;edit&gt;",
        "<",
        ">",
        "/",
        "\n",
        " ",
        "```",
        "\ud800",
    ]
)


@given(st.lists(st.one_of(bits, st.text(max_size=4))).map("".join))
def test_reading_gives_edits_or_a_refusal_whatever_the_reply(reply: str) -> None:
    try:
        edits = read_edits(reply)
    except EditRefused as refused:
        assert str(refused)
    else:
        assert edits
        assert all(edit.field in PROMPT_FIELDS for edit in edits)


@given(st.text(alphabet="abc \n</>", min_size=1).filter(lambda t: t.strip() == t))
def test_an_edit_written_in_the_answer_form_is_read_back(text: str) -> None:
    assert read_edits(block(find=text, new=text)) == (Edit("system_prompt", text, text),)


@pytest.mark.parametrize(
    "reply",
    [
        "<" + " " * 1_000_000,
        "<edit " * 100_000,
        "\n" + " " * 1_000_000 + "x",
        block(new="\n" + " " * 1_000_000 + "x") + "<edit>",
    ],
    ids=["spaces", "half tags", "a blank line", "a blank line in a block"],
)
def test_a_long_run_of_one_thing_is_passed_over_once(reply: str) -> None:
    with processor_limit(), pytest.raises(EditRefused):
        read_edits(reply)


@pytest.mark.parametrize(
    "part",
    ["<edit>", "<edit> ", "<edit>x</edit>", "<think>", "<think>x</reasoning>", "<edit><think></edit>"],
)
def test_the_work_of_reading_grows_with_the_length_of_the_reply(part: str) -> None:
    def reading(count: int) -> Callable[[], None]:
        def read() -> None:
            reply = Text(part * count)
            with pytest.raises(EditRefused):
                read_edits(reply)
            assert reply.characters <= 2 * len(reply)

        return read

    assert_linear(reading, 1_000)
