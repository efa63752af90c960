"""What is behind the verdict, a tab at a time: rows that flipped, labels, the prompts' difference, settings,
what the runs took."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.exports.report.palette import GAIN, LOSS
from core.metrics.comparison import p_in_words
from core.metrics.per_label import LabelRow, per_label
from core.services.compare.basis import ComparisonBasis, settings_that_differ
from core.types import Spend
from pages.ui.compare.choice import Beside
from pages.ui.compare.flips import show_flips
from pages.ui.diff_view import show_changes
from pages.ui.mistakes import label_column
from pages.ui.wording import count, duration, escape_md, spend_money

FIGURES = {"recall": "Recall", "precision": "Precision", "f1": "F1"}


def show_details(runs: Sequence[Beside], on: ComparisonBasis) -> None:
    names = ("Rows that flipped", "Labels", "Prompts", "Settings", "Cost and time")
    pair = _choose_pair(runs) if len(runs) > 2 else (runs[0], runs[1])
    flipped, labels, prompts, settings, took = st.tabs(names, key="compare_details", on_change="rerun")
    for tab, show in (
        (flipped, lambda: show_flips(pair, on)),
        (labels, lambda: _show_labels(runs, pair, on)),
        (prompts, lambda: _show_prompts(pair)),
        (settings, lambda: _show_settings(runs)),
        (took, lambda: _show_spend(runs)),
    ):
        if tab.open:
            with tab:
                show()


def _choose_pair(runs: Sequence[Beside]) -> tuple[Beside, Beside]:
    """Row by row only two can be compared."""
    by_letter = {run.letter: run for run in runs}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text("Below, row by row:", width="content")
        first = st.segmented_control(
            "From",
            list(by_letter),
            default=runs[0].letter,
            required=True,
            key="pair_from",
            label_visibility="collapsed",
        )
        st.text("against", width="content")
        others = [letter for letter in by_letter if letter != first]
        second = st.segmented_control(
            "To",
            others,
            default=others[0],
            required=True,
            key="pair_to_" + first,
            label_visibility="collapsed",
        )
    return by_letter[first], by_letter[second]


# ---- labels


def _show_labels(runs: Sequence[Beside], pair: tuple[Beside, Beside], on: ComparisonBasis) -> None:
    """All runs on the rows that all have scored; the difference is of the pair."""
    if not on.labels:
        several = any(run.side.prompt.several for run in runs)
        st.caption(
            "Figures by label are on each run's page."
            if several
            else "Answers are no labels here, so no figure is by label."
        )
        return
    others = [run for run in runs if run not in pair]
    order = [*pair, *others]
    measured = [run for run in order if on.answers["validation"][run.index]]
    rows = per_label(on.rows, [on.answers["validation"][run.index] for run in measured], on.labels)
    if len(measured) < 2 or not any(row.n for row in rows):
        st.caption("No validation row was scored by all of them.")
        return
    figure = st.segmented_control(
        "Figure",
        list(FIGURES),
        default="recall",
        required=True,
        format_func=FIGURES.get,
        key="label_figure",
        label_visibility="collapsed",
        help="Recall: of the rows with this label, how many were predicted so. Precision: of those predicted so, how many have it. "
        "F1: both in one.",
    )
    difference = f"{measured[1].letter} − {measured[0].letter}, points"
    table = _label_table(rows, measured, figure, difference)
    share = st.column_config.NumberColumn(format="%.1f %%", width="small")
    st.dataframe(
        table.style.map(_marked, subset=[difference]),
        hide_index=True,
        height="content" if len(rows) < 12 else 440,
        alt="Figures per label",
        column_config={
            "Label": label_column("Label", on.labels, 160),
            "Rows": st.column_config.NumberColumn(width="small"),
            **{run.title: share for run in measured},
            difference: st.column_config.NumberColumn(format="%+.1f", width="small"),
            "Fixed": st.column_config.NumberColumn(width="small"),
            "New mistakes": st.column_config.NumberColumn(width="small"),
        },
    )
    st.caption(
        f"On {count(sum(row.n for row in rows), 'validation row')} that all have scored. Fixed, new mistakes and p are of "
        f"{measured[1].letter} against {measured[0].letter} on the rows of that label; "
        f"of {len(rows):,} labels one in twenty shows p below 0.05 by chance alone."
    )


def _label_table(
    rows: Sequence[LabelRow], measured: Sequence[Beside], figure: str, difference: str
) -> pd.DataFrame:
    table: dict[str, list] = {"Label": [[row.label] for row in rows], "Rows": [row.n for row in rows]}
    for index, run in enumerate(measured):
        table[run.title] = [100 * getattr(row.figures[index], figure) if row.n else None for row in rows]
    table[difference] = [
        100 * (getattr(row.figures[1], figure) - getattr(row.figures[0], figure)) if row.n else None
        for row in rows
    ]
    table["Fixed"] = [len(row.comparison.fixed) for row in rows]
    table["New mistakes"] = [len(row.comparison.broke) for row in rows]
    table["p"] = [p_in_words(row.comparison.p).removeprefix("p ").removeprefix("= ") for row in rows]
    return pd.DataFrame(table)


def _marked(points: float | None) -> str:
    if points is None or pd.isna(points) or abs(points) < 0.05:
        return ""
    return f"color: {GAIN if points > 0 else LOSS}; font-weight: 600"


# ---- prompts, settings, money


def _show_prompts(pair: tuple[Beside, Beside]) -> None:
    first, second = pair
    st.caption(
        f"From {escape_md(first.title)}, step {first.side.step}, to {escape_md(second.title)}, step {second.side.step}: "
        "lines with − are only in the first, lines with + only in the second."
    )
    show_changes(first.side.prompt, second.side.prompt, "Both prompts are the same.")


def _show_settings(runs: Sequence[Beside]) -> None:
    different = settings_that_differ([run.side for run in runs])
    if not different:
        st.caption("Same settings: the same models, strategy, seed and caps.")
        return
    columns = {run.title: [values[index] for _, values in different] for index, run in enumerate(runs)}
    st.dataframe(
        pd.DataFrame({"Setting": [name for name, _ in different], **columns}),
        hide_index=True,
        height="content",
        alt="Settings that differ",
    )
    st.caption("What is not listed is the same for all.")


def _show_spend(runs: Sequence[Beside]) -> None:
    """By role: calls, tokens, money; and the time that each run took."""
    lines = []
    for run in runs:
        for role, model in (
            ("lightweight", run.record.settings.lightweight),
            ("heavyweight", run.record.settings.heavyweight),
        ):
            spent = run.record.spend.get(role, Spend())
            lines.append(
                {
                    "Run": run.title,
                    "Role": role,
                    "Model": model,
                    "Calls": spent.api,
                    "From cache": spent.cached,
                    "Failed": spent.failed,
                    "Tokens in": spent.input_tokens,
                    "Tokens out": spent.output_tokens,
                    "Cost": spend_money(spent),
                    "Run took": duration(run.record.seconds) if role == "lightweight" else "",
                }
            )
    number = st.column_config.NumberColumn(format="localized", width="small")
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height="content",
        alt="Calls, tokens and money by run and role",
        column_config={name: number for name in ("Calls", "From cache", "Failed", "Tokens in", "Tokens out")}
        | {
            name: st.column_config.TextColumn(alignment="right", width="small")
            for name in ("Cost", "Run took")
        },
    )
    st.caption("Calls answered from the cache cost nothing: they were paid for before.")
