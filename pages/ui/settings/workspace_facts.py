"""What takes room, and where everything is kept."""

from __future__ import annotations

import streamlit as st

from core.llm.providers.access import public_url
from core.version import __version__
from pages.ui.settings.storage import show_storage
from pages.ui.shell import workspace
from pages.ui.wording import count

DATABASE = "WHETSTONE_DATABASE_URL"


def show_workspace() -> None:
    here = workspace()
    folder = here.folder.resolve()
    url = here.environment.get(DATABASE, "")
    datasets, runs = here.store.datasets.all(), here.store.runs.all()
    facts = {
        "Folder": str(folder),
        "Database": public_url(url) if url else str(folder / "whetstone.db"),
        "Holds": f"{count(len(datasets), 'dataset')}, {count(len(runs), 'run')}",
        "Version": __version__,
    }
    if here.read_only:
        facts["State"] = "read-only: nothing can be changed or spent"
    show_storage()
    st.markdown("**Where it is**")
    st.dataframe(
        {"": list(facts), "Value": list(facts.values())},
        hide_index=True,
        height="content",
        alt="Facts about the workspace",
        column_config={
            "": st.column_config.TextColumn(width=90),
            "Value": st.column_config.TextColumn(width=700),
        },
    )
    st.caption(
        "Another folder: set WHETSTONE\\_WORKSPACE. Another database: set WHETSTONE\\_DATABASE\\_URL. For presenting: set "
        "WHETSTONE\\_READ\\_ONLY=1. Then start again."
    )
