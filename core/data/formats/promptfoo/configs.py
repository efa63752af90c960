"""promptfoo tests, in YAML, JSON or JSON lines, as CSV, or in a results file: variables, and an assertion that names
the expected label.

Assertions that are code or ask a model name no label. Files beside are read where the file came from a folder;
YAML tags and addresses are skipped and counted, never followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data.fields import metadata_of
from core.data.formats.format import Format, SourceFile
from core.data.formats.promptfoo.assertions import Passed
from core.data.formats.promptfoo.beside import FilesBeside
from core.data.formats.promptfoo.csv_tests import csv_tests, has_expectations
from core.data.formats.promptfoo.examples import entries_of, text_names, with_our_texts
from core.data.formats.promptfoo.results import (
    NOTICE,
    is_results,
    output_columns,
    ran_tests,
    results_config,
    table_entries,
)
from core.data.formats.promptfoo.suites import suite, used_variables
from core.data.formats.promptfoo.templates import shielded
from core.data.formats.promptfoo.yaml_writer import to_yaml
from core.data.formats.reading.entries import entries_table
from core.data.formats.reading.json_text import Record, as_record, read_value
from core.data.formats.reading.yaml_text import read_yaml
from core.data.table import Table
from core.errors import DataError
from core.types import Dataset
from core.wording import listed

_TITLE = "promptfoo tests"
_CONFIG = ("tests", "prompts", "providers", "targets", "defaultTest", "scenarios")
_HEAD = "# In promptfooconfig.yaml: tests: file://NAME-OF-THIS-FILE, and {{text}} in the prompt.\n"


def _recognises(file: SourceFile) -> bool:
    return (
        file.syntax == "yaml"
        or has_expectations(file.columns)
        or (bool(file.columns) and bool(output_columns(file.table)))
        or _json_config(file) is not None
        or (bool(file.records) and all("vars" in record or "testCase" in record for record in file.records))
    )


def _read(file: SourceFile) -> Table:
    """DataError where no test can be read."""
    passed = Passed()
    if file.columns and not has_expectations(file.columns):
        return _results_table(file)
    config, notices = _config(file)
    beside = FilesBeside(file, passed)
    tests = suite(config, beside, passed)
    if not tests:
        raise DataError(_nothing(passed, config))
    entries = with_our_texts(entries_of(tests, passed), config.get("prompts"))
    texts = text_names(entries, used_variables(config.get("prompts"), beside))
    return entries_table(entries, file.provenance(_TITLE).noting([*notices, *passed.notices()]), texts)


def _config(file: SourceFile) -> tuple[Record, list[str]]:
    """The configuration that a file is, or holds, or that lists its tests; and notices."""
    if file.columns:
        return {"tests": csv_tests(file.table)}, []
    value = read_yaml(file.decoded[0]) if file.syntax == "yaml" else _json_config(file)
    if value is None:
        value = list(file.records)
    if isinstance(value, list) and any(isinstance(each, Mapping) and "testCase" in each for each in value):
        return {"tests": ran_tests(value)}, [NOTICE]
    if is_results(value):
        return results_config(as_record(value)), [NOTICE]
    if not _is_config(value):
        raise DataError(
            "The YAML file holds no promptfoo tests: it needs a list named tests, or save the rows as CSV or JSON."
        )
    return (value if isinstance(value, Mapping) else {"tests": value}), []


def _nothing(passed: Passed, config: Record) -> str:
    if passed.generators:
        return f"The tests are made by code ({listed(passed.generators, 3)}), which is not run: run promptfoo, and import its results file."
    if passed.elsewhere:
        return (
            f"The tests stand in another file ({listed(passed.elsewhere, 3)}), which was not opened, as it is not beside this one: "
            "import that file itself, or give the path of this one in its folder."
        )
    return "The file holds no promptfoo tests: it needs a list named tests, or scenarios."


def _results_table(file: SourceFile) -> Table:
    entries = table_entries(file.table)
    if not any(entry.labels["label"] for entry in entries):
        raise DataError(
            "The table holds promptfoo's results, what models answered, and no column with the expected label: "
            "import the tests, or the results as JSON."
        )
    return entries_table(entries, file.provenance(_TITLE).noting([NOTICE]))


def _is_config(value: object) -> bool:
    """Whether a whole document is promptfoo's: a configuration, or a list of tests."""
    if isinstance(value, Mapping):
        return any(key in value for key in ("tests", "scenarios")) and any(key in value for key in _CONFIG)
    return isinstance(value, list) and any(
        isinstance(test, Mapping | str) and "vars" in test for test in value
    )


def _json_config(file: SourceFile) -> Any:
    """The configuration or the results that a JSON file is; None for any other."""
    text = file.decoded[0] if file.syntax == "json" else ""
    if not any(f'"{key}"' in text for key in ("tests", "scenarios", "testCase", "evalId", "table")):
        return None
    try:
        value = read_value(text)
    except ValueError:
        return None
    return value if isinstance(value, Mapping) and (is_results(value) or _is_config(value)) else None


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
