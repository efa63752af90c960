"""A prompt to read, to compare, to take away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.prompts.diffs import diff
from core.prompts.files import PromptFile, to_json
from core.types import PROMPT_FIELDS, Edit, Prompt
from core.wording import FIELDS
from pages.ui.wording import count


def show_prompt(prompt: Prompt) -> None:
    """Its fields as they are sent, empty ones named."""
    for field in PROMPT_FIELDS:
        text = getattr(prompt, field)
        if text:
            st.caption(FIELDS[field])
            st.code(text, language=None, wrap_lines=True)
    empty = [FIELDS[field].lower() for field in PROMPT_FIELDS if not getattr(prompt, field)]
    if empty:
        st.caption("Empty: " + ", ".join(empty) + ".")
    if prompt.few_shot.examples:
        st.caption("Examples shown with it")
        st.dataframe(
            {
                "Text": [shot.text for shot in prompt.few_shot.examples],
                "Label": [shot.label for shot in prompt.few_shot.examples],
            },
            alt="Examples of the prompt",
        )


def show_diff(before: Prompt, after: Prompt, nothing: str) -> None:
    """Field by field, what came and what went."""
    changes = diff(before, after)
    if not changes:
        st.caption(nothing)
        return
    more = _length(after) - _length(before)
    if more:
        st.caption(count(abs(more), "character") + (" more" if more > 0 else " fewer") + " than before.")
    st.code(changes, language="diff", wrap_lines=True)


def _length(prompt: Prompt) -> int:
    return sum(len(getattr(prompt, field)) for field in PROMPT_FIELDS)


def edit_lines(edit: Edit, title: str) -> str:
    """One edit as lines taken away and lines put in, under its title."""
    gone = ["- " + line for line in edit.find.split("\n")] if edit.find else []
    new = ["+ " + line for line in edit.replace.strip("\n").split("\n")] if edit.replace else []
    return "\n".join(["@@ " + title, *gone, *new])


def download_prompt(prompt: Prompt, labels: Sequence[str], model: str, file_name: str, key: str) -> None:
    st.download_button(
        "Download",
        to_json(PromptFile(prompt, tuple(labels), model)),
        file_name,
        "application/json",
        key=key,
        icon=":material/download:",
        on_click="ignore",
        help="The prompt file: all fields, the labels and the model, as JSON",
    )
