"""A prompt of one's own as text or chat, read into the four fields."""

from __future__ import annotations

import pytest

from core.errors import PromptError
from core.prompts.render import render
from core.prompts.starting_prompt import ANSWER_SENTENCE, PREFIX, SUFFIX
from core.prompts.templates import (
    ANSWER_ADDED,
    NO_PLACEHOLDER,
    has_placeholder,
    label_notices,
    read_chat,
    read_template,
)
from core.types import FewShot, Message, Prompt, Shot

FORM = "Answer as <label>the label</label>."
RULES = "Sort issues into bug and question.\n\n- A crash is a bug."


@pytest.mark.parametrize(
    ("text", "system", "prefix", "suffix"),
    [
        (f"{RULES}\n\nIssue: {{{{text}}}}\n{FORM}", RULES, "Issue: ", f"\n{FORM}"),
        (f"{RULES}\n\nIssue: {{{{ text }}}}\n{FORM}\n", RULES, "Issue: ", f"\n{FORM}"),
        (f"{RULES}\n\nIssue: {{text}}\n{FORM}", RULES, "Issue: ", f"\n{FORM}"),
        (f"{RULES}\n\nIssue: ${{text}}\n{FORM}", RULES, "Issue: ", f"\n{FORM}"),
        (f"{RULES}\n\nIssue: {{{{{{text}}}}}}\n{FORM}", RULES, "Issue: ", f"\n{FORM}"),
        (f"{RULES}\n\nIssue: {{{{- row.text | trim -}}}}\n{FORM}", RULES, "Issue: ", f"\n{FORM}"),
        (f"Bug or not: {{{{Input}}}} {FORM}", "", "Bug or not: ", f" {FORM}"),
        (f"{{{{text}}}}\n\nIs it a bug? {FORM}", "", "", f"\n\nIs it a bug? {FORM}"),
        (f"Bug or question?\nIssue: {{text}}\n{FORM}", "Bug or question?", "Issue: ", f"\n{FORM}"),
        # no tag and no fence is torn apart
        (
            f"{RULES}\n\n<issue>\n\n{{{{text}}}}\n</issue>\n{FORM}",
            RULES,
            "<issue>\n\n",
            f"\n</issue>\n{FORM}",
        ),
        (f"{RULES}\n\n```\n\n{{{{text}}}}\n```\n{FORM}", RULES, "```\n\n", f"\n```\n{FORM}"),
        (f'Bug?\n"""\n{{text}}\n"""\n{FORM}', "Bug?", '"""\n', f'\n"""\n{FORM}'),
        # braces that are none of ours
        (
            f'Reply {{"label": {{"is": "bug"}}}}.\n\nIssue: {{text}}\n{FORM}',
            'Reply {"label": {"is": "bug"}}.',
            "Issue: ",
            f"\n{FORM}",
        ),
        (
            f'Reply {{{{"label": "bug"}}}}.\n\nIssue: {{text}}\n{FORM}',  # as str.format has it
            'Reply {"label": "bug"}.',
            "Issue: ",
            f"\n{FORM}",
        ),
        (
            f'Reply {{"text": "{{text}}", "label": "…"}}.\n\nIssue: {{{{text}}}}\n{FORM}',
            'Reply {"text": "{text}", "label": "…"}.',
            "Issue: ",
            f"\n{FORM}",
        ),
        (
            f"Reply {{{{ '{{' }}}}label{{{{ \"}}\" }}}}.\n\nIssue: {{{{text}}}}\n{FORM}",
            "Reply {label}.",
            "Issue: ",
            f"\n{FORM}",
        ),
        (
            "Bug?\n\n{text}\nEnd with <label>{label}</label>",  # alone: the line before it leads to it
            "",
            "Bug?\n\n",
            "\nEnd with <label>{label}</label>",
        ),
    ],
)
def test_a_text_with_a_placeholder_is_split_around_it(
    text: str, system: str, prefix: str, suffix: str
) -> None:
    read = read_template(text)
    assert read.prompt == Prompt(system, prefix, suffix)
    assert read.notices == () and read.labels == ()


def test_without_a_placeholder_the_text_becomes_the_system_prompt_and_the_notice_says_so() -> None:
    read = read_template("\n" + RULES + '\n{"a": 1} {{}}\n')
    assert read.prompt == Prompt(RULES + '\n{"a": 1} {{}}', PREFIX, SUFFIX)
    assert read.notices == (NO_PLACEHOLDER,)


def test_without_an_answer_form_our_sentence_is_added_and_the_notice_says_so() -> None:
    read = read_template("Bug or question?\n\nIssue: {text}\n\nLabel:\n")
    assert read.prompt.user_prompt_suffix == "\n\nLabel:\n\n" + ANSWER_SENTENCE
    assert read.notices == (ANSWER_ADDED,)


