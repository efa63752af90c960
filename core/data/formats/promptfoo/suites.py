"""A promptfoo configuration as the tests that promptfoo would make of it: each with what it has from defaultTest and
from a scenario, and what stands in files beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.data.formats.promptfoo.assertions import Passed
from core.data.formats.promptfoo.beside import FilesBeside
from core.data.formats.promptfoo.templates import variables_in
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.values import Skipped, cell
from core.errors import DataError

_MOST_TESTS = 200_000
_DEEPEST = 4


def suite(config: Record, beside: FilesBeside, passed: Passed) -> list[Record]:
    """The tests and those of the scenarios. DataError for too many."""
    default = _partial(config.get("defaultTest"), beside)
    tests = [_merged(default, test, config) for test in _listed(config.get("tests"), beside, passed)]
    for scenario in _listed(config.get("scenarios"), beside, passed):
        rows = list(_listed(scenario.get("config"), beside, passed))
        inner = list(_listed(scenario.get("tests"), beside, passed)) or [{}]
        if len(tests) + len(rows) * len(inner) > _MOST_TESTS:
            raise DataError(f"The scenarios make more than {_MOST_TESTS:,} tests: import a part of them.")
        passed.scenarios += len(rows) * len(inner)
        tests += [_merged(_merged(default, row, config), test, config) for row in rows for test in inner]
    return [_loaded(test, beside) for test in tests]


def used_variables(prompts: object, beside: FilesBeside) -> list[str]:
    """Variables that the prompts name, in their order, also in prompts beside the file."""
    listed = list(prompts.values()) if isinstance(prompts, Mapping) else prompts
    names: list[str] = []
    for prompt in listed if isinstance(listed, list) else [listed]:
        text = _from_file(prompt.get("raw", "") if isinstance(prompt, Mapping) else prompt, beside)
        names += variables_in(cell(text)) if not isinstance(text, Skipped) else []
    return names


def _partial(value: object, beside: FilesBeside) -> Record:
    """defaultTest: an object, or the file that holds it."""
    if isinstance(value, str):
        value = beside.value(value)
    return value if isinstance(value, Mapping) else {}


def _listed(value: object, beside: FilesBeside, passed: Passed, deep: int = 0) -> Iterator[Record]:
    """Tests, however they are listed: objects, files, a function's name."""
    for each in value if isinstance(value, list) else [value]:
        path = each.get("path") if isinstance(each, Mapping) and "vars" not in each else None
        if isinstance(path, str):
            each = path
        if isinstance(each, str) and deep < _DEEPEST:
            yield from _listed(beside.tests(each), beside, passed, deep + 1)
        elif isinstance(each, Mapping):
            yield each


def _merged(default: Record, test: Record, config: Record) -> Record:
    """A test with what it takes over. Its own assertions come first."""
    merged: dict[str, Any] = {**default, **test}
    for key in ("vars", "metadata", "options"):
        mine, theirs = test.get(key), default.get(key)
        if isinstance(theirs, Mapping) and isinstance(mine, Mapping | None):
            merged[key] = {**theirs, **(mine or {})}
    merged["assert"] = [*_assertions(test, config), *_assertions(default, config)]
    return merged


def _assertions(test: Record, config: Record) -> Sequence[object]:
    """With templates of assertions that stand in the same file."""
    asserted = test.get("assert")
    if isinstance(asserted, str):
        return [asserted]
    return [_resolved(each, config) for each in asserted] if isinstance(asserted, list) else []


def _resolved(each: object, config: Record) -> object:
    """`$ref: '#/assertionTemplates/name'` as what it names."""
    reference = each.get("$ref") if isinstance(each, Mapping) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return each
    value: object = config
    for name in reference[2:].split("/"):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) and "$ref" not in value else each


def _loaded(test: Record, beside: FilesBeside) -> Record:
    """The test with the files that its variables and assertions name."""
    given = test.get("vars")
    if isinstance(given, str):
        given = _from_file(given, beside)
    elif isinstance(given, list) and given and all(isinstance(each, str) for each in given):
        loaded = [_from_file(each, beside) for each in given]
        given = {key: value for each in loaded if isinstance(each, Mapping) for key, value in each.items()}
    if isinstance(given, Mapping):
        given = {cell(key): _from_file(value, beside) for key, value in given.items()}
    asserted = [
        {**each, "value": _from_file(each["value"], beside)}
        if isinstance(each, Mapping) and "value" in each
        else each
        for each in test.get("assert") or ()
    ]
    return {**test, "vars": given, "assert": asserted}


def _from_file(value: object, beside: FilesBeside) -> object:
    return beside.value(value) if isinstance(value, str) and value.startswith("file://") else value
