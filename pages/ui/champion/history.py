"""The champions of a dataset: the one in force, those before it with who, when and why, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from core.services.champions import Adoption, adoptions, go_back, origin_in_words, runs_by_id
from core.store.records import DatasetInfo, RunRecord
from pages.ui.actions import READ_ONLY, act
from pages.ui.champion.adoption import USED_BY
from pages.ui.shell import workspace
from pages.ui.wording import escape_md

MOST = 20  # adoptions shown


def show_champion(dataset: DatasetInfo) -> None:
    """Which prompt is in force, in a line, and those before it behind a button."""
    known, runs = adoptions(workspace(), dataset.id), runs_by_id(workspace(), dataset.id)
    if not known:
        st.caption(
            "No prompt has been adopted yet: the playground and exports use the champion, once there is one."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Champion: " + escape_md(_origin(known[0], runs) + ", adopted " + _when(known[0])),
            width="content",
        )
        if len(known) > 1:
            with st.popover("History", icon=":material/history:", type="tertiary"):
                show_history(known, runs)


def offer_way_back(dataset_id: str, key: str = "") -> None:
    """Of the champion, in place of the button that adopts it: who uses it, and those before it."""
    with st.popover("Champion", icon=":material/trophy:", key="champion" + key):
        st.caption(USED_BY)
        known = adoptions(workspace(), dataset_id)
        if len(known) < 2:
            st.caption(
                "It is the first of this dataset. When another prompt has taken its place, *Go back to it* stands here and on Overview, "
                "under *Champion prompt*."
            )
        else:
            show_history(known, runs_by_id(workspace(), dataset_id), key)


def show_history(known: tuple[Adoption, ...], runs: dict[str, RunRecord], key: str = "") -> None:
    """A line or two for each, the one in force first; every earlier one can be adopted again. `key` tells several on
    one page apart."""
    for index, each in enumerate(known[:MOST]):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(gap=None, width=560):
                st.markdown(f"**{each.number}.** " + escape_md(_origin(each, runs)))
                st.caption(escape_md(_facts(each, index == 0)))
                if each.champion.why:
                    st.text(each.champion.why)
            if index:
                _offer(each, f"back{key}_{index - 1}", _origin(each, runs))
    if len(known) > MOST:
        st.caption(f"The latest {MOST} are shown: `adopt --history` on the command line lists more.")


def _offer(each: Adoption, key: str, origin: str) -> None:
    locked = workspace().read_only
    st.button(
        "Go back to it",
        key=key,
        disabled=locked,
        on_click=act,
        help=READ_ONLY if locked else "It becomes the champion again.",
        args=(
            lambda: go_back(workspace(), each.champion.dataset_id, each.number),
            origin[0].upper() + origin[1:] + " is the champion again.",
        ),
    )


def _origin(each: Adoption, runs: dict[str, RunRecord]) -> str:
    words, model = origin_in_words(each.champion, runs), each.champion.model
    return words if not model or words.endswith(model) else f"{words} for {model}"


def _facts(each: Adoption, in_force: bool) -> str:
    replaced = f" · in place of number {each.replaced_number}" if each.replaced_number else ""
    return ("In use · adopted " if in_force else "Adopted ") + _when(each) + replaced


def _when(each: Adoption) -> str:
    champion = each.champion
    when = datetime.fromtimestamp(champion.adopted, UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC" + (f" by {champion.who}" if champion.who else "")
