"""What the lightweight model is asked, and what it answered: one text in full, several as a table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from app_pages.ui.colors import QUIET, label_colors
from app_pages.ui.keys import crew
from app_pages.ui.mistakes import label_column
from app_pages.ui.shell import sentences
from app_pages.ui.words import count, duration, escape_md, money
from core.errors import CallFailed
from core.loop.classifying import Classified
from core.loop.evaluate import classify_requests
from core.types import Message, Outcome, Prompt, Reply, Request, Settings

NO_LABEL = {
    Outcome.UNREADABLE: "No label could be read from the reply.",
    Outcome.UNKNOWN_LABEL: "The reply names a label that is not in the list.",
}
IN_TABLE = {Outcome.UNREADABLE: "(unreadable)", Outcome.UNKNOWN_LABEL: "(not in the list)", Outcome.FAILED: "(failed)"}
BADGE = "display:inline-block;overflow-wrap:anywhere;padding:.3rem .8rem;border-radius:6px;font-size:1.25rem;font-weight:600;"


def show_label(label: str, labels: Sequence[str]) -> None:
    """A badge in the label's chart colour. The label is data: escaped, and never Markdown."""
    color = label_colors(labels).get(label, QUIET)
    st.html(f'<span style="{BADGE}border:1.5px solid {color};background:{color}2b">{escape(label)}</span>', width="content")


def show_request(model: str, prompt: Prompt, texts: Sequence[str], choices: Sequence[str] = ()) -> None:
    """What would be sent for the (first) text: to read, and to the letter."""
    [request] = classify_requests(prompt, texts[:1] or ["(your text)"], choices)
    if len(texts) > 1:
        st.caption(f"For the first of {count(len(texts), 'text')}; the others differ in the text alone.")
    show_sent(model, request)


def show_sent(model: str, request: Request) -> None:
    """A request to read, and to the letter."""
    readable, sent = st.tabs(["Messages", "As sent"])
    with readable:
        show_messages(request.messages)
    with sent, sentences():
        exact = crew(Settings(lightweight=model)).lightweight.exact(request)
        st.code(json.dumps(exact, indent=2, ensure_ascii=False, default=str), language="json", wrap_lines=True)


def show_messages(messages: Sequence[Message]) -> None:
    """A request as one reads it."""
    for place, message in enumerate(messages):
        prefix = message.role == "assistant" and place == len(messages) - 1
        st.caption("start of the reply" if prefix else escape_md(message.role))
        st.code(message.content, language=None, wrap_lines=True)


def show_answer(answer: Classified, labels: Sequence[str]) -> None:
    """Label and reason, what it took, the raw reply."""
    prediction, reply = answer.prediction, answer.reply
    if prediction.outcome is Outcome.FAILED:
        st.error(escape_md(prediction.error), icon=":material/cloud_off:")
    elif prediction.outcome is Outcome.LABEL:
        show_label(prediction.label, labels)
    else:
        said = " It says: " + escape_md(prediction.said) if prediction.said else ""
        st.warning(NO_LABEL[prediction.outcome] + said, icon=":material/help:")
    if prediction.reason:
        st.text(prediction.reason)
    if isinstance(reply, CallFailed):
        return
    st.caption(escape_md(took_in_words(reply)))
    with st.expander("Raw reply", icon=":material/notes:"):
        st.code(reply.text or "(empty)", language=None, wrap_lines=True)


def took_in_words(reply: Reply) -> str:
    """181 tokens in, 25 out · 0.4 s · $0.0001, or that it came from the cache."""
    tokens = f"{reply.usage.input:,} tokens in, {reply.usage.output:,} out"
    if reply.cached:
        return tokens + " · from the cache, nothing paid"
    seconds = "under 0.1 s" if reply.seconds < 0.1 else f"{reply.seconds:.1f} s" if reply.seconds < 10 else duration(reply.seconds)
    return " · ".join([tokens, seconds, money(reply.cost_usd)])


def show_answers(answers: Sequence[Classified], labels: Sequence[str]) -> None:
    """As a table; a chosen row shows its raw reply."""
    state = st.dataframe(
        answers_table(answers), hide_index=True, row_height=62, alt="Texts with their labels and reasons", key="answers",
        column_config={
            "Text": st.column_config.TextColumn(width=180), "Label": label_column("Label", labels, 110),
            "Reason": st.column_config.TextColumn(width=220),
        },
        on_select="rerun", selection_mode="single-row",
    )
    for place in state.selection.rows:
        if place < len(answers) and isinstance(answers[place].reply, Reply):
            st.caption("The raw reply of the chosen row")
            st.code(answers[place].reply.text or "(empty)", language=None, wrap_lines=True)
    replies = [answer.reply for answer in answers if not isinstance(answer.reply, CallFailed)]
    paid = [reply for reply in replies if not reply.cached]
    known = all(reply.cost_usd is not None for reply in paid)
    cost, failed = money(sum(reply.cost_usd for reply in paid) if known else None), len(answers) - len(replies)
    parts = [count(len(answers), "text"), f"{len(replies) - len(paid):,} from the cache", cost]
    parts += [f"{failed:,} failed"] if failed else []
    st.caption(escape_md(" · ".join(parts)))


def answers_table(answers: Sequence[Classified]) -> pd.DataFrame:
    found = [answer.prediction for answer in answers]
    return pd.DataFrame({
        "Text": [answer.text for answer in answers],
        "Label": [[each.label or IN_TABLE[each.outcome]] for each in found],
        "Reason": [each.reason or each.error or each.said for each in found],
    })
