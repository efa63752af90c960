"""With many labels: how many of them a request names."""

from __future__ import annotations

import streamlit as st

from core.errors import WhetstoneError
from core.services.evaluation.shortlist import ShortlistFigures, shortlist_figures
from core.store.records import DatasetInfo
from core.types import Settings
from pages.ui.run_plan import rows_split
from pages.ui.shell import workspace

MANY = 25  # labels from which on the choice is worth a line
SIZES = (5, 10, 20, 30)
HELP = (
    "The labels of the training rows most like the text, with what the prompt says of them: the prompt itself stays whole. Shorter "
    "requests cost less, and a label that is left out cannot be right."
)


def choose_shortlist(dataset: DatasetInfo, settings: Settings) -> int:
    """How many labels; 0 for all, and for sets of few labels, where nothing is asked."""
    total, start = len(dataset.labels.names), settings.start
    if total < MANY or (start is not None and start.few_shot.strategy == "fixed"):
        return 0
    usual = (
        f"{start.shortlist}, as the prompt has it"
        if start is not None and start.shortlist
        else f"All {total}"
    )
    size: int = st.segmented_control(
        "Labels that a request names",
        [0, *SIZES],
        default=0,
        required=True,
        format_func=lambda each: str(each) if each else usual,
        key="new_shortlist",
        persist_state="session",
        help=HELP,
    )
    if size:
        with st.spinner("Looking for the right labels on the shortlists …"):
            if figures := _figures(dataset, settings):
                st.caption(figures[SIZES.index(size)].in_words)
    return size


def _figures(dataset: DatasetInfo, settings: Settings) -> list[ShortlistFigures]:
    """Of all sizes at once, kept until something changes; none where the rows cannot be split."""
    try:
        rows = rows_split(dataset, settings.seed)
    except WhetstoneError:  # the plan beside it says why
        return []
    key = (dataset.state, settings.seed, settings.start, settings.purpose)
    return workspace().cached(
        "shortlist", key, lambda: shortlist_figures(rows, dataset.labels, settings, SIZES)
    )
