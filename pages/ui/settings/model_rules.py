"""The user's own models.toml: prices, other models, other rules. Checked before it is written."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from core.llm.catalogue.profiles import read_profiles
from core.store.files import MODELS, models_text, save_models
from pages.ui.actions import act, no_spending, show_problem
from pages.ui.shell import workspace
from pages.ui.wording import escape_md

EXAMPLE = """\
# A price of your own, in dollars per million tokens: a cap in dollars needs one for every model of a run.
[prices."openai-compatible:my-model"]
input = 0.2
output = 0.8

# How a model wants to be asked, where it is not the plainest way.
[models."openai-compatible:my-model"]
length_parameter = "max_completion_tokens"
temperature_allowed = "always"
temperature = 0.0
structured = "response_format"
retires = 2027-06-30
note = "Our own server."
"""


def ask_for_prices(models: Sequence[str]) -> None:
    """Puts an entry to fill in for each of the models into the text: it cannot be saved with a price left
    open."""
    opened = st.session_state.setdefault("rules_opened", models_text(workspace().folder))
    text = st.session_state.get("rules", opened).rstrip()
    for model in models:
        title = f"[prices.{json.dumps(model, ensure_ascii=False)}]"
        if title not in text:
            text += f"\n\n{title}  # dollars per million tokens\ninput = \noutput = \n"
    st.session_state["rules"] = text.lstrip()


def reload_unchanged_rules() -> None:
    """After another part of the page has written the file: what somebody is typing here is left alone, and
    cannot be saved over the change."""
    if st.session_state.get("rules") == st.session_state.get("rules_opened"):
        for key in ("rules", "rules_opened"):
            st.session_state.pop(key, None)


def edit_rules() -> None:
    folder, locked = workspace().folder, bool(no_spending())
    path = (folder / MODELS).resolve()
    st.caption("It overrides the built-in rules, field by field, and is kept in " + escape_md(str(path)))
    opened = st.session_state.setdefault("rules_opened", models_text(folder))
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.session_state.setdefault("rules", opened)
        st.text_area(
            MODELS,
            height=360,
            key="rules",
            persist_state="session",
            disabled=locked,
            label_visibility="collapsed",
            placeholder="Empty: only the built-in rules apply.",
        )
        show_problem("problem of rules")
        with st.container(horizontal=True):
            st.button(
                "Save",
                type="primary",
                key="save_rules",
                disabled=locked,
                help=no_spending() or "Checked before it is saved.",
                on_click=act,
                args=(_save, "Rules saved: used from the next call on.", "problem of rules"),
            )
            st.button(
                "Check",
                key="check_rules",
                on_click=act,
                args=(_check, "No problems found.", "problem of rules"),
            )
            st.button("Reload the file", key="reload_rules", on_click=_reload, type="tertiary")
    with right:
        st.caption("An example")
        st.code(EXAMPLE, language="toml", wrap_lines=True)
        st.button("Insert the example", key="put_example", disabled=locked, on_click=_put_example)


def _check() -> None:
    read_profiles(st.session_state["rules"])


def _save() -> None:
    workspace().check_spendable()
    save_models(workspace().folder, st.session_state["rules"], st.session_state["rules_opened"])
    st.session_state["rules_opened"] = st.session_state["rules"]
    workspace().connections.forget()


def _reload() -> None:
    st.session_state["rules_opened"] = st.session_state["rules"] = models_text(workspace().folder)


def _put_example() -> None:
    st.session_state["rules"] = (st.session_state["rules"].rstrip() + "\n\n" + EXAMPLE).lstrip()
