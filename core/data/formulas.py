"""Cells that a spreadsheet would take for a formula.

In a CSV or TSV file such a cell gets a leading ' (ASVS 1.2.10), and so does one that looks as if it had got one
already; plain numbers such as -5 stay. `unescape_formula` then takes exactly one ' away, and every text survives the
round trip. Every file goes through here: `csv_text` and `workbook_bytes` on the way out, the readers of delimited text
and of workbooks on the way in."""

from __future__ import annotations

import re

from core.wording import counted, quoted

# Full-width signs begin a formula in East Asian versions of Excel.
_BEGINS = "[=+\\-@\t\r\n\0＝＋－＠]"
_FORMULA = re.compile(f"'*{_BEGINS}")
_ESCAPED = re.compile(f"'+{_BEGINS}")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def escape_formula(cell: str) -> str:
    """`=1+1` becomes `'=1+1`; `'=1+1` becomes `''=1+1`; numbers and other cells stay as they are."""
    return "'" + cell if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def escape_quote(cell: str) -> str:
    """For workbooks, where a cell of text is never computed: only what looks escaped gets a ', for `unescape_formula`
    to take away."""
    return "'" + cell if _ESCAPED.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """The cell before `escape_formula` or `escape_quote`."""
    return cell[1:] if cell[:1] == "'" and _ESCAPED.match(cell) else cell


def begins_formula(cell: str) -> bool:
    return _FORMULA.match(cell) is not None


def unescaped_rows(rows: list[tuple[str, ...]], notices: list[str]) -> int:
    """`unescape_formula` for every cell: rows with such ones are replaced in the list. How many there were, which a notice
    says, too."""
    found = 0
    example = ""
    for at, cells in enumerate(rows):
        escaped = [cell for cell in cells if cell[:1] == "'" and _ESCAPED.match(cell)]
        if escaped:
            rows[at] = tuple(map(unescape_formula, cells))
            found, example = found + len(escaped), example or escaped[0]
    if found:
        notices.append(
            f"{counted(found, 'cell')} began with ' before a character that spreadsheets take for a formula "
            f"(such as {quoted(example, 30)}): the ' was removed."
        )
    return found
