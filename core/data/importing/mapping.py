"""A table and its column map to a dataset, with a sentence for everything that was changed, left out or looks
odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.data.fields import EXTRAS, LABEL_NAMES, TEXT_NAMES, ColumnMap, read_ids, readers
from core.data.formats.registry import open_file
from core.data.importing.checks import check_enough, check_labels, oddities
from core.data.importing.column_names import is_model_output, is_named, take, take_texts
from core.data.importing.columns import guess_columns, other_labels, take_extras, text_by_content
from core.data.importing.label_bins import bins_in_words, with_bins
from core.data.importing.label_shape import column_doubt
from core.data.importing.report import spellings, unite_labels
from core.data.importing.usable_rows import (
    NO_LABEL,
    NO_TEXT,
    SEVERAL,
    UsableRow,
    left_out_notices,
    mended_text,
    reasons_in_words,
    text_reader,
    usable_rows,
)
from core.data.table import Table
from core.data.templates import check_template, template_of
from core.errors import DataError
from core.label_sets.sets import all_names, label_names, names_of, single_labels
from core.types import Dataset, Example, LabelSet
from core.wording import listed, quoted


@dataclass(frozen=True, slots=True)
class ImportResult:
    """`notices` are sentences about what was changed, left out or looks odd. `left_out`: rows of the file that are
    not in the dataset, by a reason that reads well behind "3 rows left out: ". `bins`: in which bins numbers became
    labels, in words; empty where they did not."""

    dataset: Dataset
    notices: tuple[str, ...]
    left_out: Mapping[str, int]
    bins: str = ""


def import_dataset(
    raw: bytes, name: str, columns: ColumnMap | None = None, source: str = "", to_tune: bool = True
) -> ImportResult:
    """A file's bytes as a dataset. Columns for the text and the label are guessed unless given. Raises DataError
    where the rows are not enough (for tuning, if they are `to_tune`)."""
    table = open_file(raw, source)
    result = to_dataset(table, guess_columns(table, columns or ColumnMap()), name, source, to_tune)
    return replace(result, notices=(*table.notices, *result.notices))


def to_dataset(
    table: Table, columns: ColumnMap, name: str, source: str = "", to_tune: bool = True
) -> ImportResult:
    """The rows of a table as a dataset.

    Texts are kept as they are; labels lose white space around them. Rows without text or label are left out, and
    those with several labels, unless `columns` say otherwise.
    Ids are kept, made unique, or made from the text, so that the same file gives the same ids. Labels are
    sorted. Raises DataError, in one sentence, where no prompt could be tuned on the rows; unless `to_tune`,
    where no row is left at all.
    """
    result = read_rows(table, columns, name, source)
    examples = result.dataset.examples
    doubt = column_doubt(examples, columns) if to_tune or columns.unlabelled else None
    if doubt and doubt.refused and to_tune:
        raise DataError(doubt.sentence)
    if not columns.unlabelled:
        check_enough(examples, to_tune)
    several = result.dataset.labels.several
    odd = [*([doubt.sentence] if doubt else []), *oddities(examples, columns.answers or several)]
    return replace(result, notices=(*_guessed(table, columns), *result.notices, *odd))


def read_rows(table: Table, columns: ColumnMap, name: str, source: str = "") -> ImportResult:
    """As `to_dataset`, for whoever shows the columns and a report of the rows: without notices of which
    columns they are and of what is kept but looks odd, and without asking whether the rows are enough to tune
    on. DataError where no row is left."""
    _check_columns(table, columns)
    notices = [*left_out_notices(table.left_out), *_headless(table, columns)]
    table, names = with_bins(table, columns, notices)
    rows, left_out = usable_rows(table, columns, notices)
    _check_any(rows, table, {**table.left_out, **left_out})
    several = columns.several == "keep" and any(len(label_names(row.label)) > 1 for row in rows)
    if not columns.answers:
        given = [row.label for row in rows if row.label]
        check_labels(all_names(given) if several else given, columns.label)
    examples = _examples(rows, _reader(table, rows), columns, source, notices)
    if table.known or not table.spreadsheet:
        examples = _divisible(examples, notices)
    if not (columns.unlabelled and examples):
        check_enough(examples, to_tune=False)
    labels = _label_set(examples, names, several)
    dataset = Dataset(name, labels, examples, template=template_of(columns))
    if columns.merge_labels:
        dataset = _merged(dataset, notices)
    return ImportResult(
        dataset, tuple(notices), {**table.left_out, **left_out}, bins_in_words(columns, names)
    )


def _label_set(examples: Sequence[Example], names: Sequence[str], several: bool) -> LabelSet:
    """The labels that rows have: in the order of `names` where those are them, else in that of the alphabet."""
    present = {example.label for example in examples if example.label}
    if several:
        return LabelSet(names_of(present), several=True)
    return LabelSet(tuple(name for name in names if name in present) or tuple(sorted(present)))


def _check_columns(table: Table, columns: ColumnMap) -> None:
    if not columns.text or not (columns.label or columns.unlabelled):
        missing = "label" if columns.text else "text"
        raise DataError(f"No column is chosen for the {missing}: choose one of {listed(table.columns)}.")
    for column in columns.chosen():
        if column not in table.columns:
            raise DataError(
                f"The file has no column {quoted(column)}; it has {listed(table.columns)}: choose one of them."
            )
    roles = [*((column, "text") for column in columns.text), (columns.label, "label")]
    roles += [(columns.of(field), field.column) for field in EXTRAS]
    for number, (column, role) in enumerate(roles):
        other = next((earlier for name, earlier in roles[:number] if name == column), role)
        if column and other != role:
            raise DataError(
                f"The column {quoted(column)} is chosen for both the {other} and the {role}: choose two different ones."
            )
    check_template(columns)


def _guessed(table: Table, columns: ColumnMap) -> list[str]:
    """Say so where a column was not chosen by a name that leaves no doubt."""
    notices = []
    if not all(is_named(column, TEXT_NAMES) for column in columns.text):
        notices.append(f"The text is taken from column {listed(columns.text)}.")
    elif len(columns.text) > 1:
        notices.append(f"The text is made of the columns {listed(columns.text)}.")
    if columns.label and is_model_output(columns.label):
        notices.append(
            f"The label is taken from column {quoted(columns.label)}, by its name what a model wrote: nothing else in the "
            "file looks like a label."
        )
    elif columns.label and not is_named(columns.label, LABEL_NAMES):
        others = other_labels(table, columns)
        might = f"; it might also be {listed(others, 3)}" if others else ""
        notices.append(f"The label is taken from column {quoted(columns.label)}{might}.")
    return notices


def _headless(table: Table, columns: ColumnMap) -> list[str]:
    """Say so where the names of the columns look like a row."""
    if not table.spreadsheet or not columns.label or is_named(columns.label, LABEL_NAMES):
        return []
    position = table.columns.index(columns.label)
    if not any(row[position].strip() == columns.label for row in table.rows):
        return []
    return [
        f"The first line was read as column names, but {quoted(columns.label)} also is a label: "
        "if the file has no column names, add a first line such as text,label."
    ]


def _check_any(rows: Sequence[UsableRow], table: Table, left_out: Mapping[str, int]) -> None:
    """Raise DataError where every row is left out, and more is to be said of it than that they have no text or
    label."""
    why = table.notices[-1] if table.known and table.notices else ""
    way = (
        " (they can be kept, with all their labels, with the first or as a row for each)"
        if left_out.get(SEVERAL)
        else ""
    )
    if not rows and (why or left_out.keys() - {NO_TEXT, NO_LABEL}):
        words = f"({reasons_in_words(left_out)}): {why}" if why else f": {reasons_in_words(left_out)}{way}."
        raise DataError(f"No row of the file can be used, as all are left out{' ' * bool(why)}{words}")


def _divisible(examples: tuple[Example, ...], notices: list[str]) -> tuple[Example, ...]:
    """Of a file of another tool in which every row is of train or test, as most datasets have it: those of train are
    free to be validation. A table of our own kind is taken at its word."""
    given = {row.split for row in examples}
    if not given or given & {"", "validation"}:
        return examples
    freed = "train" if "train" in given else "test"
    notices.append(f"Every row has a split and none is validation: those of {freed} are divided anew.")
    return tuple(replace(row, split="") if row.split == freed else row for row in examples)


def _merged(dataset: Dataset, notices: list[str]) -> Dataset:
    """With labels that differ in spelling alone as one, the most frequent."""
    groups = spellings(Counter(single_labels(dataset)))
    if groups:
        words = "; ".join(f"{listed(group[1:])} into {quoted(group[0])}" for group in groups[:5])
        notices.append(f"Labels that differ in spelling alone were merged: {words}.")
    return unite_labels(dataset, groups) if groups else dataset


def _reader(table: Table, rows: list[UsableRow]) -> Callable[[str], list[str]]:
    """A function from a column name to its cells in the usable rows, empty ones for no column."""

    def cells(column: str) -> list[str]:
        if not column:
            return [""] * len(rows)
        position = table.columns.index(column)
        return [mended_text(table.rows[row.number - 1][position]) for row in rows]

    return cells


def _examples(
    rows: list[UsableRow],
    cells: Callable[[str], list[str]],
    columns: ColumnMap,
    source: str,
    notices: list[str],
) -> tuple[Example, ...]:
    read = readers(notices)
    values = {
        field.name: read_ids(cells(columns.id), [row.text for row in rows], notices)
        if field.name == "id"
        else read[field.kind](cells(columns.of(field)), columns.of(field))
        for field in EXTRAS
    }
    values["excluded"] = [
        excluded or not row.label for row, excluded in zip(rows, values["excluded"], strict=True)
    ]
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
    if len(free) == 1:
        return (free[0],)
    take_extras(free)
    for names in (LABEL_NAMES, ("outcome",)):
        take(free, names)
    return take_texts(free) or (text_by_content(table, free or list(table.columns)),)


def read_texts(table: Table, columns: Sequence[str], template: str = "") -> list[str]:
    """One text per row, in order; empty where the cells are blank. Several columns are joined as on
    import."""
    text_of = text_reader(table, ColumnMap(tuple(columns), template=template))
    return [text_of(cells) for cells in table.rows]
