"""Columns that are more, or less, than one: objects in the cells of a text, and labels over several columns of one
name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.data.fields import LABEL_NAMES, TEXT_NAMES
from core.data.formats.reading.messages import opened, values_by_path
from core.data.formats.reading.values import cell, label_cell
from core.data.importing.column_content import column_cells
from core.data.importing.column_names import is_named, plain
from core.data.table import Table, free_name
from core.wording import listed

_MOST_NAMES = 20  # in the objects of a column
_NUMBERED = re.compile(r"(.+) \(\d+\)")


def with_opened_texts(table: Table) -> Table:
    """The table with a column for each name in the objects or messages that the cells of a text hold as JSON, as Langfuse
    and Parquet have them: input becomes input.text. Columns of labels are opened where labels are read."""
    if table.known:
        return table
    opened_by = {column: values for column in table.columns if (values := _objects(table, column))}
    for column, values in opened_by.items():
        table = _with_columns(table, column, values)
    return table


def _objects(table: Table, column: str) -> list[dict[str, object]]:
    """What the cells hold by name; nothing for a column of another kind."""
    cells = column_cells(table, column)
    first = next((each for each in cells if each.strip()), "").lstrip()
    if is_named(column, LABEL_NAMES) or not first.startswith(("{", "[{")):
        return []
    values = []
    for each in cells:
        inner = opened(each) if each.strip() else {}
        by_path = values_by_path({"": inner}) if isinstance(inner, Mapping | list) else {}
        values.append({name.strip("."): value for name, value in by_path.items()} if inner else {})
        if inner and (not by_path or isinstance(by_path.get(""), list)):
            return []
    names = dict.fromkeys(name for each in values for name in each)
    alone = len(names) == 1 and is_named(column, TEXT_NAMES)
    is_text = alone or any(is_named(name, TEXT_NAMES) for name in names if name)
    return values if is_text and len(names) <= _MOST_NAMES else []


def _with_columns(table: Table, column: str, values: Sequence[Mapping[str, object]]) -> Table:
    at = table.columns.index(column)
    names = list(dict.fromkeys(name for each in values for name in each))
    taken = {*table.columns} - {column}
    columns = []
    for name in names:
        full = ".".join(filter(None, (column, name)))
        columns.append(free_name(full, taken) if full in taken else full)
    rows = tuple(
        (*row[:at], *(cell(each.get(name)) for name in names), *row[at + 1 :])
        for row, each in zip(table.rows, values, strict=True)
    )
    return replace(table, columns=(*table.columns[:at], *columns, *table.columns[at + 1 :]), rows=rows)


def with_repeated_labels(table: Table) -> Table:
    """The table with one column of labels instead of several of one name, as Jira has them."""
    if table.known:
        return table
    for name in table.columns:
        if plain(name) not in LABEL_NAMES:
            continue
        same = [each for each in table.columns if (match := _NUMBERED.fullmatch(each)) and match[1] == name]
        if same:
            table = _joined(table, [name, *same])
    return table


def _joined(table: Table, same: Sequence[str]) -> Table:
    places = [table.columns.index(column) for column in same]
    keep = [at for at in range(len(table.columns)) if at not in places[1:]]
    rows = (
        tuple(label_cell([row[each] for each in places]) if at == places[0] else row[at] for at in keep)
        for row in table.rows
    )
    notice = f"The columns {listed(list(same), 6)} were read as one: a row has the labels of all of them."
    return replace(
        table,
        columns=tuple(table.columns[at] for at in keep),
        rows=tuple(rows),
        notices=(*table.notices, notice),
    )
