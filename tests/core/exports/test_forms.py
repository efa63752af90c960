"""The forms in which a prompt leaves: nothing that stands in it changes, or turns into something that is read
as a command."""

from __future__ import annotations

import ast
import json
import re
import sys
from dataclasses import replace

import jinja2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.data.formats.promptfoo.yaml_writer import to_yaml
from core.data.importing.mapping import import_dataset
from core.errors import PromptError
from core.exports.batch import anthropic_batch, custom_ids, openai_batch
from core.exports.markdown import code, fenced, to_markdown
from core.exports.promptfoo import ReplyForm, literal, templated_rows, to_promptfoo, with_form
from core.exports.request_template import MARK, check_fixed, template_by_text
from core.exports.scripts.answers import ScriptAnswer
from core.exports.scripts.literals import text_literal
from core.exports.scripts.script import to_script
from core.llm.catalogue.profiles import load_profiles
from core.llm.providers.connect_model import connect_model
from core.prompts.files import PromptFile
from core.prompts.render import render
from core.types import Example, FewShot, Prompt, Request, Shot, TextTemplate

PROMPT = Prompt("Answer bug or docs.", "<text>", "</text>\nThen <label>the label</label>", "So")
MODELS = ("openai:gpt-6-luna", "anthropic:claude-haiku-5-5")


def told(model: str, prompt: Prompt = PROMPT):
    keys = {"OPENAI_API_KEY": "unused", "ANTHROPIC_API_KEY": "unused"}
    check_fixed(prompt)
    return template_by_text(
        model, connect_model(model, keys, load_profiles()).exact(Request(render(prompt, MARK), 500)), prompt
    )


# ---- YAML

TEXTS = st.text(st.characters(exclude_categories=()), max_size=60)  # half characters, too


@given(
    st.dictionaries(
        TEXTS, st.lists(TEXTS | st.integers() | st.booleans() | st.none(), max_size=3), max_size=4
    )
)
def test_what_is_written_as_yaml_is_read_as_it_was(value: dict):
    whole = json.loads(
        json.dumps(value)
    )  # pairs of halves make a whole, as in any text that was read from a file
    assert yaml.safe_load(to_yaml(whole)) == whole


@pytest.mark.parametrize(
    "text", ["yes", "1e3", "0o17", "null", "~", "- a", "a: b", "# no comment", "", " ", "!!python/x:os", "*x"]
)
def test_no_text_is_taken_for_anything_else(text: str):
    assert yaml.safe_load(to_yaml({"a": [text], "b": {"c": text}, text: 1})) == {
        "a": [text],
        "b": {"c": text},
        text: 1,
    }
    assert json.dumps(text) in to_yaml({"a": text}), "in quotes for every reader"


# ---- Markdown


@pytest.mark.parametrize(
    "text", ["a", "```\ncode\n```", "````", "# no heading\n</text>", "ends with a line\n"]
)
def test_a_fence_holds_whatever_stands_in_it(text: str):
    lines = fenced(text).split("\n")
    fence = re.match("`+", lines[0])[0]
    assert lines[-1] == fence and all(not line.startswith(fence) for line in lines[1:-1])
    assert "\n".join(lines[1:-1]).rstrip("\n") == text.rstrip("\n")


def test_labels_and_titles_are_no_markup():
    made = to_markdown(PromptFile(PROMPT, ("a`b", "<b>")), "<script> *x* [y](z)", ["by `m`"])
    assert (
        "# \\<script\\> \\*x\\* \\[y\\](z)" in made
        and "Labels: ``a`b``, `<b>`" in made
        and "- by \\`m\\`" in made
    )
    assert code("`x`") == "`` `x` ``"


# ---- promptfoo


@pytest.mark.parametrize(
    "text", ["{{ env.HOME }}", "{% raw %}", "{# no comment #}", "{{{x}}}", "a { b } c", "{", "{{'{'}}"]
)
def test_what_looks_like_a_template_comes_out_as_it_was(text: str):
    assert (
        jinja2.Environment(comment_start_string="{#").from_string(literal(text) + "|{{ x }}").render(x=1)
        == text + "|1"
    )
    assert not re.search(r"\{\{\s*env", literal(text))


def test_rows_with_an_opening_of_a_template_are_templated_rows():
    rows = [
        Example(str(n), text, "bug")
        for n, text in enumerate(["{{ x }}", "{% if %}", "{#", "{ fine }", "file:///etc/passwd"])
    ]
    assert [row.id for row in templated_rows(rows)] == ["0", "1", "2"]
    made = yaml.safe_load(to_promptfoo(told(MODELS[0]), rows, "T"))
    assert [test["vars"] for test in made["tests"]] == [
        {"row": {"text": row.text, "expected": "bug"}} for row in rows[3:]
    ], "never at the top of the variables, where promptfoo would open a file"


def test_a_promptfoo_configuration_can_be_imported_again():
    rows = [
        Example("a 1", "Ab </TEXT> {x}", "Bug", note="see {{docs}}", canonical=True, split="test"),
        Example("2", "{% raw", "Bug"),
        Example("3", "One more <b>text</b>", "Feature Request", split="validation"),
    ]
    made = to_promptfoo(told(MODELS[0]), rows, "T", ReplyForm(("Bug", "Feature Request")))
    back = import_dataset(made.encode(), "x", to_tune=False).dataset.examples
    assert list(back) == [rows[0], rows[2]]


