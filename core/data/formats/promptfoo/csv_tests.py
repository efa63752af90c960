"""promptfoo tests as CSV: a column per variable, `__expected` for the assertion, `__metadata:name` and others
of its own. Rows become tests such as a configuration has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from core.data.formats.promptfoo.assertions import CODE, NAMING, is_address
from core.data.formats.reading.json_text import Record
from core.data.formats.reading.values import Skipped
from core.data.table import Table

_EXPECTED = re.compile(r"__expected\d*")
_TYPED = re.compile(r"\s*([a-z][a-z\-]*)(?:\(([^)]*)\))?\s*:(?!//)\s*(.*)", re.DOTALL)
# Without a value: is-json, latency(1000). One word alone, such as cost, is rather a label.
_BARE = re.compile(r"\s*([a-z]+(?:-[a-z]+)+|[a-z\-]+(?=\(\d))(?:\([\d.]+\))?\s*()()")
_TYPES = {
    *NAMING,
    *CODE,
    *(
        "similar llm-rubric grade factuality model-graded-closedqa is-json contains-json regex "
        "levenshtein cost latency contains-all icontains-all rouge-n bleu perplexity answer-relevance "
        "context-recall moderation is-refusal guardrails g-eval is-valid-openai-tools-call"
    ).split(),
}


def has_expectations(columns: Sequence[str]) -> bool:
    return any(_EXPECTED.fullmatch(column.strip()) for column in columns)


def csv_tests(table: Table) -> list[Record]:
    return [_test(table.columns, row) for row in table.rows]


def _test(columns: Sequence[str], row: Sequence[str]) -> Record:
    test: dict[str, Any] = {"vars": {}, "assert": [], "metadata": {}}
    for column, cell in zip(columns, row, strict=True):
        name = column.strip()
        if not name.startswith("__"):
            test["vars"][name] = cell
        elif _EXPECTED.fullmatch(name) and cell.strip():
            test["assert"].append(_assertion(cell))
        elif name.startswith("__metadata:"):
            test["metadata"][name.partition(":")[2].removesuffix("[]")] = cell
        elif name == "__description":
            test["description"] = cell
    return test


def _assertion(cell: str) -> Record | str:
    """A cell of an __expected column: "equals: billing", or just "billing"."""
    typed = _TYPED.fullmatch(cell) or _BARE.fullmatch(cell)
    kind = typed[1] if typed else ""
    if not typed or kind.removeprefix("not-") not in _TYPES:
        outside = is_address(cell) and not cell.lstrip().startswith("http")
        return Skipped(cell) if outside else {"type": "equals", "value": cell}
    value = typed[3].split(",") if kind in ("contains-any", "icontains-any") else typed[3]
    bare = kind.removeprefix("not-")
    return {"type": bare if bare in CODE else kind, "value": value}
