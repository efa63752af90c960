"""One tiny call to the model of each role, and what came back of it."""

from __future__ import annotations

import json

import streamlit as st

from core.llm.probe import Probed, probe
from core.types import Finish
from pages.ui.actions import no_spending
from pages.ui.keys import shared
from pages.ui.models import OFFLINE, choose_model
from pages.ui.shell import sentences, workspace
from pages.ui.wording import duration, escape_md, money

ROLES = {"lightweight": "Lightweight model", "heavyweight": "Heavyweight model"}
ENDS = {
    Finish.STOP: ("It answers", ":material/check_circle:", "green"),
    Finish.LENGTH: (
        "It answers, but the reply was cut off at the length limit",
        ":material/content_cut:",
        "orange",
    ),
    Finish.REFUSAL: ("It refused to answer", ":material/block:", "orange"),
    Finish.FILTER: ("A content filter removed the answer", ":material/filter_alt:", "orange"),
}


def try_models() -> None:
    """Both roles, each with its button. The models are those that a new run is set up with."""
    for role, title in ROLES.items():
        with st.container(border=True):
            name = choose_model(
                title, role, "new_" + role, beside=lambda name, role=role: _button(name, role)
            )
            if st.session_state.get("test_" + role):
                _ask(name, role)
            probed = st.session_state.get("probed " + role)
            if probed is not None and probed.model == name:
                show_probed(probed)


def _button(name: str, role: str) -> None:
    offline, locked = name in OFFLINE.values(), no_spending()
    why = (
        "It is part of Whetstone and needs no test."
        if offline
        else locked
        if locked
        else "Sends one short question, never answered from the cache."
    )
    st.button(
        "Test",
        icon=":material/network_check:",
        key="test_" + role,
        disabled=offline or bool(locked),
        help=why,
    )


def _ask(name: str, role: str) -> None:
    st.session_state.pop("probed " + role, None)
    with sentences(), st.spinner(f"Asking {escape_md(name)} …"):
        st.session_state["probed " + role] = probe(name, role, shared(), workspace().calls.ask_all)


def show_probed(probed: Probed) -> None:
    """The answer to the letter with what it took, or the sentence of the error; the request either way."""
    reply = probed.reply
    if reply is None:
        st.error(escape_md(probed.problem), icon=":material/error:")
    else:
        words, icon, color = ENDS[reply.finish]
        st.badge(words, icon=icon, color=color)
        st.code(reply.text or "(nothing)", language=None, wrap_lines=True)
        hidden = f" ({reply.usage.reasoning:,} of them hidden reasoning)" if reply.usage.reasoning else ""
        seconds = f"{reply.seconds:.1f} s" if reply.seconds < 10 else duration(reply.seconds)
        tokens = f"{reply.usage.input:,} tokens in, {reply.usage.output:,} out{hidden}"
        st.caption(escape_md(" · ".join([tokens, seconds, money(probed.cost_usd)])))
    if probed.exact:
        with st.expander("The exact request", icon=":material/data_object:"):
            st.code(
                json.dumps(probed.exact, indent=2, ensure_ascii=False, default=str),
                language="json",
                wrap_lines=True,
            )
