"""A table of rows, each of which opens in the panel: by its button, by a click anywhere on it, or by Enter or
Space on any of its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from pages.ui.row_panel.state import RowContext, open_row
from pages.ui.wording import shortened

OPEN = "open"  # the first column
LINE, LETTER, PADDING = 20, 6, 16  # pixels of a line and a letter in a cell, and beside them
FEW = 7  # rows up to which a table is as high as they are
# Our own code, without any data in it. A cell that is chosen is a state, which a second click on it leaves as
# it is and which is reported late; a press of the row's button is an event. So clicks and keys press the
# button: 20 pixels from the left, as the column never scrolls away.
PRESS = """<div></div><script>
if (!window.whetstoneRows) {
  window.whetstoneRows = true;
  const TABLE = '[class*="st-key-row_table_"]', HEAD = 36, BUTTON = 40;
  const press = (box, y) => {
    const place = {clientX: box.left + BUTTON / 2, clientY: y, bubbles: true, pointerType: 'mouse'};
    const target = document.elementFromPoint(place.clientX, y);
    for (const type of ['pointerdown', 'pointerup']) target?.dispatchEvent(new PointerEvent(type, place));
  };
  let down;
  window.addEventListener('pointerdown', event => { if (event.isTrusted) down = event; }, true);
  window.addEventListener('click', event => {
    const box = event.target.closest(TABLE + ' .dvn-scroller')?.getBoundingClientRect();
    if (!box || event.detail > 1 || event.clientY < box.top + HEAD || event.clientX < box.left + BUTTON) return;
    if (down && Math.hypot(down.clientX - event.clientX, down.clientY - event.clientY) > 5) return;
    press(box, event.clientY);
  }, true);
  const open = table => {
    const cell = table.querySelector('canvas td[aria-selected=true]'), scroller = table.querySelector('.dvn-scroller');
    const height = Number(table.className.match(/row_table_(\\d+)/)[1]), box = scroller.getBoundingClientRect();
    const y = box.top + HEAD + (Number(cell?.id.split('-')[3]) + 0.5) * height - scroller.scrollTop;
    if (y > box.top + HEAD - height / 2 && y < box.bottom + height / 2)
      press(box, Math.min(Math.max(y, box.top + HEAD + 8), box.bottom - 8));
  };
  window.addEventListener('keydown', event => {
    const table = event.target.closest('canvas') && event.target.closest(TABLE);
    if (!table || event.repeat || !['Enter', ' '].includes(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(open, 250, table);  // which cell is chosen is written down 200 ms late
  }, true);
}
</script>"""


@dataclass(frozen=True, slots=True)
class RowTable:
    """`ids` are those of the lines; `row_height` is in pixels."""

    dataset_id: str
    ids: tuple[str, ...]
    alt: str
    context: RowContext = field(default_factory=RowContext)
    row_height: int = 62


def show_row_table(rows: RowTable, lines: pd.DataFrame, columns: Mapping[str, object], key: str) -> None:
    table = pd.DataFrame(
        {name: whole_lines(lines[name], columns.get(name), rows.row_height) for name in lines.columns},
        index=lines.index,
    )
    table.insert(0, OPEN, ":material/open_in_full:")
    few = len(rows.ids) < FEW
    with st.container(key=f"row_table_{rows.row_height}_{key}", gap=None):
        st.html(PRESS, unsafe_allow_javascript=True)
        st.dataframe(
            table,
            hide_index=True,
            row_height=rows.row_height,
            height="content" if few else (FEW * rows.row_height + 38),
            alt=rows.alt,
            key=key,
            column_config={OPEN: _button(rows, key), **columns},
        )


def whole_lines(cells: pd.Series, column: object, height: int) -> pd.Series:
    """Texts as far as the lines of a cell hold them, which else are cut through the letters of the last one; the row has
    it all."""
    width = column.get("width") if isinstance(column, Mapping) else None
    if not isinstance(width, int):
        return cells
    most = cell_length(width, height // LINE)
    return cells.map(lambda cell: shortened(cell, most) if isinstance(cell, str) else cell)


def cell_length(width: int, lines: int) -> int:
    """How many letters a cell of this many pixels shows in so many lines."""
    return lines * (width - PADDING) // LETTER


def _button(rows: RowTable, key: str) -> object:
    return st.column_config.ButtonColumn(
        "",
        type="tertiary",
        width=40,
        pinned=True,
        key=f"{key} {OPEN}",
        on_click=lambda: _open(rows, st.session_state[f"{key} {OPEN}"]["row"]),
        help="Opens the row beside the table.",
    )


def _open(rows: RowTable, line: int) -> None:
    if line < len(rows.ids):
        open_row(rows.dataset_id, rows.ids[line], rows.ids, rows.context)
