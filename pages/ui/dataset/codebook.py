"""A codebook to correct: the heavyweight model drafts what each label means; drafts stand beside the present
definitions until saved."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.costs.price_words import price_in_words
from core.errors import WhetstoneError
from core.services.datasets import draft_definitions
from core.store.records import DatasetInfo
from core.studies import label_definitions
from core.studies.label_definitions import Draft
from core.types import Settings
from pages.ui import shell
from pages.ui.actions import no_spending, show_problem, who
from pages.ui.answers import show_messages
from pages.ui.dataset.row_editor import fresh_editor
from pages.ui.keys import shared, typed_keys
from pages.ui.models import OFFLINE, choose_model, model_problem
from pages.ui.paid_action import PaidAction
from pages.ui.wording import count, escape_md

PROBLEM = "codebook problem"


def draft_codebook(info: DatasetInfo) -> None:
    """Nothing is stored before Save."""
    drafted: tuple[str, Draft] | None = st.session_state.get(_draft_key(info))
    panel = st.expander(
        "Draft definitions",
        icon=":material/stylus_note:",
        expanded=drafted is not None,
        key=f"codebook_{info.id}",
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        st.caption(
            "The heavyweight model reads a few training rows of every label, with their notes, and drafts what each label means. "
            "You correct it; nothing is stored before you press Save."
        )
        model = choose_model("Heavyweight model", "heavyweight", "codebook_model")
        if model == OFFLINE["heavyweight"]:
            st.caption(
                "Here it lists the words that set the rows of a label apart, where there are such words: something to start from, no "
                "definition yet."
            )
        locked, problem = no_spending(), model_problem(model, "heavyweight")
        if model != OFFLINE["heavyweight"] and not problem:
            with shell.sentences():
                st.caption(escape_md(_price(info.id, info.version, model)))
        action = PaidAction(
            "Draft again" if drafted else "Draft",
            "codebook_draft",
            icon=":material/edit_square:",
            opening="Reading the rows",
        )
        if action.button(bool(locked or problem), locked or None):
            draft = action.carry_out(lambda on_progress: _draft(info, model))
            if draft is not None:
                st.session_state[_draft_key(info)] = drafted = model, draft
                st.session_state["drafts made"] = st.session_state.get("drafts made", 0) + 1
        show_problem(PROBLEM)
        if drafted:
            _show(info, *drafted)


@st.cache_data(max_entries=8, show_spinner=False)
def _price(dataset_id: str, version: int, model: str) -> str:
    return price_in_words(
        label_definitions.price(
            Settings(heavyweight=model), shell.workspace().store.datasets.get(dataset_id), shared()
        )
    )


def _draft(info: DatasetInfo, model: str) -> Draft:
    dataset = shell.workspace().store.datasets.get(info.id)
    return draft_definitions(shell.workspace(), dataset, Settings(heavyweight=model), typed_keys())


def _show(info: DatasetInfo, model: str, draft: Draft) -> None:
    import pandas as pd

    if draft.problem:
        st.warning(escape_md(draft.problem), icon=":material/help:")
    names = [name for name in info.labels.names if name in draft.definitions]
    if names:
        present = info.labels.definitions
        key = f"drafts_{info.id}_{st.session_state.get('drafts made', 0)}"
        drafts = {name: (not present.get(name), draft.definitions[name]) for name in names}
        st.data_editor(
            pd.DataFrame(
                {
                    "take": pd.Series([take for take, _ in drafts.values()], dtype=bool),
                    "label": pd.Series(names, dtype=object),
                    "draft": pd.Series([text for _, text in drafts.values()], dtype=object),
                    "now": pd.Series([present.get(name, "") for name in names], dtype=object),
                }
            ),
            key=key,
            hide_index=True,
            height="content",
            row_height=62,
            disabled=["label", "now"],
            alt="Drafted definitions beside the present ones, to correct and take",
            column_config={
                "take": st.column_config.CheckboxColumn("Take", width=72),
                "label": st.column_config.TextColumn("Label", width=120),
                "draft": st.column_config.TextColumn("Draft, to correct", width=400),
                "now": st.column_config.TextColumn("Now", width=260),
            },
        )
        taken = _taken(drafts, key)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"Save {count(len(taken), 'definition')}",
                type="primary",
                key="codebook_save",
                on_click=_save,
                args=(info, drafts, key, model),
                disabled=not taken or shell.workspace().read_only,
            )
            st.button(
                "Discard the draft", type="tertiary", key="codebook_discard", on_click=_discard, args=(info,)
            )
    if st.toggle("What was sent, and what came back", key="codebook_sent"):
        show_messages(draft.request.messages)
        st.caption("reply")
        st.code(draft.reply or "(empty)", language=None, wrap_lines=True)


def _taken(drafts: Mapping[str, tuple[bool, str]], key: str) -> dict[str, str]:
    """Definitions by label, those that are ticked in the table now, as they are written there."""
    state = st.session_state.get(key)
    cells = state["edited_rows"] if state else {}
    rows = {
        label: {"take": take, "draft": text, **cells.get(number, {})}
        for number, (label, (take, text)) in enumerate(drafts.items())
    }
    return {label: str(row["draft"] or "").strip() for label, row in rows.items() if row["take"]}


def _save(info: DatasetInfo, drafts: Mapping[str, tuple[bool, str]], key: str, model: str) -> None:
    """For `on_click`. A definition that somebody wrote since the drafts were drawn is not overwritten."""
    taken = _taken(drafts, key)
    try:
        shell.workspace().store.labels.define(
            info.id, taken, who(), "drafted by " + model, seen_version=info.version
        )
    except WhetstoneError as problem:
        st.session_state[PROBLEM] = str(problem)
        return
    _discard(info)
    fresh_editor()
    shell.say(f"{count(len(taken), 'definition')} saved. Undo takes them back.")


def _discard(info: DatasetInfo) -> None:
    st.session_state.pop(_draft_key(info), None)


def _draft_key(info: DatasetInfo) -> str:
    return "draft of " + info.id
