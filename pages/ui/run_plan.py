"""What a run will do before it is started: which rows it reads, how many calls that is, what they cost and
how long they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

import pandas as pd
import streamlit as st

from core.costs.call_price import BYTES_PER_TOKEN, LATENCY, REPLY_TOKENS, THOUGHT_TOKENS
from core.costs.price_words import run_calls_in_words, run_money_in_words, run_time_in_words
from core.costs.run_estimate import Estimate, estimate
from core.data.importing.label_shape import stored_doubt
from core.errors import WhetstoneError
from core.label_sets.sets import label_names
from core.services.datasets import split_rows
from core.services.evaluation.scorers import judge_named
from core.store.dataset_version import DatasetVersion
from core.store.records import DatasetInfo
from core.tuning.free_answers.run import OPEN
from core.types import SPLITS, Example, LabelSet, Settings
from pages.ui.keys import problem_of, shared
from pages.ui.navigation import go
from pages.ui.settings.model_rules import ask_for_prices
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md, on_page

PARTS = {"train": "Training", "validation": "Validation", "test": "Test"}
WHAT_FOR = {
    "train": "the heavyweight model reads the mistakes on them",
    "validation": "decide what is kept",
    "test": "read once, at the end",
}
FEW_TESTED = 60  # with fewer, what can be proven is a gain of more than ten points
LEAST_PROVEN = (
    "6 mistakes fixed and none new is the least that is not luck"  # McNemar: p = 0.03, of 5 p = 0.06
)
STYLE = """<style>
.parts {font-size:.9rem;font-variant-numeric:tabular-nums} .parts div {display:flex;flex-wrap:wrap;gap:0 .7rem;padding:.25rem 0;
 border-bottom:1px solid rgba(128,140,144,.25)} .parts span {min-width:4.6rem} .parts b {font-weight:600;min-width:4.6rem}
.parts em {font-style:normal;opacity:.8;flex:1 1 9rem}
</style>"""


def rows_split(dataset: DatasetInfo, seed: int, free: bool = False) -> tuple[Example, ...]:
    """Of the dataset as it is, or was. `free`: answers are no labels."""
    return _rows_split(dataset.state, seed, free, dataset.then or dataset.id)


@st.cache_resource(max_entries=8, show_spinner="Setting rows aside for validation and test …")
def _rows_split(state: Hashable, seed: int, free: bool, _source: str | DatasetVersion) -> tuple[Example, ...]:
    """Not as data of Streamlit's, which would be copied each time."""
    return split_rows(workspace(), _source, seed, free)


def show_plan(dataset: DatasetInfo, settings: Settings) -> bool:
    """The split and the estimate; False where the run cannot start as it is set, with the reason on the
    page."""
    try:
        rows = rows_split(dataset, settings.seed, bool(settings.scorer))
        judge = judge_named(workspace(), settings.scorer)
        expected = estimate(settings, rows, label_set_of(dataset), shared(), judge)
    except WhetstoneError as problem:
        st.error(escape_md(str(problem)), icon=":material/error:")
        return False
    table = _sizes(rows, dataset)
    st.html(_parts_html(table, expected))
    parts = [f"{count(dataset.excluded, 'row')} left out"] if dataset.excluded else []
    parts += [f"{count(dataset.unlabelled, 'row')} without a label"] if dataset.unlabelled else []
    if parts:
        st.caption(", ".join(parts) + ".")
    tested = table[PARTS["test"]].iloc[0]
    if 0 < tested < FEW_TESTED and not settings.scorer:
        st.caption(f"{count(tested, 'test row')} can prove a big gain only: {LEAST_PROVEN}.")
    if not settings.scorer or dataset.labels.several:
        _show_labels(rows, table, dataset.labels.several)
    if judge is not None:
        st.markdown(":material/gavel: " + escape_md(judge.in_words))
    st.markdown(":material/call: " + escape_md(run_calls_in_words(expected, settings)))
    st.markdown(":material/payments: " + escape_md(run_money_in_words(expected)), help=assumed())
    st.markdown(":material/schedule: " + run_time_in_words(expected, settings))
    if expected.cap_leaves:
        st.warning(escape_md(expected.cap_leaves), icon=":material/content_cut:")
    if expected.cut:
        st.info(escape_md(expected.cut), icon=":material/content_cut:")
    return _show_caps(expected, settings)


