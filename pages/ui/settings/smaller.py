"""What of the workspace is old and may go: counted, written to a file, deleted; and the room given back to the disk."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.services.storage.clean import CleanOptions, CleanResult, clean, removed_folder
from core.services.storage.compact import compact
from core.services.storage.usage import StorageUsage
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act, no_spending, show_problem
from pages.ui.wording import bytes_in_words, escape_md

OPEN, DAYS, PROBLEM = "smaller", "smaller_days", "problem of room"
# What `clean` can take away.
KINDS = {
    "history": "History of changes",
    "predictions": "Served predictions",
    "replies": "Model replies",
    "files": "Classified files",
    "copies": "Copies of the database",
}
WRITTEN = {"history", "predictions", "files"}  # to a file, before they go


def show_smaller(usage: StorageUsage) -> None:
    locked = shell.workspace().read_only
    smaller = st.popover(
        "Make it smaller",
        icon=":material/compress:",
        key=OPEN,
        disabled=locked,
        help=READ_ONLY if locked else None,
        on_change="rerun",
    )
    if not smaller.open or locked:
        return
    with smaller, shell.sentences():
        days = int(st.number_input("Delete what is older than so many days", 1, 36_500, 90, 1, key=DAYS))
        found = [clean(shell.workspace(), what, CleanOptions(days, dry_run=True)) for what in KINDS]
        chosen = [each for each in found if _choose(each)]
        _say_how(chosen)
        st.caption(f"The files get smaller by what is free in them ({_free(usage)}) and by what is deleted.")
        show_problem(PROBLEM)
        st.button(
            f"Delete {sum(each.count for each in chosen):,} and give back the room"
            if chosen
            else "Give back what is free",
            type="primary",
            key="smaller_go",
            on_click=act,
            args=(partial(_make_smaller, days, [each.what for each in chosen]), "", PROBLEM),
        )


def _choose(found: CleanResult) -> bool:
    """Whether what is old of a kind is to go; only what there is can be chosen."""
    locked = found.what == "replies" and no_spending()
    wanted = st.checkbox(
        f"{KINDS[found.what]}: {found.count:,}",
        key="smaller_" + found.what,
        disabled=not found.count or bool(locked),
        help=locked or None,
    )
    if found.kept:
        st.caption(f"{found.kept:,} as old {'stays' if found.kept == 1 else 'stay'}: {found.why}.")
    return wanted and bool(found.count) and not locked


def _say_how(chosen: Sequence[CleanResult]) -> None:
    kinds = {each.what for each in chosen}
    if kinds & WRITTEN:
        folder = removed_folder(shell.workspace()).resolve()
        st.caption(f"Written to a file in {escape_md(str(folder))} before. What is still needed stays.")
    if "replies" in kinds:
        st.caption("Model replies go for good: the same calls would be paid for again.")


def _free(usage: StorageUsage) -> str:
    return bytes_in_words(usage.free_bytes + usage.log_bytes)


def _make_smaller(days: int, kinds: Sequence[str]) -> None:
    """Not where the number of days is no longer that of the button: it can be typed and the button pressed in one go."""
    if st.session_state.get(DAYS) != days:
        return
    here = shell.workspace()
    wish = CleanOptions(days, removed_folder(here))
    gone = [clean(here, what, wish) for what in kinds]
    smaller = compact(here)
    kept = f", kept in {wish.removed}" if any(each.file for each in gone) else ""
    deleted = f"{sum(each.count for each in gone):,} deleted{kept}. " if gone else ""
    shell.say(f"{deleted}The files are {bytes_in_words(smaller)} smaller.")
    for what in kinds:
        st.session_state["smaller_" + what] = False
    st.session_state[OPEN] = False
