"""The one panel for a row, on every page: its text, what was predicted, and what a person says of it; previous
and next lead through the list it was opened from."""

from __future__ import annotations

import streamlit as st

from core.errors import NotFound
from core.services import review
from core.services.review import Card
from core.types import Example
from pages.ui import shell
from pages.ui.actions import show_problem
from pages.ui.key_button import key_button
from pages.ui.row_panel.answers import show_answers
from pages.ui.row_panel.changes import change_card
from pages.ui.row_panel.evidence import show_evidence
from pages.ui.row_panel.rescore import show_rescored
from pages.ui.row_panel.state import (
    OpenedRow,
    close_row,
    opened_row,
    page_is_behind,
    stay_on,
    turn,
)
from pages.ui.wording import escape_md

LONGEST = 50_000  # characters of a text that are sent to the browser
TALL = 600  # characters from which a text scrolls
PROBLEM = "panel problem"


def show_row_panel(page: str) -> None:
    """Before the page is drawn, so that the panel is there at once. `page` is its address."""
    opened = stay_on(page)
    if opened is not None:
        title = escape_md(opened.context.title)
        st.dialog(title, width=560, position="right", on_dismiss=close_row)(_show)()


def _show() -> None:
    opened = opened_row()
    if opened is None:  # shut meanwhile: what the page shows may be of before the last change
        st.rerun()
    with shell.sentences():
        _turn_buttons(opened)
        try:
            card = review.card(shell.workspace(), opened.dataset_id, opened.row_id, with_neighbours=False)
        except NotFound:
            _show_gone(opened)
            return
        _show_card(opened, card)
    if page_is_behind():  # the panel first, then what is behind it
        st.rerun()


def _show_card(opened: OpenedRow, card: Card) -> None:
    info = shell.workspace().store.datasets.info(opened.dataset_id)
    _show_text(card.row.text)
    show_answers(opened, card.row.label, info.labels.names)
    if fact := opened.context.facts.get(card.row.id):
        st.caption(escape_md(fact))
    if not shell.workspace().read_only:
        change_card(info, card, PROBLEM)
    show_problem(PROBLEM)
    show_rescored(opened, card)
    show_evidence(opened, info, card)


def _turn_buttons(opened: OpenedRow) -> None:
    place, many = opened.place, len(opened.among)
    if many == 1:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        key_button(
            "Previous",
            "Left",
            lambda: turn(-1),
            place == 0,
            "",
            key="panel_previous",
        )
        key_button(
            "Next",
            "Right",
            lambda: turn(1),
            place == many - 1,
            "",
            key="panel_next",
        )
        st.caption(f"{place + 1:,} of {many:,}", width="content")


def _show_text(text: str) -> None:
    with st.container(border=True, height=240 if len(text) > TALL else "content"):
        st.text(text if len(text) <= LONGEST else text[:LONGEST] + "…")


def _show_gone(opened: OpenedRow) -> None:
    """Of a row that was deleted since, what the list remembers."""
    then: Example | None = opened.context.then.get(opened.row_id)
    st.warning("This row is no longer in the dataset.", icon=":material/delete:")
    if then is not None:
        _show_text(then.text)
        show_answers(opened, then.label, [then.label])
