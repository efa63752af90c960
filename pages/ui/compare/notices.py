"""Around the comparison: what the address asks for that is not here, where the rows differ, the champion in
force and the ones before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import streamlit as st

from core.errors import NotFound
from core.services.champions import adopt_prompt
from core.services.compare import ComparisonBasis
from core.store.records import Champion, DatasetInfo, RunRecord
from core.types import Branch
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.compare.choice import Beside
from pages.ui.wording import count, escape_md

EARLIER = 8


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
        st.rerun()


def show_notices(runs: Sequence[Beside], on: ComparisonBasis) -> None:
    if on.notices:
        st.warning(escape_md(" ".join(on.notices)), icon=":material/difference:")
    active = [run.record.name for run in runs if run.record.active]
    if active:
        st.caption(escape_md(f"Still under way: {', '.join(active)}. Figures are of the steps so far."))


def show_champion(dataset: DatasetInfo, names: dict[str, str]) -> None:
    """Which prompt is in force, and the way back to an earlier one. `names` of runs by id."""
    store = shell.workspace().store
    history = store.champions.history(dataset.id, limit=EARLIER + 1)
    if not history:
        st.caption(
            "No prompt has been adopted yet: the playground and exports use the champion, once there is one."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Champion: " + escape_md(_named(history[0], names) + ", adopted " + _when(history[0])),
            width="content",
        )
        if len(history) > 1:
            with st.popover("Earlier champions", icon=":material/history:", type="tertiary"):
                for index, champion in enumerate(history[1:]):
                    _offer(champion, index, names)


def _offer(champion: Champion, index: int, names: dict[str, str]) -> None:
    locked = shell.workspace().read_only
    branch = Branch(champion.run_id, champion.step) if champion.run_id else None
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.text(_capital(_named(champion, names)) + ", adopted " + _when(champion), width="content")
        st.button(
            "Go back to it",
            key=f"back_{index}",
            disabled=locked,
            on_click=act,
            help=READ_ONLY if locked else "It becomes the champion again.",
            args=(
                lambda: adopt_prompt(
                    shell.workspace(), champion.dataset_id, champion.prompt, champion.model, branch
                ),
                _capital(_named(champion, names)) + " is the champion again.",
            ),
        )


def _named(champion: Champion, names: dict[str, str]) -> str:
    if not champion.run_id:
        return "a prompt that came from no run"
    few = champion.prompt.few_shot
    more = f" with {count(few.k, 'neighbour')}" if few.strategy == "similar" else ""
    return f"step {champion.step} of " + names.get(champion.run_id, "a run that has been deleted") + more


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]


def _when(champion: Champion) -> str:
    when = datetime.fromtimestamp(champion.adopted, UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC" + (f" by {champion.who}" if champion.who else "")
