"""What the lightweight model is asked, and the label that it answered."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from core.exports.report.palette import QUIET
from core.label_sets.sets import label_names
from core.services.exports.request import unused_keys
from core.services.neighbour_index import SOURCE_TITLES
from core.types import Message, NeighbourSource, Outcome, Request, Settings
from pages.ui.keys import own_endpoints, typed_keys
from pages.ui.shell import colors_of, sentences, workspace
from pages.ui.wording import escape_md

NO_LABEL = {
    Outcome.UNREADABLE: "No label could be read from the reply.",
    Outcome.UNKNOWN_LABEL: "The reply names a label that is not in the list.",
}
IN_TABLE = {
    Outcome.UNREADABLE: "(unreadable)",
    Outcome.UNKNOWN_LABEL: "(not in the list)",
    Outcome.FAILED: "(failed)",
    Outcome.ABSTAINED: "(not answered)",
}
MANY = 10  # labels whose bars are all seen at once
BAR = "display:grid;grid-template-columns:minmax(0,10rem) 1fr 3rem;gap:.5rem;align-items:center;font-size:.85rem;padding:.1rem 0"
BADGE = "display:inline-block;overflow-wrap:anywhere;padding:.3rem .8rem;border-radius:6px;font-size:1.25rem;font-weight:600;"


def show_label(label: str, labels: Sequence[str]) -> None:
    """A badge in the label's chart colour, one for each of several. The label is data: escaped, and never Markdown."""
    colors, names = colors_of(labels), label_names(label)
    shown = names if label not in colors and colors.keys() >= set(names) else (label,)
    for name in shown:
        color = colors.get(name, QUIET)
        st.html(
            f'<span style="{BADGE}border:1.5px solid {color};background:{color}2b">{escape(name)}</span>',
            width="content",
        )


def show_label_bars(rows: Mapping[str, int], labels: Sequence[str]) -> None:
    """Rows per label. Labels are data: escaped, and never Markdown."""
    colors, most = colors_of(labels), max(rows.values(), default=0) or 1
    lines = "".join(
        f'<div style="{BAR}"><span style="overflow:hidden;text-overflow:ellipsis;white-space:nowrap" '
        f'title="{escape(name)}">{escape(name)}</span>'
        f'<span style="height:.6rem;border-radius:3px;background:{colors.get(name, QUIET)};'
        f'width:{100 * number / most:.1f}%"></span><span style="text-align:right">{number:,}</span></div>'
        for name, number in rows.items()
    )
    with st.container(height="content" if len(rows) <= MANY else 290, border=False):
        st.html(lines)


def show_sent(model: str, request: Request, examples_from: NeighbourSource | None = None) -> None:
    """A request to read, and to the letter; `examples_from`: where its similar examples were chosen from."""
    if examples_from is not None:
        st.caption(SOURCE_TITLES[examples_from])
    _show_request(Settings(lightweight=model), "lightweight", request)


def show_reflection_request(model: str, request: Request) -> None:
    """A request to the heavyweight model, to read and to the letter."""
    _show_request(Settings(heavyweight=model), "heavyweight", request)


def _show_request(settings: Settings, role: str, request: Request) -> None:
    readable, sent = st.tabs(["Messages", "As sent"])
    with readable:
        show_messages(request.messages)
    with sent, sentences():
        keys = unused_keys(own_endpoints()) | typed_keys()
        exact = getattr(workspace().session(settings, keys=keys), role).exact(request)
        st.code(
            json.dumps(exact, indent=2, ensure_ascii=False, default=str), language="json", wrap_lines=True
        )


def show_messages(messages: Sequence[Message]) -> None:
    """A request as one reads it."""
    for index, message in enumerate(messages):
        prefix = message.role == "assistant" and index == len(messages) - 1
        st.caption("start of the reply" if prefix else escape_md(message.role))
        st.code(message.content, language=None, wrap_lines=True)
