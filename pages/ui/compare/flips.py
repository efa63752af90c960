"""The validation rows that two runs predict differently: a tally, and a table whose rows open."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.metrics.flips import Flip, RightSide, flips, tally
from core.metrics.metrics import is_graded
from core.services.compare.basis import ComparisonBasis
from core.wording import predicted_in_words
from pages.ui.charts import FIGURE, INK, scheme
from pages.ui.compare.charts import side_names, tally_chart
from pages.ui.compare.choice import Beside
from pages.ui.mistakes import label_column
from pages.ui.row_panel.state import RowContext, ShownAnswers
from pages.ui.row_panel.table import RowTable, show_row_table

MOST_LISTED = 2_000


def show_flips(pair: tuple[Beside, Beside], on: ComparisonBasis) -> None:
    first, second = pair
    answers = [on.answers["validation"][run.index] for run in pair]
    differing, counts = flips(on.rows, *answers), tally(on.rows, *answers)
    names = side_names(first, second, on.graded)
    if not sum(counts.values()):
        st.caption("No validation row was scored by both.")
        return
    st.plotly_chart(
        tally_chart(counts, names, (first.color, second.color), INK[scheme()]),
        config=FIGURE,
        key="tally",
        alt=f"Of {sum(counts.values()):,} validation rows: "
        + ", ".join(f"{names[side]} {number:,}" for side, number in counts.items()),
    )
    kinds = _kinds(pair, differing, counts, on.graded)
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
        st.caption("No such row." if differing else "Both predict the same for every row.")
        return
    _show_rows(selected, pair, on.labels, f"{first.record.id} {second.record.id} {kind}")


def _kinds(
    pair: tuple[Beside, Beside], differing: Sequence[Flip], counts: dict[RightSide, int], graded: bool
) -> dict[str, str]:
    first, second = (run.letter for run in pair)
    neither = f"{sum(flip.right is RightSide.NEITHER for flip in differing):,}"
    words = {
        RightSide.SECOND: f"{second} higher" if graded else f"{first} wrong, {second} right",
        RightSide.FIRST: f"{first} higher" if graded else f"{first} right, {second} wrong",
    }
    kinds = {side: f"{name}: {counts[side]:,}" for side, name in words.items()}
    last = "Another answer, the same score" if graded else "Wrong in two ways"
    return {"all": f"All {len(differing):,}", **kinds, RightSide.NEITHER: f"{last}: {neither}"}


def _show_rows(
    selected: Sequence[Flip], pair: tuple[Beside, Beside], labels: Sequence[str], key: str
) -> None:
    """The test rows are not among them: what one has looked at row by row proves nothing any more."""
    first, second = (run.letter for run in pair)
    listed = sorted(selected, key=lambda flip: (flip.example.label, flip.right))[:MOST_LISTED]
    scores = _scores(listed, first, second)
    table = pd.DataFrame(
        {
            "Text": [flip.example.text for flip in listed],
            "Correct": [[flip.example.label] for flip in listed],
            f"{first} predicted": [[predicted_in_words(flip.first)] for flip in listed],
            f"{second} predicted": [[predicted_in_words(flip.second)] for flip in listed],
            **scores,
            f"{first}'s reason": [flip.first.reason or flip.first.reply for flip in listed],
            f"{second}'s reason": [flip.second.reason or flip.second.reply for flip in listed],
        }
    )
    chips = {
        name: label_column(name, labels, 115)
        for name in ("Correct", f"{first} predicted", f"{second} predicted")
    }
    reason = st.column_config.TextColumn(width=197)
    show_row_table(
        RowTable(
            pair[0].record.dataset_id,
            tuple(flip.example.id for flip in listed),
            alt="Validation rows that two runs predict differently",
            context=_context(listed, pair),
        ),
        table,
        {
            "Text": st.column_config.TextColumn(width=224),
            **chips,
            f"{first}'s reason": reason,
            f"{second}'s reason": reason,
            **dict.fromkeys(scores, _SCORE),
        },
        key="flips " + key,
    )
    more = (
        f" The first {MOST_LISTED:,} of {len(selected):,} are listed." if len(selected) > MOST_LISTED else ""
    )
    st.caption(
        "Validation rows only: test rows that one has looked at prove nothing any more. Click a row to open it."
        + more
    )


_SCORE = st.column_config.NumberColumn(format="%.0f %%", width="small")


def _scores(listed: Sequence[Flip], first: str, second: str) -> dict[str, list[float]]:
    """Of graded answers, in percent."""
    sides = {
        f"{first}'s score": [flip.first for flip in listed],
        f"{second}'s score": [flip.second for flip in listed],
    }
    if not any(is_graded(each) for answers in sides.values() for each in answers):
        return {}
    return {name: [100 * (each.score or 0.0) for each in answers] for name, answers in sides.items()}


def _context(listed: Sequence[Flip], pair: tuple[Beside, Beside]) -> RowContext:
    answers = (
        {flip.example.id: flip.first for flip in listed},
        {flip.example.id: flip.second for flip in listed},
    )
    return RowContext(
        f"{pair[0].letter} and {pair[1].letter} differ",
        pair[1].record.id,
        tuple(
            ShownAnswers(run.title, predictions, run.loaded.prompt, run.record.settings)
            for run, predictions in zip(pair, answers, strict=True)
        ),
        then={flip.example.id: flip.example for flip in listed},
    )
