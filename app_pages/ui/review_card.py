"""A card: the text, its label and the other one, and the evidence for either."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app_pages.ui.answers import show_label
from app_pages.ui.mistakes import label_column
from app_pages.ui.review_deciding import choose_label, write_note
from app_pages.ui.words import percent
from core.curating import Card
from core.state.records import DatasetInfo

LONGEST = 4_000  # characters of a text that are sent to the browser


def show_card(info: DatasetInfo, shown: Card) -> None:
    text, evidence = st.columns([3, 2], gap="medium")
    labels = info.labels.names
    with text, st.container(border=True, height=430):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_label(shown.row.label, labels)
            if shown.suspect is not None:
                st.markdown(":material/arrow_forward:", width="content")
                show_label(shown.suspect.suggested, labels)
                st.caption(f"doubt {percent(min(shown.suspect.doubt, 0.99), 0)}", width="content")
        st.space("small")
        st.text(shown.row.text[:LONGEST] + ("…" if len(shown.row.text) > LONGEST else ""))
        st.space("stretch")
        write_note(info, shown.row)
        choose_label(info, shown)
    with evidence, st.container(border=True, height=430):
        for reason in shown.suspect.reasons if shown.suspect else ():
            st.text("• " + reason)
        _table("The same text, labelled otherwise", [(row.text, row.label, "") for row in shown.twins], labels, "twins")
        near = [(each.row.text, each.row.label, percent(each.similarity, 0)) for each in shown.neighbours]
        _table("The rows most like it", near, labels, "near")
        said = [(each.run_name, each.prediction.label or each.prediction.outcome.value, each.prediction.reason) for each in shown.readings]
        if said:
            st.caption("What prompts have said")
            st.dataframe(
                pd.DataFrame([(run, [label], reason) for run, label, reason in said[-8:]], columns=["Run", "Label", "Reason"]),
                hide_index=True, height="content", alt="What prompts have said of this row",
                column_config={"Run": st.column_config.TextColumn(width=70), "Label": label_column("Label", labels, 120)},
            )


def _table(title: str, rows: Sequence[tuple[str, str, str]], labels: Sequence[str], key: str) -> None:
    if not rows:
        return
    st.caption(title)
    st.dataframe(
        pd.DataFrame([(text[:300], [label], alike) for text, label, alike in rows], columns=["Text", "Label", "Alike"]),
        hide_index=True, height="content", row_height=46, key=f"review_{key}", alt=title,
        column_config={
            "Text": st.column_config.TextColumn(width=190), "Label": label_column("Label", labels, 110),
            "Alike": st.column_config.TextColumn(width=50),
        },
    )
