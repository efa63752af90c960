"""The caps of a run that is to go on: what it had, what it has spent, and what it may spend from now on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app_pages.ui.acting import READ_ONLY, act
from app_pages.ui.keys import typed_keys
from app_pages.ui.shell import workspace
from app_pages.ui.words import money
from core.state.records import RunRecord, RunStatus
from core.steering import Answer, go_on
from core.types import Spend


def type_caps(record: RunRecord) -> Mapping[str, float | None]:
    """Caps by their name in Settings, those that were typed anew."""
    told, spent = record.settings, {role: record.spend.get(role, Spend()) for role in ("lightweight", "heavyweight")}
    tokens = sum(each.input_tokens + each.output_tokens for each in spent.values())
    costs = [each.cost_usd for each in spent.values()]
    fields = {
        "budget_usd": ("Dollars, both models", money(None if None in costs else sum(costs))),
        "max_calls": ("Lightweight calls", f"{spent['lightweight'].api:,}"),
        "max_heavy_calls": ("Heavyweight calls", f"{spent['heavyweight'].api:,}"),
        "max_tokens": ("Tokens", f"{tokens:,}"),
    }
    typed: dict[str, float | None] = {}
    for place, (name, (label, so_far)) in zip(st.columns(4), fields.items(), strict=True):
        is_money, now = name == "budget_usd", getattr(told, name)
        typed[name] = place.number_input(
            label, 0.01 if is_money else 1, None, now, step=0.5 if is_money else 1, format="%.2f" if is_money else "%d",
            placeholder="no cap", key=f"cap_{name}_{record.id}",
        )
        place.caption(f"spent so far: {so_far}".replace("$", "\\$"))
    return {name: value for name, value in typed.items() if value != getattr(told, name)}


def offer_caps(record: RunRecord) -> None:
    """For a run that ended at a cap: go on with a higher one."""
    if record.stop_reason != "cap" or record.status not in (RunStatus.FINISHED, RunStatus.STOPPED):
        return
    locked = workspace().read_only
    with st.expander("Go on with higher caps", icon=":material/speed:"):
        caps = type_caps(record)
        st.button(
            "Go on", icon=":material/resume:", key="go_on_capped", disabled=locked or not caps, on_click=act,
            help=READ_ONLY if locked else None if caps else "Type a higher cap first.",
            args=(lambda: go_on(workspace(), record.id, Answer(caps=caps), typed_keys()),),
        )
