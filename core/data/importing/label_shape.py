"""Whether a column holds labels at all: a few values that come again, or free text, ids, or numbers on a scale.

A label that one row alone has can be learned or measured, not both. So it is counted how many rows are alone with
their label; where that is nearly all of them no prompt can be tuned, and it is refused. Where it is half of them, it
is only said. Numbers are refused where they are more than a rating has and anything says that they are amounts (the
name of the column, fractions, signs, what people round to); as names of classes they pass, and of few with fractions
it is only said. What was measured on which
columns stands in tests/core/data/importing/test_label_shape.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from core.data.bins import number_in_words, number_of
from core.data.fields import ColumnMap
from core.data.importing.column_content import is_code_cell, is_date_cell
from core.data.importing.column_names import is_scale_name
from core.errors import DataError
from core.label_sets.sets import all_names
from core.types import Example
from core.wording import counted, quoted

FEWEST = 12  # rows: fewer are a beginning, and tell nothing
NEARLY_ALL, MANY = 0.8, 0.5  # of the rows, those alone with their label: refused, said
GRADES = 21  # different numbers that a rating may have: 0 to 10 in halves
ROWS_OF_A_CLASS = 5  # of each number, on average, where numbers are names of classes
_USUAL = 0.9  # of the values, to be of a kind
_DIGITS = 6  # of an id, where all have as many
_WORDS = 4  # of a value, from which on it is a text
SCORER_WAY = "can be scored instead"
TASKS = f"answers that are no labels {SCORER_WAY}, see docs/scorers.md"


class ColumnKind(StrEnum):
    TEXTS = "free text"
    DATES = "dates"
    CODES = "ids or codes"
    NUMBERS = "numbers on a scale"
    VALUES = "values that hardly repeat"


@dataclass(frozen=True, slots=True)
class LabelDoubt:
    """Why a column may be no label set. `refused`: nothing can be tuned on it as it is. `sentence` says what it looks
    like and what can be done."""

    kind: ColumnKind
    sentence: str
    refused: bool


def label_doubt(labels: Sequence[str], column: str = "") -> LabelDoubt | None:
    """Of the labels of all rows, blank ones left out; None for a label set. `column` is named in the sentence."""
    rows = Counter(label for label in labels if label)
    if rows.total() < FEWEST:
        return None
    alone, numbers, kind = _share_alone(rows), _numbers(rows), _kind(rows)
    if kind is ColumnKind.NUMBERS and (len(numbers) > GRADES or _is_fine(numbers)):
        return _doubt_of_numbers(numbers, alone, column)
    if alone < MANY:
        return None
    if alone < NEARLY_ALL:
        return LabelDoubt(kind, _rare(rows, column), False)
    return LabelDoubt(kind, _no_label_set(kind, rows, column), True)


def column_doubt(rows: Iterable[Example], columns: ColumnMap) -> LabelDoubt | None:
    """The same of rows that were read; numbers that are to stay as they are, or are in bins, are no doubt while they
    come again, and free answers need not come again."""
    if columns.answers:
        return None
    labels = [row.label for row in rows]
    labels = all_names(labels) if columns.several == "keep" else labels
    doubt = label_doubt(labels, columns.label)
    chosen = columns.bins is not None and doubt is not None and doubt.kind is ColumnKind.NUMBERS
    return None if chosen and _share_alone(Counter(labels)) < NEARLY_ALL else doubt


def stored_doubt(examples: Iterable[Example]) -> LabelDoubt | None:
    """The same of the rows of a dataset, as far as they can be used."""
    return label_doubt([row.label for row in examples if not row.excluded])


def check_label_set(examples: Iterable[Example]) -> None:
    """Raise DataError where no prompt can be tuned on the labels of the rows, since hardly one of them comes again;
    numbers that do come again are taken as they are."""
    rows = Counter(row.label for row in examples if row.label and not row.excluded)
    n, alone = rows.total(), _share_alone(rows)
    if 1 < n < FEWEST and alone == 1:
        raise DataError(
            f"Each of the {counted(n, 'row')} has a label of its own, so what is learned from one can be measured on no "
            f"other: add rows, two of each label at least ({TASKS})."
        )
    if n >= FEWEST and alone >= NEARLY_ALL:
        raise DataError(_no_label_set(_kind(rows), rows, ""))


def _share_alone(rows: Counter[str]) -> float:
    """The share of the rows whose label no other row has."""
    return sum(times == 1 for times in rows.values()) / rows.total() if rows else 0.0


# ---- numbers


def _numbers(rows: Counter[str]) -> Counter[float]:
    """Rows by number; nothing where most labels are none."""
    read: Counter[float] = Counter()
    for label, times in rows.items():
        if (number := number_of(label)) is not None:
            read[number] += times
    return read if len(read) > 1 and read.total() >= _USUAL * rows.total() else Counter()


def _doubt_of_numbers(numbers: Counter[float], alone: float, column: str) -> LabelDoubt | None:
    """Sure where most rows are alone with theirs, or many numbers are amounts; a question where they are neither that
    nor names of classes, and where few are fractions, as mean ratings and numbers of chapters are."""
    few = len(numbers) <= GRADES
    sure = alone >= MANY or (not few and _are_amounts(numbers, column))
    if not sure and not few and _are_classes(numbers):
        return None
    low, high = number_in_words(min(numbers)), number_in_words(max(numbers))
    different = f"{len(numbers):,} different ones from {low} to {high} in {counted(numbers.total(), 'row')}"
    if sure:
        words = (
            f"{_subject(column, 'look')} like {ColumnKind.NUMBERS} ({different}) and no label set: "
            f"{_ways(ColumnKind.NUMBERS, column)} ({TASKS})."
        )
    else:
        words = (
            f"{_subject(column, 'hold')} numbers ({different}): names of classes are labels as they are; amounts on a scale are not, "
            f"so {'put them into bins' if column else 'import the file again, in bins'} ({TASKS})."
        )
    return LabelDoubt(ColumnKind.NUMBERS, words, sure)


def _is_fine(numbers: Counter[float]) -> bool:
    """Whether there are fractions that are no halves, which ratings by one person have."""
    return sum(not (2 * number).is_integer() for number in numbers) > 1


def _are_amounts(numbers: Counter[float], column: str) -> bool:
    """By the name of the column, by fractions or several negative ones, or by what people round to: of the ten most
    frequent ones up to 100 at least seven are multiples of five, where chance makes two."""
    fractions = sum(number != int(number) for number in numbers)
    negative = sum(number < 0 for number in numbers)
    usual = [number for number, _ in numbers.most_common(10)]
    rounded = max(numbers) <= 100 and sum(number % 5 == 0 for number in usual) >= 7
    return is_scale_name(column) or fractions > 1 or negative > 1 or rounded


def _are_classes(numbers: Counter[float]) -> bool:
    """Numbers of classes run on from 0 or 1, or are codes that come again and again. 0 to 100 may be either."""
    low, high = min(numbers), max(numbers)
    if high == 100 and low in (0, 1):
        return False
    return _run_on(numbers) or numbers.total() >= ROWS_OF_A_CLASS * len(numbers)


def _run_on(numbers: Counter[float]) -> bool:
    low, high = min(numbers), max(numbers)
    return low in (0, 1) and len(numbers) >= NEARLY_ALL * (high - low + 1)


def _are_ids(rows: Counter[str], numbers: Counter[float]) -> bool:
    """Numbers that hardly repeat and run on as those of rows do, begin with 0, or have as many digits all."""
    if _share_alone(rows) < NEARLY_ALL or not all(label.isdecimal() for label in rows):
        return False
    lengths = {len(label) for label in rows}
    zeros = any(label.startswith("0") and len(label) > 1 for label in rows)
    return _run_on(numbers) or zeros or (len(lengths) == 1 and max(lengths) >= _DIGITS)


# ---- other values


def _kind(rows: Counter[str]) -> ColumnKind:
    values, numbers = list(rows), _numbers(rows)
    if numbers:
        return ColumnKind.CODES if _are_ids(rows, numbers) else ColumnKind.NUMBERS
    for kind, fits in ((ColumnKind.DATES, is_date_cell), (ColumnKind.CODES, is_code_cell)):
        if sum(map(fits, values)) >= _USUAL * len(values):
            return kind
    long = median(len(value.split()) for value in values) >= _WORDS
    return ColumnKind.TEXTS if long else ColumnKind.VALUES


def _no_label_set(kind: ColumnKind, rows: Counter[str], column: str) -> str:
    n = rows.total()
    more = "" if kind in (ColumnKind.DATES, ColumnKind.CODES) else ", or add rows until most labels have two"
    return (
        f"{_subject(column, 'look')} like {kind} ({len(rows):,} different labels in {counted(n, 'row')}, such as "
        f"{quoted(next(iter(rows)))}) and no label set: {_ways(kind, column)}{more} ({TASKS})."
    )


def _ways(kind: ColumnKind, column: str) -> str:
    """What can be done about a column; of rows that are stored the column is not known any more."""
    if not column:
        return f"import the file again{', in bins or' if kind is ColumnKind.NUMBERS else ''} with another column for the label"
    return (
        "put them into bins, or choose another column"
        if kind is ColumnKind.NUMBERS
        else "choose another column"
    )


def _rare(rows: Counter[str], column: str) -> str:
    alone = sum(times == 1 for times in rows.values())
    where = f" in column {quoted(column)}" if column else ""
    return (
        f"{alone:,} of {counted(rows.total(), 'row')} have a label that no other row has{where}, so they can be learned from or "
        f"measured, not both: add rows, or {_ways(ColumnKind.VALUES, column)}."
    )


def _subject(column: str, verb: str) -> str:
    return f"The column {quoted(column)} {verb}s" if column else f"The labels {verb}"
