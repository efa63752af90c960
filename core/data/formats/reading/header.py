"""Where a table begins among the rows of a file: below titles, and with or without a row of column names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.data.fields import EXTRAS, LABEL_NAMES, NOTE_NAMES, TEXT_NAMES
from core.data.importing.column_names import is_named, plain
from core.data.table import unique_columns
from core.wording import counted, quoted

_NAMES = frozenset(
    (*TEXT_NAMES, *LABEL_NAMES, *NOTE_NAMES, *(name for each in EXTRAS for name in each.headings))
)
_MOST_TITLES = 20
_LOOKED_AT = 200
_NUMBER = re.compile(r"[+-]?\d[\d.,:/\-]*(?:[eE][+-]?\d+)?\s*%?")
_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_FEWEST_WORDS = 3  # of a text; a name has two at most
_USUAL = 0.9


def titles_above(rows: Sequence[Sequence[str]]) -> int:
    """How many rows stand above the one that names a text and a label, or one of them and all other columns:
    titles and comments, which fill one cell at most or begin with #. 0 where there is no such row near the start."""
    for at, cells in enumerate(rows[: _MOST_TITLES + 1]):
        if names_text_and_label(cells) or _names_all(cells, rows[:at], rows[at + 1 :]):
            return at
        if sum(bool(cell.strip()) for cell in cells) > 1 and not cells[0].lstrip().startswith("#"):
            return 0
    return 0


def _names_all(cells: Sequence[str], above: Sequence[Sequence[str]], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row below titles, with something in every cell and a usual name in one, has rows of its width below it."""
    titles = [cell for row in above for cell in row if cell.strip()]
    names = [cell.strip() for cell in cells]
    return (
        bool(titles)
        and len(names) > 1
        and all(names)
        and all(plain(cell) not in _NAMES for cell in titles)
        and any(plain(name) in (*TEXT_NAMES, *LABEL_NAMES) for name in names)
        and len(below) > 1
        and all(len(row) == len(names) and sum(map(bool, map(str.strip, row))) > 1 for row in below[:5])
    )


def titles_left_out(n: int, first: str) -> str:
    """The sentence on them."""
    return f"{counted(n, 'line')} above the column names {'was' if n == 1 else 'were'} left out (beginning with {quoted(first, 40)})."


def names_text_and_label(cells: Sequence[str]) -> bool:
    names = {plain(cell.strip().lstrip("#")) for cell in cells}
    return bool(names & set(TEXT_NAMES)) and bool(names & set(LABEL_NAMES))


def names_of_columns(
    rows: Sequence[Sequence[str]], header: bool | None, notices: list[str]
) -> tuple[tuple[str, ...], bool]:
    """The names of the columns, and whether they are those of the first row. Without any they are numbered.
    `header` as the user has it; None finds out, and tells what was not obvious."""
    first = [cell.strip() for cell in rows[0]]
    alone = header is None and len(first) == 1
    if header is None and _is_like(first, rows[1:]):
        notices.append(
            f"The first line ({quoted(' '.join(first), 40)}) looks like the ones below it, so it was read as a row "
            "and not as column names: the columns are numbered."
        )
        header = False
    if header is False:
        return tuple(f"column {number}" for number in range(1, max(map(len, rows)) + 1)), False
    if alone and not is_named(first[0], _NAMES):
        notices.append(
            f"The first line ({quoted(first[0], 40)}) was taken for the name of the column, not for a row."
        )
    if first[0].startswith("#") and plain(first[0].lstrip("# ")) in _NAMES:
        first[0] = first[0].lstrip("# ")
    return unique_columns(first, notices), True


def _is_like(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is one of the same kind as those below: nothing in it can only be a name, and
    something in it can hardly be one."""
    if names_text_and_label(first):
        return False
    signs = 0
    for at, cell in enumerate(first):
        values = [row[at].strip() for row in rows[:_LOOKED_AT] if at < len(row) and row[at].strip()]
        if not values:
            continue
        recurs = cell in values or _parts_recur(cell, values)
        kind, n = Counter(map(_kind, values)).most_common(1)[0]
        usual = n >= _USUAL * len(values)
        if not recurs and _is_name(cell, kind if usual else "", len(values) == len(rows)):
            return False
        a_text = len(first) == 1 and (_kind(cell) == "text" or (" " in cell and cell[0].islower()))
        signs += len(values) > 1 and (recurs or a_text or (usual and kind == "number"))
    return signs > 0


def _parts_recur(cell: str, values: Sequence[str]) -> bool:
    """Whether it is several labels that stand below one by one: BILLING|BUG."""
    parts = [part.strip() for part in re.split(r"[|;,#]", cell)]
    return len(parts) > 1 and all(part in values for part in parts)


def _is_name(cell: str, kind: str, filled: bool) -> bool:
    """Whether a cell can only be the name of its column: by what it says, or as the cells below, if they are
    of one `kind`, are of another. A column that is numbered through often has no name."""
    if not cell:
        return kind == "number" and filled
    own = _kind(cell)
    known = plain(cell) in _NAMES if own == "text" else is_named(cell, _NAMES)
    return known or bool(kind and own != kind)


def _kind(cell: str) -> str:
    if not cell or _NUMBER.fullmatch(cell):
        return "number" if cell else ""
    texts = len(cell.split()) >= _FEWEST_WORDS or len(_IDEOGRAPH.findall(cell)) > _FEWEST_WORDS
    return "text" if texts else "word"
