"""What may be asked of each model: calls at a time and per minute, and how long to wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd
import streamlit as st

from core.llm.catalogue.endpoints import general_limits
from core.llm.catalogue.limits import NAME, OTHERS, CallLimits, limits_of, load_limits
from core.llm.catalogue.profiles import DEFAULTS, load_profiles
from core.store.files import save_limit
from pages.ui.actions import act, no_spending, show_problem
from pages.ui.shell import workspace

ALL_OTHERS = "All other models"
FIELDS = {
    "concurrency": (
        "Calls at a time",
        "At most, over all runs; a run asks for as many as its own setting says.",
    ),
    "requests_per_minute": ("Requests per minute", None),
    "tokens_per_minute": ("Tokens per minute", "Input and output together."),
    "timeout": (
        "Timeout of a try",
        "Seconds after which one try of a call is given up; ten times as long for a heavyweight model.",
    ),
    "longest_wait": ("Longest pause", "Seconds between two tries at most, whatever the provider asks for."),
    "deadline": (
        "Timeout of all tries",
        "Seconds after which a call is not tried again; ten times as long for a heavyweight model.",
    ),
}
SECONDS = ("longest_wait", "timeout", "deadline")


def show_limits() -> None:
    endpoints = load_profiles(workspace().folder).endpoints
    given = load_limits(workspace().folder, endpoints)
    st.dataframe(
        limits_table({**general_limits(endpoints), **given}),
        hide_index=True,
        height="content",
        alt="Limits in use",
        placeholder="no limit",
        column_config={
            label: st.column_config.NumberColumn(format=_format(key)) for key, (label, _) in FIELDS.items()
        },
    )
    st.caption(
        f"Saved in {NAME} of the workspace. When a provider answers “too many requests”, all calls wait and fewer are sent at a "
        "time; these limits keep that from happening. Runs under way keep the limits they started with."
    )
    names = list(
        dict.fromkeys((OTHERS, *given, *_chosen(), *DEFAULTS["lightweight"], *DEFAULTS["heavyweight"]))
    )
    with st.container(border=True):
        model = st.selectbox(
            "Set the limits of",
            names,
            format_func=lambda name: name or ALL_OTHERS,
            key="limits_of",
            accept_new_options=True,
            width=360,
        )
        _form("" if model is None or model == ALL_OTHERS else model.strip(), given)


def limits_table(given: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    whole, labels = limits_of(given), [label for label, _ in FIELDS.values()]
    others = ALL_OTHERS if len(whole) > 1 else "All models"
    rows = [[name or others, *(getattr(limits, key) for key in FIELDS)] for name, limits in whole.items()]
    return pd.DataFrame(rows, columns=["Model", *labels]).astype(dict.fromkeys(labels, "Float64"))


def _format(key: str) -> str:
    return "%g s" if key in SECONDS else "localized"


def _chosen() -> list[str]:
    """The models that a new run is set up with."""
    chosen = (st.session_state.get("new_" + role) for role in ("lightweight", "heavyweight"))
    return [name.strip() for name in chosen if name and not name.startswith("offline:")]


def _form(model: str, given: Mapping[str, Mapping[str, float]]) -> None:
    """Fields left empty are as for all other models, or as usual."""
    usual = asdict(CallLimits() if model == OTHERS else limits_of(given)[OTHERS])
    own, locked = given.get(model, {}), bool(no_spending())
    with st.form("limits " + model, border=False):
        columns = [
            *st.columns(3),
            *st.columns(3),
        ]  # by rows, so that they keep their order where the page is narrow
        for index, (key, (label, help)) in enumerate(FIELDS.items()):
            whole = key == "concurrency"
            now = own.get(key)
            columns[index].number_input(
                label,
                1 if whole else 0.1,
                1_000 if whole else None,
                None if now is None else int(now) if whole else float(now),
                step=1 if whole else 10.0,
                format="%d" if whole else "%g",
                help=help,
                disabled=locked,
                key=_field(model, key),
                placeholder="no limit" if usual[key] is None else f"{usual[key]:g}",
            )
        show_problem("problem of limits")
        with st.container(horizontal=True):
            st.form_submit_button(
                "Save",
                type="primary",
                disabled=locked,
                help=no_spending() or None,
                on_click=act,
                args=(
                    lambda: _save(model, own),
                    f"Limits of {model or ALL_OTHERS.lower()} are saved.",
                    "problem of limits",
                ),
            )
            st.form_submit_button(
                "Reset to default",
                disabled=locked or not own,
                on_click=act,
                args=(
                    lambda: _reset(model),
                    f"{model or ALL_OTHERS}: limits reset to default.",
                    "problem of limits",
                ),
            )


def _field(model: str, key: str) -> str:
    return f"limit {key} of {model}"


def _save(model: str, own: Mapping[str, float]) -> None:
    workspace().check_spendable()
    typed = {key: st.session_state[_field(model, key)] for key in FIELDS}
    others = {key: value for key, value in own.items() if key not in FIELDS}  # what only the file can set
    save_limit(
        workspace().folder,
        model,
        {**others, **{key: value for key, value in typed.items() if value is not None}},
    )
    workspace().connections.forget()


def _reset(model: str) -> None:
    workspace().check_spendable()
    save_limit(workspace().folder, model, {})
    for key in FIELDS:
        st.session_state.pop(_field(model, key), None)
    workspace().connections.forget()
