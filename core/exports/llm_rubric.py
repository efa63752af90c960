"""A judge as promptfoo's `llm-rubric` (promptfoo.dev/docs/configuration/expected-outputs/model-graded/llm-rubric): its prompt
as the rubric prompt, asked of its model, with answers that people have judged as tests of it.

promptfoo reads a JSON object with `pass`, `score` and `reason` out of the reply, so that is what the prompt asks for in place
of the label. The tests echo an answer and hold it against the verdict of people: the share that passes is the agreement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.data.formats.promptfoo.yaml_writer import to_yaml
from core.exports.promptfoo import SCHEMA, literal, promptfoo_provider, templated_rows
from core.exports.request_template import RequestTemplate
from core.prompts.delimiters import defuse
from core.prompts.starting import ANSWER_SENTENCE
from core.types import Example, Prompt

VERDICT = (
    'First give a short reason in one sentence. Then end with one JSON object alone, in this form: {"reason": "the reason", '
    '"pass": true, "score": 1}'
)


def with_verdict_form(prompt: Prompt, good: str) -> Prompt:
    """The prompt with a JSON object asked for in place of the label; one that asks in words of its own is told at its end."""
    when = f" where the label would be {json.dumps(good, ensure_ascii=False)}, with false and 0 in every other case."
    asks = VERDICT + when
    if ANSWER_SENTENCE in prompt.user_prompt_suffix:
        suffix = prompt.user_prompt_suffix.replace(ANSWER_SENTENCE, asks)
    else:
        suffix = f"{prompt.user_prompt_suffix}\n\nWrite no <label> tag. {asks}"
    return replace(prompt, user_prompt_suffix=suffix, bot_reply_prefix="")


def to_llm_rubric(template: RequestTemplate, rows: Sequence[Example], title: str, good: str) -> str:
    """The configuration as YAML. `template`: of a prompt `with_verdict_form`. Rows that promptfoo cannot take are left out
    (`templated_rows` names them)."""
    skipped = {row.id for row in templated_rows(rows)}
    turns, provider = promptfoo_provider(template, "{{ output }}")
    return SCHEMA + to_yaml(
        {
            "description": title,
            "prompts": ["{{ row.text }}"],
            "providers": ["echo"],
            "defaultTest": {
                "options": {"rubricPrompt": json.dumps(turns, ensure_ascii=False), "provider": provider}
            },
            "tests": [_test(row, good, template.tag) for row in rows if row.id not in skipped],
        }
    )


def _test(row: Example, good: str, tag: str) -> Mapping[str, object]:
    kind = "llm-rubric" if row.label == good else "not-llm-rubric"
    return {
        "description": "row " + row.id,
        "vars": {"row": {"text": defuse(row.text, tag)}},
        "assert": [{"type": kind, "value": literal(good)}],
        "metadata": {"label": row.label},
    }
