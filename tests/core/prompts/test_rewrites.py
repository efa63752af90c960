"""A whole new prompt in field tags."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import EditRefused
from core.prompts.edits import read_rewrite
from core.prompts.starting_prompt import starting_prompt
from core.types import FewShot, LabelSet, Prompt, Shot
from tests.work import Text, assert_linear, processor_limit

NOW = replace(
    starting_prompt(LabelSet(("bug", "improvement"))), few_shot=FewShot("fixed", 0, (Shot("x", "bug"),))
)

WHOLE = """<system_prompt>
Be exact.
</system_prompt>
<user_prompt_prefix>
Read:
<text>
</user_prompt_prefix>
<user_prompt_suffix>
</text>
Answer: <label>…</label>
</user_prompt_suffix>
<bot_reply_prefix></bot_reply_prefix>"""
NEW = Prompt("Be exact.", "Read:\n<text>", "</text>\nAnswer: <label>…</label>", "", NOW.few_shot)


@pytest.mark.parametrize(
    "reply",
    [
        WHOLE,
        "My reading follows.\n\n" + WHOLE + "\n\nThat should help.",
        "```xml\n" + WHOLE + "\n```",
        html.escape(WHOLE),
        WHOLE.replace("system_prompt", "System_Prompt").replace("user_prompt_suffix", "USER_PROMPT_SUFFIX"),
        "<thinking>First <system_prompt>a draft</system_prompt>, then more.</thinking>" + WHOLE,
        "<thinking>First <system_prompt>a draft</thinking>" + WHOLE,
        "<thinking>\n<system_prompt>\na draft\n</thinking>\n" + WHOLE,
        "I make the <system_prompt> shorter.\n" + WHOLE + "\nI left <bot_reply_prefix> empty.",
        WHOLE.replace("<system_prompt>", '< system_prompt id="1" >'),
        WHOLE.replace("</text>", "<\\/text>"),
        "<bot_reply_prefix></bot_reply_prefix>\n"
        + WHOLE.replace("\n<bot_reply_prefix></bot_reply_prefix>", ""),
        WHOLE.replace("\n<bot_reply_prefix></bot_reply_prefix>", ""),
    ],
)
def test_all_fields_are_read_whatever_surrounds_them(reply: str) -> None:
    assert read_rewrite(reply, NOW) == NEW


def test_fields_not_given_keep_their_value_and_so_does_the_few_shot_choice() -> None:
    assert read_rewrite("<system_prompt>Be exact.</system_prompt>", NOW) == replace(
        NOW, system_prompt="Be exact."
    )


def test_the_last_occurrence_of_a_field_counts() -> None:
    reply = "<system_prompt>draft</system_prompt> Better: <system_prompt>final</system_prompt>"
    assert read_rewrite(reply, NOW).system_prompt == "final"


def test_a_field_can_be_emptied() -> None:
    assert (
        read_rewrite(
            "<bot_reply_prefix></bot_reply_prefix>", replace(NOW, bot_reply_prefix="x")
        ).bot_reply_prefix
        == ""
    )


def test_a_field_named_inside_another_is_part_of_its_text() -> None:
    reply = "<system_prompt>The <user_prompt_prefix> comes first.</system_prompt>"
    assert read_rewrite(reply, NOW) == replace(NOW, system_prompt="The <user_prompt_prefix> comes first.")


def test_a_field_given_with_other_outer_newlines_only_keeps_its_value() -> None:
    reply = (
        "<system_prompt>Be exact.</system_prompt><user_prompt_prefix>\n"
        + NOW.user_prompt_prefix.strip()
        + "\n</user_prompt_prefix>"
    )
    assert read_rewrite(reply, NOW) == replace(NOW, system_prompt="Be exact.")


@pytest.mark.parametrize(
    "length", range(len("<system_prompt>\n"), WHOLE.index("</system_prompt>") + len("</system_prompt>"))
)
def test_a_reply_cut_off_in_its_first_field_is_refused(length: int) -> None:
    with pytest.raises(
        EditRefused,
        match=r"^The reply is cut off: its <system_prompt> is never closed, so nothing of it is used.$",
    ):
        read_rewrite(WHOLE[:length], NOW)


@pytest.mark.parametrize(
    "cut",
    [
        "<user_prompt_suffix>\n</text>\nAnswer",
        "<user_prompt_suffix>",
        "<user_pro",
        "  <bot_reply_prefix>Reas",
        "```\n<bot_reply_prefix>",
    ],
)
def test_a_reply_cut_off_in_a_later_field_is_refused(cut: str) -> None:
    with pytest.raises(EditRefused, match=r"^The reply is cut off"):
        read_rewrite("<system_prompt>Be exact.</system_prompt>\n" + cut, NOW)
    with pytest.raises(EditRefused, match=r"^The reply is cut off"):
        read_rewrite(html.escape("<system_prompt>Be exact.</system_prompt>" + cut.lstrip("`\n ")), NOW)


@pytest.mark.parametrize(
    "reply", ["", "Nothing.", "</system_prompt>", "<edit></edit>", "I would leave <system_prompt> alone."]
)
def test_a_reply_without_fields_is_refused(reply: str) -> None:
    with pytest.raises(
        EditRefused,
        match=r"^The reply holds no field such as <system_prompt>…</system_prompt>: there is nothing to try.$",
    ):
        read_rewrite(reply, NOW)


def test_a_reply_that_changes_nothing_is_refused() -> None:
    with pytest.raises(EditRefused, match=r"^The reply changes nothing: "):
        read_rewrite("<system_prompt>\n" + NOW.system_prompt + "</system_prompt>", NOW)


bits = st.sampled_from(
    [
        "<system_prompt>",
        "</system_prompt>",
        "<user_prompt_prefix>",
        "</user_prompt_prefix>",
        "<bot_reply_prefix",
        ">",
        "<",
        "\n",
        "&lt;system_prompt&gt;",
    ]
)


@given(st.lists(st.one_of(bits, st.text(max_size=4))).map("".join))
def test_reading_gives_another_prompt_or_a_refusal_whatever_the_reply(reply: str) -> None:
    try:
        assert read_rewrite(reply, NOW) != NOW
    except EditRefused as refused:
        assert str(refused)


@pytest.mark.parametrize(
    "reply", ["<" + " " * 1_000_000, "<system_prompt " * 100_000], ids=["spaces", "half tags"]
)
def test_a_long_run_of_one_thing_is_passed_over_once(reply: str) -> None:
    with processor_limit(), pytest.raises(EditRefused):
        read_rewrite(reply, NOW)


@pytest.mark.parametrize(
    "part",
    [
        "<system_prompt>",
        "<system_prompt></user_prompt_prefix>",
        "x <system_prompt>",
        "<system_prompt>x</system_prompt>",
    ],
)
def test_the_work_of_reading_grows_with_the_length_of_the_reply(part: str) -> None:
    def reading(count: int) -> Callable[[], None]:
        def read() -> None:
            reply = Text(part * count + "<bot_reply_prefix>")
            with pytest.raises(EditRefused):
                read_rewrite(reply, NOW)
            assert reply.characters <= 4 * len(reply)

        return read

    assert_linear(reading, 1_000)
