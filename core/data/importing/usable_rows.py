"""Which rows of a table are kept: those with a text and a label. The others are counted by reason."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.data.fields import ColumnMap
from core.data.importing.annotation_status import answer_reasons
from core.data.importing.label_cells import is_unreadable, read_label_cells
from core.data.table import Table
from core.data.templates import joined, template_of
from core.label_sets.sets import set_label
from core.wording import counted, quoted

_BROKEN = re.compile("[\0\ud800-\udfff]")
NO_TEXT, NO_LABEL, SEVERAL, UNREADABLE = (
    "no text",
    "no label",
    "several labels",
    "an object without a name as label",
)
_LEFT_OUT = {
    NO_TEXT: "without text",
    NO_LABEL: "without a label",
    SEVERAL: "with several labels",
    UNREADABLE: "whose label is an object that names none",
}


@dataclass(frozen=True, slots=True)
class UsableRow:
    """A row with text, and with a label unless unlabelled ones are kept. `number` counts the rows of the table
    from 1."""

    number: int
    text: str
    label: str


def usable_rows(
    table: Table, columns: ColumnMap, notices: list[str]
) -> tuple[list[UsableRow], dict[str, int]]:
    """The rows that are kept, and the others by reason, which notices count."""
    text_of = text_reader(table, columns)
    cells, answers = _label_cells(table, columns), answer_reasons(table, columns)
    rows: list[UsableRow] = []
    left_out: Counter[str] = Counter()
    odd: dict[str, str] = {}
    opened = (
        [(cell.strip(),) if cell.strip() else () for cell in cells]
        if columns.answers
        else read_label_cells(cells, columns.several == "keep")
    )
    for number, (row, cell, labels, answer) in enumerate(
        zip(table.rows, cells, opened, answers, strict=True), start=1
    ):
        text = text_of(row)
        reason = answer or _reason(text, labels, columns)
        if reason == UNREADABLE or (len(labels) > 1 and reason in ("", SEVERAL)):
            odd.setdefault(reason or SEVERAL, cell)
        if reason:
            left_out[reason] += 1
        else:
            rows += [UsableRow(number, text, label) for label in _chosen(labels, columns)]
    notices += left_out_notices({reason: n for reason, n in left_out.items() if reason not in _LEFT_OUT})
    notices += [_left_out_notice(reason, left_out[reason], odd) for reason in _LEFT_OUT if left_out[reason]]
    notices += _several_kept(rows, cells, odd, columns)
    mended = [_mended(row) for row in rows]
    notices += _mendings(rows, mended, cells)
    return mended, dict(left_out)


def _mended(row: UsableRow) -> UsableRow:
    """The row itself where nothing is broken, so that not all of them are there twice."""
    text, label = mended_text(row.text), mended_text(row.label)
    return row if text is row.text and label is row.label else UsableRow(row.number, text, label)


def _label_cells(table: Table, columns: ColumnMap) -> list[str]:
    if not columns.label:
        return [""] * len(table.rows)
    at = table.columns.index(columns.label)
    return [row[at] for row in table.rows]


def _reason(text: str, labels: Sequence[str], columns: ColumnMap) -> str:
    """Why a row is left out; empty where it is kept."""
    if not text:
        return NO_TEXT
    if not labels:
        return "" if columns.unlabelled else NO_LABEL
    if not columns.answers and any(is_unreadable(label) for label in labels):
        return UNREADABLE
    return SEVERAL if len(labels) > 1 and columns.several == "leave_out" else ""


def _chosen(labels: Sequence[str], columns: ColumnMap) -> Sequence[str]:
    """The labels for which there is to be a row; "" for a row that is to be labelled. A set of them is one label."""
    if columns.several == "keep" and not columns.answers:
        return [set_label(labels)]
    return (labels or [""]) if columns.several == "split" else [labels[0] if labels else ""]


def _left_out_notice(reason: str, n: int, odd: Mapping[str, str]) -> str:
    such = f" (such as {quoted(odd[reason])})" if reason in odd else ""
    way = (
        ": keep all labels of each, take the first, or split it into a row for each label"
        if reason == SEVERAL
        else ""
    )
    return f"{counted(n, 'row')} {_LEFT_OUT[reason]}{such} {'is' if n == 1 else 'are'} left out{way}."


def left_out_notices(left_out: Mapping[str, int]) -> list[str]:
    """A sentence on rows that are left out by these reasons; none where there are no such rows."""
    total = sum(left_out.values())
    are = "is" if total == 1 else "are"
    return [f"{counted(total, 'row')} {are} left out: {reasons_in_words(left_out)}."] if total else []


def reasons_in_words(left_out: Mapping[str, int]) -> str:
    """Such as "rejected by the annotator (2); no label (1)"; one alone without its number."""
    several = sum(n > 0 for n in left_out.values()) > 1
    return "; ".join(f"{reason} ({n:,})" if several else reason for reason, n in left_out.items() if n)


def _several_kept(
    rows: Sequence[UsableRow], cells: Sequence[str], odd: Mapping[str, str], columns: ColumnMap
) -> list[str]:
    if SEVERAL not in odd or columns.several == "leave_out":
        return []
    kept = {"first": "the first of them counts", "split": "there is a row for each", "keep": "all are kept"}
    return [f"Some rows have several labels (such as {quoted(odd[SEVERAL])}): {kept[columns.several]}."]


def _mendings(rows: Sequence[UsableRow], mended: Sequence[UsableRow], cells: Sequence[str]) -> list[str]:
    trimmed = sum(
        row.label == cells[row.number - 1].strip() and row.label != cells[row.number - 1] for row in rows
    )
    broken = sum(before != after for before, after in zip(rows, mended, strict=True))
    notices = []
    if trimmed:
        notices.append(f"{counted(trimmed, 'row')} had white space around the label, which was removed.")
    if broken:
        notices.append(
            f"{counted(broken, 'row')} held broken characters (NUL, or half a surrogate pair), which were mended or replaced."
        )
    return notices


def text_reader(table: Table, columns: ColumnMap) -> Callable[[tuple[str, ...]], str]:
    """A function from the cells of a row to its text; empty where all of it is blank."""
    template = template_of(columns)
    if template is None:
        at = table.columns.index(columns.text[0])
        return lambda cells: cells[at] if cells[at].strip() else ""
    indexes = [table.columns.index(column) for column in columns.text]
    join = joined(template)
    return lambda cells: join([cells[at] for at in indexes])


def mended_text(text: str) -> str:
    """`text` with surrogate pairs joined, half ones and NUL replaced by U+FFFD: they can be neither stored
    nor sent."""
    if not _BROKEN.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
