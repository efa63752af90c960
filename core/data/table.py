"""What every file becomes before it is a dataset: a table of strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.data.fields import ColumnMap
from core.errors import DataError
from core.wording import counted, listed

MAX_COLUMNS = 1_000
MOST_BYTES = 400_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """A file as text: every row has one cell per column. `delimiter` is empty for a file of one column and
    for files that have none; `encoding` is empty for files that are no text. `notices` are sentences about
    what had to be decided or mended while reading. `left_out`: how many rows of the file are not among `rows`, by a
    reason such as "rejected by the annotator".

    `format` names the kind of file for people. `known` is set where its shape alone says which column is
    what. `spreadsheet`: the file is one that spreadsheets open. `sheets` are those of a workbook, `sheet` is the one that was read."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    encoding: str
    delimiter: str
    notices: tuple[str, ...]
    format: str = "CSV"
    known: ColumnMap | None = None
    spreadsheet: bool = True
    left_out: Mapping[str, int] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    sheet: str = ""


def check_width(n: int) -> None:
    if n > MAX_COLUMNS:
        raise DataError(
            f"The file has {n:,} columns, more than the {MAX_COLUMNS:,} that can be read: "
            "keep those for the text, the label and, if there are any, the notes."
        )


def check_unpacked_size(n: int) -> None:
    """Of a packed file, before anything is unpacked: what it says of itself must be bearable. DataError."""
    if n > MOST_BYTES:
        raise DataError(
            f"Unpacked, the file has {n / 1e6:,.0f} MB, more than the {MOST_BYTES / 1e6:,.0f} MB that are read: "
            "import a part of it, or fewer columns."
        )


def check_growth(rows: int, cells: int, size: int) -> None:
    """Before rows and cells are made out of a file of `size` bytes: those that it holds in few, empty or alike, take
    memory all the same: a cell eight bytes, as each is held once, a row as much as sixteen cells. What a file of text can
    hold honestly passes, many empty columns among it. DataError."""
    if _ROW * rows + cells > _FREE + 8 * size:
        raise DataError(
            f"The file spans {counted(rows, 'row')} and {cells:,} cells, far more than it has content for: most are empty or alike. "
            "Write each row once, with the columns that are needed."
        )


_ROW, _FREE = 16, 20_000_000


def unique_columns(header: Sequence[str], notices: list[str]) -> tuple[str, ...]:
    """Unique names: a blank one gets a number, a repeated one a count. DataError for too many."""
    check_width(len(header))
    names: list[str] = []
    repeated: list[str] = []
    taken = {cell.strip() for cell in header}
    for number, cell in enumerate(header, start=1):
        name = cell.strip() or f"column {number}"
        if name in names:
            repeated.append(name)
            name = free_name(name, taken)
        taken.add(name)
        names.append(name)
    if repeated:
        notices.append(
            f"More than one column is named {listed(list(dict.fromkeys(repeated)))}: the later ones got a number."
        )
    return tuple(names)


def free_name(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def without_empty_columns(
    header: Sequence[str], columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Leave out columns with neither a name nor a value: spreadsheets write them."""
    nameless = [i for i, cell in enumerate(header) if not cell.strip()]
    empty = {i for i in nameless if not any(row[i].strip() for row in rows)}
    if not empty or len(empty) == len(columns):
        return columns, rows
    keep = [i for i in range(len(columns)) if i not in empty]
    return tuple(columns[i] for i in keep), tuple(tuple(row[i] for i in keep) for row in rows)
