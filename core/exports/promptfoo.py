"""A promptfoo configuration: the prompt, and rows as tests of it (promptfoo.dev/docs/configuration).

promptfoo reads templates in prompts, so what looks like one in ours is written as a text inside a template. A
row's text stands one level deep in the variables, where promptfoo takes it as it is; a text that holds an
opening of a template is left out all the same, as some of its versions fill in the environment wherever they
find it. A prompt whose turns differ from text to text comes as a variable of each row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.entities import name2codepoint
from pathlib import Path

from core.data.fields import metadata_of
from core.data.formats.promptfoo.yaml_writer import to_yaml
from core.data.templates import fields_of_text, filled
from core.exports.model_server import promptfoo_server
from core.exports.request_template import RequestTemplate
from core.label_sets.sets import SEPARATOR, label_names
from core.prompts.delimiters import defuse
from core.prompts.label_match import fold
from core.types import Example, TextTemplate

SCHEMA = "# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json\n"
PROVIDERS = {"openai": "openai:chat:", "anthropic": "anthropic:messages:"}
Turns = Sequence[Mapping[str, str]]
_OPENING = re.compile(r"\{(?=[{%#])")


@dataclass(frozen=True, slots=True)
class ReplyForm:
    """What read_label.js makes of a reply: "label", one of `labels`; "labels", several of them; "answer", what it answers
    freely; "normalised": that, or the reference answer where it is the same but for what does not matter. `tagged`: the
    prompt asks for the <label> tag."""

    labels: tuple[str, ...] = ()
    kind: str = "label"
    tagged: bool = True

    def expected(self, label: str) -> str:
        """What it makes of a reply that is right."""
        if self.kind == "label":
            return folded(label)
        return SEPARATOR.join(map(folded, label_names(label))) if self.kind == "labels" else label.strip()


LABEL = ReplyForm()


def to_promptfoo(
    template: RequestTemplate,
    rows: Sequence[Example],
    title: str,
    form: ReplyForm = LABEL,
    turns: Mapping[str, Turns] | None = None,
) -> str:
    """The configuration as YAML; rows that promptfoo cannot take are left out (`templated_rows` names them).
    Replies are read by read_label.js. `turns`: by row id the whole conversation, where it differs from text to text."""
    skipped = {row.id for row in templated_rows(rows)}
    fixed, provider = promptfoo_provider(template, _place(template.made_of))
    raw = "{{ row.turns }}" if turns else json.dumps(fixed, ensure_ascii=False)
    return SCHEMA + to_yaml(
        {
            "description": title,
            "prompts": [{"label": title, "raw": raw}],
            "providers": [provider],
            "defaultTest": {
                "options": {"transform": transform(form, template.reply_prefix)},
                "assert": [{"type": "equals", "value": "{{ row.expected }}"}],
            },
            "tests": [
                {
                    "description": "row " + row.id,
                    "vars": _variables_of_turns(row, form, turns[row.id])
                    if turns
                    else _variables(row, form, template),
                    "metadata": _metadata(row),
                }
                for row in rows
                if row.id not in skipped
            ],
        }
    )


def _place(made_of: TextTemplate | None) -> str:
    """Where the text goes: one variable, or one for each field that it is made of."""
    if made_of is None:
        return "{{ row.text }}"
    own = {field: "{{ fields[" + json.dumps(field, ensure_ascii=False) + "] }}" for field in made_of.fields}
    return filled(made_of, own, literal)


def _variables_of_turns(row: Example, form: ReplyForm, turns: Turns) -> dict[str, object]:
    return {"row": {"text": row.text, "turns": _json(list(turns)), "expected": form.expected(row.label)}}


def _variables(row: Example, form: ReplyForm, template: RequestTemplate) -> dict[str, object]:
    expected = form.expected(row.label)
    held = fields_of_text(template.made_of, row.text) if template.made_of else None
    if held is None:
        return {"row": {"text": defuse(row.text, template.tag), "expected": expected}}
    fields = {name: defuse(text, template.tag) for name, text in held.items()}
    return {"fields": fields, "row": {"expected": expected}}


def with_form(rows: Sequence[Example], template: TextTemplate) -> list[Example]:
    """The rows whose text has the form of the template, so that its fields can be told."""
    return [row for row in rows if fields_of_text(template, row.text) is not None]


def promptfoo_provider(
    template: RequestTemplate, place: str
) -> tuple[list[dict[str, str]], Mapping[str, object]]:
    """The turns, with `place` (a template of promptfoo's) where the text goes, and the provider that is asked."""
    text = {"role": "user", "content": literal(template.before) + place + literal(template.after)}
    turns = [*map(_literal, template.first), text, *map(_literal, template.last)]
    parameters = dict(template.parameters)
    system = parameters.pop("system", None)
    if system is not None:
        turns.insert(0, {"role": "system", "content": literal(plain_system(system))})
    name = PROVIDERS[template.wire] + str(parameters.pop("model"))
    return turns, {"id": name, "config": _config(template, parameters)}


def _metadata(row: Example) -> dict[str, object]:
    """What the row has besides, so that the file can be imported again. The id stands in the description."""
    kept = {name: value for name, value in metadata_of(row).items() if name not in ("id", "split")}
    more = {name: literal(value) if isinstance(value, str) else value for name, value in kept.items()}
    return {"label": row.label, "split": row.split, **more}


def templated_rows(rows: Sequence[Example]) -> list[Example]:
    """Rows in which promptfoo would find a template of its own."""
    return [row for row in rows if _OPENING.search(row.text + " " + row.label + " " + row.id)]


def literal(text: str) -> str:
    """The text as a template that yields it."""
    return _OPENING.sub("{{ '{' }}", text)


def folded(label: str) -> str:
    """What the transform makes of a reply that names this label."""
    return fold(label)


def transform(form: ReplyForm, reply_prefix: str = "") -> str:
    """An expression of JavaScript, on one line (promptfoo takes several lines for the body of a function), that
    makes of the `output` the folded label that it names, or else the folded text that it read; or what `form` says."""
    source = Path(__file__).with_name("read_label.js").read_text(encoding="utf-8")
    lines = [line.strip() for line in source.splitlines()]
    function = " ".join(line for line in lines if line and not line.startswith("//"))
    characters = {name: chr(code) for name, code in name2codepoint.items()} | {"apos": "'"}
    labels = "[context.vars.row.expected]" if form.kind == "normalised" else _json(list(form.labels))
    given = ", ".join(map(_json, (reply_prefix, characters, form.kind, form.tagged)))
    return f"({function})(output, {labels}, {given})"


def _json(value: object) -> str:
    """JSON that opens no template, whatever it holds."""
    return (
        json.dumps(value, ensure_ascii=False)
        .replace("{{", "{\\u007b")
        .replace("{%", "{\\u0025")
        .replace("{#", "{\\u0023")
    )


def _literal(turn: Mapping[str, str]) -> dict[str, str]:
    return {"role": turn["role"], "content": literal(turn["content"])}


def _config(template: RequestTemplate, parameters: dict[str, object]) -> dict[str, object]:
    """Every parameter that the app sends: OpenAI's go through as they are, without the defaults of promptfoo (max_tokens
    and temperature, which newer models refuse); Anthropic's beside the length."""
    server = promptfoo_server(template.server)
    if template.wire == "openai":
        return server | {"omitDefaults": True, "passthrough": parameters}
    length = parameters.pop("max_tokens", 1_000)
    return server | {"max_tokens": length} | ({"extra_body": parameters} if parameters else {})


def plain_system(system: object) -> str:
    """A system text, or the texts of its blocks."""
    return system if isinstance(system, str) else "\n\n".join(block["text"] for block in system)  # type: ignore[attr-defined]
