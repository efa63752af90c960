"""A migration: its state, how far it is, and its table as far as it is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from core.services.benchmark import queue
from core.services.migration.table import MigrationTable, migration_table
from core.store.records import BenchmarkRecord, Champion, DatasetInfo
from pages.ui import shell
from pages.ui.actions import act
from pages.ui.address import forget
from pages.ui.benchmark.head import carried_now, show_controls, stamp, watch
from pages.ui.keys import shared
from pages.ui.migration.table import show_adoption, show_table
from pages.ui.shell import workspace
from pages.ui.wording import escape_md


def show_migration(records: Sequence[BenchmarkRecord], dataset: DatasetInfo, champion: Champion) -> None:
    """The chosen one, with the choice among several."""
    record = next(each for each in records if each.id == st.session_state["migration"])
    runs, carried = workspace().store.runs.all(benchmark=record.id), carried_now(record.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(records) > 1:
            names = {each.id: each.name for each in records}
            st.selectbox(
                "Migration",
                list(names),
                key="migration",
                format_func=names.get,
                width=220,
                label_visibility="collapsed",
            )
        else:
            st.subheader(escape_md(record.name), anchor=False, width="content")
        show_controls(record, runs, carried)
        if not carried:
            _offer_deleting(record)
    seen = stamp(runs, carried)
    shell.fragment(watch, every=1.0 if carried else None)(record.id, seen)
    table = _table(record.id, seen, date.today())
    show_table(table, champion)
    show_adoption(table, dataset)


@st.cache_data(max_entries=16, show_spinner="Comparing …")
def _table(migration_id: str, seen: tuple, today: date) -> MigrationTable:
    """As of this stamp."""
    record = workspace().store.benchmarks.get(migration_id)
    return migration_table(workspace(), record, shared(), today)


def _offer_deleting(record: BenchmarkRecord) -> None:
    with st.popover(
        "Delete",
        icon=":material/delete:",
        help="Delete it with its runs",
        key="sign_migration_menu",
        disabled=workspace().read_only,
    ):
        sure = st.checkbox("Yes, with its runs, for good", key="sure_" + record.id)
        st.button(
            "Delete",
            key="migration_delete",
            disabled=not sure,
            on_click=act,
            args=(lambda: _delete(record), "Deleted."),
        )


def _delete(record: BenchmarkRecord) -> None:
    queue.delete(workspace(), record.id)
    forget("migration")
