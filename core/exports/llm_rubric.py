"""A judge as promptfoo's `llm-rubric` (promptfoo.dev/docs/configuration/expected-outputs/model-graded/llm-rubric): its prompt
as the rubric prompt, asked of its model, with answers that people have judged as tests of it.

promptfoo reads a JSON object with `pass`, `score` and `reason` out of the reply, so that is what the prompt asks for in place
of the label. The tests echo an answer and hold it against the verdict of people: the share that passes is the agreement.
Of an input of several fields the last is the answer, promptfoo's `output`; the others are variables by their names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.data.formats.promptfoo.yaml_writer import to_yaml
from core.data.templates import fields_of_text, filled
from core.exports.promptfoo import SCHEMA, literal, promptfoo_provider, templated_rows
from core.exports.request_template import RequestTemplate
from core.prompts.delimiters import defuse
from core.prompts.starting_prompt import ANSWER_SENTENCE
from core.types import Example, Prompt, TextTemplate

VERDICT = (
    'First give a short reason in one sentence. Then end with one JSON object alone, in this form: {"reason": "the reason", '
    '"pass": true, "score": 1}'
)
OUTPUT = "{{ output }}"
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TAKEN = ("output", "rubric", "row")  # names that mean something else there
_FILE = "file://"  # promptfoo would open what begins so


def with_verdict_form(prompt: Prompt, good: str) -> Prompt:
    """The prompt with a JSON object asked for in place of the label; one that asks in words of its own is told at its end."""
    when = f" where the label would be {json.dumps(good, ensure_ascii=False)}, with false and 0 in every other case."
    asks = VERDICT + when
    if ANSWER_SENTENCE in prompt.user_prompt_suffix:
        suffix = prompt.user_prompt_suffix.replace(ANSWER_SENTENCE, asks)
    else:
        suffix = f"{prompt.user_prompt_suffix}\n\nWrite no <label> tag. {asks}"
    return replace(prompt, user_prompt_suffix=suffix, bot_reply_prefix="")


def to_llm_rubric(asked: RequestTemplate, rows: Sequence[Example], title: str, good: str) -> str:
    """The configuration as YAML. `asked`: of a prompt `with_verdict_form`. Rows that promptfoo cannot take are left out
    (`templated_rows` names them). Where a row cannot be taken apart into the fields that its text was made of, whole
    texts are the answers."""
    template = asked.made_of
    skipped = {row.id for row in templated_rows(rows)}
    usable = [row for row in rows if row.id not in skipped]
    fields = _fields(template, usable)
    turns, provider = promptfoo_provider(asked, _place(template) if template and fields else OUTPUT)
    output = template.fields[-1] if template and fields else ""
    given = fields or [{output: row.text} for row in usable]
    tests = [
        _test(row, {name: defuse(text, asked.tag) for name, text in values.items()}, output, good)
        for row, values in zip(usable, given, strict=True)
    ]
    rubric = json.dumps(turns, ensure_ascii=False)
    return SCHEMA + to_yaml(
        {
            "description": title,
            "prompts": ["{{ row.text }}"],
            "providers": ["echo"],
            "defaultTest": {"options": {"rubricPrompt": rubric, "provider": provider}},
            "tests": tests,
        }
    )


def _fields(template: TextTemplate | None, rows: Sequence[Example]) -> list[dict[str, str]]:
    """Of every row; nothing where one cannot be taken apart, or promptfoo would take a name or a text for its own."""
    if template is None or not all(_NAME.fullmatch(name) for name in template.fields[:-1]):
        return []
    fields = [values for row in rows if (values := fields_of_text(template, row.text))]
    opened = any(text.startswith(_FILE) for values in fields for text in values.values())
    return [] if opened or len(fields) < len(rows) or set(_TAKEN) & set(template.fields[:-1]) else fields


def _place(template: TextTemplate) -> str:
    """The template as promptfoo writes it."""
    own = {name: "{{ " + name + " }}" for name in template.fields[:-1]}
    return filled(template, own | {template.fields[-1]: OUTPUT}, literal)


def _test(row: Example, values: Mapping[str, str], output: str, good: str) -> Mapping[str, object]:
    """`output` names the value that is echoed, one level deep as promptfoo takes it as it is there."""
    kind = "llm-rubric" if row.label == good else "not-llm-rubric"
    others = {name: text for name, text in values.items() if name != output}
    return {
        "description": "row " + row.id,
        "vars": {"row": {"text": values[output]}, **others},
        "assert": [{"type": kind, "value": literal(good)}],
        "metadata": {"label": row.label},
    }
