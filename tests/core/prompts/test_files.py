"""The prompt file: written whole, read strictly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PromptError
from core.prompts.files import STRATEGIES, PromptFile, from_json, to_json
from core.types import FewShot, Prompt, Shot, TextTemplate

WHOLE = PromptFile(
    Prompt("S", "pre", "post", "So:", FewShot("fixed", 3, (Shot("x", "bug"), Shot("y", "<b>")))),
    ("bug", "<b>"),
    "openai:gpt-6-luna",
)
LEAST = {
    "system_prompt": "S",
    "user_prompt_prefix": "pre",
    "user_prompt_suffix": "post",
    "labels": ["bug", "docs"],
}


def content(**changes: object) -> str:
    return json.dumps(LEAST | changes)


def refusal(text: str) -> str:
    with pytest.raises(PromptError) as refused:
        from_json(text)
    return str(refused.value)


def test_the_file_holds_the_keys_of_the_contract_in_their_order() -> None:
    assert json.loads(to_json(WHOLE)) == {
        "system_prompt": "S",
        "user_prompt_prefix": "pre",
        "user_prompt_suffix": "post",
        "bot_reply_prefix": "So:",
        "labels": ["bug", "<b>"],
        "few_shot": {
            "strategy": "fixed",
            "k": 3,
            "examples": [{"text": "x", "label": "bug"}, {"text": "y", "label": "<b>"}],
        },
        "model": "openai:gpt-6-luna",
    }
    assert list(json.loads(to_json(WHOLE))) == [
        "system_prompt",
        "user_prompt_prefix",
        "user_prompt_suffix",
        "bot_reply_prefix",
        "labels",
        "few_shot",
        "model",
    ]
    assert to_json(WHOLE).endswith("}\n")


def test_letters_of_all_scripts_stay_readable() -> None:
    assert "Größe 🐛" in to_json(PromptFile(Prompt("Größe 🐛", "", ""), ("a", "b")))


def test_half_a_character_survives_in_a_file_that_utf_8_can_hold() -> None:
    file = PromptFile(Prompt("bad \ud800 ü", "", ""), ("a", "b"))
    assert from_json(to_json(file).encode().decode()) == file


def test_missing_optional_keys_get_defaults() -> None:
    assert from_json(content()) == PromptFile(
        Prompt("S", "pre", "post", "", FewShot("none", 0, ())), ("bug", "docs"), None
    )
    assert from_json(content(few_shot={}, model=None)) == from_json(content())
    assert from_json("\ufeff" + content()) == from_json(content())


prompts = st.builds(Prompt, st.text(), st.text(), st.text(), st.text())


@st.composite
def files(draw) -> PromptFile:
    labels = tuple(draw(st.lists(st.text(min_size=1).filter(str.strip), min_size=2, max_size=5, unique=True)))
    shots = tuple(draw(st.lists(st.builds(Shot, st.text(), st.sampled_from(labels)), max_size=3)))
    few_shot = FewShot(draw(st.sampled_from(STRATEGIES)), draw(st.integers(0, 50)), shots)
    prompt = Prompt(draw(st.text()), draw(st.text()), draw(st.text()), draw(st.text()), few_shot)
    fields = tuple(draw(st.lists(st.text(min_size=1), max_size=2, unique=True)))
    text = draw(st.text()).join("{" + field + "}" for field in fields)
    template = TextTemplate(fields, text) if fields else None
    return PromptFile(prompt, labels, draw(st.none() | st.just("ollama:x")), template)


@given(files())
def test_what_is_written_is_read_back_exactly(file: PromptFile) -> None:
    assert from_json(to_json(file)) == file


@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    ).map(json.dumps)
)
def test_any_other_text_is_refused_in_a_sentence(text: str) -> None:
    assert refusal(text).startswith("The prompt file ")


@given(
    st.sampled_from([*LEAST, "bot_reply_prefix", "few_shot", "model"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: (
            st.lists(x) | st.dictionaries(st.sampled_from(["k", "strategy", "examples", "text", "label"]), x)
        ),
    ),
)
def test_any_value_is_read_or_refused(key: str, value: object) -> None:
    try:
        file = from_json(content(**{key: value}))
    except PromptError as refused:
        assert key in str(refused)
    else:
        assert from_json(to_json(file)) == file


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"system_prompt": "S",\n "labels": [}',
            "The prompt file is not valid JSON: line 2, column 13: Expecting value.",
        ),
        ("", "The prompt file is not valid JSON: line 1, column 1: Expecting value."),
        (
            "[" * 100_000,
            "The prompt file is not valid JSON that can be read: it is nested too deeply or holds a number too long.",
        ),
        (
            "[]",
            "The prompt file must be a JSON object with system_prompt, user_prompt_prefix, user_prompt_suffix, labels, not a list.",
        ),
        (
            "null",
            "The prompt file must be a JSON object with system_prompt, user_prompt_prefix, user_prompt_suffix, labels, not null.",
        ),
        (
            '{"model": null, "model": "a:b"}',
            'The prompt file has the key "model" twice in one place: keep one of them.',
        ),
        (
            '{"labels": ["a", "b"], "system_prompt": ""}',
            "The prompt file has no user_prompt_prefix, user_prompt_suffix: add what is missing.",
        ),
        (
            content(temperature=0),
            "The prompt file has an unknown key: temperature; it may have system_prompt, user_prompt_prefix, user_prompt_suffix, "
            "labels, bot_reply_prefix, few_shot, shortlist, model, template, several, judge.",
        ),
        (
            content(few_shot={"strategy": "none", "n": 3, "seed": 1}),
            '"few_shot" has unknown keys: n, seed; it may have strategy, k, examples.',
        ),
        (
            content(few_shot={"examples": [{"text": "x", "label": "bug", "note": "n"}]}),
            "few_shot.examples[0] has an unknown key: note; it may have text, label.",
        ),
        (
            content(few_shot={"examples": [{"text": "x"}]}),
            "few_shot.examples[0] has no label: add what is missing.",
        ),
        (
            content(few_shot={"examples": ["x"]}),
            "few_shot.examples[0] must be a JSON object with the keys text, label, not a text.",
        ),
        (
            content(few_shot={"examples": [{"text": 3, "label": "bug"}]}),
            'few_shot.examples[0] must have a text for "text", not 3.',
        ),
        (
            content(few_shot={"examples": [{"text": "x", "label": "Bug"}]}),
            'few_shot.examples[0] has the label "Bug", which is not in "labels": add it there or correct it.',
        ),
        (content(few_shot={"examples": {}}), '"few_shot" must have a list for "examples", not an object.'),
        (
            content(few_shot="none"),
            '"few_shot" must be a JSON object with the keys strategy, k, examples, not a text.',
        ),
        (
            content(few_shot={"strategy": "nearest"}),
            '"few_shot" must have a strategy of none, fixed or similar, not "nearest".',
        ),
        (
            content(few_shot={"strategy": None}),
            '"few_shot" must have a strategy of none, fixed or similar, not null.',
        ),
        (
            content(few_shot={"strategy": ["none"]}),
            '"few_shot" must have a strategy of none, fixed or similar, not a list.',
        ),
        (
            content(few_shot={"k": "3"}),
            '"few_shot" must have a whole number of 0 or more for "k", not a text.',
        ),
        (content(few_shot={"k": -1}), '"few_shot" must have a whole number of 0 or more for "k", not -1.'),
        (
            content(few_shot={"k": True}),
            '"few_shot" must have a whole number of 0 or more for "k", not true.',
        ),
        (content(few_shot={"k": 1.5}), '"few_shot" must have a whole number of 0 or more for "k", not 1.5.'),
        (content(system_prompt=None), 'The prompt file must have a text for "system_prompt", not null.'),
        (
            content(bot_reply_prefix=["x"]),
            'The prompt file must have a text for "bot_reply_prefix", not a list.',
        ),
        (content(labels="bug, docs"), 'The prompt file must have a list of texts for "labels", not a text.'),
        (content(labels=["bug", 1]), 'The prompt file must have a text for "labels[1]", not 1.'),
        (content(labels=["bug"]), 'The prompt file must have at least 2 "labels", not 1.'),
        (
            content(labels=["bug", "docs", "bug"]),
            'The prompt file has the label "bug" twice: labels must differ.',
        ),
        (
            content(labels=["bug", " "]),
            "The prompt file has an empty label (labels[1]): name it or take it out.",
        ),
        (
            content(model=3),
            'The prompt file must have a text such as "provider:model" or null for "model", not 3.',
        ),
        (
            content(model=" "),
            'The prompt file must have a text such as "provider:model" or null for "model", not an empty text.',
        ),
        (
            content(template={"fields": ["a", "b"], "text": "{a} {c}"}),
            '"template" has no place for the field "b": write {b} in its text, or take the field out.',
        ),
        (
            content(template={"fields": [], "text": ""}),
            '"template" must have a list of names for "fields", not an empty list.',
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(text: str, sentence: str) -> None:
    assert refusal(text) == sentence
