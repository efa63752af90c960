"""Figures and data as people read them: rounded to what they are worth, and never markup."""

from __future__ import annotations

import re
from html import escape

from core.wording import (
    bytes_in_words,
    count,
    duration,
    half_width,
    money,
    money_range,
    percent,
    points,
    shortened,
    spend_money,
    uncertain_in_words,
    with_interval,
)

__all__ = [
    "bytes_in_words",
    "count",
    "duration",
    "escape_chart",
    "escape_md",
    "half_width",
    "money",
    "money_range",
    "on_page",
    "percent",
    "points",
    "rate",
    "shortened",
    "spend_money",
    "uncertain_in_words",
    "with_interval",
]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")
# Bare addresses become links after escapes have been read: only a character that is not seen keeps them text.
_ADDRESS = re.compile(
    r"(?<=http:/)(?=/[-\w]*\.)|(?<=https:/)(?=/[-\w]*\.)|(?<=www)(?=\.)|(?<=[-.\w+])(?=@[-\w]+\.)",
    re.IGNORECASE,
)
_KEY = re.compile(r"needs a key: set \w+")
_UNSEEN = "\u2060"


def escape_md(text: str) -> str:
    """Data for a place that renders Markdown (headings, captions, button and pill labels): shown as it is
    written."""
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub(_UNSEEN, " ".join(text.split())))


def escape_chart(text: str) -> str:
    """Data for a chart, shown as it is written: Plotly reads a little HTML, and no entities of quotes."""
    return escape(text, quote=False)


def uploaded_name(name: str) -> str:
    """As the file is called: a browser sends a quotation mark in it as %22."""
    return name.replace("%22", '"')


def on_page(sentence: str) -> str:
    """What `core` says of a guide's file or of a key, for those who have the pages Help and Settings."""
    sentence = _KEY.sub(r"\g<0>, or type it on Settings", sentence)
    return sentence.replace("see docs/scorers.md", "see Help, “Answers that are no labels”")


def rate(usd: float) -> str:
    """$0.10, $15, $0.075: a price per million tokens."""
    return (
        f"${usd:,.0f}"
        if usd == round(usd)
        else f"${usd:.2f}"
        if round(usd, 2) == round(usd, 6)
        else f"${usd:.4g}"
    )
