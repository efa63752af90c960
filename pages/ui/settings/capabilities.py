"""A button that says what a server can do, and one that writes it into models.toml."""

from __future__ import annotations

import streamlit as st

from core.errors import UsageError, WhetstoneError
from core.llm.capabilities import CALLS, INPUT_TOKENS, OUTPUT_TOKENS, Capability, CapabilityReport
from core.services.endpoints import capabilities, save_rules_of
from core.store.files import MODELS
from core.store.toml_tables import table_text
from pages.ui.actions import act, no_spending, show_problem
from pages.ui.keys import shared, typed_keys
from pages.ui.settings.model_rules import reload_unchanged_rules
from pages.ui.shell import sentences, workspace
from pages.ui.wording import count, escape_md, money

REPORT = "capability report"
PROBLEM = "problem of capabilities"
MARKS = {
    True: ":green[:material/check_circle:]",
    False: ":orange[:material/cancel:]",
    None: ":gray[:material/help:]",
}


def show_capabilities(endpoint: str) -> None:
    """For one model of the endpoint, typed in."""
    locked = bool(no_spending())
    st.markdown("**What can it do?**")
    typed = st.text_input(
        "Model",
        key=f"capabilities of {endpoint}",
        placeholder="the model's name at this server",
        disabled=locked,
    )
    name = f"{endpoint}:{typed.strip()}" if typed and typed.strip() else ""
    pressed = st.button(
        "Test",
        icon=":material/network_check:",
        key="test_endpoint",
        disabled=locked,
        help=no_spending() or None,
    )
    st.caption(
        f"It makes about {CALLS} short calls{_price(name)}: system text, length limit, schema, start of the reply, usage."
    )
    show_problem(PROBLEM)
    if pressed:
        with sentences(), st.spinner(f"Asking {escape_md(name or endpoint)} …"):
            _test(name)
    report = st.session_state.get(REPORT)
    if report is not None and report.model == name:
        _show_report(report, locked)


def _price(name: str) -> str:
    """The most that they can cost, where that is known."""
    try:
        most = shared().prices.ceiling(name, INPUT_TOKENS, OUTPUT_TOKENS) if name else None
    except WhetstoneError:
        most = None
    if most is None:
        return ", price unknown" if name else ""
    return f", at most {money(CALLS * most)}" if most else ", free"


def _test(name: str) -> None:
    st.session_state.pop(REPORT, None)
    if not name:
        raise UsageError("Type the name of a model that this server has.")
    st.session_state[REPORT] = capabilities(workspace(), name, typed_keys())


def _show_report(report: CapabilityReport, locked: bool) -> None:
    if report.problem:
        st.error(escape_md(report.problem), icon=":material/error:")
        return
    st.markdown("  \n".join(map(_line, report.capabilities)))
    st.caption(f"By {count(report.calls, 'call')}. For {MODELS}:")
    st.code(table_text(("models", report.model), report.fields), language="toml", wrap_lines=True)
    st.button(
        "Use these settings",
        key="use_capabilities",
        disabled=locked,
        on_click=act,
        args=(lambda: _use(report), f"{report.model} uses these settings from now on.", PROBLEM),
    )


def _line(each: Capability) -> str:
    return f"{MARKS[each.works]} **{each.name}**: {escape_md(each.words)}"


def _use(report: CapabilityReport) -> None:
    save_rules_of(workspace(), report.model, report.fields)
    reload_unchanged_rules()
