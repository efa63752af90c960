"""Bringing data: files, rows typed or pasted by hand, or one of the samples."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.samples import SAMPLES, Sample
from core.services.datasets import import_sample
from pages.ui import shell
from pages.ui.actions import READ_ONLY
from pages.ui.address import turn_to
from pages.ui.dataset.importing.typed import paste_lines, type_rows
from pages.ui.dataset.importing.upload import upload_files
from pages.ui.wording import escape_md


def bring_data() -> None:
    ways: dict[str, Callable[[], None]] = {
        "Upload a file": upload_files,
        "Type rows": type_rows,
        "Paste lines": paste_lines,
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
        persist_state="session",
    )
    with shell.sentences():
        ways[way]()


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
