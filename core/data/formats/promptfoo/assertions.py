"""Which label promptfoo's assertions expect, and what was passed over on the way to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.data.formats.promptfoo.templates import Unrenderable, is_template, rendered, unshielded
from core.data.formats.reading.answers import answer_label
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.messages import opened
from core.data.formats.reading.values import Skipped, cell, label_cell, single
from core.wording import counted, listed

# The surest first. The last ones name a part of the answer, which for a label is the label.
NAMING = tuple(
    "equals classifier iequals icontains contains starts-with contains-any icontains-any is-json contains-json "
    "contains-all icontains-all regex".split()
)
CODE = ("javascript", "python", "ruby", "webhook", "fn", "eval", "exec")
_JSON_KINDS = ("is-json", "contains-json")
_ADDRESS = re.compile(r"\s*(?:file|package|https?|huggingface|s3|gs)://|\s*package:")
_EXACTLY = re.compile(r"\^\(?([\w &/+-]+)\)?\$")
_MEMBER = re.compile(r"""\s*["'][\w ]+["']\s*:\s*["']([^"']+)["'],?\s*""")
_TAGGED = re.compile(  # an answer between tags; between others it may be the label itself
    r"\s*<((?:label|answer|category|class|classification|intent|sentiment|topic|output|result|verdict)\w*)>\s*([^<>]+?)\s*</\1>\s*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Passed:
    """What the file asks for and was not done: kinds of assertion that name no label, templates that cannot be
    worked out, things that stand elsewhere, code. `read`: files beside it that were read; `scenarios`: tests
    that scenarios made."""

    kinds: Counter[str] = field(default_factory=Counter)
    elsewhere: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    generators: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    code: int = 0
    scenarios: int = 0

    def notices(self) -> list[str]:
        one = len(self.elsewhere) == 1
        sentences = (
            (
                self.scenarios,
                f"{counted(self.scenarios, 'test')} of scenarios: each of their rows with each of their tests.",
            ),
            (
                self.read,
                f"Read from beside the file: {listed(list(dict.fromkeys(self.read)), 5)}.",
            ),
            (
                self.elsewhere,
                f"{counted(len(self.elsewhere), 'reference')} to something outside the file (such as {listed(self.elsewhere[:1])}) "
                f"{'was' if one else 'were'} skipped: nothing is fetched or run, and only files beside this one are read.",
            ),
            (
                self.generators,
                f"Tests that code makes were skipped, not run ({listed(self.generators, 3)}): run promptfoo, and import its results file.",
            ),
            (self.code, f"Assertions that are code were skipped, not run ({self.code:,})."),
            (
                self.templates,
                "Expected labels are templates that cannot be worked out "
                f"({len(self.templates):,}, such as {listed(self.templates[:1])}): no label.",
            ),
            (
                self.kinds,
                f"Assertions that name no label were skipped ({self.kinds.total():,} of the kind {listed(list(self.kinds), 4)}).",
            ),
        )
        return [sentence for there, sentence in sentences if there]


def expected_label(
    asserted: Sequence[object], variables: Mapping[str, object], passed: Passed
) -> tuple[str, str]:
    """The label, and the template that it was worked out from; "" where no assertion names one."""
    found = list(_labels(asserted, variables, passed))
    return min(found, key=lambda each: each[0])[1:] if found else ("", "")


def _labels(
    asserted: Sequence[object], variables: Mapping[str, object], passed: Passed
) -> Iterator[tuple[int, str, str]]:
    """(how sure, label, template) of each that names one."""
    for each in asserted:
        if not isinstance(each, Mapping):
            if isinstance(each, Skipped | str):
                passed.elsewhere.append(str(each))
        elif isinstance(each.get("assert"), list):  # a set of assertions
            label, template = expected_label(each["assert"], variables, passed)
            if label:
                yield 0, label, template
        else:
            kind = single(each.get("type"))
            label, template = _of_one(kind, each, variables, passed)
            if label:
                yield NAMING.index(kind), label, template


def _of_one(kind: str, assertion: Record, variables: Mapping[str, object], passed: Passed) -> tuple[str, str]:
    value = assertion.get("value")
    if "$ref" in assertion:
        passed.elsewhere.append(single(assertion["$ref"]))
    elif kind in CODE:
        passed.code += 1
    elif isinstance(value, Skipped) or (isinstance(value, str) and value.startswith(("file://", "package:"))):
        passed.elsewhere.append(str(value))
    elif kind in NAMING and value not in (None, ""):
        template = single(value) if not isinstance(value, Mapping) else ""
        try:
            label = _label(kind, _worked_out(value, variables))
        except Unrenderable:
            passed.templates.append(template or single(value))
            return "", ""
        if label:
            return label, template if is_template(template) else ""
        passed.kinds[kind] += 1
    elif kind:
        passed.kinds[kind] += 1
    return "", ""


def _worked_out(value: object, variables: Mapping[str, object]) -> object:
    if isinstance(value, str):
        return rendered(value, variables) if is_template(value) else value
    if isinstance(value, list):
        return [_worked_out(each, variables) for each in value]
    if isinstance(value, Mapping):
        return {key: _worked_out(each, variables) for key, each in value.items()}
    return value


def _label(kind: str, value: object) -> str:
    """The one label of an assertion's value; "" where it names none or several."""
    if kind in _JSON_KINDS:
        return _of_schema(opened(value))
    if kind == "regex":
        exact = _EXACTLY.fullmatch(cell(value))
        return exact[1] if exact else ""
    if isinstance(value, list) and len(value) != 1:
        return ""
    label = answer_label(value)
    part = _TAGGED.fullmatch(label) or _MEMBER.fullmatch(label)
    return part[part.re.groups] if part else label if not is_json(label) else ""


def is_json(label: str) -> bool:
    """Whether a label is a list or an object written out; neither is one label."""
    return isinstance(opened(label), Mapping | list)


def _of_schema(schema: object) -> str:
    """The one value that a JSON schema leaves a property."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping):
        return ""
    fixed = []
    for each in properties.values():
        if isinstance(each, Mapping) and "const" in each:
            fixed.append(label_cell(each["const"]))
        elif isinstance(each, Mapping) and isinstance(each.get("enum"), list) and len(each["enum"]) == 1:
            fixed.append(label_cell(each["enum"][0]))
    return fixed[0] if len(fixed) == 1 else ""


def is_address(text: str) -> bool:
    """Whether promptfoo would load something from elsewhere."""
    return bool(_ADDRESS.match(text))


def plain_text(value: object, variables: Mapping[str, object], passed: Passed) -> str:
    """A variable as a text. A template in it is worked out where it only names other variables."""
    if isinstance(value, Skipped):
        passed.elsewhere.append(str(value))
        return ""
    text = cell(value)
    alone = "\n" not in text and " " not in text.strip()
    if is_address(text) and alone and not text.lstrip().startswith("http"):
        passed.elsewhere.append(text)
        return ""
    if is_template(text):
        try:
            return cell(rendered(text, variables))
        except Unrenderable:
            return unshielded(text)
    return text
