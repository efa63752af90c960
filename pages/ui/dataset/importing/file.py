"""Bringing data: a file, rows typed or pasted by hand, or one of the samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath

import streamlit as st

from core.data.fields import EXTRAS, ColumnMap
from core.data.formats.format import ReadOptions
from core.data.formats.registry import open_file
from core.data.importing.columns import guess_columns
from core.data.importing.pasted import read_pasted, read_typed
from core.data.table import Table
from core.errors import DataError
from core.samples import SAMPLES, Sample
from core.services.datasets import import_sample
from pages.ui import shell
from pages.ui.actions import READ_ONLY
from pages.ui.address import turn_to
from pages.ui.dataset.importing.columns import import_rows, map_columns
from pages.ui.dataset.importing.draft import Incoming, remembered
from pages.ui.wording import count, escape_md

LIMIT_MB = 50
ENCODINGS = ("", "utf-8", "utf-16", "cp1252", "latin-1", "shift_jis", "gb18030")
BLANK_ROWS = 5
EXAMPLE = """text,label,note
Fix bug in LCEL,bug,
Fix bug in documentation,documentation,docs first: even a bug in them
Add Redis as a chat message store,integration,"""


def bring_data() -> None:
    ways: dict[str, Callable[[], None]] = {
        "Upload a file": _upload,
        "Type rows": _type,
        "Paste lines": _paste,
        "Samples": _samples,
    }
    if shell.workspace().read_only:
        st.info(READ_ONLY, icon=":material/visibility:")
        return
    way = st.segmented_control(
        "Where the rows come from",
        list(ways),
        key="import_way",
        default="Upload a file",
        required=True,
        label_visibility="collapsed",
    )
    with shell.sentences():
        ways[way]()


# ---- a file


def _upload() -> None:
    key = f"upload_{st.session_state.get('uploads', 0)}"
    file = st.file_uploader(
        "CSV, Excel, JSON, JSON lines or Parquet, a row per example", max_upload_size=LIMIT_MB, key=key
    )
    if file is None:
        *extras, last = (field.column for field in EXTRAS)
        st.caption(
            "It needs a column for the text and one for the label, under any names. "
            f"If there are columns {', '.join(extras)} or {last}, they are used too. Tests of promptfoo and exports "
            "of OpenAI (chat lines, Evals rows), LangSmith, Label Studio and Argilla are known as they are."
        )
        st.code(EXAMPLE, language=None)
        return
    encoding = st.session_state.get("encoding", "")
    try:
        with st.spinner("Reading the file…"):
            table = remembered(
                "table", (file.file_id, encoding), lambda: read_upload(file.getvalue(), encoding, file.name)
            )
    except DataError:
        _choose_encoding()
        raise
    _show_table(table)
    columns = map_columns(table, file.file_id, more=_choose_encoding)
    import_rows(Incoming(table, columns, PurePath(file.name).stem, f"file {file.name}", key=file.file_id))


def read_upload(raw: bytes, encoding: str, name: str = "") -> Table:
    """The browser's limit on the size is only a courtesy: it is checked here again."""
    if len(raw) > LIMIT_MB * 1024 * 1024:
        raise DataError(
            f"The file has {len(raw) / 1024 / 1024:.0f} MB, more than {LIMIT_MB} MB: import a part of it, or fewer columns."
        )
    return open_file(raw, name, ReadOptions(encoding))


def _show_table(table: Table) -> None:
    if table.format != "CSV":
        st.caption(
            f":material/check: {count(len(table.rows), 'row')}, {count(len(table.columns), 'column')}, read as {table.format}"
        )
        return
    delimiter = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", "": "one column"}[
        table.delimiter
    ]
    between = delimiter if table.delimiter == "" else f"{delimiter} between cells"
    size = f"{count(len(table.rows), 'row')}, {count(len(table.columns), 'column')}"
    st.caption(f":material/check: {size}, {between}, text encoded as {table.encoding}")


def _choose_encoding() -> None:
    st.selectbox(
        "Encoding",
        ENCODINGS,
        key="encoding",
        format_func=lambda name: name or "find out",
        help="Only if letters look wrong: what the file was saved as.",
    )


# ---- by hand


def _type() -> None:
    import pandas as pd

    blank = pd.DataFrame({"text": [""] * BLANK_ROWS, "label": [""] * BLANK_ROWS}, dtype=object)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        edited = st.data_editor(
            blank,
            num_rows="dynamic",
            hide_index=True,
            key=f"typed_{st.session_state.get('uploads', 0)}",
            alt="Rows to type: a text and its label",
            column_config={
                "text": st.column_config.TextColumn("Text", width="large"),
                "label": st.column_config.TextColumn("Label", width="small"),
            },
        )
        st.caption(
            "Two labels at least, and a handful of rows. Cells pasted from a spreadsheet land here too."
        )
    rows = [(_cell(text), _cell(label)) for text, label in edited.itertuples(index=False)]
    if any(text or label for text, label in rows):
        with right, _as_hint():
            import_rows(
                Incoming(
                    read_typed(rows),
                    ColumnMap(("text",), "label"),
                    "Typed by hand",
                    "typed by hand",
                    "typed",
                    small=True,
                )
            )


def _paste() -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        pasted = st.text_area(
            "One row per line: text, then a comma or tab, then the label",
            key="pasted",
            height=260,
            placeholder="Fix bug in documentation,documentation\nAdd Redis as a chat message store,integration\n…",
        )
        st.caption(
            "The label is what follows the last comma, so commas in the text need no quotes. Press Ctrl+Enter to read the lines."
        )
    if pasted.strip():
        with right, _as_hint():
            table = read_pasted(pasted)
            import_rows(
                Incoming(table, guess_columns(table), "Pasted rows", "pasted by hand", "pasted", small=True)
            )


@contextmanager
def _as_hint() -> Iterator[None]:
    """Rows that are half typed are no error yet: what is missing is told quietly."""
    try:
        yield
    except DataError as missing:
        st.info(escape_md(str(missing)), icon=":material/info:")


def _cell(value: object) -> str:
    return value if isinstance(value, str) else ""


# ---- samples


def _samples() -> None:
    for first in range(0, len(SAMPLES), 2):
        for column, sample in zip(st.columns(2, gap="medium"), SAMPLES[first : first + 2], strict=False):
            with column.container(border=True, height="stretch"):
                _sample(sample)


def _sample(sample: Sample) -> None:
    st.markdown(f"**{escape_md(sample.title)}**")
    st.caption(escape_md(sample.story))
    st.space("stretch")
    known = shell.workspace().store.datasets.find(sample.title)
    word, icon = ("Open", ":material/folder_open:") if known else ("Import", ":material/download:")
    if st.button(word, key=f"sample_{sample.name}", icon=icon):
        with st.spinner("Importing the sample…"):
            shell.show_dataset(import_sample(shell.workspace(), sample))
        turn_to("data", "rows")
        st.rerun()
