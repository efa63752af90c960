"""Excel workbooks (.xlsx, .xls, .xlsb) and OpenDocument spreadsheets (.ods): the sheet that has a text and a label, or
the one that is asked for. Formulas are not calculated: the value that was last saved counts. Links to other
files are not followed, and entities in the XML are refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace

from core.data.formats.excel.binary import OLD, locked, look_over_other
from core.data.formats.excel.cells import MOST_BLANK, Grid, Sheet, sheets_of, sheets_of_other
from core.data.formats.excel.new_workbook import dataset_workbook
from core.data.formats.excel.parts import Parts, damaged, look_over
from core.data.formats.format import Format, ReadOptions, SourceFile
from core.data.formats.packed.names import part_of
from core.data.formats.packed.parts import joined_tables
from core.data.formats.reading.header import (
    names_of_columns,
    names_text_and_label,
    titles_above,
    titles_left_out,
)
from core.data.formulas import unescaped_rows
from core.data.importing.columns import guess_columns
from core.data.table import Table, check_growth, without_empty_columns
from core.errors import DataError
from core.wording import counted, listed, quoted

_TITLE = "Excel"
_BYTES = 8  # of XML, which a cell takes at the least
_ZIP = b"PK\x03\x04"


def _read(file: SourceFile) -> Table:
    """The table; DataError in one sentence for what is no workbook, is damaged, locked, too large or empty."""
    notices: list[str] = []
    try:
        sheets = _sheets(file.raw, notices)
        parts = _parts(sheets, file.options)
        sheet, grid = (sheets[0], Grid([])) if parts else _chosen(sheets, file.options)
    except DataError:
        raise
    except BaseException as wrong:  # the readers raise whatever comes for a file that is not as it should be
        if type(wrong).__name__ == "PasswordError":
            raise locked() from None
        if (
            isinstance(wrong, Exception) or type(wrong).__name__ == "PanicException"
        ):  # a panic of Rust, which is no Exception
            raise damaged() from None
        raise
    if parts:
        return replace(parts, sheets=tuple(each.name for each in sheets), notices=(*notices, *parts.notices))
    notices = [*_told_of(sheet, grid, [each.name for each in sheets]), *notices]
    table = _table(grid.rows, file.options.header, notices)
    return replace(table, sheets=tuple(each.name for each in sheets), sheet=sheet.name)


def _sheets(raw: bytes, notices: list[str]) -> tuple[Sheet, ...]:
    if not _is_other(raw):
        parts = look_over(raw)
        notices += _passed_over(parts)
        return sheets_of(parts)
    if look_over_other(raw):
        notices.append(
            "In a file of this kind the zeros that Excel shows in front of a number are not read: "
            "where a code such as 0042 became 42, save the file as .xlsx."
        )
    return sheets_of_other(raw)


def _is_other(raw: bytes) -> bool:
    if raw.startswith(OLD):
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return not {"xl/workbook.bin", "content.xml"}.isdisjoint(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError):
        return False


def _parts(sheets: Sequence[Sheet], options: ReadOptions) -> Table | None:
    """The sheets of a workbook as one table, where they are named train, test and so on, and have the same
    columns."""
    named = [sheet for sheet in sheets if sheet.visible and part_of(sheet.name)]
    if options.sheet or len(named) < 2:
        return None
    tables: dict[str, Table] = {}
    for sheet in named:
        grid = sheet.grid()
        if not grid.rows:
            return None
        notices = list(_told_of(sheet, grid, []))
        tables[sheet.name] = _table(grid.rows, options.header, notices)
    if len({table.columns for table in tables.values()}) > 1:
        return None
    return joined_tables(tables, [sheet.name for sheet in sheets if sheet.name not in tables], "sheet")


def _chosen(sheets: Sequence[Sheet], options: ReadOptions) -> tuple[Sheet, Grid]:
    """The sheet asked for; else the first that names a text and a label, or has what could be them, or has rows;
    visible ones first."""
    wanted = options.sheet.strip()
    if wanted:
        named = [sheet for sheet in sheets if sheet.name.strip().casefold() == wanted.casefold()]
        if not named:
            raise DataError(
                f"The workbook has no sheet {quoted(wanted)}; it has {listed([sheet.name for sheet in sheets])}: choose one of them."
            )
        sheets = named
    filled: list[tuple[Sheet, Grid]] = []
    for sheet in sorted(sheets, key=lambda sheet: not sheet.visible):
        grid = sheet.grid()
        if grid.rows and names_text_and_label(grid.rows[titles_above(grid.rows)]):
            return sheet, grid
        filled += [(sheet, grid)] if grid.rows else []
    if not filled:
        raise DataError(
            f"The {'sheet' if wanted else 'workbook'} is empty: it needs a row of column names, such as text and label, "
            "and a row per example."
        )
    return next((each for each in filled if _is_usable(each[1], options)), filled[0])


def _is_usable(grid: Grid, options: ReadOptions) -> bool:
    """Whether columns for a text and a label can be told apart."""
    try:
        guess_columns(_table(grid.rows[:1_000], options.header, []))
    except DataError:
        return False
    return True


def _table(grid: list[list[str]], asked: bool | None, notices: list[str]) -> Table:
    above = titles_above(grid)
    if above:
        notices.append(titles_left_out(above, next((cell for cell in grid[0] if cell.strip()), "")))
    width = max(map(len, grid))
    check_growth(len(grid), width * len(grid), _BYTES * sum(map(len, grid)))
    filled = [(*row, *[""] * (width - len(row))) for row in grid[above:]]
    unescaped_rows(filled, notices)
    columns, named = names_of_columns(filled, asked, notices)
    header = filled[0] if named else ("",) * width
    rows = tuple(filled[named:])
    if not rows:
        raise DataError(
            f"The sheet has column names ({listed(columns)}) but no rows: add a row per example below them."
        )
    columns, rows = without_empty_columns(header, columns, rows)
    return Table(columns, rows, "", "", tuple(notices), _TITLE)


def _told_of(sheet: Sheet, grid: Grid, names: Sequence[str]) -> Iterator[str]:
    others = [name for name in names if name != sheet.name]
    if grid.cut_off:
        yield f"Below the table there are more than {MOST_BLANK:,} blank rows: what may stand beneath them was not read."
    if others:
        yield f"Only the sheet {listed([sheet.name])} was read, and not {listed(others)}."
    if not sheet.visible:
        yield f"The sheet {quoted(sheet.name)} is hidden in Excel."
    if grid.hidden:
        yield f"{counted(grid.hidden, 'row')} of the sheet, hidden in Excel, {'was' if grid.hidden == 1 else 'were'} read like the others."
    if grid.merged:
        yield f"{counted(grid.merged, 'cell')} that {'is' if grid.merged == 1 else 'are'} merged with one above got its value."


def _passed_over(parts: Parts) -> Iterator[str]:
    if parts.formulas:
        hold = "holds a formula" if parts.formulas == 1 else "hold formulas"
        yield f"{counted(parts.formulas, 'cell')} of the workbook {hold}: the value last saved was taken, nothing was calculated."
    if parts.errors:
        show = "shows an error" if parts.errors == 1 else "show errors"
        yield f"{counted(parts.errors, 'cell')} of the workbook {show} such as #N/A, which is no value: correct it if the row matters."


EXCEL = Format(
    "xlsx",
    _TITLE,
    ("xlsx", "xlsm", "xls", "xlsb", "ods"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    lambda file: file.raw.startswith((_ZIP, OLD)),
    _read,
    dataset_workbook,
)
