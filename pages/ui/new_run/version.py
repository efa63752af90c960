"""Which rows and labels a run reads: those of the dataset as it is, or as it was in a named version."""

from __future__ import annotations

import streamlit as st

from core.services.versions.versions import info_of
from core.store.records import DatasetInfo
from pages.ui.address import addressed
from pages.ui.shell import workspace

NOW = "As they are now"
HELP = "The named versions of Dataset › History. Test rows are the same in each, so runs on different versions compare."


def choose_version(dataset: DatasetInfo) -> DatasetInfo:
    """The dataset as the run will read it; nothing is asked where no version has a name."""
    versions = {each.id: each for each in workspace().store.versions.all(dataset.id)}
    if not versions:
        return dataset
    chosen = addressed("version", ["", *versions], "")
    st.selectbox(
        "Rows and labels",
        ["", *versions],
        key="version",
        format_func=lambda each: f"As in “{versions[each].name}”" if each else NOW,
        help=HELP,
    )
    return info_of(workspace(), dataset, versions.get(chosen))
