"""promptfoo's configurations, tests and results: labels out of nested variables, filters and JSON, tests out of
scenarios and files beside; never a template, an object or what a model answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.formats.promptfoo.templates import Unrenderable, Variables, rendered, variables_in
from core.data.formats.registry import open_file
from core.data.importing.mapping import to_dataset
from core.errors import DataError
from core.store.source_files import open_path
from tests.core.data.formats.rows import PAIRS, document, lines, notices, pairs, table

PROMPT = 'prompts: ["Classify: {{text}}"]\n'


def config(variables: str, value: str, head: str = PROMPT) -> bytes:
    """A test for each row, `T` and `L` in its variables and in the value of its assertion."""
    tests = "".join(
        f"  - vars: {variables}\n    assert: [{value}]\n".replace("T", text).replace("L", label)
        for text, label in PAIRS
    )
    return (head + "tests:\n" + tests).encode()


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ item.label }}", "Bug"),
        ("{{item['label'] | lower}}", "bug"),
        ("{{ missing | default(name) | trim | upper }}", "BUG"),
        ("{{ list[1] }}", "b"),
        ("{{ list | first }}", "a"),
        ("{{ name | replace('b', 'm') | title }}", "Mug "),
        ("{{'{{'}}name}}", "{{name}}"),
        ("a {{name}} b", "a bug  b"),
    ],
)
def test_templates_that_only_name_variables_are_worked_out(template: str, value: str):
    variables = {"item": {"label": "Bug"}, "name": "bug ", "list": ["a", "b"]}
    assert rendered(template, variables) == value


@pytest.mark.parametrize(
    "template",
    [
        "{{ gone }}",
        "{{ name | shell }}",
        "{% if name %}x{% endif %}",
        "{{ name or 'x' }}",
        "{{ name",
        "{{ name() }}",
    ],
)
def test_other_templates_are_not(template: str):
    with pytest.raises(Unrenderable):
        rendered(template, {"name": "bug"})


def test_variables_that_name_each_other_are_worked_out_but_not_in_circles():
    variables = Variables({"a": "{{b}}", "b": "{{c}} {{c}}", "c": "x", "me": "{{me}}", "in": {"n": "{{c}}"}})
    assert rendered("{{a}}", variables) == "x x"
    for template in ("{{me}}", "{{in.n}}"):
        with pytest.raises(Unrenderable):
            rendered(template, variables)
    laughs = Variables({f"v{n}": f"{{{{v{n + 1}}}}}" * 9 for n in range(99)} | {"v99": ""})
    assert rendered("{{v0}}", laughs) == ""


def test_variables_are_found_by_their_path():
    assert variables_in("{{item.ticket_text}} {{ a['b'] | lower }} {{ x[0] }}") == [
        "item.ticket_text",
        "a.b",
        "x.0",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        config("{text: T, want: ' L '}", "{type: equals, value: '{{ want | trim }}'}"),
        config("{item: {q: T, want: L}, lang: en}", "{type: equals, value: '{{ item.want }}'}", "prompts: ['{{item.q}}']\n"),
        config("{text: T}", "{type: is-json}, {type: equals, value: {label: L}}"),
        config("{text: T}", "{type: equals, value: {label: L, confidence: 1}}"),
        config("{text: T, want: L}", "{type: equals, value: {label: '{{want}}'}}"),
        config("{text: T}", "{type: is-json, value: {type: object, properties: {label: {const: L}, why: {type: string}}}}"),
        config("{text: T}", "{type: contains-any, value: [L]}"),
        config("{text: T}", "{type: contains, value: '<label>L</label>'}"),
        config("{text: T}", "{type: contains, value: '\"label\": \"L\"'}"),
        config("{text: T}", "{type: regex, value: '^L$'}, {type: llm-rubric, value: x}"),
        config("{text: T, want: L}", "{$ref: '#/shared/right'}", "description: x\nshared: {right: {type: equals, value: '{{want}}'}}\n"),
    ],
)  # fmt: skip
def test_the_label_is_what_the_assertion_works_out_to(raw: bytes):
    assert pairs(raw) == PAIRS


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{type: equals, value: '{{ want | shell }}'}", "cannot be worked out"),
        ("{type: equals, value: {a: L, b: x}}", "name no label"),
        ("{type: contains-any, value: [L, x]}", "name no label"),
        ("{type: javascript, value: output === 'L'}", "not run"),
        ("{type: llm-rubric, value: is it L?}", "name no label"),
    ],
)
def test_what_names_no_label_is_none_and_told(value: str, words: str):
    opened = open_file(config("{text: T, want: L}", value))
    assert words in "\n".join(opened.notices)
    with pytest.raises(DataError, match=words):
        pairs(config("{text: T, want: L}", value))


def test_scenarios_are_their_rows_with_each_of_their_tests():
    rows = "".join(f"      - vars: {{text: {text}, want: {label}}}\n" for text, label in PAIRS[2:])
    scenarios = (
        "scenarios:\n  - config:\n" + rows + "    tests: [{assert: [{type: equals, value: '{{want}}'}]}]\n"
    )
    first = "".join(
        f"  - {{vars: {{text: {text}}}, assert: [{{type: equals, value: {label}}}]}}\n"
        for text, label in PAIRS[:2]
    )
    both = (PROMPT + "tests:\n" + first + scenarios).encode()
    assert pairs(both) == PAIRS and pairs((PROMPT + scenarios).encode()) == PAIRS[2:]
    assert "2 tests of scenarios" in notices(both)


def test_variables_that_never_change_are_no_text():
    raw = config("{lang: en, want: L, ticket: T}", "{type: equals, value: '{{want}}'}", "")
    assert pairs(raw) == PAIRS


# ---- files beside


def labelled(path: Path) -> list[tuple[str, str]]:
    opened = open_path(path)
    assert opened.known is not None
    rows = to_dataset(opened, opened.known, "x", to_tune=False).dataset.examples
    return sorted((row.text, row.label) for row in rows)


def test_tests_and_variables_beside_a_configuration_are_read(tmp_path: Path):
    (tmp_path / "sets").mkdir()
    (tmp_path / "a.csv").write_bytes(table(["text", "want"], PAIRS[:1]))
    (tmp_path / "sets" / "b.yaml").write_text(f"- vars: {{text: {PAIRS[1][0]}, want: bug}}\n")
    (tmp_path / "sets" / "c.jsonl").write_bytes(lines([{"vars": {"text": PAIRS[2][0], "want": PAIRS[2][1]}}]))
    (tmp_path / "d.txt").write_text(PAIRS[3][0] + "\n")
    (tmp_path / "default.yaml").write_text("assert: [{type: equals, value: '{{want}}'}]\n")
    (tmp_path / "prompt.txt").write_text("Classify {{text}}.")
    (tmp_path / "promptfooconfig.yaml").write_text(
        "prompts: [file://prompt.txt]\ndefaultTest: file://default.yaml\ntests:\n- file://./a.csv\n- file://sets/*\n"
        "- vars: {text: file://d.txt, want: bug}\n- file://gen.py:make\n- file://../outside.csv\n- https://x.org/t.csv\n"
    )
    (tmp_path.parent / "outside.csv").write_bytes(table(["text", "want"], [("secret", "bug")]))
    path = tmp_path / "promptfooconfig.yaml"
    assert labelled(path) == sorted(PAIRS)
    words = "\n".join(open_path(path).notices)
    assert "sets/b.yaml" in words and "not run (“file://gen.py:make”)" in words and "2 references" in words


@pytest.mark.parametrize(
    ("tests", "words"),
    [("file://tests.csv", "not beside this one"), ("file://gen.py:make", "made by code"), ("huggingface://datasets/x", "not opened")],
)  # fmt: skip
def test_an_upload_whose_tests_stand_elsewhere_is_refused_with_what_to_do(tests: str, words: str):
    with pytest.raises(DataError, match=words):
        open_file(f"{PROMPT}tests: {tests}\n".encode())


# ---- results

TESTS = [{"vars": {"text": text}, "assert": [{"type": "equals", "value": label}]} for text, label in PAIRS]
RAN = [
    {"promptIdx": prompt, "testCase": test, "response": {"output": "bug"}}
    for test in TESTS
    for prompt in (0, 1)
]
ELSEWHERE = {"tests": "file://tests.csv", "prompts": ["{{text}}"]}


@pytest.mark.parametrize(
    "raw",
    [
        document({"evalId": "e", "results": {"version": 3, "results": RAN}, "config": ELSEWHERE}),
        document({"version": 4, "id": "e", "results": RAN, "config": {"tests": TESTS}, "prompts": []}),
        document({"version": 2, "config": {"tests": []}, "results": {"table": {"body": [{"test": test} for test in TESTS]}}}),
        lines(RAN),
        table(["text", "expected", "[openai:gpt] Classify"], [[*pair, "[PASS] bug"] for pair in PAIRS]),
        table(["text", "expected", "[openai:gpt] Classify", "Status"], [[*pair, "bug", "PASS"] for pair in PAIRS]),
    ],
)  # fmt: skip
def test_of_results_the_tests_are_read_each_once(raw: bytes):
    assert pairs(raw) == PAIRS and "what models answered is left out" in notices(raw)


def test_a_table_of_results_without_expectations_is_refused():
    with pytest.raises(DataError, match="what models answered"):
        open_file(
            table(["text", "[openai:gpt] Classify"], [[text, f"[FAIL] {label}"] for text, label in PAIRS])
        )


def test_csv_expectations_take_filters_and_json():
    raw = table(
        ["text", "cat", "__expected"],
        [[text, label.upper(), "equals: {{cat | lower}}"] for text, label in PAIRS],
    )
    assert pairs(raw) == PAIRS
    assert (
        pairs(table(["text", "__expected"], [[text, json.dumps({"label": label})] for text, label in PAIRS]))
        == PAIRS
    )
