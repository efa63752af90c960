"""A table and its column map to a dataset, with a sentence for everything that was changed, left out or looks
odd."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.data.fields import EXTRAS, LABEL_NAMES, TEXT_NAMES, ColumnMap, read_ids, readers
from core.data.formats.csv_text import unescape_formula
from core.data.formats.registry import open_file
from core.data.importing.checks import check_enough, check_labels, oddities
from core.data.importing.columns import (
    guess_columns,
    is_named,
    take,
    take_extras,
    take_texts,
    text_by_content,
)
from core.data.table import Table
from core.data.templates import check_template, joined
from core.errors import DataError
from core.types import Dataset, Example, LabelSet
from core.wording import counted, listed, quoted

_BROKEN = re.compile("[\0\ud800-\udfff]")


def import_dataset(
    raw: bytes, name: str, columns: ColumnMap | None = None, source: str = "", to_tune: bool = True
) -> tuple[Dataset, tuple[str, ...]]:
    """A file's bytes as a dataset, with notices in sentences. Columns are guessed unless given. Raises
    DataError where the rows are not enough (for tuning, if they are `to_tune`)."""
    table = open_file(raw, source)
    dataset, notices = to_dataset(table, columns or guess_columns(table), name, source, to_tune)
    return dataset, (*table.notices, *notices)


def to_dataset(
    table: Table, columns: ColumnMap, name: str, source: str = "", to_tune: bool = True
) -> tuple[Dataset, tuple[str, ...]]:
    """The dataset, and notices for the user (sentences).

    Texts are kept as they are; labels lose white space around them. Rows without text or label are left out.
    Ids are kept, made unique, or made from the text, so that the same file gives the same ids. Labels are
    sorted. Raises DataError, in one sentence, where no prompt could be tuned on the rows; unless `to_tune`,
    where no row is left at all.
    """
    dataset, notices = read_rows(table, columns, name, source)
    check_enough(dataset.examples, to_tune)
    return dataset, (*_guessed(columns), *notices, *oddities(dataset.examples))


def read_rows(
    table: Table, columns: ColumnMap, name: str, source: str = ""
) -> tuple[Dataset, tuple[str, ...]]:
    """As `to_dataset`, for whoever shows the columns and a report of the rows: without notices of which
    columns they are and of what is kept but looks odd, and without asking whether the rows are enough to tune
    on. DataError where no row is left."""
    _check_columns(table, columns)
    table, marks = _without_spreadsheet_quotes(table, columns)
    notices = _headless(table, columns) + marks
    rows = _usable(table, columns, notices)
    check_labels([row.label for row in rows], columns.label)
    examples = _examples(rows, _reader(table, rows), columns, source, notices)
    check_enough(examples, to_tune=False)
    labels = LabelSet(tuple(sorted({example.label for example in examples})))
    return Dataset(name, labels, examples), tuple(notices)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with text and label. `number` counts the rows of the table from 1."""

    number: int
    text: str
    label: str


def _check_columns(table: Table, columns: ColumnMap) -> None:
    if not columns.text or not columns.label:
        missing = "label" if columns.text else "text"
        raise DataError(f"No column is chosen for the {missing}: choose one of {listed(table.columns)}.")
    for column in columns.chosen():
        if column not in table.columns:
            raise DataError(
                f"The file has no column {quoted(column)}; it has {listed(table.columns)}: choose one of them."
            )
    if columns.label in columns.text:
        raise DataError(
            f"The column {quoted(columns.label)} is chosen for both the text and the label: choose two different ones."
        )
    check_template(columns)


def _without_spreadsheet_quotes(table: Table, columns: ColumnMap) -> tuple[Table, list[str]]:
    """Undoes in the chosen columns what an export does to cells that look like formulas (csv_text.py), and
    counts it."""
    if not table.spreadsheet:
        return table, []
    indexes = [table.columns.index(column) for column in columns.chosen()]
    escaped = [
        cells[at] for cells in table.rows for at in indexes if unescape_formula(cells[at]) != cells[at]
    ]
    if not escaped:
        return table, []
    rows = tuple(
        tuple(unescape_formula(cell) if at in indexes else cell for at, cell in enumerate(cells))
        for cells in table.rows
    )
    return replace(table, rows=rows), [
        f"{counted(len(escaped), 'cell')} began with ' before a character that spreadsheets take for a formula "
        f"(such as {quoted(escaped[0], 30)}): the ' was removed."
    ]


