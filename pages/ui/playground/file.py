"""A file of texts, classified in the background: priced first, watched, stopped, resumed, taken away, looked
at row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

import streamlit as st

from core.costs.call_price import CallPrice
from core.data.formats.registry import file_extensions
from core.data.importing.usable_rows import left_out_notices
from core.errors import DataError
from core.jobs.file_job import (
    DONE,
    FAILED,
    INTERRUPTED,
    RUNNING,
    STOPPED,
    FileStatus,
    Upload,
    read_file,
)
from core.prompts.files import from_json, prompt_key
from core.services.file_jobs import FileJobs
from core.services.playground import PromptedModel
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.actions import act, no_spending
from pages.ui.dataset.importing.upload import LIMIT_MB
from pages.ui.keys import shared, typed_keys
from pages.ui.playground.batches import SEND, batch_in_words, send_batch, show_batches, takes_batches
from pages.ui.playground.file_rows import show_rows
from pages.ui.playground.outcome import offer_deletion, prompt_in_words, show_counts
from pages.ui.playground.sides import Chair, show_problems
from pages.ui.review.votes import price_in_words
from pages.ui.wording import count, escape_md, money, uploaded_name

STATES = {
    RUNNING: (":material/progress_activity:", "under way"),
    DONE: (":material/check_circle:", "done"),
    STOPPED: (":material/stop_circle:", "stopped"),
    FAILED: (":material/error:", "ended by an error"),
    INTERRUPTED: (":material/power_off:", "interrupted"),
}
EVERY = 1.0  # seconds between looks at a file under way
DOWNLOAD = (
    "A download is a new CSV file (UTF-8, commas): `text`, `label`, `outcome` and `reason` first, then the other columns of "
    "the file. Where a local model answers some texts in place of the prompt, `answered_by` says which, and `confidence` how sure. The "
    "text column is called `text` there."
)
EMPTY = "Classified files appear here, with their progress and a download."


def choose_file(
    dataset: DatasetInfo, side: PromptedModel | None, structured: bool, chairs: Sequence[Chair]
) -> None:
    """The uploader, what is in the file and what it takes, the button."""
    if locked := no_spending():
        st.caption(locked)
        return
    key = f"play_file_{st.session_state.get('play_files', 0)}"
    file = st.file_uploader("A file with a text column", max_upload_size=LIMIT_MB, key=key)
    if file is None:
        st.caption(
            "CSV, Excel, JSON, JSON lines or Parquet ("
            + ", ".join(file_extensions())
            + "). Labels are not needed."
        )
        return
    with shell.sentences():
        if file.size > LIMIT_MB * 1024 * 1024:
            raise DataError(f"The file has more than {LIMIT_MB} MB: classify a part of it at a time.")
        upload = Upload(uploaded_name(file.name), file.getvalue(), dataset.template)
        columns, texts, notices = _look((file.file_id, dataset.template), upload)
        asked = sum(1 for text in texts if text)
        st.text(f"{count(len(texts), 'row')}, {asked:,} with a text, from {', '.join(columns)}.")
        if notices:
            st.caption(f":material/info: {escape_md(' '.join(notices))}")
        if side is not None:
            files = FileJobs(shell.workspace())
            price, alone = shell.workspace().cached(
                "price of a file",
                (dataset.id, dataset.template, side, file.file_id),
                lambda: _prices(files, dataset.id, side, texts),
            )
            with_cascade = " The champion's cascade answers, as measured." if side.cascade else ""
            st.caption(escape_md(price_in_words(price) + with_cascade))
            if takes_batches(side.model):
                without = " The prompt answers alone there, without its cascade." if side.cascade else ""
                st.caption(batch_in_words(alone, side.model) + without)
        if asked:
            show_problems(chairs, "file")
        unable = side is None or not chairs[0].ready or not asked
        with st.container(horizontal=True):
            classify = st.button(
                "Classify the file",
                type="primary",
                icon=":material/play_arrow:",
                key="classify_file",
                disabled=unable,
            )
            send = side is not None and takes_batches(side.model) and SEND.button(unable)
        if side is not None and (classify or send):
            if classify:
                FileJobs(shell.workspace()).start(dataset.id, upload, side, structured, typed_keys())
            elif not send_batch(upload, side, structured, dataset.id):
                return
            st.session_state["play_files"] = st.session_state.get("play_files", 0) + 1
            st.rerun()


def _prices(
    files: FileJobs, dataset_id: str, side: PromptedModel, texts: Sequence[str]
) -> tuple[CallPrice, CallPrice]:
    """As the side answers, and by its prompt alone."""
    price = files.price(dataset_id, side, texts, shared())
    alone = files.price(dataset_id, replace(side, cascade=""), texts, shared()) if side.cascade else price
    return price, alone


@st.cache_resource(max_entries=2, show_spinner="Reading the file …")
def _look(identity: object, _upload: Upload) -> tuple[tuple[str, ...], list[str], list[str]]:
    """The columns of the text, the texts, and what was decided or left out while reading."""
    table, columns, texts = read_file(_upload)
    return columns, texts, [*table.notices, *left_out_notices(table.left_out)]


def show_files(dataset_id: str) -> None:
    """All files of the dataset, batches first, looked at again while one is under way."""
    above = st.container()
    batches = show_batches(dataset_id)
    files = FileJobs(shell.workspace())
    jobs = files.all(dataset_id)
    above.caption(DOWNLOAD if jobs or batches else EMPTY)
    if not jobs:
        return
    under_way = any(files.status(job.id).state == RUNNING for job in jobs)
    shell.fragment(_show_all, every=EVERY if under_way else None)(dataset_id, under_way)


def _show_all(dataset_id: str, under_way: bool) -> None:
    files = FileJobs(shell.workspace())
    found = []
    for job in files.all(dataset_id):
        with shell.sentences():  # it may have been deleted a moment ago
            found.append(files.status(job.id))
    if under_way and not any(each.state == RUNNING for each in found):
        shell.redraw_page()
    for status in found:
        with st.container(border=True):
            _show_one(status)


def _show_one(status: FileStatus) -> None:
    job, files = status.request, FileJobs(shell.workspace())
    icon, name = STATES[status.state]
    st.markdown(f"{icon} **{escape_md(job.name)}** · {name}")
    if status.state != DONE:
        st.progress(
            status.figures.done / max(job.total, 1), f"{status.figures.done:,} of {count(job.total, 'row')}"
        )
    file = from_json(job.prompt)
    name = job.prompt_name or prompt_in_words(job.dataset_id, prompt_key(file.prompt))
    facts = [count(job.total, "row"), job.model, name, money(status.figures.cost_usd)]
    if status.state == RUNNING and status.figures.failed:
        facts.append(count(status.figures.failed, "failed call"))
    st.caption(escape_md(" · ".join(facts)))
    if status.state != RUNNING:
        kept = shell.workspace().cached("counts " + job.id, status.figures, lambda: files.counts(job.id))
        show_counts(kept, file, job.model, job.reply_tokens)
    if status.error:
        st.error(escape_md(status.error), icon=":material/error:")
    locked = shell.workspace().read_only
    with st.container(horizontal=True):
        if status.state == RUNNING:
            st.button(
                "Stop",
                icon=":material/stop:",
                key="stop " + job.id,
                disabled=locked,
                on_click=act,
                args=(lambda: files.stop(job.id),),
            )
        elif status.figures.done < job.total or status.figures.failed:
            st.button(
                "Retry the failed ones" if status.state == DONE else "Resume",
                icon=":material/play_arrow:",
                key="resume " + job.id,
                disabled=not shell.workspace().spends,
                on_click=act,
                args=(lambda: files.resume(job.id, typed_keys()),),
            )
        st.download_button(
            "Download",
            lambda: files.csv(job.id).encode("utf-8", "replace"),
            PurePath(job.name).stem + "-labelled.csv",
            "text/csv",
            icon=":material/download:",
            key="download " + job.id,
            on_click="ignore",
            disabled=status.figures.done == 0,
        )
        if status.state != RUNNING:
            offer_deletion("The file", "delete " + job.id, lambda: files.delete(job.id))
    if status.state != RUNNING and status.figures.done:
        with st.expander("Rows", key="rows " + job.id, on_change="rerun") as rows:
            if rows.open:
                with shell.sentences():
                    show_rows(status)
