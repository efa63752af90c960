"""The table of a migration, and adopting from it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.services.branches import branch_start
from core.services.migration.table import MigrationRow, MigrationTable
from core.store.records import Champion, DatasetInfo
from core.types import Branch
from core.wording import right_in_words
from pages.ui.champion.adoption import Adoptable, offer_adoption
from pages.ui.champion.history import offer_way_back
from pages.ui.navigation import go
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md, money

STATES = {"queued": "waiting", "running": "under way"}
HOW = (
    "All on the same test rows, which no step of the champion's run had seen. Right, of 100: how many more or fewer texts "
    "the change would get right; these rows are a sample, hence a range (95 %). The best of several was picked by these rows, "
    "so its score is slightly optimistic."
)
SMALL = ("Time", "Ends")  # columns that are left out where nothing is known


def show_table(table: MigrationTable, champion: Champion) -> None:
    """`champion`: the one in use now, which may have been changed since the comparison."""
    before = table.spec.settings.start
    changed = (champion.model, champion.prompt) != (table.spec.incumbent, before)
    st.markdown(f"**{escape_md(table.finding if changed else table.headline)}**")
    if changed:
        prompt = "the same prompt" if champion.prompt == before else "another prompt"
        st.caption(f"In use since then: {escape_md(champion.model)}, with {prompt}.")
    rows = table.rows
    cells = {
        "Model": [row.model.name for row in rows],
        "Prompt": [_prompt(row, table, champion) for row in rows],
        "Right": [_right(row) for row in rows],
        f"Against {table.spec.incumbent}": [row.moves for row in rows],
        "Right, of 100": [_spread(row) for row in rows],
        "Cost of 1,000": [_cost(row) for row in rows],
        "Time": ["" if row.seconds is None else f"{row.seconds:.1f} s" for row in rows],
        "Ends": [_end(row) for row in rows],
    }
    st.dataframe(
        {name: column for name, column in cells.items() if name not in SMALL or any(column)},
        hide_index=True,
        height="content",
        row_height=62,  # as high as lines wrap in, which what is against the model in use takes
        key="migration_table",
        placeholder="–",
        alt="Models with their test score, the difference to the model in use, cost and time",
        column_config=_columns()
        | {f"Against {table.spec.incumbent}": st.column_config.TextColumn(width=240)},
    )
    st.caption(f"{count(table.test_rows, 'test row')}. {HOW}")
    for row in rows:
        if reason := _remark(row, rows):
            st.caption(escape_md(f"{row.model.name}, {_kind(row)}: {reason}"))
    for notice in table.notices:
        st.caption(escape_md(notice))


def _remark(row: MigrationRow, rows: Sequence[MigrationRow]) -> str:
    """Why it has no figure or no prompt of its own, is not called better, or is behind the prompt that it was tuned from."""
    plain = next((each for each in rows if each.model.name == row.model.name and not each.tuned), row)
    if row.tuned and row.test and plain.test and row.test.correct < plain.test.correct:
        return (
            "The validation rows, by which tuning chose it, had it ahead; the test rows do not bear that out."
        )
    drawback = f"Not called better, since {row.drawback}." if row.drawback else ""
    return " ".join(filter(None, [row.why, drawback]))


def _columns() -> dict[str, object]:
    return {
        "Model": st.column_config.TextColumn(width=160),
        "Prompt": st.column_config.TextColumn(width=110),
        "Right": st.column_config.TextColumn(width=76),
        "Right, of 100": st.column_config.TextColumn(
            width=100, help="Texts right with this model, more or fewer: the 95 % interval"
        ),
        "Cost of 1,000": st.column_config.TextColumn(width=106, alignment="right", help="Of 1,000 texts"),
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
    able = {f"{row.model.name}, {_kind(row)}": row for row in table.rows if row.adoptable}
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
        offer_way_back(dataset.id, "_migration")
        return
    wanted = Adoptable(
        dataset.id,
        prompt,
        row.model.name,
        Branch(row.run_id, row.step),
        f"{table.name} ({name})",
        "_migration",
    )
    use = "The Playground, the HTTP API and exports then use this model with this prompt, until another one is adopted."
    offer_adoption(wanted, use, table.warning(row))


def _right(row: MigrationRow) -> str:
    if row.test is None:
        return STATES.get(row.state, row.state)
    return right_in_words(row.test).removesuffix(" right")


def _spread(row: MigrationRow) -> str:
    """−23 to +6"""
    if row.interval is None:
        return ""
    low, high = (f"{round(100 * end):+}".replace("-", "\N{MINUS SIGN}") for end in row.interval)
    return f"{low} to {high}"


def _kind(row: MigrationRow) -> str:
    return "in use" if row.in_use else "tuned for it" if row.tuned else "as it is"


def _prompt(row: MigrationRow, table: MigrationTable, champion: Champion) -> str:
    """In use is what is so now: "was in use" and "as it is, in use" after a change."""
    if row.in_use:
        same = (champion.model, champion.prompt) == (table.spec.incumbent, table.spec.settings.start)
        return "in use" if same else "was in use"
    adopted = (champion.run_id, champion.step) == (row.run_id, row.step)
    return _kind(row) + (", in use" if adopted else "")


def _cost(row: MigrationRow) -> str:
    return "" if row.test is None else "unknown" if row.usd is None else money(row.usd)


def _end(row: MigrationRow) -> str:
    return "" if row.model.retires is None else f"{row.model.retires.day} {row.model.retires:%b %Y}"
