"""Settings: can the models be called from here, and what holds for every call."""

import streamlit as st

from pages.ui import shell
from pages.ui.actions import show_outcome
from pages.ui.keys import show_keys, type_key
from pages.ui.settings.cache_panel import show_cache
from pages.ui.settings.endpoints import show_endpoints
from pages.ui.settings.limits_form import show_limits
from pages.ui.settings.model_rules import edit_rules
from pages.ui.settings.model_table import show_models
from pages.ui.settings.model_test import try_models
from pages.ui.settings.workspace_facts import show_workspace
from pages.ui.sides import wide_and_narrow


def _keys_and_models() -> None:
    left, right = wide_and_narrow()
    with left:
        st.subheader("Keys", anchor=False)
        show_keys()
        type_key()
    with right:
        st.subheader("Do the models answer?", anchor=False)
        try_models()


PARTS = {
    "Keys": _keys_and_models,
    "Models": show_models,
    "Endpoints": show_endpoints,
    "Limits": show_limits,
    "Custom rules": edit_rules,
    "Cache": show_cache,
    "Workspace": show_workspace,
}

st.title("Settings", anchor=False)
show_outcome()
for tab, show in zip(
    st.tabs(list(PARTS), key="part", on_change="rerun", bind="query-params"), PARTS.values(), strict=True
):
    if tab.open:
        with tab, shell.sentences():
            show()
