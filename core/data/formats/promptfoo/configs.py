"""promptfoo tests, in YAML, JSON or JSON lines: variables, and an assertion that names the expected label.

Assertions that are code or ask a model name no label. `file://…`, YAML tags and references are skipped and
counted, never followed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.data.fields import metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.promptfoo.assertions import (
    Passed,
    expected_label,
    is_address,
    shielded,
    unshielded,
    variable,
    variables_in,
)
from core.data.formats.promptfoo.csv_tests import csv_entries, has_expectations
from core.data.formats.promptfoo.yaml_writer import to_yaml
from core.data.formats.reading.entries import Entry, entries_table, metadata_roles
from core.data.formats.reading.json_text import read_value
from core.data.formats.reading.values import Skipped, cell
from core.data.formats.reading.yaml_text import read_yaml
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset
from core.wording import quoted

_TITLE = "promptfoo tests"
_CONFIG = ("tests", "prompts", "providers", "defaultTest", "scenarios")
_MOST_COMBINED = 1_000
_HEAD = "# In promptfooconfig.yaml: tests: file://NAME-OF-THIS-FILE, and {{text}} in the prompt.\n"


def _recognises(file: SourceFile) -> bool:
    return (
        file.syntax == "yaml"
        or has_expectations(file.columns)
        or _json_config(file) is not None
        or (bool(file.records) and all("vars" in record for record in file.records))
    )


def _read(file: SourceFile) -> Table:
    """DataError where the tests stand elsewhere."""
    passed = Passed()
    used: Sequence[str] = ()
    if file.columns:
        entries = csv_entries(file.table, passed)
    elif file.syntax == "yaml" or _json_config(file) is not None:
        config = read_yaml(file.decoded[0]) if file.syntax == "yaml" else _json_config(file)
        if not _is_config(config):
            raise DataError(
                "The YAML file holds no promptfoo tests: it needs a list named tests, or save the rows as CSV or JSON."
            )
        entries, used = _config_entries(config, passed)
    else:
        entries = _test_entries(file.records, {}, passed)
    names = dict.fromkeys(name for entry in entries for name in entry.texts)
    texts = [name for name in names if name in used]
    return entries_table(entries, file.provenance(_TITLE).noting(passed.notices()), texts)


def _is_config(value: object) -> bool:
    """Whether a whole document is promptfoo's: a configuration, or a list of tests."""
    if isinstance(value, Mapping):
        return "tests" in value and any(key in value for key in _CONFIG)
    return isinstance(value, list) and any(isinstance(test, Mapping) and "vars" in test for test in value)


def _json_config(file: SourceFile) -> Mapping[str, Any] | None:
    """The configuration that a JSON file is; None for any other."""
    if file.syntax != "json" or '"tests"' not in file.decoded[0]:
        return None
    try:
        value = read_value(file.decoded[0])
    except ValueError:
        return None
    return value if isinstance(value, Mapping) and _is_config(value) else None


def _config_entries(config: Any, passed: Passed) -> tuple[list[Entry], Sequence[str]]:
    """The tests, and the variables that the prompts name."""
    if not isinstance(config, Mapping):
        return _test_entries(config, {}, passed), ()
    tests, default = config.get("tests"), config.get("defaultTest")
    if isinstance(tests, str):
        raise DataError(
            f"The tests stand in another file ({quoted(tests)}), which is not opened from here: import that file itself."
        )
    listed = tests if isinstance(tests, list) else [tests]
    given = default if isinstance(default, Mapping) else {}
    return _test_entries(listed, given, passed), _used(config.get("prompts"))


def _test_entries(tests: Sequence[object], default: Mapping[str, Any], passed: Passed) -> list[Entry]:
    """`default` is what every test has."""
    return [entry for test in tests for entry in _entries(test, default, passed)]


def _entries(test: object, default: Mapping[str, Any], passed: Passed) -> Iterator[Entry]:
    if isinstance(test, str):
        passed.elsewhere.append(test)
        return
    if not isinstance(test, Mapping):
        return
    given = _mapping(default.get("vars"), passed) | _mapping(test.get("vars"), passed)
    asserted = [*_listed(test.get("assert"), passed), *_listed(default.get("assert"), passed)]
    metadata = {**_mapping(default.get("metadata"), passed), **_mapping(test.get("metadata"), passed)}
    for values in _each(given):
        texts = {name: _text(value, passed) for name, value in values.items()}
        label, taken = _label(asserted, texts, passed)
        roles, others = metadata_roles(metadata)
        roles = {role: unshielded(value) for role, value in roles.items()}
        if test.get("description"):
            others["description"] = cell(test["description"])
        yield Entry(
            {name: text for name, text in texts.items() if name != taken}, {"label": label}, roles, others
        )


def _label(asserted: Sequence[object], texts: Mapping[str, str], passed: Passed) -> tuple[str, str]:
    """The expected label, and the variable that held it, if one did."""
    expected = expected_label(asserted, passed)
    name = variable(expected)
    if name in texts:
        return texts[name], name
    return unshielded(expected), ""


def _each(given: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """promptfoo makes a test of every combination of variables that are lists of scalars."""
    lists = {
        name: value
        for name, value in given.items()
        if isinstance(value, list) and value and not any(map(_is_nested, value))
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


def _is_nested(value: object) -> bool:
    return isinstance(value, Mapping | list)


def _text(value: object, passed: Passed) -> str:
    if isinstance(value, Skipped):
        passed.elsewhere.append(str(value))
        return ""
    text = cell(value)
    if (
        is_address(text)
        and "\n" not in text
        and " " not in text.strip()
        and not text.lstrip().startswith("http")
    ):
        passed.elsewhere.append(text)
        return ""
    return unshielded(text)


def _mapping(value: object, passed: Passed) -> dict[str, object]:
    if isinstance(value, str) and value:
        passed.elsewhere.append(str(value))
    return {cell(key): inner for key, inner in value.items()} if isinstance(value, Mapping) else {}


def _listed(value: object, passed: Passed) -> list[object]:
    if isinstance(value, str) and value:
        passed.elsewhere.append(str(value))
    return value if isinstance(value, list) else []


def _used(prompts: object) -> list[str]:
    """Variables that the prompts name, in their order."""
    if isinstance(prompts, Mapping):
        prompts = list(prompts.values())
    return [
        name
        for prompt in (prompts if isinstance(prompts, list) else [prompts])
        for name in variables_in(cell(prompt))
    ]


def _write(dataset: Dataset) -> bytes:
    """A YAML list of tests; nothing in a text is a template to promptfoo."""
    tests = (
        {
            "vars": {"text": shielded(row.text)},
            "assert": [{"type": "equals", "value": shielded(row.label)}],
            "metadata": {
                name: shielded(value) if isinstance(value, str) else value
                for name, value in metadata_of(row).items()
            },
        }
        for row in dataset.examples
    )
    return (_HEAD + "".join(to_yaml([test]) for test in tests)).encode()


PROMPTFOO = Format("promptfoo", _TITLE, ("yaml", "yml"), "application/yaml", _recognises, _read, _write)