def _guessed(columns: ColumnMap) -> list[str]:
    """Say so where a column was not chosen by a name that leaves no doubt."""
    notices = []
    if not all(is_named(column, TEXT_NAMES) for column in columns.text):
        notices.append(f"The text is taken from column {listed(columns.text)}.")
    if not is_named(columns.label, LABEL_NAMES):
        notices.append(f"The label is taken from column {quoted(columns.label)}.")
    return notices


def _headless(table: Table, columns: ColumnMap) -> list[str]:
    """Say so where the names of the columns look like a row."""
    if not table.spreadsheet or is_named(columns.label, LABEL_NAMES):
        return []
    position = table.columns.index(columns.label)
    if not any(row[position].strip() == columns.label for row in table.rows):
        return []
    return [
        f"The first line was read as column names, but {quoted(columns.label)} also is a label: "
        "if the file has no column names, add a first line such as text,label."
    ]


def _usable(table: Table, columns: ColumnMap, notices: list[str]) -> list[_Row]:
    """The rows that have both text and label; the others are counted in a notice."""
    text_of, label_at = text_reader(table, columns), table.columns.index(columns.label)
    rows: list[_Row] = []
    no_text = no_label = trimmed = mended = 0
    for number, cells in enumerate(table.rows, start=1):
        text, label = text_of(cells), cells[label_at].strip()
        if not text:
            no_text += 1
        elif not label:
            no_label += 1
        else:
            row = _Row(number, _mended(text), _mended(label))
            trimmed += label != cells[label_at]
            mended += (row.text, row.label) != (text, label)
            rows.append(row)
    if no_text:
        notices.append(
            f"{counted(no_text, 'row')} without text {'was' if no_text == 1 else 'were'} left out."
        )
    if no_label:
        notices.append(
            f"{counted(no_label, 'row')} without a label {'was' if no_label == 1 else 'were'} left out."
        )
    if trimmed:
        notices.append(f"{counted(trimmed, 'row')} had white space around the label, which was removed.")
    if mended:
        notices.append(
            f"{counted(mended, 'row')} held broken characters (NUL, or half a surrogate pair), which were mended or replaced."
        )
    return rows


def text_reader(table: Table, columns: ColumnMap) -> Callable[[tuple[str, ...]], str]:
    """A function from the cells of a row to its text; empty where all of it is blank."""
    if len(columns.text) == 1 and not columns.template:
        at = table.columns.index(columns.text[0])
        return lambda cells: cells[at] if cells[at].strip() else ""
    indexes = [table.columns.index(column) for column in columns.text]
    join = joined(columns)
    return lambda cells: (
        join([cells[at].strip() for at in indexes]) if any(cells[at].strip() for at in indexes) else ""
    )


def _mended(text: str) -> str:
    """`text` with surrogate pairs joined, half ones and NUL replaced by U+FFFD: they can be neither stored
    nor sent."""
    if not _BROKEN.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def _reader(table: Table, rows: list[_Row]) -> Callable[[str], list[str]]:
    """A function from a column name to its cells in the usable rows, empty ones for no column."""

    def cells(column: str) -> list[str]:
        if not column:
            return [""] * len(rows)
        position = table.columns.index(column)
        return [_mended(table.rows[row.number - 1][position]) for row in rows]

    return cells


def _examples(
    rows: list[_Row], cells: Callable[[str], list[str]], columns: ColumnMap, source: str, notices: list[str]
) -> tuple[Example, ...]:
    read = readers([row.number for row in rows], notices)
    values = {
        field.name: read_ids(cells(columns.id), [row.text for row in rows], notices)
        if field.name == "id"
        else read[field.kind](cells(columns.of(field)), columns.of(field))
        for field in EXTRAS
    }
    return tuple(
        Example(text=row.text, label=row.label, source=source, **dict(zip(values, extras, strict=True)))
        for row, *extras in zip(rows, *values.values(), strict=True)
    )


# ---- texts that need no label


def guess_text_columns(table: Table) -> tuple[str, ...]:
    """As `guess_columns` would, but a label column may be missing."""
    if table.known:
        return table.known.text
    free = list(table.columns)
    take_extras(free)
    for names in (LABEL_NAMES, ("outcome",)):
        take(free, names)
    return take_texts(free) or (text_by_content(table, free or list(table.columns)),)


def read_texts(table: Table, columns: Sequence[str]) -> list[str]:
    """One text per row, in order; empty where the cells are blank. Several columns are joined as on
    import."""
    text_of = text_reader(table, ColumnMap(tuple(columns), label=""))
    return [text_of(cells) for cells in table.rows]
