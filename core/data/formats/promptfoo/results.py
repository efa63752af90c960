"""promptfoo's results, as JSON, JSON lines, YAML or a table: the tests that were run. What models answered is no
label."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.data.formats.reading.answers import ANSWERS, answer_label, reference_name
from core.data.formats.reading.entries import Entry
from core.data.formats.reading.json_text import Record, as_record
from core.data.formats.reading.values import as_json
from core.data.table import Table

NOTICE = "The file holds promptfoo's results: only its tests were read, what models answered is left out."
_OUTPUT = re.compile(r"\[[^\]]+\] .+", re.DOTALL)
_VERDICT = re.compile(r"\[?(?:PASS|FAIL|ERROR)\]?(?:\s|\Z)")
_OF_RESULTS = ("status", "score", "named scores", "grader reason", "comment", "test id", "cost", "latency")


def is_results(value: object) -> bool:
    """Whether a whole document is a results file."""
    if not isinstance(value, Mapping):
        return False
    return (isinstance(value.get("config"), Mapping) and ("results" in value or "evalId" in value)) or bool(
        _table(value)
    )


def results_config(value: Record) -> Record:
    """The configuration to read in a results file: its own, or, where tests stand outside of that, one made of
    the tests that were run."""
    held = value.get("config")
    config = held if isinstance(held, Mapping) else {}
    tests = config.get("tests")
    inline = (
        isinstance(tests, list)
        and bool(tests)
        and all(isinstance(test, Mapping) and "vars" in test for test in tests)
    )
    ran = ran_tests(_results(value)) or ran_tests(_table(value))
    if (inline and not config.get("scenarios")) or not ran:
        return config
    return {"prompts": config.get("prompts"), "tests": ran}


def ran_tests(results: Sequence[object]) -> list[Record]:
    """Each test once, however many prompts and models it was run with."""
    tests: dict[str, Record] = {}
    for each in results:
        test = each.get("testCase", each.get("test")) if isinstance(each, Mapping) else None
        if isinstance(test, Mapping):
            key = {name: test.get(name) for name in ("vars", "assert", "description", "metadata")}
            tests.setdefault(as_json(key), {**test, "vars": _own_variables(as_record(each), test)})
    return list(tests.values())


def _own_variables(result: Record, test: Record) -> object:
    given = test.get("vars", result.get("vars"))
    return (
        {key: value for key, value in given.items() if not key.startswith("_")}
        if isinstance(given, Mapping)
        else given
    )


def _results(value: Record) -> Sequence[object]:
    results = value.get("results")
    if isinstance(results, Mapping):
        results = results.get("results")
    return results if isinstance(results, list) else []


def _table(value: Record) -> Sequence[object]:
    inner = value.get("results")
    table = value.get("table") or (inner.get("table") if isinstance(inner, Mapping) else None)
    body = table.get("body") if isinstance(table, Mapping) else None
    return body if isinstance(body, list) else []


def output_columns(table: Table) -> list[str]:
    """Columns of a table of results that hold what a model answered: [provider] prompt, or a verdict in each cell."""
    named_so = [column for column in table.columns if _OUTPUT.fullmatch(column.strip())]
    return [column for column in named_so if _judged(table, column)] if named_so else []


def _judged(table: Table, column: str) -> bool:
    at = table.columns.index(column)
    verdicts = [row[at] for row in table.rows if row[at].strip()]
    return bool(verdicts) and (
        all(_VERDICT.match(cell) for cell in verdicts)
        or any(name.strip().casefold() == "status" for name in table.columns)
    )


def table_entries(table: Table) -> list[Entry]:
    """Of a table of results, the variables; the label is the one whose name says that it is expected."""
    outputs = set(output_columns(table))
    first = min(table.columns.index(column) for column in outputs)
    names = [
        column
        for column in table.columns[:first]
        if column.strip().casefold() not in _OF_RESULTS and not column.strip().startswith("__")
    ]
    label = reference_name(names, ANSWERS)
    entries: dict[str, Entry] = {}
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        texts = {name: cells[name] for name in names if name != label}
        entries.setdefault(as_json(texts), Entry(texts, {"label": answer_label(cells.get(label, ""))}))
    return list(entries.values())
