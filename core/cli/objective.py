"""What `--objective` and `--recall-floor` say, and the file of costs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from core.cli.files import table_of
from core.errors import UsageError
from core.types import Objective
from core.types.objectives import AUTO, COSTS, F1, RECALL, UNREADABLE

UNREADABLE_COLUMN = "(unreadable)"  # its name in a file of costs and in the confusion of `evaluate --json`
FORMS = "accuracy, balanced, macro-f1, f1:LABEL, recall:LABEL@PRECISION, costs:FILE or auto"


def typed_objective(options: argparse.Namespace) -> Objective | None:
    """The objective that was typed; None where nothing was. Raises UsageError, OSError."""
    spec, floors = (
        options.objective,
        tuple(_floor(text) for text in getattr(options, "recall_floor", None) or ()),
    )
    if spec is None and not floors:
        return None
    kind, _, rest = (spec or AUTO.kind).partition(":")
    if kind == F1 and rest:
        return Objective(F1, rest, recall_floors=floors)
    if kind == RECALL and "@" in rest:
        label, _, floor = rest.rpartition("@")
        return Objective(RECALL, label, _share(floor), recall_floors=floors)
    if kind == COSTS and rest:
        return Objective(COSTS, costs=costs_from(Path(rest)), recall_floors=floors)
    if rest or kind in (F1, RECALL, COSTS):
        raise UsageError(f"--objective {spec} cannot be read: write {FORMS}.")
    return Objective(kind, recall_floors=floors)


def costs_from(path: Path) -> tuple[tuple[str, str, float], ...]:
    """The costs of a file: JSON, {"correct label": {"predicted label": cost}}, or a table with a line per correct
    label and a column per predicted one. The column (unreadable) is for replies that name no label. What is left
    out costs 1."""
    if path.suffix.lower() == ".json":
        try:
            matrix = json.loads(path.read_bytes().decode("utf-8-sig"))
        except ValueError:
            raise UsageError(f"{path} is not JSON: correct it.") from None
        if not isinstance(matrix, dict) or not all(isinstance(row, dict) for row in matrix.values()):
            raise UsageError(
                f'{path} holds no costs: write {{"correct label": {{"predicted label": cost}}}}.'
            )
        cells = [(correct, name, cost) for correct, row in matrix.items() for name, cost in row.items()]
    else:
        table = table_of(path)
        cells = [
            (line[0], name, cost)
            for line in table.rows
            for name, cost in zip(table.columns[1:], line[1:], strict=False)
            if str(cost or "").strip()
        ]
    return tuple(
        (str(correct), UNREADABLE if name == UNREADABLE_COLUMN else str(name), _cost(cost, path))
        for correct, name, cost in cells
        if correct != name
    )


def _cost(value: Any, path: Path) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UsageError(f"{path} has the cost {value!r}: write a number, 0 or more.") from None


def _floor(text: str) -> tuple[str, float]:
    label, equals, floor = text.rpartition("=")
    if not equals:
        raise UsageError(f"--recall-floor {text} names no floor: write LABEL=0.6.")
    return label, _share(floor)


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text!r} is no share of rows: write a number from 0 to 1, such as 0.6.") from None
