"""Which column of a table is what: guessed by name, and then by content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from core.data.fields import EXTRAS, LABEL_NAMES, NOTE_NAMES, TEXT_NAMES, ColumnMap
from core.data.table import Table
from core.errors import DataError
from core.wording import counted, listed

MAX_LABELS = 200
MAX_LABEL_LENGTH = 100

# Two texts of one row, to be judged together: question1 and question2, sentence_a and sentence_b.
_NUMBERED = re.compile(r"(.*[^\W\d_])_?([1-9]|(?<=_)[a-c])")


def guess_columns(table: Table, given: ColumnMap = ColumnMap()) -> ColumnMap:
    """What the shape of the file says; else a guess by name (in any case), then by content: the label has few
    distinct short values, the text is the longest. What is `given` stands as it is; where rows may be
    unlabelled, there need be no label.

    Raises DataError that names the columns where text or label cannot be guessed.
    """
    if table.known:
        return _given_over(table.known, given)
    free = [column for column in table.columns if column not in given.chosen()]
    extras: dict[str, Any] = take_extras(free)
    extras |= {role: column for role in extras if (column := getattr(given, role))}
    label = given.label or take(free, LABEL_NAMES) or take_ending(free, LABEL_NAMES)
    text = given.text or take_texts(free)
    # A column named "comment" is a note beside a text, but may well be the text where no other column is.
    doubtful = [
        column for column in free if plain(column) not in NOTE_NAMES or plain(column).startswith("comment")
    ] or free
    if not label and not given.unlabelled:
        label = _label_by_content(table, doubtful)
    text = text or (text_by_content(table, [column for column in doubtful if column != label]),)
    note = given.note or take(
        [column for column in free if column != label and column not in text], NOTE_NAMES
    )
    return replace(given, text=text, label=label, note=note, **extras)


def _given_over(known: ColumnMap, given: ColumnMap) -> ColumnMap:
    """`known`, where `given` has nothing else to say; a column has one role."""
    taken = set(given.chosen())
    roles: dict[str, Any] = {
        role: getattr(given, role) or (column if (column := getattr(known, role)) not in taken else "")
        for role in ("label", *(field.column for field in EXTRAS))
    }
    text = given.text or tuple(column for column in known.text if column not in taken)
    return replace(given, text=text, template=given.template or known.template, **roles)


def take_extras(free: list[str]) -> dict[str, str]:
    """Remove and return the columns of all extras by their roles, but for the note, which may be a text."""
    return {field.column: take(free, field.headings) for field in EXTRAS if field.name != "note"}


def plain(name: str) -> str:
    """A column name for comparison: "Question Text", "question-text" and "questionText" are question_text."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name.strip())
    return re.sub(r"[\s_.\-]+", "_", apart.casefold()).strip("_")


def is_named(column: str, names: Iterable[str]) -> bool:
    """Whether the name alone says what the column is."""
    name = plain(column)
    numbered = _NUMBERED.fullmatch(name)
    return any(
        word == part or word.endswith("_" + part)
        for part in names
        for word in (name, numbered[1] if numbered else name)
    )


def _first(free: Iterable[str], names: Iterable[str], matches: Callable[[str, str], bool]) -> str:
    return next((column for name in names for column in free if matches(plain(column), name)), "")


def take(free: list[str], names: Iterable[str]) -> str:
    """Remove and return the column with the first of `names`."""
    column = _first(free, names, str.__eq__)
    if column:
        free.remove(column)
    return column


def take_ending(free: list[str], names: Iterable[str]) -> str:
    """Remove and return the column whose last word is the first possible of `names`: issue_title,
    true_label."""
    column = _first(free, names, lambda column, name: column.endswith("_" + name))
    if column:
        free.remove(column)
    return column


def take_texts(free: list[str]) -> tuple[str, ...]:
    exact = take(free, ("text",))
    if exact:
        return (exact,)
    series = _numbered_texts(free)
    if len(series) > 1:
        for column in series:
            free.remove(column)
        return series
    one = take(free, TEXT_NAMES) or take_ending(free, TEXT_NAMES)
    return (one,) if one else ()


def _numbered_texts(free: list[str]) -> tuple[str, ...]:
    """Columns such as question1, question2, or premise and hypothesis."""
    by_base: dict[str, list[str]] = {}
    for column in free:
        match = _NUMBERED.fullmatch(plain(column))
        if match and match[1].rpartition("_")[2] in TEXT_NAMES:
            by_base.setdefault(match[1], []).append(column)
    pair = [column for name in ("premise", "hypothesis") for column in free if plain(column) == name]
    return tuple(
        next((columns for columns in by_base.values() if len(columns) > 1), pair if len(pair) == 2 else [])
    )


def _label_by_content(table: Table, free: list[str]) -> str:
    """The column with the fewest distinct short values, at least two; the last of several, where labels
    usually stand."""
    candidates: list[tuple[int, int, str]] = []
    for column in free:
        cells = [cell.strip() for cell in _cells(table, column) if cell.strip()]
        distinct = set(cells)
        few = 2 <= len(distinct) <= min(MAX_LABELS, max(2, len(cells) // 2))
        if few and all(len(value) <= MAX_LABEL_LENGTH and "\n" not in value for value in distinct):
            candidates.append((len(distinct), -table.columns.index(column), column))
    if not candidates or len(table.columns) == 1:
        raise DataError(_missing("label", table))
    return min(candidates)[2]


def text_by_content(table: Table, free: list[str]) -> str:
    """The column with the longest cells."""
    lengths = [
        (sum(len(cell) for cell in _cells(table, column)), -table.columns.index(column), column)
        for column in free
    ]
    if not lengths or max(lengths)[0] == 0:
        raise DataError(_missing("text", table))
    return max(lengths)[2]


def _cells(table: Table, column: str) -> list[str]:
    position = table.columns.index(column)
    return [row[position] for row in table.rows]


def _missing(what: str, table: Table) -> str:
    if len(table.columns) == 1:
        return f"The file has no column for the {what}; it has only {listed(table.columns)}: add a column named {what}."
    names = (
        listed(table.columns)
        if len(table.columns) <= 12
        else f"{counted(len(table.columns), 'column')}, {listed(table.columns)}"
    )
    return f"The file has no column for the {what}; it has {names}: choose one of them, or add a column named {what}."