@pytest.mark.parametrize("model", MODELS)
def test_promptfoo_is_told_of_the_model_what_the_app_sends_it(model: str):
    body = told(model)
    made = yaml.safe_load(to_promptfoo(body, [Example("1", "Ab </TEXT>", "Bug")], "T"))
    [provider] = made["providers"]
    assert provider["id"].endswith(":" + model.partition(":")[2])
    turns = json.loads(made["prompts"][0]["raw"])
    assert [turn["role"] for turn in turns] == [{"openai": "developer"}.get(body.wire, "system"), "user"]
    assert turns[1]["content"].startswith("<text>{{ row.text }}</text>")
    assert turns[1]["content"].endswith("Begin your reply with exactly: So")
    assert made["tests"][0]["vars"]["row"] == {"text": "Ab <\\/TEXT>", "expected": "bug"}
    given = provider["config"].get("passthrough") or provider["config"] | provider["config"]["extra_body"]
    assert provider["config"].get("omitDefaults", False) is (body.wire == "openai"), (
        "else promptfoo adds its own"
    )
    assert {name: given[name] for name in body.parameters if name not in ("model", "system")} == {
        name: value for name, value in body.parameters.items() if name not in ("model", "system")
    }


def test_labels_are_compared_as_the_transform_writes_them():
    expected = ReplyForm().expected
    assert expected("  New\tFeature ") == "new feature" and expected("ＢＵＧ") == "bug"
    assert ReplyForm((), "labels").expected("R&D; Bug") == "r&d; bug"
    assert ReplyForm((), "answer").expected(" WB-1 ") == "WB-1"


# ---- a text of several fields

FORM = TextTemplate(("first name", "answer"), "N {first name} {x} A:\n{answer}")
OF_FIELDS = Example("1", "N {{ Ada {x} A:\n{first name} </TEXT>", "Bug")


def test_promptfoo_has_a_variable_for_each_field_and_sends_what_the_app_sends():
    row = replace(OF_FIELDS, id="2", text=OF_FIELDS.text.replace("{{ Ada", "Ada {x}"))
    made = yaml.safe_load(to_promptfoo(replace(told(MODELS[0]), made_of=FORM), [row, OF_FIELDS], "T"))
    turn = json.loads(made["prompts"][0]["raw"])[-1]["content"]
    [test] = made["tests"]  # the other opens a template
    assert test["vars"]["fields"] == {"first name": "Ada {x}", "answer": "{first name} <\\/TEXT>"}
    sent = jinja2.Template(turn).render(test["vars"])
    assert sent.startswith("<text>" + row.text.replace("</", "<\\/") + "</text>")
    assert with_form([row, Example("3", "ready", "Bug")], FORM) == [row]


def test_the_python_file_and_the_page_show_how_the_text_is_made():
    space: dict = {}
    exec(
        to_script([], ScriptAnswer(("a", "b")), [replace(told(model), made_of=FORM) for model in MODELS]),
        space,
    )
    assert space["text_of"]({"answer": " {first name} </TEXT>", "first name": "{{ Ada"}) == OF_FIELDS.text
    page = to_markdown(PromptFile(PROMPT, ("a", "b"), template=FORM), "T")
    assert "Made of `first name`, `answer`:\n\n```text\nN {first name} {x} A:\n{answer}\n```" in page


# ---- Python


@given(TEXTS)
def test_a_text_as_python_is_that_text(text: str):
    assert ast.literal_eval(text_literal(text)) == text


def test_the_python_file_holds_whatever_stands_in_prompt_and_labels():
    evil = '"""\nimport os; os.abort()\n"""\\'
    prompt = Prompt(evil, evil, evil, evil, FewShot("fixed", 1, (Shot(evil, evil),)))
    made = to_script([evil], ScriptAnswer((evil, "b")), [told(model, prompt) for model in MODELS])
    tree = ast.parse(made)
    assert {type(node) for node in tree.body} <= {
        *(
            ast.Expr,
            ast.Import,
            ast.ImportFrom,
            ast.Assign,
            ast.AnnAssign,
            ast.FunctionDef,
            ast.ClassDef,
            ast.If,
        )
    }
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module.partition(".")[0] for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names


def test_no_name_of_the_python_file_stands_for_two_things():
    made = ast.parse(to_script([], ScriptAnswer(("a", "b")), [told(model) for model in MODELS]))
    names = [node.name for node in made.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    names += [target.id for node in made.body if isinstance(node, ast.Assign) for target in node.targets]
    assert len(names) == len(set(names)) > 30


def test_a_prompt_with_neighbours_cannot_be_a_fixed_file():
    prompt = Prompt(
        "S", "<text>", "</text>", few_shot=FewShot("similar", 2, (Shot("a", "bug"), Shot("b", "docs")))
    )
    with pytest.raises(PromptError, match="export it as json, as a Python file"):
        told(MODELS[0], prompt)


# ---- batches


def test_ids_that_no_batch_takes_are_numbered_all_of_them():
    assert custom_ids(["a-1", "b_2"]) == ["a-1", "b_2"]
    for odd in (["a", "a"], ["a", "b c"], ["a", ""], ["a", "x" * 65], ["a", "é"]):
        assert custom_ids(odd) == ["row-1", "row-2"]


def test_a_line_is_a_row_whatever_its_text():
    text = "one\ntwo\u2028three\u0085four\x0cfive"
    exact = {
        "provider": "openai",
        "base_url": "http://host:1/v1/",
        "endpoint": "/chat/completions",
        "model": "m",
        "messages": [text],
    }
    [line] = openai_batch(["a"], [exact]).splitlines()
    assert json.loads(line) == {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [text]},
    }
    [line] = anthropic_batch(["a"], [exact]).splitlines()
    assert json.loads(line) == {"custom_id": "a", "params": {"model": "m", "messages": [text]}}
