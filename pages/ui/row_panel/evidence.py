"""What else is known of the row, each kind behind a tab: what every prompt predicted, what was sent, the rows
most like it, who changed it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.label_errors.suspects import Suspect
from core.metrics.metrics import is_mistake, right
from core.services import review
from core.services.review import Card
from core.store.records import DatasetInfo, Row
from core.store.runs.predictions import StoredPrediction
from core.types import Outcome
from core.wording import predicted_in_words
from pages.ui import shell
from pages.ui.dataset.history_table import REVIEW_WORDS, history_table
from pages.ui.dataset_status import SPLIT_WORDS
from pages.ui.mistakes import label_column
from pages.ui.row_panel.answers import answered, show_exchange
from pages.ui.row_panel.state import OpenedRow
from pages.ui.wording import count, escape_md, shortened

WRAPPED = 55  # characters from which a text in a table is wrapped
SEALED = "A test row: what runs predicted for it is not shown, so that no label is changed by it."
PREDICTED, SENT, SIMILAR, HISTORY = "Predictions", "Request and reply", "Similar rows", "History"


def show_evidence(opened: OpenedRow, info: DatasetInfo, card: Card) -> None:
    if card.suspect:
        _doubt(card.suspect, card.row)
    if card.twins:
        st.caption("The same text with another label")
        _rows(card.twins, "Rows with the same text")
    seen = answered(opened)
    names = [PREDICTED, *[SENT] * bool(seen), SIMILAR, HISTORY]
    tabs = dict(zip(names, st.tabs(names, key="panel_tabs", on_change="rerun"), strict=True))
    labels = info.labels.names
    with tabs[PREDICTED]:
        _predictions(_of_run_first(card.readings, opened.context.run_id), card.row, labels)
    if seen and tabs[SENT].open:
        with tabs[SENT]:
            for shown, prediction in seen:
                st.caption(escape_md(shown.name))
                show_exchange(shown, prediction, card.row.text, labels)
    if tabs[SIMILAR].open:
        with tabs[SIMILAR]:
            _neighbours(info.id, card.row.id)
    with tabs[HISTORY]:
        _history(card)


def _doubt(suspect: Suspect, row: Row) -> None:
    other = (
        f", rather “{suspect.suggested}”" if suspect.suggested and suspect.suggested != suspect.label else ""
    )
    since = (
        ""
        if row.label == suspect.label
        else f" It was doubted as “{suspect.label}”; the label has been changed since."
    )
    with st.container(border=True, gap="xsmall"):
        st.caption(escape_md(f"Doubt {100 * suspect.doubt:.0f} %{other}.{since}"))
        st.markdown("\n".join("- " + escape_md(reason) for reason in suspect.reasons))


def _of_run_first(readings: Sequence[StoredPrediction], run_id: str) -> list[StoredPrediction]:
    """Newest first; those of the run that one looks at before all others."""
    return sorted(reversed(readings), key=lambda each: each.run_id != run_id)


def _predictions(readings: Sequence[StoredPrediction], row: Row, labels: Sequence[str]) -> None:
    if not readings:
        st.caption(SEALED if row.split == "test" else "No run has classified it yet.")
        return
    scored = [each.prediction for each in readings if each.prediction.outcome is not Outcome.FAILED]
    wrong = sum(is_mistake(prediction, row.label) for prediction in scored)
    st.caption(f"{count(len(scored), 'prompt')} classified it, {wrong:,} with another label than it has now.")
    st.dataframe(
        pd.DataFrame(
            {
                "Prompt": [f"{each.run_name}, step {each.step}" for each in readings],
                "": ["✓" if right(each.prediction, row.label) else "✗" for each in readings],
                "Predicted": [[predicted_in_words(each.prediction)] for each in readings],
                "Reason": [
                    each.prediction.reason or each.prediction.error or shortened(each.prediction.reply, 500)
                    for each in readings
                ],
            }
        ),
        hide_index=True,
        height="content" if len(readings) < 8 else 320,
        alt="What each prompt predicted for this row",
        column_config={
            "Prompt": st.column_config.TextColumn(width=150),
            "": st.column_config.TextColumn(width=36, help="✓ right, ✗ wrong, by the label of today"),
            "Predicted": label_column("Predicted", labels, 120),
            "Reason": st.column_config.TextColumn(width=330),
        },
    )


def _neighbours(dataset_id: str, example_id: str) -> None:
    """As the rows of the dataset are now. Seconds, the first time."""
    with st.spinner("Comparing it with the other rows"):
        near = review.neighbours(shell.workspace(), dataset_id, example_id)
    if near:
        _rows(
            [each.row for each in near],
            "Neighbours, most similar first",
            [f"{100 * each.similarity:.0f} %" for each in near],
        )
    else:
        st.caption("No other row shares a word with this one.")


def _rows(rows: Sequence[Row], alt: str, similarity: Sequence[str] = ()) -> None:
    table = {"Similarity": similarity} if similarity else {}
    table |= {
        "Label": [row.label for row in rows],
        "Text": [shortened(row.text, 500) for row in rows],
        "Note": [row.note for row in rows],
    }
    if not any(table["Note"]):
        table.pop("Note")
    st.dataframe(
        pd.DataFrame(table),
        hide_index=True,
        height="content",
        alt=alt,
        row_height=62 if any(len(row.text) > WRAPPED for row in rows) else None,
        column_config={
            "Similarity": st.column_config.TextColumn(width=78, alignment="right"),
            "Label": st.column_config.TextColumn(width=120),
            "Text": st.column_config.TextColumn(width=380),
            "Note": st.column_config.TextColumn(width=140),
        },
    )


def _history(card: Card) -> None:
    row = card.row
    marks = [
        "Row " + row.id,
        SPLIT_WORDS[row.split],
        *[f"reviewed: {REVIEW_WORDS.get(row.review, row.review)}"] * bool(row.review),
        *["from " + row.source] * bool(row.source),
    ]
    st.caption(escape_md(" · ".join(marks)))
    if card.history:
        history_table(card.history, of_row=True)
    else:
        st.caption("Nobody has changed it since the import.")
