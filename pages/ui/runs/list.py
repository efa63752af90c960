"""The runs of a dataset, a line each: found, filtered, sorted by a click on a column's name; a click on a
line opens it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from core.store.records import RunRecord
from pages.ui import shell
from pages.ui.actions import READ_ONLY, act
from pages.ui.navigation import go
from pages.ui.runs.filter import choose_filter, forget_filter
from pages.ui.runs.head import STATUS
from pages.ui.wording import count, duration, escape_md

VISIBLE, HEIGHT = (
    5,
    215,
)  # lines before the list scrolls, and its pixels then: half a line tells that there is more
TABLE, OWN = "runs table", "chosen in the runs table"
LONGEST_NOTE = 500


def newest(records: Sequence[RunRecord]) -> str:
    """The run to open where none is named: benchmark runs come after all others."""
    return next((record.id for record in records if not record.benchmark), records[0].id)


def show_runs(records: Sequence[RunRecord], chosen: str) -> None:
    """A line per run, newest first; a click on one chooses it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        wanted = choose_filter(records)
        _offer_comparison(records, chosen)
        listed = [record for record in records if wanted.lets(record)]
        hidden = len(records) - len(listed)
        if hidden:
            st.caption(f"{len(listed):,} of {count(len(records), 'run')}", width="content")
    if listed:
        _show_table(listed, chosen)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("No run matches.", width="content")
        st.button("Show all", key="runs_all", type="tertiary", on_click=forget_filter)


def _show_table(listed: Sequence[RunRecord], chosen: str) -> None:
    """The table keeps its place and order while its own lines are clicked; a run chosen elsewhere makes it
    anew."""
    ids = [record.id for record in listed]
    if st.session_state.get(OWN) != chosen:
        st.session_state[TABLE] = st.session_state.get(TABLE, 0) + 1
        st.session_state[OWN] = chosen
    key = f"runs_table_{st.session_state[TABLE]}_{hash(tuple(ids))}"
    here = {"selection_mode": "single-row"}  # the filter may hide the opened run
    if chosen in ids:
        here = {
            "selection_mode": "single-row-required",
            "selection_default": {"selection": {"rows": [ids.index(chosen)]}},
        }
    share = st.column_config.NumberColumn(
        format="%.1f %%", width="small", help="Accuracy on the validation rows"
    )
    st.dataframe(
        runs_table(listed),
        hide_index=True,
        height="content" if len(listed) <= VISIBLE else HEIGHT,
        alt="Runs of this dataset, newest first",
        key=key,
        on_select=lambda: _choose(key, ids),
        **here,
        column_config={
            "★": st.column_config.TextColumn(width=40),
            "Run": st.column_config.TextColumn(width="medium"),
            "Note": st.column_config.TextColumn(width="medium"),
            "Status": st.column_config.TextColumn(width="small"),
            "Baseline": share,
            "Best": share,
            "Gain": st.column_config.NumberColumn("Gain, points", format="%+.1f", width="small"),
            "Steps": st.column_config.NumberColumn(width="small"),
            "Took": st.column_config.TextColumn(width="small", alignment="right"),
            "Started": st.column_config.DatetimeColumn(
                format="D MMM, HH:mm", width=110, timezone=st.context.timezone or "UTC"
            ),
        },
    )


def runs_table(listed: Sequence[RunRecord]) -> pd.DataFrame:
    """Stars, notes and names have a column only where there are any."""
    columns: dict[str, list] = (
        {"★": ["★" if record.starred else "" for record in listed]} if any(r.starred for r in listed) else {}
    )
    columns["Run"] = [record.name for record in listed]
    if any(record.note for record in listed):
        columns["Note"] = [record.note for record in listed]
    by = {"By": [record.who for record in listed]} if any(record.who for record in listed) else {}
    return pd.DataFrame(
        columns
        | {
            "Status": [STATUS[record.status][0] for record in listed],
            "Baseline": [_points(record.baseline_accuracy) for record in listed],
            "Best": [_points(record.best_accuracy) for record in listed],
            "Gain": [_gain(record) for record in listed],
            "Steps": [max(record.steps - 1, 0) for record in listed],
            "Took": [duration(record.seconds) for record in listed],
            "Started": [datetime.fromtimestamp(record.started or record.created, UTC) for record in listed],
            "Models": [
                record.settings.lightweight + " + " + record.settings.heavyweight for record in listed
            ],
        }
        | by
    )


def show_star(record: RunRecord) -> None:
    """A star and a note for the opened run: what makes it findable among many."""
    store, locked = shell.workspace().store, shell.workspace().read_only
    st.button(
        "★" if record.starred else "☆",
        type="tertiary",
        key="star",
        disabled=locked,
        help=READ_ONLY if locked else "Take the star away" if record.starred else "Star this run",
        on_click=act,
        args=(lambda: store.runs.describe(record.id, starred=not record.starred),),
    )
    with st.popover(
        "", icon=":material/edit_note:", type="tertiary", help="Note", key="note_menu", disabled=locked
    ):
        field = "note_of_" + record.id
        with st.form("note", border=False):
            st.text_area(
                "Note",
                record.note,
                key=field,
                max_chars=LONGEST_NOTE,
                placeholder="What this run was for, what came of it",
            )
            st.form_submit_button(
                "Keep the note",
                on_click=act,
                args=(
                    lambda: store.runs.describe(record.id, note=st.session_state[field]),
                    "The note is kept.",
                ),
            )


def show_note(record: RunRecord) -> None:
    if record.note:
        st.caption(":material/edit_note: " + escape_md(record.note))


def _offer_comparison(records: Sequence[RunRecord], chosen: str) -> None:
    """With the champion's run, else with the best of the others."""
    measured = [record for record in records if record.steps]
    others = [record for record in measured if record.id != chosen]
    possible = bool(others) and any(record.id == chosen for record in measured)
    pressed = st.button(
        "Compare",
        icon=":material/compare_arrows:",
        key="compare_run",
        disabled=not possible,
        help="The opened run beside others" if possible else "There must be two runs with a measured step.",
    )
    if not pressed:
        return
    champion = shell.workspace().store.champions.current(others[0].dataset_id)
    best = max(others, key=lambda record: record.best_accuracy or 0.0)
    other = next((record for record in others if champion is not None and record.id == champion.run_id), best)
    go("compare", runs=other.id + "," + chosen)


def _choose(key: str, ids: Sequence[str]) -> None:
    rows = st.session_state[key].selection.rows
    if rows:
        st.session_state["run"] = st.session_state[OWN] = ids[rows[0]]


def _points(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _gain(record: RunRecord) -> float | None:
    known = record.baseline_accuracy is not None and record.best_accuracy is not None
    return 100 * (record.best_accuracy - record.baseline_accuracy) if known else None
