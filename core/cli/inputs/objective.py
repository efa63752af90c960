"""What `--objective` and `--recall-floor` say, and the file of costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.cli.options import OBJECTIVES
from core.cli.suggestions import meant
from core.errors import UsageError
from core.store.source_files import open_path
from core.types import Objective
from core.types.objectives import ACCURACY, AUTO, BALANCED, COSTS, F1, MACRO_F1, RECALL, UNREADABLE

UNREADABLE_COLUMN = "(unreadable)"  # its name in a file of costs and in the confusion of `evaluate --json`


def typed_objective(spec: str | None, recall_floors: Sequence[str] = ()) -> Objective | None:
    """The objective that was typed; None where nothing was. Raises UsageError, OSError."""
    floors = tuple(_floor(text) for text in recall_floors)
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
    if rest or kind not in (AUTO.kind, ACCURACY, BALANCED, MACRO_F1):
        close = meant(kind, (AUTO.kind, ACCURACY, BALANCED, MACRO_F1, F1, RECALL, COSTS))
        question = f": did you mean {close}?" if close and close != kind else ":"
        raise UsageError(
            f"--objective {spec} cannot be read{question} Write {OBJECTIVES}.".replace(": Write", ": write")
        )
    return Objective(kind, recall_floors=floors)


def costs_from(path: Path) -> tuple[tuple[str, str, float], ...]:
    """The costs of a file: JSON, {"correct label": {"predicted label": cost}}, or a table with a line per correct
    label and a column per predicted one. The column (unreadable) is for replies that name no label. What is left
    out costs 1."""
    if path.suffix.lower() == ".json":
        try:
            matrix = json.loads(path.read_bytes().decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise UsageError(f"{path} is not JSON: correct it.") from None
        if not isinstance(matrix, dict) or not all(isinstance(row, dict) for row in matrix.values()):
            raise UsageError(
                f'{path} holds no costs: write {{"correct label": {{"predicted label": cost}}}}.'
            )
        cells = [(correct, name, cost) for correct, row in matrix.items() for name, cost in row.items()]
    else:
        table = open_path(path)
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
    except (TypeError, ValueError, OverflowError):
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
