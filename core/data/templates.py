"""Several text columns of a row as one text: a line each, or as a template says. Cells are data: what is put
in is never read again."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from core.data.fields import ColumnMap
from core.errors import DataError
from core.wording import quoted


def default_template(columns: Sequence[str]) -> str:
    """How columns are joined where no template is given: "Question 1: {question1}\\nQuestion 2: {question2}".
    One column is itself."""
    if len(columns) == 1:
        return "{" + columns[0] + "}"
    return "\n".join(readable(column) + ": {" + column + "}" for column in columns)


def joined(columns: ColumnMap) -> Callable[[Sequence[str]], str]:
    """A function from the cells of the text columns, in their order, to one text. Every {column} is replaced,
    in one pass."""
    template = columns.template or default_template(columns.text)
    index = {"{" + column + "}": at for at, column in enumerate(columns.text)}
    parts = _pattern(columns).split(template)
    # Odd parts are the places that were found.
    return lambda cells: "".join(cells[index[part]] if at % 2 else part for at, part in enumerate(parts))


def check_template(columns: ColumnMap) -> None:
    """Raise DataError where a text column has no place in the template: its cells would be lost in
    silence."""
    if not columns.template:
        return
    used = set(_pattern(columns).findall(columns.template))
    for column in columns.text:
        if "{" + column + "}" not in used:
            raise DataError(
                f"The template has no place for the column {quoted(column)}: write {quoted('{' + column + '}')} where its text belongs, "
                "or do not choose the column."
            )


def readable(column: str) -> str:
    """A column name as a title: question1 is "Question 1", issue_title is "Issue title"."""
    words = re.sub(r"(?<=[^\W\d_])(?=\d)", " ", re.sub(r"[\s_]+", " ", column)).strip()
    return words[:1].upper() + words[1:]


def _pattern(columns: ColumnMap) -> re.Pattern[str]:
    # Longer names first, should one name hold the braces of another.
    names = sorted(columns.text, key=len, reverse=True)
    return re.compile("(" + "|".join(re.escape("{" + name + "}") for name in names) + ")")
