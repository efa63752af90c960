"""Which row is open in the panel, the list it was opened from, and what that list knows of it. It outlives
reruns of the page, so a page that draws itself anew does not shut the panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from core.types import Example, Prediction, Prompt, Settings

OPENED, CHANGES, DRAWN = "row panel", "row panel changes", "row panel drawn"  # in the session
PANEL = "panel"  # how the keys of its widgets begin


@dataclass(frozen=True, slots=True)
class ShownAnswers:
    """What one prompt answered, by row id; `name` is whose answers they are. With `prompt` and `settings` the
    request can be seen, too; `carried`: some replies may be those of an earlier prompt."""

    name: str
    predictions: Mapping[str, Prediction]
    prompt: Prompt | None = None
    settings: Settings | None = None
    carried: bool = False


@dataclass(frozen=True, slots=True)
class RowContext:
    """The list that a row is opened from: its `title`, the run it is about (re-scored after a change), what
    was answered, `facts` in words by row id, and the rows as they were `then`, for those that are gone."""

    title: str = "Row"
    run_id: str = ""
    answers: tuple[ShownAnswers, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    then: Mapping[str, Example] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenedRow:
    """`page` is the address of the page it was opened on, "" until that is drawn; `made` are the change sets
    of this visit."""

    dataset_id: str
    row_id: str
    among: tuple[str, ...]
    context: RowContext
    page: str = ""
    made: tuple[str, ...] = ()

    @property
    def place(self) -> int:
        """Within `among`, from 0."""
        return self.among.index(self.row_id)


def open_row(
    dataset_id: str,
    row_id: str,
    among: Sequence[str] = (),
    context: RowContext | None = None,
) -> None:
    """For a callback: the panel opens with this row when the page is drawn. `among` are the rows that previous
    and next lead to, in the order on screen."""
    ids = tuple(dict.fromkeys(among))
    ids = ids if row_id in ids else (row_id,)
    st.session_state[OPENED] = OpenedRow(dataset_id, row_id, ids, context or RowContext())


def opened_row() -> OpenedRow | None:
    return st.session_state.get(OPENED)


def close_row() -> None:
    st.session_state.pop(OPENED, None)


def stay_on(page: str) -> OpenedRow | None:
    """The row that is open on this page, which is about to be drawn; one of another page is shut."""
    opened = opened_row()
    st.session_state[DRAWN] = _changes_made()
    if opened is None or opened.page not in ("", page):
        st.session_state.pop(OPENED, None)
        return None
    st.session_state[OPENED] = opened = replace(opened, page=page)
    return opened


def turn(by: int) -> None:
    opened = opened_row()
    if opened is not None and 0 <= opened.place + by < len(opened.among):
        st.session_state[OPENED] = replace(opened, row_id=opened.among[opened.place + by])


def remember_change(change_set: str) -> None:
    opened = opened_row()
    if opened is not None and change_set:
        count_change()
        st.session_state[OPENED] = replace(opened, made=(*opened.made, change_set))


def count_change() -> None:
    """Something was changed in the panel, or undone: the page behind it shows what was before."""
    st.session_state[CHANGES] = _changes_made() + 1


def page_is_behind() -> bool:
    return st.session_state.get(DRAWN, 0) != _changes_made()


def _changes_made() -> int:
    return st.session_state.get(CHANGES, 0)


def shortcut_of(shortcut: str, key: str) -> str | None:
    """While the panel is open, keys are the panel's: those of the page behind it would be pressed as well."""
    return shortcut if opened_row() is None or key.startswith(PANEL) else None
