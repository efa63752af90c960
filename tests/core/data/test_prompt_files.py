"""Files that hold a prompt, in all their forms."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from core.data.prompt_files import MOST, read_prompt
from core.errors import PromptError
from core.exports.promptfoo import to_promptfoo
from core.exports.request_template import MARK, template_by_text
from core.prompts.files import PromptFile, to_json
from core.prompts.render import render
from core.prompts.starting_prompt import PREFIX, SUFFIX, starting_prompt
from core.types import FewShot, LabelSet, Prompt, Shot
from tests.work import assert_linear, processor_limit

LABELS = ("bug", "question")
FORM = "End with <label>the label</label>"
SYSTEM = "Bug or question? " + FORM
CHAT = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "Issue: {{text}}"}]
TALK = [CHAT[1]]
READ = Prompt(SYSTEM, "Issue: ", "")
BLOCKS = [{"type": "text", "text": "Issue: {{text}}"}]


@pytest.mark.parametrize(
    "value",
    [
        CHAT,
        {"model": "gpt-x", "temperature": 0, "messages": CHAT},
        {"model": "claude-x", "max_tokens": 9, "system": SYSTEM, "messages": TALK},
        {"system": [{"type": "text", "text": SYSTEM}], "messages": [{"role": "user", "content": BLOCKS}]},
        {"instructions": SYSTEM, "input": "Issue: {{text}}"},
        {"instructions": SYSTEM, "input": [{"role": "user", "content": BLOCKS}]},
        [{"role": "developer", "content": SYSTEM}, {"role": "human", "content": "Issue: {{ text }}"}],
        {"prompts": [json.dumps(CHAT)], "tests": []},
        {"prompts": json.dumps(CHAT)},
        {"prompts": {json.dumps(CHAT): "a name"}},
        {"label": "one", "raw": json.dumps(CHAT)},
        [{"label": "one", "raw": json.dumps(CHAT)}],
        [SYSTEM + "\n\nIssue: {{text}}"],
    ],
)
@pytest.mark.parametrize("form", ["plain", "windows"])
def test_chats_and_promptfoo_in_json(value: object, form: str) -> None:
    text = json.dumps(value, indent=1)
    if form == "windows":
        text = "\ufeff" + text.replace("\n", "\r\n")
    read = read_prompt(text, LABELS)
    assert (read.prompt, read.labels, read.model, read.notices) == (READ, (), None, ())


YAML_CHAT = "- role: system\n  content: Bug or question? End with <label>the label</label>\n- role: user\n  content: 'Issue: {{text}}'\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (YAML_CHAT, ""),
        (YAML_CHAT, "chat.yaml"),
        ("# a comment\n" + YAML_CHAT, "chat.YML"),
        ("messages:\n" + YAML_CHAT, ""),
        ("prompts:\n  - |\n" + "".join("    " + line + "\n" for line in YAML_CHAT.splitlines()), ""),
        (
            "description: x\nprompts:\n  - label: one\n    raw: |\n      "
            + SYSTEM
            + "\n\n      Issue: {{text}}\n",
            "",
        ),
        ("prompts:\n  - '" + json.dumps(CHAT) + "'\nproviders: [a]\n", "promptfooconfig.yaml"),
    ],
)
def test_chats_and_promptfoo_in_yaml(text: str, name: str) -> None:
    assert read_prompt(text, LABELS, name).prompt == READ


@pytest.mark.parametrize(
    "text", ['[{"role": "system", "content": "%s"}, {"role": "user", "content": {{ text | dump }}}]']
)
def test_a_variable_that_promptfoo_quotes_itself(text: str) -> None:
    assert read_prompt(text % SYSTEM).prompt == Prompt(SYSTEM, "", "")


def test_our_own_export_for_promptfoo_comes_back() -> None:
    shots = FewShot("fixed", 1, (Shot("{{x}} breaks", "bug"),))
    prompt = Prompt("Say {{x}} or {% if %}. " + FORM, "<text>\nA {{ b }}: ", "\n</text>{{", "So:", shots)
    turns = [{"role": turn.role, "content": turn.content} for turn in render(prompt, MARK)]
    body = {"endpoint": "chat", "model": "x", "messages": turns}
    exported = to_promptfoo(template_by_text("openai:x", body, prompt), (), "title")
    assert read_prompt(exported, LABELS).prompt == prompt


def test_a_prompt_file_of_ours_keeps_its_labels_and_model() -> None:
    file = PromptFile(starting_prompt(LabelSet(LABELS)), LABELS, "openai:x")
    read = read_prompt("\ufeff" + to_json(file).replace("\n", "\r\n"), ("other",), "p.json")
    assert (read.prompt, read.labels, read.model, read.notices) == (file.prompt, LABELS, "openai:x", ())


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("\ufeffRules.\r\n\r\nIssue: {{text}}\r\n" + FORM, Prompt("Rules.", "Issue: ", "\n" + FORM)),
        ("{{text}}\nBug? " + FORM, Prompt("", "", "\nBug? " + FORM)),
        ("[INST] Bug? " + FORM + " [/INST]", Prompt("[INST] Bug? " + FORM + " [/INST]", PREFIX, SUFFIX)),
        (
            '{"issue": "{text}", "form": "' + FORM + '"}',
            Prompt("", '{"issue": "', '", "form": "' + FORM + '"}'),
        ),
        ('{"issue": {{text}}} ' + FORM, Prompt("", '{"issue": ', "} " + FORM)),
        (
            "prompts: are short\nmessages: [\n" + FORM,
            Prompt("prompts: are short\nmessages: [\n" + FORM, PREFIX, SUFFIX),
        ),
        ("- bug\n- question", Prompt("- bug\n- question", PREFIX, SUFFIX)),
    ],
)
def test_a_text_that_looks_like_something_else(text: str, prompt: Prompt) -> None:
    assert read_prompt(text, LABELS).prompt == prompt


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("{", "", "not valid JSON"),
        ('{"colour": 1}', "", "colour"),
        ("{}", "", "no system_prompt"),
        ("[]", "", "must be a JSON object"),
        ("plain words", "p.json", "not valid JSON"),
        ("plain words", "p.yaml", "holds no prompt"),
        ("a: [", "p.yml", "not valid YAML"),
        ("", "p.txt", "empty"),
        ("a\0b", "", "NUL"),
        ("x" * (MOST + 1), "", "more than 100,000 characters"),
        ('{"prompts": ["a {{text}}", "b {{text}}"]}', "", "holds 2 prompts"),
        ('{"prompts": []}', "", "holds 0 prompts"),
        ('{"prompts": ["file://prompt.txt"]}', "", "stands in another file"),
        ('{"prompts": ["prompts/one.json"]}', "", "stands in another file"),
        ('{"prompts": [{"raw": 3}]}', "", "is no text"),
        ('{"contents": [], "systemInstruction": {}}', "", "request to Gemini"),
        ('{"messages": "hello"}', "", "list of objects with role and content"),
        ('[{"role": "tool", "content": "x"}]', "", "Message 1 has the role “tool”"),
        ('[{"role": "user", "content": [{"type": "image_url"}]}]', "", "something other than text"),
        ('[{"role": "user", "content": null}]', "", "something other than text"),
        ('[{"a":' * 100_000, "", "JSON"),
        ("prompts: !!python/object:os.system ls\n", "p.yaml", "is no text"),
    ],
)
def test_what_holds_no_prompt_is_one_sentence(text: str, name: str, words: str) -> None:
    with pytest.raises(PromptError) as refused:
        read_prompt(text, LABELS, name)
    assert words in str(refused.value) and "\n" not in str(refused.value)


def test_the_work_grows_with_the_length_of_the_text() -> None:
    for part in ("{{ a ", "{% ", '{"a": ', "<a>\n\n", "```\n", "{x} ", "{{'"):
        assert_linear(lambda count, part=part: lambda: _quietly(part * count), 500)


@pytest.mark.parametrize("part", ["{%", "{#", "{{'", "<label>"])
def test_openings_without_an_end_are_passed_over_once(part: str) -> None:
    with processor_limit():
        _quietly("Say {{text}} " + part * 100_000)


def _quietly(text: str) -> None:
    with suppress(PromptError):
        read_prompt(text, LABELS)
