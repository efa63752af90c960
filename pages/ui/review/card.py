"""A card: the text, its label and the other one, and the evidence for either."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.exports.report.palette import QUIET
from core.metrics.metrics import is_mistake
from core.services.review import Card
from core.store.records import DatasetInfo
from core.store.runs.predictions import StoredPrediction
from pages.ui.answers import IN_TABLE, show_label
from pages.ui.shell import colors_of
from pages.ui.wording import count, escape_md, percent, shortened

LONGEST = 4_000  # characters of a text that are sent to the browser
SHORT, READINGS = 400, 8
BIG = "<style>.st-key-review_text [data-testid=stText]{font-size:1.3rem;line-height:1.5}</style>"
ROW = "display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.2rem .7rem;padding:.45rem 0;border-top:1px solid rgba(128,128,128,.25);"
CHIP = "align-self:start;max-width:11rem;overflow-wrap:anywhere;padding:.05rem .5rem;border-radius:5px;font-size:.85rem;"
DOUBT = ((0.9, "almost certainly wrong"), (0.5, "more likely wrong than right"), (0.0, "worth a look"))
Line = tuple[str, str, str]  # text, label, and a word beside it


def show_text(info: DatasetInfo, subject: Card) -> None:
    """What is to be judged. As tall for every row, so that what is under it stays in its place."""
    row, doubt = subject.row, subject.suspect
    st.html(BIG)
    with st.container(border=True, height=300, key="review_text"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_label(row.label, info.labels.names)
            if doubt is not None and doubt.suggested != row.label:
                st.markdown(":material/arrow_forward:", width="content")
                show_label(doubt.suggested, info.labels.names)
            if doubt is not None and doubt.label == row.label:
                words = next(words for least, words in DOUBT if doubt.doubt >= least)
                st.caption(f"{words}, {percent(min(doubt.doubt, 0.99), 0)}", width="content")
        st.text(row.text[:LONGEST] + ("…" if len(row.text) > LONGEST else ""))
        if row.note:
            st.caption(":material/sticky_note_2: " + escape_md(row.note))


def show_plain_text(text: str, note: str = "") -> None:
    """What is to be labelled, and nothing that would tell its label. As tall for every row."""
    st.html(BIG)
    with st.container(border=True, height=300, key="review_text"):
        st.text(text[:LONGEST] + ("…" if len(text) > LONGEST else ""))
        if note:
            st.caption(":material/sticky_note_2: " + escape_md(note))


def show_evidence(info: DatasetInfo, subject: Card) -> None:
    labels = info.labels.names
    with st.container(border=True, height=478, key="review_evidence"):
        reasons = subject.suspect.reasons if subject.suspect else ()
        if reasons:
            st.markdown("\n".join("- " + escape_md(reason) for reason in reasons))
        show_lines(
            "The same text with another label", [(row.text, row.label, "") for row in subject.twins], labels
        )
        twins = {row.id for row in subject.twins}  # which stand above
        alike = [
            (each.row.text, each.row.label, percent(each.similarity, 0) + " alike")
            for each in subject.neighbours
            if each.row.id not in twins
        ]
        show_lines("The rows most like it", alike, labels)
        if subject.readings:
            wrong = sum(is_mistake(each.prediction, subject.row.label) for each in subject.readings)
            title = f"{count(len(subject.readings), 'prompt')} classified it, {wrong:,} with another label"
            show_lines(
                title, [_reading_line(each) for each in reversed(subject.readings[-READINGS:])], labels
            )
        if not (reasons or subject.twins or subject.neighbours or subject.readings):
            st.caption("Nothing else is known about this row.")


def _reading_line(reading: StoredPrediction) -> Line:
    prediction = reading.prediction
    return (
        prediction.reason or shortened(prediction.reply, 200) or "–",
        prediction.label or IN_TABLE[prediction.outcome],
        f"step {reading.step}",
    )


def show_lines(title: str, lines: Sequence[Line], labels: Sequence[str]) -> None:
    """Nothing where there are none. Texts are data: escaped, and never Markdown. (As a table, each would be a
    canvas of its own to draw at every decision.)"""
    if not lines:
        return
    colors = colors_of(labels)
    st.caption(title)
    st.html(
        "".join(
            f'<div style="{ROW}"><span style="overflow-wrap:anywhere">{escape(shortened(text, SHORT))}</span>'
            f'<span style="{CHIP}'
            f'border:1px solid {colors.get(label, QUIET)};background:{colors.get(label, QUIET)}2b">{escape(label)}</span>'
            + (
                f'<span style="grid-column:1/-1;opacity:.65;font-size:.85rem;margin-top:-.2rem">{escape(beside)}</span>'
                if beside
                else ""
            )
            + "</div>"
            for text, label, beside in lines
        )
    )
