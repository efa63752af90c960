"""The first request to the heavyweight model, seen before the run."""

from __future__ import annotations

import streamlit as st

from core.services.request_preview import NOT_READ_YET, preview_of_request
from core.store.records import DatasetInfo
from core.types import Settings
from pages.ui.answers import show_reflection_request
from pages.ui.keys import shared
from pages.ui.run_plan import rows_split
from pages.ui.shell import sentences

TALLEST = 560  # pixels: the request scrolls in its place, what follows stays in reach
UNKNOWN = (
    "As far as it is known now. Which rows are mistakes, what was predicted for them "
    f"{NOT_READ_YET}, correct rows, the figures per label and the labels in doubt follow from the lightweight model's replies. "
    "A run that begins with definitions asks for those first."
)


def show_first_request(dataset: DatasetInfo, settings: Settings) -> None:
    with st.expander(
        "What the heavyweight model will be sent",
        icon=":material/visibility:",
        key="first_request",
        on_change="rerun",
    ) as expander:
        if expander.open:
            st.caption(UNKNOWN)
            with sentences():
                rows = rows_split(dataset, settings.seed, bool(settings.scorer))
                takes_prefix = shared().profiles.of(settings.lightweight).prefill
                request = preview_of_request(rows, dataset.labels, settings, takes_prefix)
                with st.container(height=TALLEST, border=False):
                    show_reflection_request(settings.heavyweight, request)
