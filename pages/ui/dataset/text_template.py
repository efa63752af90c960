"""How the texts of a dataset are made of several columns, to read: it is chosen at import."""

from __future__ import annotations

import streamlit as st

from core.types import TextTemplate
from core.wording import listed
from pages.ui.wording import escape_md


def show_template(template: TextTemplate | None) -> None:
    """Among the fields of a prompt, where the text goes. Nothing without a template."""
    if template:
        st.caption(f"The text, made of {escape_md(listed(template.fields))}")
        st.code(template.text, language=None, wrap_lines=True)


def offer_template(template: TextTemplate) -> None:
    """Behind a button, above the rows."""
    with st.popover("Template", icon=":material/view_column:", key="dataset_template"):
        show_template(template)
        st.caption("It was chosen at import. For another one, import the file again.")
