"""The validation rows that two runs answer differently: a tally, a table, and one of them whole."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.metrics.flips import Flip, RightSide, flips, tally
from core.services.compare import ComparisonBasis
from core.tuning.reflection_request import predicted_in_words
from pages.ui.charts import FIGURE
from pages.ui.compare.charts import tally_chart
from pages.ui.compare.choice import Beside
from pages.ui.mistakes import label_column
from pages.ui.wording import escape_md

MOST_LISTED = 2_000


def show_flips(pair: tuple[Beside, Beside], on: ComparisonBasis) -> None:
    first, second = pair
    answers = [on.answers["validation"][run.index] for run in pair]
    differing, counts = flips(on.rows, *answers), tally(on.rows, *answers)
    if not sum(counts.values()):
        st.caption("No validation row was scored by both.")
        return
    st.plotly_chart(
        tally_chart(counts, first, second, "#E4EAEA" if st.context.theme.type == "dark" else "#1B2526"),
        config=FIGURE,
        key="tally",
        alt=f"Of {sum(counts.values()):,} validation rows both have {counts[RightSide.BOTH]:,} right, "
        f"only {first.letter} {counts[RightSide.FIRST]:,}, "
        f"only {second.letter} {counts[RightSide.SECOND]:,}, neither {counts[RightSide.NEITHER]:,}",
    )
    kinds = {
        "all": f"All {len(differing):,}",
        RightSide.SECOND: f"{first.letter} wrong, {second.letter} right: {counts[RightSide.SECOND]:,}",
        RightSide.FIRST: f"{first.letter} right, {second.letter} wrong: {counts[RightSide.FIRST]:,}",
        RightSide.NEITHER: f"Wrong in two ways: {sum(flip.right is RightSide.NEITHER for flip in differing):,}",
    }
    kind = st.segmented_control(
        "Which rows",
        list(kinds),
        default="all",
        required=True,
        format_func=kinds.get,
        key="flip_kind",
        label_visibility="collapsed",
    )
    selected = [flip for flip in differing if kind in ("all", flip.right)]
    if not selected:
        st.caption("No such row." if differing else "Both say the same of every row.")
        return
    _show_rows(selected, pair, on.labels, f"{first.record.id} {second.record.id} {kind}")


def _show_rows(
    selected: Sequence[Flip], pair: tuple[Beside, Beside], labels: Sequence[str], key: str
) -> None:
    """The test rows are not among them: what one has looked at row by row proves nothing any more."""
    first, second = (run.letter for run in pair)
    listed = sorted(selected, key=lambda flip: (flip.example.label, flip.right))[:MOST_LISTED]
    table = pd.DataFrame(
        {
            "Text": [flip.example.text for flip in listed],
            "Correct": [[flip.example.label] for flip in listed],
            f"{first} said": [[predicted_in_words(flip.first)] for flip in listed],
            f"{second} said": [[predicted_in_words(flip.second)] for flip in listed],
            f"{first}'s reason": [flip.first.reason or flip.first.reply for flip in listed],
            f"{second}'s reason": [flip.second.reason or flip.second.reply for flip in listed],
        }
    )
    chips = {name: label_column(name, labels, 120) for name in ("Correct", f"{first} said", f"{second} said")}
    reason = st.column_config.TextColumn(width=200)
    state = st.dataframe(
        table,
        hide_index=True,
        row_height=62,
        height="content" if len(listed) < 7 else 472,
        key="flips " + key,
        column_config={
            "Text": st.column_config.TextColumn(width=280),
            **chips,
            table.columns[4]: reason,
            table.columns[5]: reason,
        },
        alt="Validation rows that two runs answer differently",
        on_select="rerun",
        selection_mode="single-row",
    )
    more = (
        f" The first {MOST_LISTED:,} of {len(selected):,} are listed." if len(selected) > MOST_LISTED else ""
    )
    st.caption(
        "Validation rows only: test rows that one has looked at prove nothing any more. Choose a row to read it whole."
        + more
    )
    for index in state.selection.rows:
        if index < len(listed):
            _show_whole(listed[index], pair)


def _show_whole(flip: Flip, pair: tuple[Beside, Beside]) -> None:
    st.code(flip.example.text, language=None, wrap_lines=True)
    if flip.example.note:
        st.caption("Note: " + escape_md(flip.example.note))
    for column, run, prediction in zip(st.columns(2), pair, (flip.first, flip.second), strict=True):
        with column:
            st.caption("Reply of " + escape_md(run.title))
            st.code(prediction.reply or "(empty)", language=None, wrap_lines=True)
