"""Settings: can the models be called from here, and what holds for every call."""

import streamlit as st

from app_pages.ui import shell
from app_pages.ui.acting import show_outcome
from app_pages.ui.cache_panel import show_cache
from app_pages.ui.keys import show_keys, type_key
from app_pages.ui.limits_form import show_limits
from app_pages.ui.model_rules import edit_rules
from app_pages.ui.model_table import show_models
from app_pages.ui.model_test import try_models
from app_pages.ui.workspace_facts import show_workspace

PARTS = {
    "Models": show_models,
    "Limits": show_limits,
    "Own rules": edit_rules,
    "Cache": show_cache,
    "Workspace": show_workspace,
}

st.title("Settings", anchor=False)
show_outcome()
left, right = st.columns([3, 2], gap="medium")
with left:
    st.subheader("Keys", anchor=False)
    with shell.sentences():
        show_keys()
        type_key()
with right:
    st.subheader("Do the models answer?", anchor=False)
    with shell.sentences():
        try_models()

st.space("small")
for tab, show in zip(
    st.tabs(list(PARTS), key="part", on_change="rerun", bind="query-params"), PARTS.values(), strict=True
):
    if tab.open:
        with tab, shell.sentences():
            show()
