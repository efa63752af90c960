"""Which column of a table is what: guessed by name, and then by content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.data.bins import number_of
from core.data.fields import (
    EXTRAS,
    LABEL_NAMES,
    NOTE_NAMES,
    SPLIT_NAMES,
    TEXT_NAMES,
    ColumnMap,
    is_split,
    read_splits,
)
from core.data.importing.annotation_status import is_state
from core.data.importing.column_content import (
    column_cells,
    distinct_cells,
    is_code,
    is_constant,
    is_date,
    is_flag,
)
from core.data.importing.column_names import (
    MODEL_OUTPUT_NAMES,
    is_model_output,
    is_named,
    is_scale_name,
    numbered_texts,
    plain,
    take,
    take_label,
    take_texts,
)
from core.data.importing.judged_answers import judged_answers
from core.data.table import Table
from core.errors import DataError
from core.wording import counted, listed, quoted

MAX_LABELS = 200
MAX_LABEL_LENGTH = 100
_USUAL = (*LABEL_NAMES, *TEXT_NAMES, *(name for field in EXTRAS for name in field.headings))
# Whether a model was right, rather than what is right.
_VERDICTS = ("correct", "is_correct", "match", "is_match")
# Endings of a column that has names for the numbers of another.
_NAMING = ("text", "name", "names", "string", "str")
_FIRST = 20  # cells that are looked at before all are
_NUMBER = re.compile(r"-?\d+")
# What a column says about its row besides the label.
_ABOUT_ROWS = frozenset(
    "annotator annotators annotated user author worker lang language locale source date time created updated "
    "timestamp status state confidence probability url link file filename version row index channel kanal canal country region".split()
)


def guess_columns(table: Table, given: ColumnMap = ColumnMap()) -> ColumnMap:
    """What the shape of the file says; else a guess by name (in any case), then by content: the label has few
    distinct short values, the text is the longest. A column that is constant is neither, one of numbers, dates or
    ids no text, and what a model answered no label where another column is. What is `given` stands as it is; where
    rows may be unlabelled, there need be no label.

    Raises DataError that names the columns where text or label cannot be guessed.
    """
    if table.known:
        return _given_over(table.known, given)
    free = [column for column in table.columns if column not in given.chosen()]
    extras: dict[str, Any] = take_extras([column for column in free if _may_be_extra(table, column)])
    extras["split"] = extras["split"] or given.split or _parts_by_content(table, free)
    free = [column for column in free if column not in extras.values()]
    extras |= {role: column for role in extras if (column := getattr(given, role))}
    _check_header(table, given)
    judged, verdict = ((), "") if given.text else judged_answers(table, free, given.label)
    label = given.label or verdict or _label_by_name(table, free)
    text = given.text or judged or _texts_by_name(table, [column for column in free if column != label])
    # A column named "comment" is a note beside a text, but may well be the text where no other column is.
    doubtful = [
        column for column in free if plain(column) not in NOTE_NAMES or plain(column).startswith("comment")
    ] or free
    if not label and not given.unlabelled:
        label = _label_by_content(table, [column for column in doubtful if column not in text])
    text = text or (text_by_content(table, [column for column in doubtful if column != label]),)
    note = given.note or take(
        [column for column in free if column != label and column not in text], NOTE_NAMES
    )
    return replace(given, text=text, label=label, note=note, **extras)


def _may_be_extra(table: Table, column: str) -> bool:
    """Names such as "set" and "fold" say less than what stands in the column."""
    if plain(column) not in SPLIT_NAMES[1:]:
        return True
    return any(is_split(cell) for cell in distinct_cells(table, column))


def _parts_by_content(table: Table, free: Sequence[str]) -> str:
    """A column of any other name in which nothing but the parts stand, train among them: ml_use, for one. A spreadsheet
    that knows no validation would be taken at its word, and refused."""
    for column in free:
        cells = column_cells(table, column)
        if cells and all(map(is_split, cells[:_FIRST])):
            parts = {*read_splits([*{cell for cell in cells if is_split(cell)}], column, [])} - {""}
            whole = parts >= {"train", "validation"} or ("train" in parts and not table.spreadsheet)
            if whole and len(parts) > 1 and all(map(is_split, cells)):
                return column
    return ""


def _check_header(table: Table, given: ColumnMap) -> None:
    """Raise DataError where the first line was taken for column names and is a row like the others."""
    if not table.spreadsheet or given.chosen() or len(table.rows) < 2:
        return
    same = [column for column in table.columns if _repeats_name(table, column)]
    if same and not any(is_named(column, _USUAL) for column in table.columns if column not in same):
        raise DataError(
            f"The first line looks like a row and not like column names ({quoted(same[0])} stands in every row): "
            "add a first line with names such as text,label, or say that there are none."
        )


def _repeats_name(table: Table, column: str) -> bool:
    """Whether every cell of a column that is not blank is its name."""
    position = table.columns.index(column)
    cells = (row[position].strip() for row in table.rows)
    first = next(filter(None, cells), "")
    return first == column and all(cell in ("", column) for cell in cells)


def _label_by_name(table: Table, free: Sequence[str]) -> str:
    """By name, of columns that say more than one thing, and none of them whether an answer counts."""
    telling = [column for column in free if not is_constant(table, column)]
    outputs = any(is_model_output(column) for column in telling)
    human = [
        column
        for column in telling
        if not is_state(table, column)
        and not (outputs and plain(column) in _VERDICTS and is_flag(table, column))
    ]
    label = take_label(list(human))
    constant = [column for column in free if column not in telling]
    label = _with_names(table, label, telling)
    return (label if not is_model_output(label) else "") or take(constant, LABEL_NAMES[:1])


def _with_names(table: Table, label: str, columns: Sequence[str]) -> str:
    """The column that names the numbers of the label, such as label_text beside label, one to one."""
    beside = [each for each in columns if plain(each) in {f"{plain(label)}_{kind}" for kind in _NAMING}]
    if not label or not beside or not all(_NUMBER.fullmatch(cell) for cell in distinct_cells(table, label)):
        return label
    pairs = set(zip(column_cells(table, label), column_cells(table, beside[0]), strict=True))
    numbers, names = ({pair[at] for pair in pairs} for at in (0, 1))
    return beside[0] if len(pairs) == len(numbers) == len(names) else label


def _texts_by_name(table: Table, free: Sequence[str]) -> tuple[str, ...]:
    series = numbered_texts(free)  # one of several texts may be the same in every row
    telling = [
        column
        for column in free
        if column in series
        or not (is_constant(table, column) or is_code(table, column) or is_model_output(column))
    ]
    texts = take_texts(telling) or tuple(filter(None, [take(list(free), ("text",))]))
    # What is below the headings describes few things over and over, such as the labels.
    alone = len(texts) > 1 and texts != series and _label_like(table, texts[1])
    return texts[:1] if alone else texts


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


def _label_by_content(table: Table, free: Sequence[str]) -> str:
    """The column with the fewest distinct short values, at least two, first of those that are filled in most rows; the
    last of several, where labels usually stand."""
    human = [column for column in free if not is_model_output(column)]
    candidates = [
        (
            bool(set(plain(column).split("_")) & _ABOUT_ROWS),
            _is_mostly_empty(table, column),
            len(values),
            -table.columns.index(column),
            column,
        )
        for column in human
        if (values := _label_like(table, column))
    ]
    outputs = [column for column in free if column not in human and _label_like(table, column, few=False)]
    if outputs:
        output = take(list(outputs), MODEL_OUTPUT_NAMES) or outputs[0]
        return _answered_too(table, output, [each[-1] for each in sorted(candidates)]) or output
    if candidates and len(table.columns) > 1:
        return min(candidates)[-1]
    # One that says the same in every row; or numbers, for bins.
    named = take(list(free), LABEL_NAMES) or next((each for each in free if _is_scale(table, each)), "")
    if not named:
        raise DataError(_missing("label", table))
    return named


def other_labels(table: Table, columns: ColumnMap) -> tuple[str, ...]:
    """The columns that might be the label as well as the one that is: none where its name says that it is the label, and
    none of a shape that is known."""
    if table.known or not columns.label or is_named(columns.label, LABEL_NAMES):
        return ()
    taken = columns.chosen()
    free = [each for each in table.columns if each not in taken and not is_model_output(each)]
    return tuple(each for each in free if _label_like(table, each) and not _is_mostly_empty(table, each))


def _is_mostly_empty(table: Table, column: str) -> bool:
    """As a remark is, whose few values would else look like labels."""
    cells = column_cells(table, column)
    return 2 * sum(not cell.strip() for cell in cells) > len(cells)


def _is_scale(table: Table, column: str) -> bool:
    """Whether a column is named as a score or an amount, and holds numbers."""
    cells = [cell for cell in column_cells(table, column) if cell.strip()]
    return is_scale_name(column) and bool(cells) and all(number_of(cell) is not None for cell in cells)


def _answered_too(table: Table, output: str, columns: Sequence[str]) -> str:
    """The column in which a person gave the same kind of answers as the model in `output`; empty for none."""
    answers = distinct_cells(table, output)
    alike = (column for column in columns if len(answers & distinct_cells(table, column)) > 1)
    return next(alike, "")


def _label_like(table: Table, column: str, few: bool = True) -> set[str]:
    """The different values of a column that may hold labels, `few` of them beside the rows; none of another."""
    cells = [cell.strip() for cell in column_cells(table, column) if cell.strip()]
    values = set(cells)
    most = max(2, len(cells) // 2) if few else MAX_LABELS
    right = 2 <= len(values) <= min(MAX_LABELS, most)
    short = all(len(value) <= MAX_LABEL_LENGTH and "\n" not in value for value in values)
    return values if right and short and not is_date(table, column) else set()


def text_by_content(table: Table, free: Sequence[str]) -> str:
    """The column with the longest cells, which are no numbers, dates or ids."""
    lengths = [
        (
            not is_model_output(column),
            sum(len(cell) for cell in column_cells(table, column)),
            -table.columns.index(column),
            column,
        )
        for column in free
        if not (is_constant(table, column) or is_code(table, column))
    ]
    if not lengths or max(lengths)[1] == 0:
        raise DataError(_missing("text", table))
    return max(lengths)[3]


def _missing(what: str, table: Table) -> str:
    if len(table.columns) == 1:
        return f"The file has no column for the {what}; it has only {listed(table.columns)}: add a column named {what}."
    names = (
        listed(table.columns)
        if len(table.columns) <= 12
        else f"{counted(len(table.columns), 'column')}, {listed(table.columns)}"
    )
    return f"The file has no column for the {what}; it has {names}: choose one of them, or add a column named {what}."
