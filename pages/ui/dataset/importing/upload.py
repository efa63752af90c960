"""Uploading a file, or several that are parts of one dataset. They outlive a visit to another page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import streamlit as st

from core.data.fields import EXTRAS
from core.data.formats.format import ReadOptions
from core.data.formats.registry import open_file, open_parts
from core.data.table import Table
from core.errors import DataError
from core.wording import listed
from pages.ui.dataset.importing.columns import import_rows, map_columns
from pages.ui.dataset.importing.draft import UNSAVED, Incoming, draft_key, remembered
from pages.ui.wording import count, escape_md, uploaded_name

LIMIT_MB = 50
ENCODINGS = ("", "utf-8", "utf-16", "cp1252", "latin-1", "shift_jis", "gb18030")
DELIMITERS = {"": "find out", ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
HEADERS = {None: "find out", True: "names of columns", False: "a row like the others"}
EXAMPLE = """text,label,note
Fix bug in LCEL,bug,
Fix bug in documentation,documentation,docs first: even a bug in them
Add Redis as a chat message store,integration,"""
FILES, SHEETS = UNSAVED + "files", UNSAVED + "sheets"


@dataclass(frozen=True, slots=True)
class ChosenFiles:
    """What the browser sent, by name. `key` is part of the keys of the widgets about them."""

    key: str
    contents: Mapping[str, bytes]

    @property
    def name(self) -> str:
        return next(iter(self.contents))

    @property
    def origin(self) -> str:
        return f"file {self.name}" if len(self.contents) == 1 else f"files {', '.join(self.contents)}"


def upload_files() -> None:
    key = draft_key("upload")
    files = st.file_uploader(
        "CSV, Excel, JSON, JSON lines, Parquet and more, a row per example",
        max_upload_size=LIMIT_MB,
        accept_multiple_files=True,
        key=key,
        on_change=_keep,
        args=(key,),
        help="Several files are parts of one dataset: train.csv and test.csv, say.",
    )
    chosen: ChosenFiles | None = st.session_state.get(FILES)
    if chosen is None:
        _explain()
        return
    if not files:
        _show_kept(chosen)
    _import(chosen)


def _keep(key: str) -> None:
    """An uploader is empty after a visit to another page; what it had is kept until it is stored or taken
    away."""
    files = st.session_state[key]
    if files:
        st.session_state[FILES] = ChosenFiles(
            " ".join(file.file_id for file in files),
            {uploaded_name(file.name): file.getvalue() for file in files},
        )
    else:
        st.session_state.pop(FILES, None)


def _explain() -> None:
    *extras, last = (field.column for field in EXTRAS)
    st.caption(
        "It needs a column for the text and, if the rows have labels, one for the label, under any names. "
        f"If there are columns {', '.join(extras)} or {last}, they are used too. Exports of OpenAI, Hugging Face, "
        "LangSmith, MLflow, promptfoo, Prodigy, Doccano, spaCy, Label Studio and Argilla are known as they are."
    )
    st.code(EXAMPLE, language=None, wrap_lines=True)


def _show_kept(chosen: ChosenFiles) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/draft: {escape_md(listed(list(chosen.contents)))}", width="content")
        if st.button("Remove", icon=":material/close:", type="tertiary", key=f"take_away_{chosen.key}"):
            del st.session_state[FILES]
            st.rerun()


def _import(chosen: ChosenFiles) -> None:
    key = chosen.key
    options = _options(key)
    try:
        with st.spinner("Reading the file…"):
            table = remembered("table", (key, options), lambda: read_upload(chosen.contents, options))
    except DataError:
        _ask_sheet(st.session_state.get(SHEETS, ()), options.sheet, key)
        _ask_options(key)
        raise
    _show_table(table)
    st.session_state[SHEETS] = table.sheets  # another may be chosen where one cannot be read
    _ask_sheet(table.sheets, table.sheet, key)
    part = f"{key}{table.sheet}"
    columns = map_columns(table, part, more=lambda: _ask_options(key))
    import_rows(Incoming(table, columns, PurePath(chosen.name).stem, chosen.origin, key=part))


def read_upload(files: Mapping[str, bytes], options: ReadOptions) -> Table:
    """The browser's limit on the size is only a courtesy: it is checked here again."""
    size = sum(map(len, files.values()))
    if size > LIMIT_MB * 1024 * 1024:
        raise DataError(
            f"The file has {size / 1024 / 1024:.0f} MB, more than {LIMIT_MB} MB: import a part of it, or fewer columns."
        )
    if len(files) > 1:
        return open_parts(files, options)
    name, raw = next(iter(files.items()))
    return open_file(raw, name, options)


# ---- what was read, and how


def _show_table(table: Table) -> None:
    size = f"{count(len(table.rows), 'row')}, {count(len(table.columns), 'column')}"
    if table.format != "CSV":
        st.caption(f":material/check: {size}, recognised as {table.format}")
        return
    between = f"{DELIMITERS[table.delimiter]} between cells" if table.delimiter else "one column"
    st.caption(f":material/check: {size}, {between}, text encoded as {_encoding(table.encoding)}")


def _encoding(name: str) -> str:
    """As people write it, whether or not the file begins with a byte order mark."""
    return name.removesuffix("-sig").upper().replace("CP125", "Windows-125")


def _ask_sheet(sheets: Sequence[str], read: str, key: str) -> None:
    if len(sheets) > 1:
        st.selectbox(
            "Sheet",
            sheets,
            index=sheets.index(read) if read in sheets else None,
            key=f"sheet_{key}",
            width=360,
            placeholder="Several, as parts of one dataset",
            persist_state="session",
        )


def _options(key: str) -> ReadOptions:
    """As chosen below, where they are asked for once it is known what the file is."""
    chosen = {
        name: st.session_state.get(f"{name}_{key}") for name in ("encoding", "sheet", "delimiter", "header")
    }
    return ReadOptions(
        chosen["encoding"] or "", chosen["sheet"] or "", chosen["delimiter"] or "", chosen["header"]
    )


def _ask_options(key: str) -> None:
    st.selectbox(
        "Encoding",
        ENCODINGS,
        key=f"encoding_{key}",
        format_func=lambda name: name or "find out",
        help="Only if letters look wrong: what the file was saved as.",
        persist_state="session",
    )
    st.selectbox(
        "Between cells",
        list(DELIMITERS),
        key=f"delimiter_{key}",
        format_func=DELIMITERS.get,
        persist_state="session",
    )
    st.selectbox(
        "First line", list(HEADERS), key=f"header_{key}", format_func=HEADERS.get, persist_state="session"
    )
