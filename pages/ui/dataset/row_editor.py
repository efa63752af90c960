"""One page of rows to correct in place. Every edit is saved at once; nobody overwrites what another has
changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import streamlit as st

from core.data.fields import EDITABLE, FLAGS
from core.errors import Conflict, NotFound, WhetstoneError
from core.label_sets.sets import all_names, label_names, set_label
from core.services.labelling.unlabelled import completed
from core.store.records import Change, DatasetInfo, Row, RowPage
from pages.ui import shell
from pages.ui.actions import who
from pages.ui.dataset_status import SPLIT_WORDS
from pages.ui.row_panel.state import RowContext, open_row
from pages.ui.row_panel.table import cell_length
from pages.ui.wording import shortened

CARD, GIVEN = "card_click", "rows given to the editor"  # in the session
Given = TypeVar("Given")
OTHERS = tuple(field for field in EDITABLE if field.name != "label")
WIDTHS = {"note": 140, "excluded": 80, "canonical": 92}  # pixels
WIDE, NARROW = 370, 290  # pixels of the text; beside several labels, whose chips take more
TALL, LINES = 62, 3  # pixels and lines of a row that has long texts; it opens with the whole of them


def edit_rows(info: DatasetInfo, page: RowPage, more_labels: Sequence[str] = ()) -> None:
    """The editor. `more_labels` are offered beside the label set; the first row that gets one adds it."""
    st.session_state["rows seen"] = page.rows
    given = as_given(
        GIVEN,
        partial(editor_key, info.id),
        page.rows,
        lambda rows, edited: _cells(after(rows, changes_of(rows, edited))),
        _cells(page.rows),
    )
    locked, key = (
        shell.workspace().read_only,
        editor_key(info.id),
    )  # after `as_given`, which may begin a new one
    several, own = info.labels.several, [row.label for row in page.rows]
    labels = dict.fromkeys((*info.labels.names, *more_labels, *(all_names(own) if several else own)))
    table = as_table(given, several)
    st.data_editor(
        table,
        key=key,
        hide_index=True,
        on_change=save_edits,
        args=(info.id, key),
        disabled=list(table) if locked else ["card", "text", "split"],  # rows open even where all is locked
        height=588 if len(page.rows) > 15 else "content",
        row_height=TALL if any(_tall(row.text, several) for row in page.rows) else None,
        alt="Rows of the dataset, to correct in place",
        placeholder="no label",  # the one cell that can be empty
        column_config={
            "card": st.column_config.ButtonColumn(
                "",
                type="tertiary",
                width=40,
                key=CARD,
                on_click=_open_card,
                args=(info.id,),
                help="All that is known of the row.",
            ),
            "text": st.column_config.TextColumn("Text", width=NARROW if several else WIDE),
            "label": _label_column(list(labels), info),
            **{
                field.name: (
                    st.column_config.CheckboxColumn if field.kind == "flag" else st.column_config.TextColumn
                )(field.title, help=field.hint, width=WIDTHS.get(field.name, 120))
                for field in OTHERS
            },
            "split": st.column_config.TextColumn(
                "Split", help="Fixed at the first run, so that runs compare on the same rows.", width=84
            ),
        },
    )


def _label_column(labels: Sequence[str], info: DatasetInfo):
    if info.scorer:  # each row has an answer of its own
        return st.column_config.TextColumn("Answer", required=True, width=190)
    if info.labels.several:
        return st.column_config.MultiselectColumn("Labels", options=labels, required=True, width=240)
    return st.column_config.SelectboxColumn("Label", options=labels, required=True, width=140)


def as_table(rows: Sequence[Row], several: bool = False):
    """A pandas frame; its index are the row ids, so that unsaved edits never land on another row. `several`: rows may
    have several labels, a list each."""
    import pandas as pd

    return pd.DataFrame(
        {
            "card": pd.Series([":material/open_in_full:"] * len(rows), dtype=object),
            "label": pd.Series(
                [list(label_names(row.label)) if several else row.label for row in rows], dtype=object
            ),
            "text": pd.Series([shortened(row.text, _length(several, LINES)) for row in rows], dtype=object),
            **{
                field.name: pd.Series(
                    [_shown(row, field.name) for row in rows],
                    dtype=bool if field.kind == "flag" else object,
                )
                for field in OTHERS
            },
            "split": pd.Series([SPLIT_WORDS[row.split] if row.split else "" for row in rows], dtype=object),
        }
    ).set_axis(pd.Index([row.id for row in rows], dtype=object), axis=0)


def _shown(row: Row, field: str) -> str | bool:
    """A row without a label is left out, but nobody has excluded it."""
    value: str | bool = getattr(row, field)
    return value if field != "excluded" or row.label else False


def save_edits(dataset_id: str, key: str) -> None:
    """For `on_change`: stores what differs from the rows as they were seen. Who presses Undo while an edit is
    still being drawn makes Streamlit report that edit once more, after the undo has replaced the editor: it
    was saved the first time."""
    if key != editor_key(dataset_id):
        return
    seen: tuple[Row, ...] = st.session_state.get("rows seen", ())
    wanted = changes_of(seen, st.session_state[key]["edited_rows"])
    if not wanted:
        return
    try:
        made = completed(shell.workspace(), dataset_id, wanted)
        shell.workspace().store.edits.change(dataset_id, made, who())
    except WhetstoneError as problem:
        now = " The rows below are as they are now." if isinstance(problem, Conflict | NotFound) else ""
        st.session_state["problem"] = str(problem) + now
        fresh_editor()
    else:
        # A second edit may come before the page is drawn again: it was made on these rows.
        st.session_state["rows seen"] = after(seen, made)


def changes_of(seen: Sequence[Row], edited: Mapping[int, Mapping[str, object]]) -> list[Change]:
    """The editor speaks of places on the page. What is equal to the row as seen is no change; what is no
    editable field or place is ignored, for a browser can send anything."""
    wanted = []
    for index, cells in edited.items():
        if not 0 <= int(index) < len(seen):
            continue
        row = seen[int(index)]
        for field, value in cells.items():
            if field not in {each.name for each in EDITABLE}:
                continue
            if field == "label" and isinstance(value, list):
                value = set_label(map(str, value))
            meant = bool(value) if field in FLAGS else str(value or "")
            if meant != getattr(row, field):
                wanted.append(Change(row.id, field, meant, row.version))
    return wanted


def after(seen: Sequence[Row], made: Sequence[Change]) -> tuple[Row, ...]:
    """The rows as the store holds them after these changes, each changed row a version on."""
    fields: dict[str, dict[str, object]] = {}
    for change in made:
        fields.setdefault(change.example_id, {})[change.field] = change.value
    return tuple(
        replace(row, version=row.version + 1, **fields[row.id]) if row.id in fields else row for row in seen
    )


def _open_card(dataset_id: str) -> None:
    """For the column of buttons."""
    index, seen = st.session_state[CARD]["row"], st.session_state.get("rows seen", ())
    if index < len(seen):
        open_row(dataset_id, seen[index].id, [row.id for row in seen], RowContext("Row of the dataset"))


def as_given(
    slot: str,
    key: Callable[[], str],
    now: Given,
    edits_lead_to: Callable[[Given, Mapping], object],
    displayed: object,
) -> Given:
    """What an editor is drawn from: what it was first given, as long as `edits_lead_to` of that and its edits
    is what is `displayed` now. A table that changes beneath its edits makes Streamlit report them as gone, and
    that report overtakes a press of Undo, which is lost then. Else somebody has changed it since, or
    something else is shown: a new editor (`key` says which) begins with what is `now`."""
    edited = st.session_state[key()]["edited_rows"] if key() in st.session_state else {}
    given = st.session_state.get(slot, {}).get(key())
    if given is not None and edits_lead_to(given, edited) == displayed:
        return given
    if edited:
        fresh_editor()
    st.session_state[slot] = {key(): now}
    return now


def _cells(rows: Sequence[Row]) -> list[tuple[object, ...]]:
    return [(row.id, row.text, row.split, *(getattr(row, field.name) for field in EDITABLE)) for row in rows]


def editor_key(dataset_id: str) -> str:
    return f"rows_{dataset_id}_{st.session_state.get('editor number', 0)}"


def fresh_editor() -> None:
    """Drops what was typed but could not be saved."""
    st.session_state["editor number"] = st.session_state.get("editor number", 0) + 1


def _tall(text: str, several: bool) -> bool:
    return len(text) > _length(several, 1)


def _length(several: bool, lines: int) -> int:
    return cell_length(NARROW if several else WIDE, lines)
