"""The prompt a run starts from."""

from __future__ import annotations

import pytest

from core.prompts.rules import check_candidate
from core.prompts.starting_prompt import starting_prompt
from core.types import FewShot, LabelSet


def test_it_is_made_from_the_label_set_alone() -> None:
    prompt = starting_prompt(LabelSet(("bug", "improvement")))
    assert prompt.system_prompt == "Classify the text into exactly one of these labels: bug, improvement.\n"
    assert prompt.user_prompt_prefix == "Classify this text.\n<text>\n"
    assert prompt.user_prompt_suffix == (
        "\n</text>\nFirst give a short reason in one sentence. Then end with your answer in this form: <label>the label</label>"
    )
    assert (prompt.bot_reply_prefix, prompt.few_shot) == ("", FewShot())


def test_definitions_follow_the_labels_in_the_order_of_the_label_set() -> None:
    labels = LabelSet(
        ("zebra", "ant", "cow"), {"cow": "gives milk,\n  and moos", "zebra": "has stripes", "ant": "  "}
    )
    assert starting_prompt(labels).system_prompt == (
        "Classify the text into exactly one of these labels: zebra, ant, cow.\n"
        "\nWhat the labels mean:\n- zebra: has stripes\n- cow: gives milk, and moos\n"
    )


def test_a_label_with_a_comma_is_quoted() -> None:
    assert '"refund, late", other.' in starting_prompt(LabelSet(("refund, late", "other"))).system_prompt


@pytest.mark.parametrize(
    "names",
    [
        ("bug", "not a bug"),
        ("<b>", "</b>"),
        ("{text}", "<find>"),
        ("a, b", "c"),
        ("🐛", "✨ new"),
        ("NA", "None"),
        ("001", "1"),
        ("C++", "C"),
        ("垃圾", "正常"),
        (" led", "zed "),
        ("a  b", "a\tc"),
        ("]( x )", "=1+1"),
        ("{0}", "%s"),
        ("<label>", "label"),
        ("…", "..."),
    ],
)
def test_it_keeps_to_the_rules_whatever_the_labels_are_called(names: tuple[str, ...]) -> None:
    labels = LabelSet(names, {names[0]: "exact old text of <edit> {input}"})
    check_candidate(starting_prompt(labels), labels, (), 2_000)
