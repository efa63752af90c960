"""The table of a migration, and adopting from it."""

from __future__ import annotations

import streamlit as st

from core.services.branches import branch_start
from core.services.migration.table import MigrationRow, MigrationTable
from core.store.records import DatasetInfo
from core.types import Branch
from core.wording import right_in_words
from pages.ui.champion.adopting import Adoptable, offer_adoption
from pages.ui.navigation import go
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md, money

STATES = {"queued": "waiting", "running": "under way"}
HOW = (
    "All on the same test rows, which no step of the champion's run had seen. The difference is its 95 % "
    "interval: what the change could cost at worst. The best of several was picked by these rows, so its score is slightly optimistic."
)


def show_table(table: MigrationTable) -> None:
    st.markdown(f"**{escape_md(table.headline)}**")
    rows = table.rows
    st.dataframe(
        {
            "Model": [row.model.name for row in rows],
            "Prompt": [_prompt(row) for row in rows],
            "Right": [_right(row) for row in rows],
            "Against the model in use": [row.moves for row in rows],
            "Difference": [row.spread for row in rows],
            "1,000 texts": [_cost(row) for row in rows],
            "Time": ["" if row.seconds is None else f"{row.seconds:.1f} s" for row in rows],
            "Ends": [_end(row) for row in rows],
        },
        hide_index=True,
        height="content",
        key="migration_table",
        placeholder="–",
        alt="Models with their test score, the difference to the model in use, cost and time",
        column_config=_columns(),
    )
    st.caption(f"{count(table.test_rows, 'test row')}. {HOW}")
    for row in rows:
        if row.why or row.drawback:
            reason = row.why or f"Not called better, since {row.drawback}."
            st.caption(escape_md(f"{row.model.name}: {reason}"))
    for notice in table.notices:
        st.caption(escape_md(notice))


def _columns() -> dict[str, object]:
    return {
        "Model": st.column_config.TextColumn(width=150),
        "Prompt": st.column_config.TextColumn(width=88),
        "Right": st.column_config.TextColumn(width=80),
        "Against the model in use": st.column_config.TextColumn(width=352),
        "Difference": st.column_config.TextColumn(
            width=140, help="Of 100 texts, right with this model, more or fewer: the 95 % interval"
        ),
        "1,000 texts": st.column_config.TextColumn(width=78, alignment="right", help="What they cost"),
        "Time": st.column_config.TextColumn(
            width=58,
            alignment="right",
            help="The median of the replies that are kept; offline models keep none",
        ),
        "Ends": st.column_config.TextColumn(
            width=90, help="When the model stops answering, where that is known"
        ),
    }


def show_adoption(table: MigrationTable, dataset: DatasetInfo) -> None:
    """One of the measured rows becomes the champion."""
    able = {f"{row.model.name}, {_prompt(row)}": row for row in table.rows if row.adoptable}
    if not able:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        best = next((at for at, row in enumerate(able.values()) if row is table.best), 0)
        chosen = st.selectbox("Change to", list(able), best, key="migrate_to_" + table.id, width=360)
        row = able.get(chosen) or next(iter(able.values()))
        if not workspace().read_only:
            _offer(table, row, dataset, chosen)
        if st.button("Open its run", icon=":material/monitoring:", key="migration_run"):
            go("runs", run=row.run_id)


def _offer(table: MigrationTable, row: MigrationRow, dataset: DatasetInfo, name: str) -> None:
    prompt = branch_start(workspace(), row.run_id, row.step).prompt
    current = workspace().store.champions.current(dataset.id)
    if current is not None and (current.prompt, current.model) == (prompt, row.model.name):
        st.badge("Champion", icon=":material/trophy:", color="green")
        return
    wanted = Adoptable(
        dataset.id,
        prompt,
        row.model.name,
        Branch(row.run_id, row.step),
        f"{table.name} ({name})",
        "_migration",
    )
    offer_adoption(wanted, "The Playground, the HTTP API and exports then use this model with this prompt.")


def _right(row: MigrationRow) -> str:
    if row.test is None:
        return STATES.get(row.state, row.state)
    return right_in_words(row.test).removesuffix(" right")


def _prompt(row: MigrationRow) -> str:
    return "in use" if row.in_use else "tuned for it" if row.tuned else "as it is"


def _cost(row: MigrationRow) -> str:
    return "" if row.test is None else "unknown" if row.usd is None else money(row.usd)


def _end(row: MigrationRow) -> str:
    return "" if row.model.retires is None else f"{row.model.retires.day} {row.model.retires:%b %Y}"
