"""What a run will do before it is started: which rows it reads, how many calls that is at most."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import streamlit as st

from core.data.splitting import split
from core.errors import WhetstoneError
from core.loop.estimating import Estimate, estimate
from core.state.records import DatasetInfo
from core.types import SPLITS, Example, Settings
from app_pages.ui.shell import workspace
from app_pages.ui.words import count, escape_md

PARTS = {"train": "Training", "validation": "Validation", "test": "Test"}
PURPOSE = (
    "The heavyweight model sees mistakes on training rows only. Validation rows decide what is kept. Test rows are read once, at the end."
)


@st.cache_data(max_entries=8, show_spinner="Splitting the rows …")
def rows_split(dataset_id: str, version: int, seed: int) -> tuple[Example, ...]:
    return split(workspace().store.datasets.get(dataset_id).examples, seed)


def show_plan(dataset: DatasetInfo, settings: Settings) -> bool:
    """The split and the estimate; False where the run cannot start as it is set, with the reason on the page."""
    try:
        rows = rows_split(dataset.id, dataset.version, settings.seed)
        expected = estimate(settings, rows)
    except WhetstoneError as problem:
        st.error(escape_md(str(problem)), icon=":material/error:")
        return False
    table = _sizes(rows, dataset)
    st.dataframe(
        table, height="content" if len(table) <= 9 else 320, placeholder="–", alt="Rows by part and label",
        column_config={name: st.column_config.NumberColumn(width="small") for name in PARTS.values()},
        hide_index=True,
    )
    left_out = f" {count(dataset.excluded, 'row')} left out." if dataset.excluded else ""
    st.caption(PURPOSE + left_out)
    st.markdown(":material/call: " + in_words(expected, settings))
    return True


def _sizes(rows: tuple[Example, ...], dataset: DatasetInfo) -> pd.DataFrame:
    used = [row for row in rows if not row.excluded]
    found = Counter((row.label, row.split) for row in used)
    lines = [["All rows", *(sum(row.split == part for row in used) for part in SPLITS)]]
    lines += [[label, *(found[label, part] for part in SPLITS)] for label in dataset.labels.names]
    return pd.DataFrame(lines, columns=["", *PARTS.values()])


def in_words(expected: Estimate, settings: Settings) -> str:
    """Up to about 4,100 lightweight and 8 heavyweight calls."""
    calls = expected.lightweight
    light = f"{calls:,}" if expected.capped else f"about {round(calls, -2 if calls >= 1_000 else -1):,}"
    said = f"Up to {light} lightweight and {expected.heavyweight:,} heavyweight calls"
    limits = [", as capped"] if expected.capped else []
    limits += [f", and no more than ${settings.budget_usd:g}"] if settings.budget_usd is not None else []
    limits += [f", within {settings.max_tokens:,} tokens"] if settings.max_tokens is not None else []
    return escape_md(said + "".join(limits) + ". Calls made before come from the cache and cost nothing.")
