"""Columns that say of a row's label that it is none: rejected, ignored, skipped, a draft, not approved, rated bad."""

from __future__ import annotations

from collections.abc import Callable

from core.data.fields import ColumnMap
from core.data.importing.column_content import column_cells, distinct_cells
from core.data.importing.column_names import is_reference, plain
from core.data.table import Table

REJECTED, IGNORED = "rejected by the annotator", "ignored by the annotator"
SKIPPED, CANCELLED = "skipped by the annotator", "cancelled by the annotator"
DISCARDED, DRAFT, PENDING = "discarded by the annotator", "only a draft", "not answered yet"
PREDICTED, SUGGESTED, REVIEWED = (
    "only predicted by a model",
    "only suggested by a model",
    "rejected by the reviewer",
)
_UNAPPROVED, _BAD, _ARCHIVED = "not approved", "rated bad", "archived"
# What annotation tools write of an answer, and why it is none; "" where it is one.
_STATES = {
    **dict.fromkeys(
        ("accept", "accepted", "submitted", "validated", "valid", "done", "complete", "completed"), ""
    ),
    **dict.fromkeys(
        ("annotated", "labeled", "labelled", "approved", "reviewed", "confirmed", "finished"), ""
    ),
    **dict.fromkeys(("reject", "rejected", "declined", "invalid", "disapproved"), REJECTED),
    **dict.fromkeys(("ignore", "ignored"), IGNORED),
    **dict.fromkeys(("skip", "skipped"), SKIPPED),
    **dict.fromkeys(("cancel", "cancelled", "canceled", "aborted", "timed out"), CANCELLED),
    **dict.fromkeys(("discard", "discarded", "deleted"), DISCARDED),
    "draft": DRAFT,
    "active": "",
    "archived": _ARCHIVED,
    **dict.fromkeys(
        ("pending", "in progress", "todo", "to do", "not started", "unlabeled", "unlabelled"), PENDING
    ),
    **dict.fromkeys(("unannotated", "not annotated", "default"), PENDING),
}
# A column of states says so by its name, and where states alone stand in it.
_STATE_NAMES = frozenset(
    "answer status state decision annotation_status label_status response_status review_status review review_state "
    "annotation_state validation validation_status approval approval_status qa_status record_status".split()
)
_FLAGS = {
    **dict.fromkeys(("was_cancelled", "cancelled", "canceled", "is_cancelled"), CANCELLED),
    **dict.fromkeys(("skipped", "was_skipped", "is_skipped", "skip"), SKIPPED),
    **dict.fromkeys(("rejected", "is_rejected", "was_rejected", "reject"), REJECTED),
    **dict.fromkeys(("ignored", "is_ignored", "was_ignored", "ignore"), IGNORED),
    **dict.fromkeys(("discarded", "is_discarded", "was_discarded"), DISCARDED),
    **dict.fromkeys(("draft", "is_draft"), DRAFT),
}
_APPROVALS = frozenset(
    "annotation_approver approved is_approved approved_by annotations_approved_by is_confirmed is_valid validated "
    "is_validated".split()
)
_RATINGS = frozenset(
    "rating feedback thumb thumbs thumbs_up user_rating user_feedback human_rating human_feedback quality "
    "label_quality annotation_quality".split()
)
_BAD_WORDS = frozenset(
    "bad down thumbs_down thumb_down dislike disliked negative 👎 -1 wrong incorrect poor".split()
)
_GOOD_WORDS = frozenset(
    "good up thumbs_up thumb_up like liked positive 👍 1 right correct ok fine neutral".split()
)
_TELLING = _STATE_NAMES | _FLAGS.keys() | _APPROVALS | _RATINGS
_YES, _NO = (
    frozenset({"true", "1", "yes", "t", "y"}),
    frozenset({"false", "0", "no", "f", "n", "none", "null", ""}),
)
Reason = Callable[[str], str]


def answer_reasons(table: Table, columns: ColumnMap) -> list[str]:
    """By row of the table, why its label is no answer; empty where nothing says so."""
    chosen = set(columns.chosen())
    rules = {
        column: rule
        for column in table.columns
        if column not in chosen and (rule := _rule(table, column, columns))
    }
    reasons = [""] * len(table.rows)
    for column, rule in rules.items():
        by_cell = {cell: rule(cell) for cell in set(column_cells(table, column))}
        reasons = [
            reason or by_cell[cell] for reason, cell in zip(reasons, column_cells(table, column), strict=True)
        ]
    return reasons


def is_state(table: Table, column: str) -> bool:
    """Whether a column says what became of each row's answer, in the words of annotation tools. One named "status"
    may be about something else, and has to hold answers as well as what is none."""
    name = _last_name(column)
    if name not in _STATE_NAMES:
        return False
    states = {_STATES.get(_plain(cell)) for cell in distinct_cells(table, column)}
    return bool(states) and None not in states and ("" in states or name not in ("status", "state"))


def _rule(table: Table, column: str, columns: ColumnMap) -> Reason | None:
    """From a cell of the column to the reason; None where the column is of another kind."""
    name = _last_name(column)
    if name not in _TELLING:
        return None
    values = {_plain(cell) for cell in distinct_cells(table, column)}
    if not values:
        return None
    if is_state(table, column):
        return lambda cell: _STATES.get(_plain(cell), "")
    if name in _FLAGS and values <= _YES | _NO:
        return lambda cell: _FLAGS[name] if _plain(cell) in _YES else ""
    if name in _APPROVALS and (values - _NO):
        return lambda cell: _UNAPPROVED if _plain(cell) in _NO else ""
    if name in _RATINGS and not is_reference(columns.label) and _rates(table, column, columns):
        return lambda cell: _BAD if _plain_word(cell) in _BAD_WORDS else ""
    return None


def _last_name(column: str) -> str:
    """Of what is nested in JSON the innermost key: status of annotation.status."""
    return plain(column.rpartition(".")[2])


def _rates(table: Table, column: str, columns: ColumnMap) -> bool:
    """Whether a column rates the labels: good and bad stand in it, and no label is always bad, as it would be
    where the rating is what the text is about."""
    cells = [_plain_word(cell) for cell in column_cells(table, column)]
    if not {*cells} - {""} <= _BAD_WORDS | _GOOD_WORDS or not _BAD_WORDS & {*cells} or not columns.label:
        return False
    labels = column_cells(table, columns.label)
    kept = {label for label, cell in zip(labels, cells, strict=True) if cell not in _BAD_WORDS}
    return {label for label in labels if label.strip()} <= kept


def _plain(cell: str) -> str:
    return " ".join(cell.strip().casefold().replace("_", " ").replace("-", " ").split())


def _plain_word(cell: str) -> str:
    return "_".join(cell.strip().casefold().split())
