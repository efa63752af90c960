"""promptfoo's tests as examples: which variable is the text, which label the assertions expect."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from core.data.formats.promptfoo.assertions import Passed, expected_label, plain_text
from core.data.formats.promptfoo.templates import Variables, unshielded, variables_in
from core.data.formats.reading.entries import Entry, metadata_roles
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.messages import values_by_path
from core.data.formats.reading.values import Skipped, as_json, cell
from core.errors import DataError
from core.prompts.delimiters import undefused
from core.prompts.label_match import fold

_MOST_COMBINED = 1_000
_OUR_ROW = re.compile(r"row (.+)", re.DOTALL)
_OUR_TEXT = "row.text"
_OUR_TAG = re.compile(r"<([A-Za-z][\w.-]*)>(?:\\n|\s)*\{\{ row\.text \}\}")


def entries_of(tests: Sequence[Record], passed: Passed) -> list[Entry]:
    """Variables that are the same in every test, such as a language, are no texts."""
    entries = [entry for test in tests for entry in _entries(test, passed)]
    names = list(dict.fromkeys(name for entry in entries for name in entry.texts))
    same = {name for name in names if len({entry.texts.get(name) for entry in entries}) == 1}
    if len(entries) < 2 or same == set(names):
        return entries
    return [
        Entry(
            {name: text for name, text in entry.texts.items() if name not in same},
            entry.labels,
            entry.roles,
            {**entry.others, **{name: entry.texts[name] for name in same if name in entry.texts}},
        )
        for entry in entries
    ]


def text_names(entries: Sequence[Entry], used: Sequence[str]) -> list[str]:
    """The variables that the prompts name, in the prompts' order."""
    names = list(dict.fromkeys(name for entry in entries for name in entry.texts))
    chosen = [name for path in used for name in names if name == path or name.startswith(path + ".")]
    return list(dict.fromkeys(chosen))


def _entries(test: Record, passed: Passed) -> Iterator[Entry]:
    given = _mapping(test.get("vars"), passed)
    metadata = {key: _plain(value) for key, value in _mapping(test.get("metadata"), passed).items()}
    options = test.get("options")
    whole = isinstance(options, Mapping) and cell(options.get("disableVarExpansion")) == "true"
    for values in [given] if whole else _each(given):
        variables = Variables(values)
        texts = {name: plain_text(value, variables, passed) for name, value in values_by_path(values).items()}
        label, template = expected_label(test.get("assert") or (), variables, passed)
        held = [name for path in variables_in(template) for name in texts if name == path]
        roles, others = metadata_roles(metadata, id=_our_id(test, texts))
        if test.get("description"):
            others["description"] = cell(test["description"])
        yield Entry(
            {name: text for name, text in texts.items() if name not in held},
            {"label": _own_spelling(label, metadata)},
            roles,
            others,
        )


def _own_spelling(label: str, metadata: Mapping[str, object]) -> str:
    """Our configurations compare labels folded, and have them as they are in the metadata."""
    own = cell(metadata.get("label"))
    return own if own and fold(own) == fold(label) else label


def _our_id(test: Record, texts: Mapping[str, str]) -> str:
    match = _OUR_ROW.fullmatch(cell(test.get("description"))) if _OUR_TEXT in texts else None
    return match[1] if match else ""


def with_our_texts(entries: Sequence[Entry], prompts: object) -> Sequence[Entry]:
    """Entries of a configuration that we wrote, with texts as they were before the prompt's closing tag in them was
    broken."""
    tag = _OUR_TAG.search(as_json(prompts).replace('\\"', '"')) if isinstance(prompts, list) else None
    if not tag:
        return entries
    return [
        replace(entry, texts={name: undefused(text, tag[1]) for name, text in entry.texts.items()})
        if _OUR_TEXT in entry.texts
        else entry
        for entry in entries
    ]


def _plain(value: object) -> object:
    return unshielded(value) if isinstance(value, str) and not isinstance(value, Skipped) else value


def _each(given: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """promptfoo makes a test of every combination of variables that are lists of scalars."""
    lists = {
        name: value
        for name, value in given.items()
        if isinstance(value, list) and value and not any(isinstance(each, Mapping | list) for each in value)
    }
    total = 1
    for value in lists.values():
        total *= len(value)
    if total > _MOST_COMBINED:
        raise DataError(
            f"A test lists variables with {total:,} combinations, more than {_MOST_COMBINED:,}: write the tests one by one."
        )
    for chosen in itertools.product(*lists.values()):
        yield {**given, **dict(zip(lists, chosen, strict=True))}


def _mapping(value: object, passed: Passed) -> dict[str, object]:
    if isinstance(value, str) and value:
        passed.elsewhere.append(str(value))
    return {cell(key): inner for key, inner in value.items()} if isinstance(value, Mapping) else {}
