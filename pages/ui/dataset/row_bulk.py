"""One change of all rows that the filters find: with a count and a preview before, and one undo after."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from core.errors import Conflict
from core.label_sets.sets import set_label
from core.services.labelling.unlabelled import place_new_rows
from core.store.records import DatasetInfo, Row, RowQuery
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act, show_problem, who
from pages.ui.dataset.row_editor import fresh_editor
from pages.ui.wording import count, shortened

DEEDS: dict[
    str, tuple[str, str | bool | None]
] = {  # in words: the field, and its new value (None: asked for)
    "Set the label": ("label", None),
    "Exclude from runs": ("excluded", True),
    "Include again": ("excluded", False),
    "Make canonical": ("canonical", True),
    "No longer canonical": ("canonical", False),
    "Write a note": ("note", None),
    "Clear the note": ("note", ""),
}
PREVIEWED = 5
PROBLEM, OPEN = "bulk problem", "bulk change of"


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done to which rows, as they stood at `version` of the dataset, when `total` of them
    matched and `affected` of these had another value."""

    query: RowQuery
    field: str
    value: str | bool
    total: int
    affected: int
    version: int


def offer_bulk(info: DatasetInfo, query: RowQuery, total: int, filtered: bool) -> None:
    """The button, and the dialog that it opens, which stays with the rows it was opened for until it is
    dismissed or confirmed; where rows were filtered, also the button that excludes them at once."""
    locked = shell.workspace().read_only
    if filtered and not locked:
        _offer_to_exclude(info, replace(query, page=1), total)
    words = (
        f"Change {'these' if filtered else 'all'} {count(total, 'row')}…" if total > 1 else "Change this row…"
    )
    if total:
        st.button(
            words,
            key="bulk",
            icon=":material/edit_note:",
            type="tertiary",
            disabled=locked,
            help=READ_ONLY
            if locked
            else "Label, marks or note of every row that the filters find, on all pages.",
            on_click=_open,
            args=(info, replace(query, page=1)),
        )
    of, opened = st.session_state.get(OPEN, ("", None))
    if of == info.id and opened and not locked:
        change_all(info, opened)


def _offer_to_exclude(info: DatasetInfo, query: RowQuery, total: int) -> None:
    affected = total - _already(info, query, "excluded", True)
    if affected:
        plan = Plan(query, "excluded", True, total, affected, info.version)
        st.button(
            f"Exclude {'this row' if affected == 1 else f'these {affected:,} rows'}",
            key="exclude_found",
            icon=":material/block:",
            help="They stay here, and runs leave them out. Undo takes them in again.",
            on_click=_exclude,
            args=(info, plan),
        )


def _exclude(info: DatasetInfo, plan: Plan) -> None:
    act(lambda: carry_out(info, plan, ""))
    fresh_editor()


def _open(info: DatasetInfo, query: RowQuery) -> None:
    st.session_state.pop(PROBLEM, None)
    st.session_state[OPEN] = (info.id, query)


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Change many rows at once", width="medium", on_dismiss=_close)
def change_all(info: DatasetInfo, query: RowQuery) -> None:
    if OPEN not in st.session_state:
        st.rerun()  # it was confirmed
    with shell.sentences():
        store = shell.workspace().store
        version = store.datasets.info(info.id).version
        page = store.rows.page(info.id, query)
        deed = st.selectbox("What to do", list(DEEDS), key="bulk_deed")
        field, value = DEEDS[deed]
        if value is None:
            value = _value_of(info, field)
        st.text_input("Why (kept in the history)", key="bulk_why", max_chars=500, placeholder="optional")
        if not value and deed in ("Set the label", "Write a note"):
            st.caption(f"{count(page.total, 'row')} found.")
            st.button(f"Change {count(page.total, 'row')}", type="primary", key="bulk_not_yet", disabled=True)
            return
        affected = page.total - _already(info, query, field, value)
        _preview(page.rows, field, value, affected, page.total)
        plan = Plan(query, field, value, page.total, affected, version)
        st.button(
            f"Change {count(affected, 'row')}",
            type="primary",
            key="bulk_now",
            disabled=not affected,
            on_click=_confirm,
            args=(info, plan),
        )
        show_problem(PROBLEM)


