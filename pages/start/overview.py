"""Overview: where things stand, and the one step that is worth taking next."""

import streamlit as st

from core.services.next_step import dataset_status
from pages.ui import shell
from pages.ui.dataset_status import champion_card, data_card, run_card
from pages.ui.migration.notice import show_ending
from pages.ui.overview.next_step import next_step
from pages.ui.overview.tables import other_datasets, recent_runs
from pages.ui.overview.welcome import welcome
from pages.ui.sides import narrow_and_wide
from pages.ui.wording import escape_md

shell.show_notice()
store = shell.workspace().store
info = shell.dataset()

if info is None:
    welcome()
    st.stop()

st.title(escape_md(info.name), anchor=False)
with shell.sentences():
    now = dataset_status(store, info.id)
    next_step(now)
    show_ending(now.champion)
    champion_card(now)
    left, right = narrow_and_wide()
    with left:
        data_card(now)
    with right:
        run_card(now)

    everything = store.runs.all()
    if len(everything) > 1:
        recent_runs(everything)
    others = [each for each in store.datasets.all() if each.id != info.id]
    if others:
        other_datasets(others)
