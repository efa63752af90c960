"""Migration: what other models make of the champion, beside the one in use, and the change to one of them."""

import streamlit as st

from core.services.migration.drill import migrations_of
from pages.ui import shell
from pages.ui.actions import show_outcome
from pages.ui.address import addressed
from pages.ui.champion.history import show_champion
from pages.ui.migration.form import show_form
from pages.ui.migration.notice import show_model_in_use
from pages.ui.migration.progress import show_migration
from pages.ui.navigation import go

space = shell.workspace()
st.title("Migration", anchor=False)
show_outcome()
if not space.read_only:
    space.store.leases.mark_interrupted()
dataset = shell.dataset()
champion = space.store.champions.current(dataset.id) if dataset else None
if dataset is None or champion is None:
    shell.nothing_yet(
        "No champion yet",
        "A migration starts from the prompt in use: adopt one on the Runs page, then see what other models make of it.",
        "Go to the runs" if dataset else "Go to the overview",
        lambda: go("runs" if dataset else "overview"),
        key="to_runs",
    )
    st.stop()

with shell.sentences():
    show_model_in_use(champion)
    show_champion(dataset)
    records = migrations_of(space, dataset.id)
    if records:
        ids = [record.id for record in records]
        addressed("migration", ids, ids[0])
        show_migration(records, dataset, champion)
    with st.expander("Compare other models", icon=":material/compare_arrows:", expanded=not records):
        show_form(dataset, champion)