def _confirm(info: DatasetInfo, plan: Plan) -> None:
    """For `on_click`: the plan is that of the preview which was on the screen."""
    act(lambda: carry_out(info, plan, st.session_state.get("bulk_why") or ""), where=PROBLEM)
    if PROBLEM not in st.session_state:
        fresh_editor()
        _close()


def carry_out(info: DatasetInfo, plan: Plan, why: str) -> None:
    """Raises Conflict where other rows match now than in the preview, or where one of them was changed
    since."""
    store = shell.workspace().store
    now = store.rows.page(info.id, replace(plan.query, size=1)).total
    if now != plan.total:
        raise Conflict(
            f"{count(now, 'row')} match now, no longer {plan.total:,}: look at the preview again, then confirm."
        )
    store.edits.change_all(
        info.id, plan.query, plan.field, plan.value, who(), why.strip(), seen_version=plan.version
    )
    if plan.field == "label":
        place_new_rows(shell.workspace(), info.id)
    shell.say(f"{count(plan.affected, 'row')} changed. Undo takes all of it back.")


def _value_of(info: DatasetInfo, field: str) -> str:
    if field == "label" and info.labels.several:
        return set_label(
            st.multiselect(
                "Labels",
                info.labels.names,
                key="bulk_labels",
                accept_new_options=True,
                placeholder="Choose all that fit",
            )
        )
    if field == "label":
        return (
            st.selectbox(
                "Label",
                info.labels.names,
                index=None,
                key="bulk_label",
                accept_new_options=True,
                placeholder="Choose one, or type a new one",
            )
            or ""
        ).strip()
    return st.text_input(
        "Note", key="bulk_note", placeholder="Why the label is right: it replaces notes that are there"
    ).strip()


def _already(info: DatasetInfo, query: RowQuery, field: str, value: str | bool) -> int:
    """How many of the rows have this value now. Equal notes cannot be counted by a filter: those count as
    changed."""
    if (
        field == "label" and info.labels.several
    ):  # a filter finds rows with one of the labels, not with the set
        same = None
    elif field == "label":
        same = replace(query, labels=(value,)) if not query.labels or value in query.labels else None
    elif field == "note":
        same = replace(query, noted=False) if not value and query.noted is not True else None
    else:
        same = replace(query, **{field: value}) if getattr(query, field) in (None, value) else None
    already = _rows_of(info, same)
    if field == "excluded" and query.unlabelled is not False:  # rows without a label stay as they are
        already += _rows_of(info, replace(query, unlabelled=True))
    return already


def _rows_of(info: DatasetInfo, query: RowQuery | None) -> int:
    return shell.workspace().store.rows.page(info.id, replace(query, size=1)).total if query else 0


def _preview(rows: tuple[Row, ...], field: str, value: str | bool, affected: int, total: int) -> None:
    import pandas as pd

    unchanged = total - affected
    has = f"; {count(unchanged, 'row')} {'has' if unchanged == 1 else 'have'} it already" if unchanged else ""
    has += ", or no label" if field == "excluded" and not all(row.label for row in rows) else ""
    st.caption(
        f"Of {count(total, 'row')} found, {affected:,} would change{has}."
        if total > 1
        else f"1 row found{has}."
    )
    changed = [row for row in rows if getattr(row, field) != value]
    first = [row for row in changed if row.label or field != "excluded"][:PREVIEWED]
    if not first:
        return
    st.dataframe(
        pd.DataFrame(
            {
                "Text": [shortened(row.text, 200) for row in first],
                "Now": [_in_cell(field, getattr(row, field)) for row in first],
                "Then": [_in_cell(field, value)] * len(first),
            }
        ),
        hide_index=True,
        height="content",
        alt="The first rows that would change, before and after",
        column_config={
            "Text": st.column_config.TextColumn(width="large"),
            "Now": st.column_config.TextColumn(width=140),
            "Then": st.column_config.TextColumn(width=140),
        },
    )


def _in_cell(field: str, value: str | bool) -> str:
    if isinstance(value, str):
        return value or "–"
    return {"excluded": ("in", "excluded"), "canonical": ("–", "canonical")}[field][value]
