"""A file imported again: what it would change in the dataset there is, before it does, and one button that
makes it so."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.services.datasets import Reimport, plan_reimport
from core.store.records import DatasetInfo
from core.wording import listed
from pages.ui import shell
from pages.ui.actions import who
from pages.ui.dataset.importing.draft import Incoming, Looked, remembered, stored
from pages.ui.dataset.importing.update_tables import FIELDS, absent_rows, changed_rows, new_rows
from pages.ui.dataset.row_editor import fresh_editor
from pages.ui.wording import count, escape_md, shortened

WAYS = {"id": "their id", "text": "their text"}
SEEN = "plan seen"


def choose_target(incoming: Incoming) -> DatasetInfo | None:
    """The dataset to update; None for a new one."""
    info = shell.dataset()
    if info is None:
        return None
    words = {"new": "A new dataset", "update": f"Update “{escape_md(shortened(info.name, 40))}”"}
    chosen = st.segmented_control(
        "Store as",
        list(words),
        format_func=words.get,
        key=_target_key(incoming.key),
        default="new",
        required=True,
    )
    return info if chosen == "update" else None


def joins_scored(key: str) -> bool:
    """Whether the rows are to update a dataset whose answers are scored."""
    info = shell.dataset()
    return bool(info and info.scorer) and st.session_state.get(_target_key(key)) == "update"


def _target_key(key: str) -> str:
    return f"target_{key}"


def offer_update(info: DatasetInfo, looked: Looked, incoming: Incoming, head: DeltaGenerator) -> None:
    """The button goes to `head`, what it would do is shown below. Raises DataError where a label could not be
    told from one of the dataset, Conflict where somebody changes the rows meanwhile."""
    with head:
        by = _choose_way(incoming)
    tuned = bool(shell.workspace().store.runs.all(info.id))
    key = (looked.identity, by, info.id, info.version, tuned)
    with st.spinner("Comparing with the rows that are there…"):
        plan = remembered("update", key, lambda: _planned(info, looked, incoming, by))
    changing = plan.touched + len(plan.update.added)
    with head:
        pressed = st.button(
            f"Update {count(changing, 'row')}" if changing else "Nothing to update",
            type="primary",
            icon=":material/sync:",
            key=f"update_{incoming.key}",
            disabled=plan.nothing,
        )
    if pressed and st.session_state.get(SEEN) is plan:
        _carry_out(info, plan, incoming)
    elif pressed:
        st.warning(
            "The dataset was changed since you looked: this is what the file would change now.",
            icon=":material/history:",
        )
    st.session_state[SEEN] = plan
    _say_what_would_change(plan, by, incoming)
    _show_rows(info, plan, incoming.key)


def _planned(info: DatasetInfo, looked: Looked, incoming: Incoming, by: str) -> Reimport:
    rows = [replace(row, source=incoming.origin) for row in looked.dataset.examples]
    return plan_reimport(shell.workspace(), info.id, rows, incoming.columns, by)


def _choose_way(incoming: Incoming) -> str:
    if not incoming.columns.id:
        return "text"
    return st.selectbox(
        "Rows are found again by", list(WAYS), format_func=WAYS.get, key=f"by_{incoming.key}", width=240
    )


def _carry_out(info: DatasetInfo, plan: Reimport, incoming: Incoming) -> None:
    with st.spinner("Updating the rows…"):
        shell.workspace().store.edits.update(info.id, plan.update, who(), incoming.origin)
    fresh_editor()
    parts = [f"{count(len(plan.update.added), 'row')} added"] if plan.update.added else []
    parts += [f"{count(plan.touched, 'row')} changed"] if plan.touched else []
    stored(info.id, ", ".join(parts) + ". Undo takes all of it back.")


# ---- before it is done


def _say_what_would_change(plan: Reimport, by: str, incoming: Incoming) -> None:
    update = plan.update
    if plan.nothing:
        stay = f" {_absent(plan)}" if update.absent else ""
        there = (
            "the row is there as the file has it"
            if update.same == 1
            else f"all {update.same:,} rows are there as the file has them"
        )
        st.success(f"Nothing would change: {there}.{stay}", icon=":material/done_all:")
        return
    facts = [] if incoming.columns.id else ["The rows have no id, so they are found again by their text."]
    if not update.same and not plan.touched:
        otherwise = " If they are there already, choose their text." if by == "id" else ""
        st.warning(
            f"No row is found again by {WAYS[by]}: all of them would be added.{otherwise}",
            icon=":material/help:",
        )
    elif update.same:
        facts.append(f"{count(update.same, 'row')} {'is' if update.same == 1 else 'are'} the same.")
    if update.absent:
        facts.append(_absent(plan))
    if plan.by_hand:
        facts.append(
            f"{count(plan.by_hand, 'row')} of those that change {'was' if plan.by_hand == 1 else 'were'} corrected by hand here: "
            "what the file says replaces it."
        )
    if plan.new_labels:
        facts.append(f"New in the label set: {listed(plan.new_labels)}.")
    if plan.to_training:
        facts.append(
            f"{count(plan.to_training, 'row')} without a split {'goes' if plan.to_training == 1 else 'go'} to training, so that "
            "runs still compare on the same held-out rows."
        )
    if plan.to_held_out:
        facts.append(
            f"{count(plan.to_held_out, 'row')} {'says' if plan.to_held_out == 1 else 'say'} what a held-out row says, and "
            f"{'is' if plan.to_held_out == 1 else 'are'} held out, too: no prompt is tuned on what it is measured with."
        )
    if facts:
        st.caption(f":material/info: {escape_md(' '.join(facts))}")


def _absent(plan: Reimport) -> str:
    n = len(plan.update.absent)
    return (
        f"{count(n, 'row')} of the dataset {'is' if n == 1 else 'are'} not in the file: {'it stays' if n == 1 else 'they stay'} as "
        f"{'it is' if n == 1 else 'they are'}."
    )


def _show_rows(info: DatasetInfo, plan: Reimport, key: str) -> None:
    update, words = plan.update, {}
    if plan.touched:
        fields = {field: sum(each.field == field for each in update.changed) for field in FIELDS}
        by_field = ", ".join(
            f"{FIELDS[field]} {n:,}" if n < len(update.changed) else FIELDS[field]
            for field, n in fields.items()
            if n
        )
        words["changed"] = f"{plan.touched:,} changed ({by_field})"
    if update.added:
        words["added"] = f"{len(update.added):,} added"
    if update.absent:
        words["absent"] = f"{len(update.absent):,} not in the file"
    if not words:
        return
    first = next(iter(words)) if not plan.nothing else None
    chosen = st.pills(
        "What would change",
        list(words),
        format_func=words.get,
        default=first,
        key=f"plan_{key}_{'-'.join(words)}",
        label_visibility="collapsed",
    )
    tables = {"changed": changed_rows, "added": new_rows, "absent": absent_rows}
    if chosen in words:
        tables[chosen](info, update)
