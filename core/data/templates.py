"""Several fields of an input as one text: a line each, or as a template says. What the fields hold is data: what is
put in is never read again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from core.data.fields import ColumnMap
from core.data.table import Table
from core.errors import DataError
from core.types import TextTemplate
from core.wording import listed, quoted

READY_MADE = "text"  # the column of texts that are no fields any more


def default_template(columns: Sequence[str]) -> str:
    """How columns are joined where no template is given: "Question 1: {question1}\\nQuestion 2: {question2}".
    One column is itself."""
    if len(columns) == 1:
        return "{" + columns[0] + "}"
    return "\n".join(readable(column) + ": {" + column + "}" for column in columns)


def template_of(columns: ColumnMap) -> TextTemplate | None:
    """How the text columns become one text; None for a single column that is taken as it is."""
    text = columns.template or default_template(columns.text)
    if len(columns.text) == 1 and text == default_template(columns.text):
        return None
    return TextTemplate(columns.text, text)


def joined(template: TextTemplate) -> Callable[[Sequence[str]], str]:
    """A function from the cells of the fields, in their order, to one text; empty where all are blank. White space
    around a cell is left out, every {field} is replaced, in one pass."""

    def text_of(cells: Sequence[str]) -> str:
        cells = [cell.strip() for cell in cells]
        return filled(template, dict(zip(template.fields, cells, strict=True))) if any(cells) else ""

    return text_of


def filled(template: TextTemplate, held: Mapping[str, str], around: Callable[[str], str] = str) -> str:
    """The template with what each field holds in its place; what stands `around` the places as that writes it."""
    parts = _pattern(template.fields).split(template.text)
    # Odd parts are the places that were found.
    return "".join(held[part[1:-1]] if at % 2 else around(part) for at, part in enumerate(parts))


def text_of_fields(template: TextTemplate | None, given: Mapping[str, str]) -> str:
    """The one text of an input that comes as fields. DataError where it has others than the template, naming what is
    missing or not known."""
    if template is None:
        raise DataError("The prompt takes one text and no fields: send what is to be classified as its text.")
    takes = f"the prompt takes {listed(template.fields)}."
    if missing := [field for field in template.fields if field not in given]:
        raise DataError(f"The field {quoted(missing[0])} is missing: {takes} Give an empty text for none.")
    if unknown := [field for field in given if field not in template.fields]:
        raise DataError(f"The field {quoted(unknown[0])} is not known: {takes}")
    if odd := [field for field in template.fields if not isinstance(given[field], str)]:
        raise DataError(f"The field {quoted(odd[0])} holds no text: give it as a text.")
    return joined(template)([given[field] for field in template.fields])


def fields_of_text(template: TextTemplate, text: str) -> dict[str, str] | None:
    """Fields that make this text again; None where it does not have the form of the template. Of several ways to part
    it, the one with the shortest first fields."""
    parts = _pattern(template.fields).split(template.text)
    names = {place: f"f{at}" for at, place in enumerate(dict.fromkeys(parts[1::2]))}
    seen: set[str] = set()
    form = ""
    for at, part in enumerate(parts):
        again = part in seen
        form += (
            re.escape(part) if at % 2 == 0 else f"(?P={names[part]})" if again else f"(?P<{names[part]}>.*?)"
        )
        seen |= {part} if at % 2 else set()
    found = re.fullmatch(form, text, re.DOTALL)
    return {field: found[names["{" + field + "}"]] for field in template.fields} if found else None


def check_template(columns: ColumnMap) -> None:
    """Raise DataError where a text column has no place in the template: its cells would be lost in
    silence."""
    if not columns.template:
        return
    used = set(fields_in(columns.template, columns.text))
    for column in columns.text:
        if column not in used:
            raise DataError(
                f"The template has no place for the column {quoted(column)}: write {quoted('{' + column + '}')} where its text belongs, "
                "or do not choose the column."
            )


def fields_in(template: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Those of the columns that have a place in the template, in the order of their first one."""
    found = _pattern(columns).findall(template) if columns else []
    return tuple(dict.fromkeys(place[1:-1] for place in found))


def with_fields_of(given: ColumnMap, table: Table, template: TextTemplate | None) -> ColumnMap:
    """`given` with what its own template names as text; or, where no other text is chosen, with the fields of a prompt's
    `template`, if the table has them all. A column named text, and the text of a file of a known shape, are
    ready-made. DataError for a table that has neither."""
    if given.template:
        return given if given.text else replace(given, text=_named_by(given.template, table))
    if template is None or (given.text and set(given.text) != set(template.fields)):
        return given
    missing = [field for field in template.fields if field not in table.columns]
    if not missing:
        return replace(given, text=template.fields, template=template.text)
    if table.known:
        return given
    ready = [column for column in table.columns if column.strip().casefold() == READY_MADE]
    if ready and ready[0] not in template.fields:
        return replace(given, text=(ready[0],))
    raise DataError(
        f"The prompt takes {listed(template.fields)}, and the file has no column {quoted(missing[0])}: add it, or "
        f"give texts that are ready to be sent, in a column named {READY_MADE}."
    )


def _named_by(template: str, table: Table) -> tuple[str, ...]:
    if fields := fields_in(template, table.columns):
        return fields
    raise DataError(
        f"The template names no column of the file: write {quoted('{' + table.columns[0] + '}')}, say, where its text "
        f"belongs. There are {listed(table.columns)}."
    )


def template_notice(prompt: TextTemplate | None, rows: TextTemplate | None) -> str:
    """A sentence where the texts of rows are put together otherwise than a prompt expects; empty for none."""
    if prompt is None or rows is None or prompt == rows:
        return ""
    return (
        f"The prompt was made for texts of {listed(prompt.fields)} by a template of its own, and these rows are put "
        "together by another: figures say how the prompt does on texts of this other form."
    )


def readable(column: str) -> str:
    """A column name as a title: question1 is "Question 1", issue_title is "Issue title"."""
    words = re.sub(r"(?<=[^\W\d_])(?=\d)", " ", re.sub(r"[\s_]+", " ", column)).strip()
    return words[:1].upper() + words[1:]


def _pattern(fields: Sequence[str]) -> re.Pattern[str]:
    # Longer names first, should one name hold the braces of another.
    names = sorted(fields, key=len, reverse=True)
    return re.compile("(" + "|".join(re.escape("{" + name + "}") for name in names) + ")")
