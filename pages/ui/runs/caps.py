"""The caps of a run that is to go on: what it had, what it has spent, and what it may spend from now on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.services.runs import Resumption, resume_with
from core.store.records import RunRecord, RunStatus
from core.types import CAPS, Spend
from pages.ui.actions import act, no_spending
from pages.ui.keys import typed_keys
from pages.ui.shell import workspace
from pages.ui.wording import escape_md, money

LABELS = {
    "budget_usd": "Dollars, both models",
    "max_calls": "Lightweight calls",
    "max_heavy_calls": "Heavyweight calls",
    "max_tokens": "Tokens",
}


def show_caps(record: RunRecord) -> None:
    """A field for each cap, with what counts towards it so far."""
    spent = _spent(record)
    for column, (name, label) in zip(st.columns(len(LABELS)), LABELS.items(), strict=True):
        is_money = name == "budget_usd"
        column.number_input(
            label,
            0.01 if is_money else 1,
            None,
            getattr(record.settings, name),
            step=0.5 if is_money else 1,
            format="%.2f" if is_money else "%d",
            placeholder="no cap",
            key=_key(record, name),
        )
        column.caption("spent so far: " + escape_md(spent[name]))


def typed_caps(record: RunRecord) -> Mapping[str, float | None]:
    """By their name in Settings, those that stand otherwise in the fields now."""
    typed = {name: st.session_state.get(_key(record, name), getattr(record.settings, name)) for name in CAPS}
    return {name: cap for name, cap in typed.items() if cap != getattr(record.settings, name)}


def offer_caps(record: RunRecord) -> None:
    """For a run that ended at a cap: go on with a higher one."""
    if record.stop_reason != "cap" or record.status not in (RunStatus.FINISHED, RunStatus.STOPPED):
        return
    locked = no_spending()
    with st.expander("Go on with higher caps", icon=":material/speed:"):
        show_caps(record)
        st.button(
            "Go on",
            icon=":material/resume:",
            key="go_on_capped",
            disabled=bool(locked) or not typed_caps(record),
            on_click=act,
            help=locked or "Type a higher cap first: calls already made come from the cache.",
            args=(
                lambda: resume_with(
                    workspace(), record.id, Resumption(caps=typed_caps(record)), typed_keys()
                ),
            ),
        )


def _key(record: RunRecord, name: str) -> str:
    return f"cap_{name}_{record.id}"


def _spent(record: RunRecord) -> Mapping[str, str]:
    """By cap, in words."""
    light, heavy = (record.spend.get(role, Spend()) for role in ("lightweight", "heavyweight"))
    costs = [each.cost_usd for each in record.spend.values()]
    tokens = sum(each.input_tokens + each.output_tokens for each in record.spend.values())
    return {
        "budget_usd": money(None if None in costs else sum(cost or 0.0 for cost in costs)),
        "max_calls": f"{light.api:,}",
        "max_heavy_calls": f"{heavy.api:,}",
        "max_tokens": f"{tokens:,}",
    }
