"""A difference to look at: what went, what came, and inside a changed line the words that changed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.prompts.diffs import DiffLine, prompt_changes
from core.types import PROMPT_FIELDS, Prompt
from core.wording import FIELDS
from pages.ui.wording import count

SIGNS = {"+": ("plus", "+", "ins"), "-": ("minus", "−", "del"), " ": ("same", "", "span")}
# The text keeps the colour of the page: on these backgrounds it is above 12:1 in light and dark.
STYLE = """<style>
.word-diff {font-family:var(--font-mono,ui-monospace,SFMono-Regular,Menlo,Consolas,monospace);font-size:.82rem;line-height:1.55;
 border:1px solid rgba(128,140,144,.3);border-radius:6px;overflow:hidden;padding:.25rem 0}
.word-diff .line {display:grid;grid-template-columns:1.7rem minmax(0,1fr);padding:.06rem .8rem .06rem 0}
.word-diff i {font-style:normal;font-weight:700;text-align:center;user-select:none}
.word-diff ins,.word-diff del,.word-diff span {text-decoration:none;white-space:pre-wrap;overflow-wrap:anywhere}
.word-diff .plus {background:rgba(0,132,180,.13);box-shadow:inset 3px 0 #0084b4}
.word-diff .minus {background:rgba(213,94,0,.11);box-shadow:inset 3px 0 #d55e00}
.word-diff mark {color:inherit;border-radius:3px;padding:.05em .12em;font-weight:700}
.word-diff .plus mark {background:rgba(0,132,180,.32)} .word-diff .minus mark {background:rgba(213,94,0,.28);text-decoration:line-through}
</style>"""


def show_diff(lines: Sequence[DiffLine]) -> None:
    """The lines as they are: data, never markup."""
    st.html(STYLE + diff_html(lines))


def diff_html(lines: Sequence[DiffLine]) -> str:
    """The lines without the style: for those who draw more around them, who put STYLE before it once."""
    return '<div class="word-diff">' + "".join(_line(line) for line in lines) + "</div>"


def _line(line: DiffLine) -> str:
    kind, sign, tag = SIGNS.get(line.sign, ("same", "…", "span"))
    words = "".join(
        f"<mark>{escape(text)}</mark>" if changed else escape(text) for text, changed in line.parts
    )
    return f'<div class="line {kind}"><i>{sign}</i><{tag}>{words or "&nbsp;"}</{tag}></div>'


def show_changes(before: Prompt, after: Prompt, nothing: str) -> None:
    """Two prompts, field by field; `nothing` is said where they are the same."""
    changes = prompt_changes(before, after)
    if not changes:
        st.caption(nothing)
        return
    more = _length(after) - _length(before)
    if more:
        st.caption(count(abs(more), "character") + (" more" if more > 0 else " fewer") + " than before.")
    for change in changes:
        if len(changes) > 1 or change.name != "system_prompt":
            st.caption(FIELDS.get(change.name, "Examples in the prompt"))
        show_diff(change.lines)


def _length(prompt: Prompt) -> int:
    return sum(len(getattr(prompt, field)) for field in PROMPT_FIELDS)
