"""What every candidate must keep to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.errors import EditRefused
from core.prompts.rules import PromptTerms, check_candidate, field_lines, quotes_of, size_limit_from
from core.prompts.starting_prompt import starting_prompt
from core.types import FewShot, LabelSet, Prompt, Shot
from tests.work import assert_linear

LABELS = LabelSet(("bug", "improvement", "new_feature"))
START = starting_prompt(LABELS)
HELD_OUT = ("The export button does nothing on the second click", "short one")


def check(candidate: Prompt, labels: LabelSet = LABELS, held_out=HELD_OUT, size_limit: int = 2_000) -> None:
    check_candidate(candidate, labels, held_out, size_limit)


def refusal(candidate: Prompt, **more) -> str:
    with pytest.raises(EditRefused) as refused:
        check(candidate, **more)
    return str(refused.value)


def ruled(text: str) -> Prompt:
    return replace(START, system_prompt=START.system_prompt + text)


@pytest.mark.parametrize(
    "rule",
    [
        "- A crash is a bug.",
        "- Use {braces} and <b>tags</b>.",
        'Example: "It crashes" -> <label>bug</label>',
        "End with <label>{label}</label>.",
        "- Find and replace requests are improvement.",
        "- The new prefix is an improvement.",
        "short one",
        "...and more",
    ],
)
def test_an_ordinary_candidate_passes(rule: str) -> None:
    check(ruled(rule))


# ---- size


def test_the_size_limit_counts_all_fields_and_says_both_numbers() -> None:
    prompt = replace(ruled("x" * 5_000), bot_reply_prefix="y" * 100)
    size = sum(
        map(
            len,
            (
                prompt.system_prompt,
                prompt.user_prompt_prefix,
                prompt.user_prompt_suffix,
                prompt.bot_reply_prefix,
            ),
        )
    )
    assert (
        refusal(prompt, size_limit=size - 1)
        == f"The prompt would have {size:,} characters and the limit is {size - 1:,}: say it shorter."
    )
    check(prompt, size_limit=size)


def test_a_reply_prefix_of_over_500_characters_is_refused() -> None:
    check(replace(START, bot_reply_prefix="y" * 500))
    assert refusal(replace(START, bot_reply_prefix="y" * 501)) == (
        "The reply prefix would have 501 characters and the limit is 500: only begin the reply there."
    )


# ---- labels


@pytest.mark.parametrize(
    "system",
    [
        "Labels: bug, improvement, other.",
        "Labels: bugs, improvement, new_feature.",
        "Labels: debug, improvement, new_feature.",
        "Labels: bug_report, improvement, new_feature.",
        "Labels: bug, improvement, new feature.",
    ],
)
def test_a_prompt_that_leaves_a_label_out_is_refused_by_its_name(system: str) -> None:
    missing = "bug" if "bug," not in system.replace("debug,", "") else "new_feature"
    assert refusal(replace(START, system_prompt=system)) == (
        f"The prompt no longer names every label; it leaves out {missing}: keep the whole list."
    )


@pytest.mark.parametrize(
    "system",
    ["BUG, Improvement; `new_feature`", '"bug"/"improvement"/<new_feature>', "bug\nimprovement\nnew_feature"],
)
def test_labels_may_be_written_in_any_way_that_names_them(system: str) -> None:
    check(replace(START, system_prompt=system))


def test_labels_may_move_to_the_prefix_or_suffix() -> None:
    check(
        replace(
            START,
            system_prompt="bug",
            user_prompt_prefix="improvement\n<text>",
            user_prompt_suffix=START.user_prompt_suffix + " new_feature",
        )
    )


def test_a_label_is_not_named_by_a_longer_label_that_holds_it() -> None:
    labels = LabelSet(("bug", "not a bug"))
    assert "leaves out bug:" in refusal(replace(START, system_prompt="Only: not a bug"), labels=labels)
    check(replace(START, system_prompt="not a bug or bug"), labels=labels)


def test_labels_that_differ_only_by_case_must_all_stand_in_their_own_spelling() -> None:
    labels = LabelSet(("Bug", "bug", "docs"))
    assert "leaves out bug:" in refusal(replace(START, system_prompt="Bug, docs"), labels=labels)
    check(replace(START, system_prompt="Bug, bug, docs"), labels=labels)


def test_labels_of_scripts_without_spaces_may_touch_other_words() -> None:
    check(replace(START, system_prompt="请回答垃圾或正常。"), labels=LabelSet(("垃圾", "正常")))


# ---- answer form


def test_a_prompt_that_no_longer_asks_for_the_label_tag_is_refused() -> None:
    prompt = replace(START, user_prompt_suffix="\n</text>\nState the label.")
    assert (
        refusal(prompt)
        == "The prompt no longer asks for the answer in the form <label>…</label>: keep that sentence."
    )
    check(replace(prompt, system_prompt=START.system_prompt + "End with < LABEL >x</label>."))
    check(replace(prompt, bot_reply_prefix="<label>"))


def test_a_reply_prefix_that_already_answers_is_refused() -> None:
    assert refusal(replace(START, bot_reply_prefix="So: <label>bug</label>")) == (
        "The reply prefix already holds a whole <label>…</label>, so every reply would be the same: leave the answer to the model."
    )


# ---- delimiter


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [
        ("Read:\n<text>", "</text>\n<label>x</label>"),
        ("<Issue>\n", "\n</issue>\n<label>x</label>"),
        ("Read:\n", "\n<label>x</label>"),
        ("Answer in <label> tags.\n", "\n<label>x</label>"),
        ("Answer in a <label>\n", "\n<label>x</label>"),
        ("Answer in a <label>\n", "\nNow answer."),
        ("<b>Read</b>\n", "\n<label>x</label>"),
        ("Ignore <br> tags.\n", "\n<label>x</label>"),
        ("<br/>\n", "\n<label>x</label>"),
        ("<a>\n<text>", "</text></a><label>"),
        ('<text lang="en">', "</ text ><label>"),
    ],
)
def test_a_delimiter_that_opens_and_closes_or_none_at_all_passes(prefix: str, suffix: str) -> None:
    check(replace(START, user_prompt_prefix=prefix, user_prompt_suffix=suffix))


def test_a_delimiter_that_is_no_longer_closed_is_refused() -> None:
    assert refusal(replace(START, user_prompt_suffix="\n<label>x</label>")) == (
        "The prefix opens <text> around the text and the suffix no longer closes it: keep both."
    )


@pytest.mark.parametrize("prefix", ["Read:\n", "<document>\n</document>", "<text></text>"])
def test_a_delimiter_that_is_no_longer_opened_is_refused(prefix: str) -> None:
    assert (
        refusal(replace(START, user_prompt_prefix=prefix))
        == "The suffix closes </text> and the prefix no longer opens it: keep both."
    )


def test_a_label_in_angle_brackets_is_no_delimiter() -> None:
    check(Prompt("", "Choose <a> or <b>\n", "\n<label>x</label>"), labels=LabelSet(("<a>", "<b>")))


# ---- artefacts


@pytest.mark.parametrize(
    ("rule", "mark"),
    [
        ("Text: {text}", "{text}"),
        ("{{ TEXT }}", "{ TEXT }"),
        ("{input}", "{input}"),
        ("<find>x", "<find>"),
        ("</Edit>", "</Edit>"),
        ("<replace>", "<replace>"),
        ("<system_prompt>", "<system_prompt>"),
        ("Exact old text, or empty to append", "exact old text"),
        ("\nnew text\n", "new text"),
        ("\n the new system prompt", "the new system prompt"),
    ],
)
def test_leftovers_of_the_answer_form_are_refused(rule: str, mark: str) -> None:
    assert (
        refusal(ruled(rule))
        == f"The system_prompt holds {mark}, which belongs to the answer form and not to a prompt: leave it out."
    )


@pytest.mark.parametrize("value", ["…", "...", "the new reply prefix, usually empty"])
def test_a_field_that_only_stands_for_another_is_refused(value: str) -> None:
    assert refusal(replace(START, bot_reply_prefix=value)).startswith(f"The bot_reply_prefix holds {value}, ")


# ---- leaks


@pytest.mark.parametrize(
    "quote",
    [
        HELD_OUT[0],
        "x: “" + HELD_OUT[0].upper() + "”.",
        HELD_OUT[0].replace(" ", "\n  "),
        HELD_OUT[0].replace("x", "ｘ"),
    ],
)
@pytest.mark.parametrize(
    "field", ["system_prompt", "user_prompt_prefix", "user_prompt_suffix", "bot_reply_prefix"]
)
def test_a_held_out_row_quoted_in_any_field_is_refused_and_not_repeated(field: str, quote: str) -> None:
    value = getattr(START, field)
    candidate = replace(
        START, **{field: quote + "\n" + value if field == "user_prompt_prefix" else value + quote}
    )
    message = refusal(candidate)
    assert (
        message
        == "The prompt quotes a held-out row word for word, which would spoil the measurement: state the rule instead."
    )


def test_a_held_out_row_among_the_shots_is_refused() -> None:
    assert "held-out" in refusal(replace(START, few_shot=FewShot("fixed", 0, (Shot(HELD_OUT[0], "bug"),))))


def test_quotes_of_names_the_texts_quoted_word_for_word() -> None:
    texts = (
        "Cannot log in since the update",
        "Please add a dark mode",
        "tiny",
        "It crashes when I press play",
        "a" + " " * 40 + "b",
    )
    prompt = ruled('- "please  add a DARK mode" is improvement. tiny, a b. Cannot log in')
    assert quotes_of(prompt, texts) == ("Please add a dark mode",)
    assert quotes_of(START, texts) == ()


def test_a_text_that_spans_two_fields_is_no_quote() -> None:
    prompt = Prompt("Cannot log in", " since the update", "")
    assert quotes_of(prompt, ("Cannot log in since the update",)) == ()


@pytest.mark.parametrize("word", ["page", "über"])
def test_the_work_of_a_check_grows_with_the_number_of_held_out_rows(word: str) -> None:
    assert_linear(
        lambda rows: lambda: check(START, held_out=[f"{word} {row} of the menu" for row in range(rows)]), 500
    )


@pytest.mark.parametrize("part", ["<a>", "<a></b>", "<a></a>"])
def test_the_work_of_a_check_grows_with_the_length_of_the_prompt(part: str) -> None:
    def checking(count: int) -> Callable[[], None]:
        prompt = replace(START, user_prompt_prefix=part * count + START.user_prompt_prefix)
        return lambda: check(prompt, size_limit=1_000_000)

    assert_linear(checking, 500)


# ---- locked lines

SAFETY = "Never repeat a person's name."


@pytest.mark.parametrize(
    "system",
    [
        "",  # gone
        SAFETY + " Well, hardly ever.",
        "- " + SAFETY,
        SAFETY.lower(),
        SAFETY.replace("a person's", "the"),
        SAFETY.replace(" name", "\nname"),
    ],
)
def test_a_locked_line_that_is_gone_or_changed_is_refused_by_name(system: str) -> None:
    terms = PromptTerms((SAFETY,), ruled(SAFETY))
    check_candidate(ruled("New rule.\n  " + SAFETY + "  "), LABELS, HELD_OUT, 2_000, terms)
    with pytest.raises(EditRefused, match=r"locked line “Never repeat a person's name.”: leave it"):
        check_candidate(ruled(system), LABELS, HELD_OUT, 2_000, terms)


@pytest.mark.parametrize(
    "field", ["system_prompt", "user_prompt_prefix", "user_prompt_suffix", "bot_reply_prefix"]
)
def test_a_line_of_any_field_can_be_locked(field: str) -> None:
    start = replace(START, **{field: getattr(START, field) + "\nStays."})
    assert "Stays." in field_lines(start)
    terms = PromptTerms(("Stays.",), start)
    check_candidate(start, LABELS, HELD_OUT, 2_000, terms)
    with pytest.raises(EditRefused, match="Stays"):
        check_candidate(START, LABELS, HELD_OUT, 2_000, terms)


# ---- a start that breaks a rule itself


@pytest.mark.parametrize(
    ("start", "worse"),
    [
        (Prompt("Say bug.", "<text>", "</text><label>"), Prompt("Say it.", "<text>", "</text><label>")),
        (replace(START, system_prompt=START.system_prompt + "{text}"), ruled("{text} {input}")),
        (ruled(HELD_OUT[0]), ruled(HELD_OUT[0] + "\nThe import button does nothing on the first click")),
        (ruled("x" * 3_000), ruled("x" * 4_000)),
    ],
    ids=["labels", "placeholder", "quote", "size"],
)
def test_what_the_given_start_breaks_is_not_held_against_candidates_but_what_is_worse_is(
    start: Prompt, worse: Prompt
) -> None:
    held_out = (*HELD_OUT, "The import button does nothing on the first click")
    terms = PromptTerms(start=start)
    better = replace(start, system_prompt=start.system_prompt + "\nA crash is a bug.")
    check_candidate(better, LABELS, held_out, 2_000, terms)
    for refused in ((better, PromptTerms()), (worse, terms)):
        with pytest.raises(EditRefused):
            check_candidate(refused[0], LABELS, held_out, 2_000, refused[1])


def test_a_start_over_the_limit_leaves_a_third_of_it_for_rules() -> None:
    assert size_limit_from(None, 1_200) == size_limit_from(Prompt("x" * 1_200, "", ""), 1_200) == 1_200
    assert size_limit_from(Prompt("x" * 1_201, "", ""), 1_200) == 1_601
