"""The turns of a request as Python: what stays the same as constants, and a function of the text."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from core.exports.request_template import RequestTemplate
from core.exports.scripts.literals import mapping_literal, python_literal, text_literal
from core.prompts import blocks, delimiters
from core.similarity import plain_neighbours, shortener
from core.similarity.shortlist import SHORTENED_FIELDS, examples_read
from core.types import Prompt


def turn_constants(template: RequestTemplate, name: str) -> list[str]:
    """NAME_FIRST and so on; of a prompt that differs from text to text only what the provider adds."""
    prefix = f"{name}_PREFIX = " + text_literal(template.reply_prefix) + "  # every reply begins with it"
    last = f"{name}_LAST = " + python_literal([dict(turn) for turn in template.last])
    if template.by_text is not None:
        wish = template.after.removeprefix(template.by_text.user_prompt_suffix)
        return [f"{name}_WISH = " + text_literal(wish), last, prefix]
    return [
        f"{name}_FIRST = " + python_literal([dict(turn) for turn in template.first]),
        f"{name}_BEFORE = " + text_literal(template.before),
        f"{name}_AFTER = " + text_literal(template.after),
        last,
        prefix,
    ]


def turn_function(template: RequestTemplate, name: str) -> str:
    """The source of `name_turns(text)`."""
    side = name.upper()
    if template.by_text is not None:
        return _TURNS_BY_TEXT.format(name=name, side=side, role=template.system_role)
    return _TURNS.format(name=name, side=side)


def prompt_constants(prompt: Prompt | None, tag: str) -> list[str]:
    """What the turn functions of all providers share."""
    if prompt is None:
        return [f"TAG = {tag!r}  # encloses the text, which must not close it"]
    few_shot = examples_read(prompt)
    fields = mapping_literal({name: getattr(prompt, name) for name in SHORTENED_FIELDS})
    examples = python_literal([(shot.text, shot.label) for shot in few_shot.examples])
    lines = ["PROMPT = " + fields, f"EXAMPLES = {examples}"]
    lines += [f"NEAREST = {few_shot.k}  # examples of a text, of which {prompt.few_shot.k} are shown"]
    lines += [f"SHOWN = {prompt.few_shot.k}"]
    if prompt.shortlist:
        lines += [f"SHORTLIST = {prompt.shortlist}  # labels that a request names"]
    return lines


def shared_functions(prompt: Prompt | None) -> str:
    if prompt is None:
        return _QUOTED
    return _OF_TEXT + (_SHORTENED if prompt.shortlist else _WHOLE)


def turn_modules(prompt: Prompt | None) -> Sequence[ModuleType]:
    """Ours that the functions call."""
    if prompt is None:
        return []
    return [delimiters, plain_neighbours, *([blocks, shortener] if prompt.shortlist else [])]


_QUOTED = '''\
def quoted(text):
    """The text, unable to close the tag around it."""
    return re.sub(r"<(\\s*)/(?=\\s*" + re.escape(TAG) + r"(?![\\w.-]))", r"<\\1\\\\/", text, flags=re.IGNORECASE) if TAG else text
'''

_TURNS = """\
def {name}_turns(text):
    own = {{"role": "user", "content": {side}_BEFORE + quoted(text) + {side}_AFTER}}
    return [*{side}_FIRST, own, *{side}_LAST]
"""

_TURNS_BY_TEXT = """\
def {name}_turns(text):
    *turns, own = turns_of(text, "{role}")
    return [*turns, {{**own, "content": own["content"] + {side}_WISH}}, *{side}_LAST]
"""

_OF_TEXT = '''\
def turns_of(text, role):
    """Before the text those of EXAMPLES that are most like it, least similar first."""
    nearest = neighbours().nearest(text)
    system, before, after = fields_for(nearest)
    tag = delimiter(before, after)
    turns = [{"role": role, "content": system}] if system.strip() else []
    for example, label in nearest[max(0, len(nearest) - SHOWN) :]:
        turns.append({"role": "user", "content": before + defuse(example, tag) + after})
        turns.append({"role": "assistant", "content": "<label>" + label + "</label>"})
    return [*turns, {"role": "user", "content": before + defuse(text, tag) + after}]


@cache
def neighbours():
    return PlainNeighbours(EXAMPLES, NEAREST)
'''

_WHOLE = """

def fields_for(nearest):
    return PROMPT.values()
"""

_SHORTENED = '''

def fields_for(nearest):
    """PROMPT without the labels that are not likely, and without what it says of these alone."""
    left_out = LABELS_OF_EXAMPLES - set(likeliest([label for _, label in nearest], SHORTLIST))
    return shortened(left_out).values() if nearest else PROMPT.values()


LABELS_OF_EXAMPLES = frozenset(label for _, label in EXAMPLES)


@cache
def shortened(left_out):
    return shortener().without(left_out)


@cache
def shortener():
    return FieldShortener(PROMPT, LABELS_OF_EXAMPLES)
'''
