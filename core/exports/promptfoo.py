"""A promptfoo configuration: the prompt, and rows as tests of it (promptfoo.dev/docs/configuration).

promptfoo reads templates in prompts, so what looks like one in ours is written as a text inside a template. A
row's text stands one level deep in the variables, where promptfoo takes it as it is; a text that holds an
opening of a template is left out all the same, as some of its versions fill in the environment wherever they
find it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence

from core.data.formats.promptfoo.yaml_writer import to_yaml
from core.exports.request_template import RequestTemplate
from core.prompts.delimiters import defuse
from core.types import Example

SCHEMA = "# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json\n"
PROVIDERS = {"openai": "openai:chat:", "anthropic": "anthropic:messages:"}
# The last <label>…</label>, or the "label" of structured output; compared without case, Unicode variants and
# repeated spaces.
TRANSFORM = (
    "((/^\\s*\\{[\\s\\S]*\\}\\s*$/.test(output) && JSON.parse(output).label) || "
    "(output.match(/<label>[\\s\\S]*?<\\/label>/gi) || ['']).pop().replace(/<\\/?label>/gi, ''))"
    ".normalize('NFKC').toLowerCase().trim().split(/\\s+/).join(' ')"
)
_OPENING = re.compile(r"\{(?=[{%#])")


def to_promptfoo(template: RequestTemplate, rows: Sequence[Example], title: str) -> str:
    """The configuration as YAML; rows that promptfoo cannot take are left out (`templated_rows` names them)."""
    skipped = {row.id for row in templated_rows(rows)}
    text = {"role": "user", "content": literal(template.before) + "{{ row.text }}" + literal(template.after)}
    turns = [*map(_literal, template.first), text, *map(_literal, template.last)]
    parameters = dict(template.parameters)
    system = parameters.pop("system", None)
    if system is not None:
        turns.insert(0, {"role": "system", "content": literal(_plain(system))})
    return SCHEMA + to_yaml(
        {
            "description": title,
            "prompts": [{"label": title, "raw": json.dumps(turns, ensure_ascii=False)}],
            "providers": [
                {
                    "id": PROVIDERS[template.provider] + str(parameters.pop("model")),
                    "config": _config(template, parameters),
                }
            ],
            "defaultTest": {
                "options": {"transform": TRANSFORM},
                "assert": [{"type": "equals", "value": "{{ row.expected }}"}],
            },
            "tests": [
                {
                    "description": "row " + row.id,
                    "vars": {"row": {"text": defuse(row.text, template.tag), "expected": folded(row.label)}},
                    "metadata": {"label": row.label, "split": row.split},
                }
                for row in rows
                if row.id not in skipped
            ],
        }
    )


def templated_rows(rows: Sequence[Example]) -> list[Example]:
    """Rows in which promptfoo would find a template of its own."""
    return [row for row in rows if _OPENING.search(row.text + " " + row.label + " " + row.id)]


def literal(text: str) -> str:
    """The text as a template that yields it."""
    return _OPENING.sub("{{ '{' }}", text)


def folded(label: str) -> str:
    """What TRANSFORM makes of a reply that names this label."""
    return " ".join(unicodedata.normalize("NFKC", label).lower().split())


def _literal(turn: Mapping[str, str]) -> dict[str, str]:
    return {"role": turn["role"], "content": literal(turn["content"])}


def _config(template: RequestTemplate, parameters: dict[str, object]) -> dict[str, object]:
    """Every parameter that the app sends: OpenAI's go through as they are, Anthropic's beside the length."""
    if template.provider == "openai":
        return {"passthrough": parameters}
    length = parameters.pop("max_tokens", 1_000)
    return {"max_tokens": length} | ({"extra_body": parameters} if parameters else {})


def _plain(system: object) -> str:
    """A system text, or the texts of its blocks."""
    return system if isinstance(system, str) else "\n\n".join(block["text"] for block in system)  # type: ignore[attr-defined]
