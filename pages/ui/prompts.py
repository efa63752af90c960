"""A prompt to read, and to take away."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.prompts.files import PromptFile, to_json
from core.types import PROMPT_FIELDS, Prompt
from core.wording import FIELDS


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