def label_set_of(dataset: DatasetInfo) -> LabelSet:
    """Open where answers are scored: they are no labels."""
    return OPEN if dataset.scorer else dataset.labels


def _show_labels(rows: tuple[Example, ...], table: pd.DataFrame, several: bool) -> None:
    if not several and (doubt := stored_doubt(rows)):
        st.warning(escape_md(on_page(doubt.sentence)), icon=":material/help:")
    with st.expander("Rows of each label", icon=":material/table_rows:"):
        st.dataframe(
            table,
            height="content" if len(table) <= 9 else 320,
            placeholder="–",
            alt="Rows by part and label",
            column_config={name: st.column_config.NumberColumn(width="small") for name in PARTS.values()},
            hide_index=True,
        )


def _show_caps(expected: Estimate, settings: Settings) -> bool:
    """What the caps pay for; False for a cap that cannot be kept."""
    if settings.budget_usd is not None and expected.unpriced:
        problem = problem_of(settings)
        if problem:
            st.error(escape_md(problem), icon=":material/money_off:")
            if st.button("Enter a price", icon=":material/settings:", key="enter_price"):
                ask_for_prices(expected.unpriced)
                go("settings", part="Custom rules")
            return False
    if expected.paid_steps == 0:
        st.warning(
            "These caps are likely to end the run before its first step is done.",
            icon=":material/hourglass_disabled:",
        )
    elif expected.paid_steps is not None:
        st.markdown(
            f":material/stairs: This buys about {expected.paid_steps:,} of {count(expected.steps, 'step')}."
        )
    return True


def _parts_html(table: pd.DataFrame, expected: Estimate) -> str:
    """The parts below each other, so that none is cut off where the page is narrow; under a cap with the rows that it
    leaves."""
    lines = []
    for key, name in PARTS.items():
        rows, read = table[name].iloc[0], expected.held_out.get(key, 0)
        left = f"{read:,} of {rows:,}" if key in expected.held_out and read < rows else f"{rows:,}"
        lines.append(f"<div><span>{name}</span><b>{left}</b><em>{WHAT_FOR[key]}</em></div>")
    return STYLE + f'<div class="parts">{"".join(lines)}</div>'


def _sizes(rows: tuple[Example, ...], dataset: DatasetInfo) -> pd.DataFrame:
    used = [row for row in rows if not row.excluded]
    several = dataset.labels.several
    found = Counter(
        (label, row.split) for row in used for label in (label_names(row.label) if several else (row.label,))
    )
    lines = [["All rows", *(sum(row.split == part for row in used) for part in SPLITS)]]
    lines += [[label, *(found[label, part] for part in SPLITS)] for label in dataset.labels.names]
    return pd.DataFrame(lines, columns=["", *PARTS.values()])


def assumed() -> str:
    """What the estimate is made of."""
    light, heavy = ("{:,} to {:,}".format(*REPLY_TOKENS[role]) for role in ("lightweight", "heavyweight"))
    light_thought, heavy_thought = (
        "{:,} to {:,}".format(*THOUGHT_TOKENS[role]) for role in ("lightweight", "heavyweight")
    )
    return (
        f"Measured: the length of your texts and of the starting prompt, a token for {BYTES_PER_TOKEN} bytes. Assumed: rules make the "
        f"prompt longer; a reply of the lightweight model has {light} tokens, of the heavyweight one {heavy}, with hidden reasoning "
        f"{light_thought} and {heavy_thought}; a call takes {LATENCY['lightweight']:g} s and {LATENCY['heavyweight']:g} s."
    )
