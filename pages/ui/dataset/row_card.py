"""All that is known of one row, in a drawer beside the table: its text, doubts, predictions, neighbours,
twins, history."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.data.fields import EDITABLE, FLAGS
from core.label_errors.suspects import Suspect
from core.metrics.metrics import is_mistake
from core.services import review
from core.store.records import DatasetInfo, Row
from core.store.runs.predictions import StoredPrediction
from core.tuning.reflection_request import predicted_in_words
from core.types import Outcome
from pages.ui import shell
from pages.ui.answers import show_label
from pages.ui.dataset.history_table import REVIEW_WORDS, history_table
from pages.ui.dataset_status import SPLIT_WORDS
from pages.ui.mistakes import label_column
from pages.ui.wording import count, escape_md, shortened

CHOSEN = "card of"
LONGEST = 50_000  # characters of a text that are sent to the browser
TALL, WRAPPED = 600, 55  # characters from which a text scrolls, and from which one in a table is wrapped


def show_chosen_card(info: DatasetInfo) -> None:
    """Opens the card of the row whose button was pressed, if one was."""
    chosen = st.session_state.pop(CHOSEN, None)
    if chosen is not None:
        show_card(info, chosen)


@st.dialog("Row", width="medium", position="right")
def show_card(info: DatasetInfo, example_id: str) -> None:
    with shell.sentences():
        card = review.card(shell.workspace(), info.id, example_id, with_neighbours=False)
        row, labels = card.row, info.labels.names
        _head(row, labels)
        if card.suspect:
            _doubt(card.suspect, row)
        if card.twins:
            st.subheader("The same text with another label", anchor=False)
            _rows(card.twins, "Rows with the same text")
        _readings(card.readings, row, labels)
        st.subheader("Rows most like it", anchor=False)
        slot = st.container()  # the history need not wait for them
        st.subheader("History", anchor=False)
        if card.history:
            history_table(card.history, of_row=True)
        else:
            st.caption("Nobody has changed it since the import.")
        with slot:
            show_neighbours(info.id, example_id)


def show_neighbours(dataset_id: str, example_id: str) -> None:
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
        st.caption("No other row shares a word with it.")


def _head(row: Row, labels: Sequence[str]) -> None:
    marks = [
        "row " + row.id,
        SPLIT_WORDS[row.split],
        *(flag for flag in FLAGS if getattr(row, flag) and (row.label or flag != "excluded")),
        *[f"reviewed: {REVIEW_WORDS.get(row.review, row.review)}"] * bool(row.review),
        *["from " + row.source] * bool(row.source),
    ]
    st.caption(escape_md(" · ".join(marks)))
    if row.label:
        show_label(row.label, labels)
    else:
        st.caption("Without a label: label it on Review.")
    text = row.text if len(row.text) <= LONGEST else row.text[:LONGEST] + "…"
    with st.container(border=True, height=260 if len(text) > TALL else "content"):
        st.text(text)
    for field in EDITABLE:
        if field.kind == "text" and field.name != "label" and getattr(row, field.name):
            st.caption(field.title)
            st.text(getattr(row, field.name))


def _doubt(suspect: Suspect, row: Row) -> None:
    st.subheader("In doubt", anchor=False)
    other = (
        f", rather “{suspect.suggested}”" if suspect.suggested and suspect.suggested != suspect.label else ""
    )
    since = (
        ""
        if row.label == suspect.label
        else f" It was doubted as “{suspect.label}”; the label has been changed since."
    )
    st.caption(escape_md(f"Doubt {100 * suspect.doubt:.0f} %{other}.{since}"))
    st.markdown("\n".join("- " + escape_md(reason) for reason in suspect.reasons))


def _readings(readings: Sequence[StoredPrediction], row: Row, labels: Sequence[str]) -> None:
    import pandas as pd

    st.subheader("What runs said", anchor=False)
    if not readings:
        st.caption("No run has read it yet.")
        return
    scored = [each.prediction for each in readings if each.prediction.outcome is not Outcome.FAILED]
    wrong = sum(is_mistake(prediction, row.label) for prediction in scored)
    st.caption(f"{count(len(scored), 'prompt')} read it, {wrong:,} with another label than it has now.")
    newest = list(reversed(readings))
    st.dataframe(
        pd.DataFrame(
            {
                "Run": [f"{each.run_name}, step {each.step}" for each in newest],
                "Said": [[predicted_in_words(each.prediction)] for each in newest],
                "Reason": [
                    each.prediction.reason or each.prediction.error or shortened(each.prediction.reply, 500)
                    for each in newest
                ],
                "Model": [each.model for each in newest],
            }
        ),
        hide_index=True,
        height="content" if len(newest) < 8 else 320,
        alt="What each prompt said of this row, newest first",
        column_config={
            "Run": st.column_config.TextColumn(width=130),
            "Said": label_column("Said", labels, 120),
            "Reason": st.column_config.TextColumn(width=300),
            "Model": st.column_config.TextColumn(width=110),
        },
    )


def _rows(rows: Sequence[Row], alt: str, similarity: Sequence[str] = ()) -> None:
    import pandas as pd

    table = {"Alike": similarity} if similarity else {}
    table |= {
        "Label": [row.label for row in rows],
        "Text": [shortened(row.text, 500) for row in rows],
        "Note": [row.note for row in rows],
        "Row": [row.id for row in rows],
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
            "Alike": st.column_config.TextColumn(width=60, alignment="right"),
            "Label": st.column_config.TextColumn(width=120),
            "Text": st.column_config.TextColumn(width=330),
            "Note": st.column_config.TextColumn(width=140),
            "Row": st.column_config.TextColumn(width=70),
        },
    )
