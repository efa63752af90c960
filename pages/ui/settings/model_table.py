"""Every model that the rules know: prices, how long it lasts, what it is good for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from core.llm.catalogue.model_list import ModelEntry, list_models
from core.llm.providers import registry
from pages.ui.keys import shared
from pages.ui.wording import count

RETIRED, SOON = "stopped", "ends soon"
PILLS = {RETIRED: "#B3261E", SOON: "#965800"}
PREFIX = {"prefill": "prefill", "instruction": "by instruction"}


def show_models() -> None:
    rules = shared()
    listed = list_models(rules.profiles, rules.prices, date.today())
    known = (*registry.PROVIDERS, *rules.profiles.endpoints)
    providers = {one.name: one.title for one in known if any(each.provider == one.name for each in listed)}
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = st.pills(
            "Providers",
            list(providers),
            selection_mode="multi",
            format_func=providers.get,
            key="model_providers",
            label_visibility="collapsed",
        )
        retired = st.toggle("Show retired models", key="model_retired")
    models = [
        each for each in listed if (not chosen or each.provider in chosen) and (retired or not each.retired)
    ]
    st.dataframe(
        models_table(models),
        hide_index=True,
        height=520 if len(models) > 13 else "content",
        column_config=_columns(),
        key="models",
        alt="Models with prices and the dates on which they stop answering",
        placeholder="–",
    )
    gone = sum(each.retired for each in listed)
    hidden = "" if retired or not gone else f" {count(gone, 'model')} that no longer answer are hidden."
    st.caption(
        f"{count(len(models), 'model')}; prices in dollars per million tokens, of a short call. Any other model can be typed in as "
        "provider:model; it is sent the plainest request." + hidden
    )


def models_table(listed: Sequence[ModelEntry]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Model": [each.name for each in listed],
            "Suggested as": [", ".join(each.suggested) for each in listed],
            "Input": pd.array([each.input for each in listed], dtype="Float64"),
            "Output": pd.array([each.output for each in listed], dtype="Float64"),
            "Retires on": pd.Series([each.retires for each in listed], dtype="object"),
            "State": [[RETIRED] if each.retired else [SOON] if each.ends_soon else [] for each in listed],
            "Note": [("Yours. " if each.own else "") + each.note for each in listed],
            "Priced as": [each.matched or "unknown" for each in listed],
            "Start of the reply": [PREFIX[each.prefix] for each in listed],
        }
    )


def _columns() -> dict[str, object]:
    return {
        "Model": st.column_config.TextColumn(width=200),
        "Suggested as": st.column_config.TextColumn(width=105),
        "Input": st.column_config.NumberColumn(
            format="$%.2f", width=70, help="Dollars per million input tokens"
        ),
        "Output": st.column_config.NumberColumn(
            format="$%.2f", width=75, help="Dollars per million output tokens"
        ),
        "Priced as": st.column_config.TextColumn(
            width=140, help="The listed model whose price is used; set your own under Custom rules."
        ),
        "State": st.column_config.MultiselectColumn(
            width=90, options=list(PILLS), color=list(PILLS.values())
        ),
        "Retires on": st.column_config.DateColumn(width=100, format="YYYY-MM-DD"),
        "Start of the reply": st.column_config.TextColumn(
            width=120,
            help="How a given start of the reply reaches the model: it continues from those words, or is asked to begin with them.",
        ),
        "Note": st.column_config.TextColumn(width=360),
    }
