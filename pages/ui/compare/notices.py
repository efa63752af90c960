"""Around the comparison: what the address asks for that is not here, and where the rows differ."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from core.errors import NotFound
from core.services.compare.basis import ComparisonBasis
from core.store.records import RunRecord
from pages.ui import shell
from pages.ui.compare.choice import Beside
from pages.ui.wording import count, escape_md


def offer_others(here: Collection[str]) -> None:
    """A link may name runs of another dataset, or runs that are gone."""
    store = shell.workspace().store
    missing = [
        run_id for run_id in st.query_params.get("runs", "").split(",") if run_id and run_id not in here
    ]
    linked, gone = [], 0
    for run_id in missing:
        try:
            linked.append(store.runs.get(run_id))
        except NotFound:
            gone += 1
    if gone:
        message = (
            f"The address names {count(gone, 'run')} that {'is' if gone == 1 else 'are'} not here any more."
        )
        st.info(message, icon=":material/link_off:")
    datasets = {info.id for info in store.datasets.all()}
    others = [
        run
        for run in linked
        if run.dataset_id in datasets and run.dataset_id != getattr(shell.dataset(), "id", "")
    ]
    if others:
        what = f"{others[0].name} belongs to the dataset {others[0].dataset_name}. Only runs of one dataset can be compared."
        st.info(escape_md(what), icon=":material/link:")
        st.button(
            "Show that dataset", on_click=shell.show_dataset, args=(others[0].dataset_id,), key="show_linked"
        )


def stamp(runs: Sequence[RunRecord]) -> tuple:
    """What the page has to be drawn again for."""
    return tuple((run.id, run.status, run.steps) for run in runs)


def watch(ids: Sequence[str], dataset_id: str, seen: tuple) -> None:
    """Light: draws the page again when a run under way has got on."""
    store = shell.workspace().store
    if not shell.workspace().read_only:
        store.leases.mark_interrupted()
    if stamp([run for run in store.runs.all(dataset_id) if run.id in ids]) != seen:
        shell.redraw_page()


def show_notices(runs: Sequence[Beside], on: ComparisonBasis) -> None:
    if on.notices:
        st.warning(escape_md(" ".join(on.notices)), icon=":material/difference:")
    active = [run.record.name for run in runs if run.record.active]
    if active:
        st.caption(escape_md(f"Still under way: {', '.join(active)}. Figures are of the steps so far."))