def test_another_name_is_taken_for_the_text_with_a_notice() -> None:
    for text in ("Bug? {{Complaint}} " + FORM, "Bug? {complaint} as {label} " + FORM):
        read = read_template(text)
        assert read.prompt.user_prompt_prefix == "Bug? " and len(read.notices) == 1
        assert "omplaint} was taken" in read.notices[0] or "omplaint}} was taken" in read.notices[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (" \n\t", "empty"),
        ("{{text}} and {{product}}", "several placeholders, “{{text}}”, “{{product}}”"),
        ("{text} and {product}", "several placeholders, “{text}”, “{product}”"),
        ("{text} and {input}", "several placeholders"),
        ("{{text}} and again {{text}}", "{{text}} stands 2 times"),
        ("{{a}} and {{b}}", "several placeholders"),
        ("{% if x %}{{text}}{% endif %}", "{% if x %}"),
    ],
)
def test_a_text_that_cannot_be_meant_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(PromptError) as refused:
        read_template(text)
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_what_has_a_placeholder() -> None:
    assert has_placeholder("{{ text }}") and has_placeholder("{input}") and has_placeholder("{other}")
    assert not any(
        map(has_placeholder, ("", "{}", "{{}}", '{"text": 1}', "{ a b }", "{label}", "{one} {two}"))
    )


# ---- chats


def chat(*turns: str) -> list[Message]:
    """ "s", "u" or "a", a colon and the content."""
    roles = {"s": "system", "u": "user", "a": "assistant"}
    return [Message(roles[turn[0]], turn[2:]) for turn in turns]


def test_a_chat_is_read_with_examples_and_reply_prefix_and_sends_what_it_sent() -> None:
    turns = chat(
        "s:Bug or question? " + FORM,
        "u:Issue: It crashes.\nLabel?",
        "a:<label>bug</label>",
        "u:Issue: How?\nLabel?",
        "a: Question ",
        "u:Issue: {{text}}\nLabel?",
        "a:Reason:",
    )
    read = read_chat(turns, ("bug", "question"))
    shots = (Shot("It crashes.", "bug"), Shot("How?", "question"))
    assert read.prompt == Prompt(
        "Bug or question? " + FORM, "Issue: ", "\nLabel?", "Reason:", FewShot("fixed", 2, shots)
    )
    assert read.notices == ()
    sent = render(read.prompt, "Why?")
    assert [each.content for each in sent] == [
        turns[0].content,
        turns[1].content,
        "<label>bug</label>",
        turns[3].content,
        "<label>question</label>",
        "Issue: Why?\nLabel?",
        "Reason:",
    ]


def test_a_chat_without_a_system_message_is_cut_as_a_text_is() -> None:
    assert read_chat(chat(f"u:{RULES}\n\nIssue: {{{{text}}}}\n{FORM}")).prompt.system_prompt == RULES
    assert read_chat(chat("s:Rules.", "u:{{text}}")).prompt.user_prompt_prefix == ""
    assert read_chat(chat("s:Rules.", "s:More.", "u:{{text}}")).prompt.system_prompt == "Rules.\n\nMore."
    assert read_chat(chat("s:" + RULES)).prompt == Prompt(RULES, PREFIX, SUFFIX)


def test_with_a_reply_prefix_the_sentence_added_asks_for_no_reason_first() -> None:
    read = read_chat(chat("s:Bug?", "u:{{text}}", "a:Label:"))
    assert read.prompt.user_prompt_suffix.endswith(
        "\n\nEnd with your answer in this form: <label>the label</label>"
    )
    assert read_chat(chat("s:Bug?", "u:{{text}}", "a:<label>")).notices == ()


def test_reasons_in_example_answers_are_left_out_with_a_notice() -> None:
    read = read_chat(chat("s:" + FORM, "u:a", "a:It says a. <label>bug</label>", "u:{text}"))
    assert read.prompt.few_shot.examples == (Shot("a", "bug"),)
    assert "only the labels are used" in read.notices[0]


@pytest.mark.parametrize(
    ("turns", "words"),
    [
        (("s:x", "a:y"), "no user message"),
        (("s:x", "u:It crashes."), "no placeholder"),
        (("s:Read {{text}}", "u:now"), "no placeholder"),
        (("s:{{labels}}", "u:{{text}}"), "several placeholders, “{{text}}”, “{{labels}}”"),
        (("u:one", "u:{{text}}"), "several user messages"),
        (("a:hello", "u:{{text}}"), "several user messages"),
        (("u:Ticket: a", "a:bug", "u:Issue: {{text}}"), "Example 1 of the chat does not have the words"),
        (("u:Issue: ", "a:bug", "u:Issue: {{text}}"), "Example 1 of the chat does not have the words"),
        (
            ("u:a", "a:bug", "u:b", "a:It depends", "u:{{text}}"),
            "Example 2 of the chat is answered with “It depends”",
        ),
    ],
)
def test_a_chat_that_does_not_fit_is_one_sentence(turns: tuple[str, ...], words: str) -> None:
    with pytest.raises(PromptError) as refused:
        read_chat(chat(*turns), ("bug", "question"))
    assert words in str(refused.value)


# ---- labels


def test_labels_that_the_prompt_does_not_name_are_a_notice() -> None:
    prompt = Prompt("bug or question", "", "")
    assert label_notices(prompt, ("bug", "question")) == ()
    assert "the label “wish”:" in label_notices(prompt, ("bug", "wish"))[0]
    assert "the labels “wish”, “idea”:" in label_notices(prompt, ("bug", "wish", "idea"))[0]
    assert "does not name any label" in label_notices(Prompt("Classify.", "", ""), ("bug", "wish"))[0]
