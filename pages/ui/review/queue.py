"""Which rows wait for a decision, in which order: chosen by filters, or a group that triage has opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.label_errors.suspects import Suspect
from core.label_sets.sets import label_names
from core.services import review as curating
from core.store.records import WRONG, DatasetInfo
from pages.ui import shell
from pages.ui.address import turn_to
from pages.ui.navigation import go
from pages.ui.wording import count

SOURCES = {"all": "All labels in doubt", "twins": "Same text, other label", "wrong": "Wrong in the last run"}
DOUBTS = {0.2: "Worth a look", 0.5: "More likely wrong than right", 0.9: "Almost certain"}
PUT_OFF, FIRST, OPENED, FINDINGS, JUDGED = (
    "review later",
    "review first",
    "review opened",
    "review findings",
    "review judge",
)  # in the session


def move_to_end(ids: list[str], row_id: str) -> None:
    """Of rows that were put off, in the order in which they come again."""
    if row_id in ids:
        ids.remove(row_id)
    ids.append(row_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be reviewed; no labels mean all."""

    source: str = "all"
    least: float = min(DOUBTS)
    labels: tuple[str, ...] = ()

    @property
    def active(self) -> bool:
        return self != Wanted()


def choose_wanted(info: DatasetInfo) -> Wanted:
    """The filters, behind one button."""
    state = st.session_state
    source, least, labels = (
        state.get("review_source") or "all",
        state.get("review_least") or min(DOUBTS),
        state.get("review_labels") or (),
    )
    now = Wanted(source, least, tuple(label for label in labels if label in info.labels.names))
    with st.popover(
        "Filtered" if now.active else "Filter",
        icon=":material/filter_alt:",
        type="tertiary",
        key="review_filter",
    ):
        st.radio("Where from", list(SOURCES), key="review_source", format_func=SOURCES.get)
        st.radio(
            "Doubt", list(DOUBTS), key="review_least", format_func=DOUBTS.get, disabled=now.source == "wrong"
        )
        st.multiselect("Label it has now", info.labels.names, key="review_labels", placeholder="any")
    return now


def open_rows(
    info: DatasetInfo, ids: Sequence[str], title: str, findings: Iterable[Suspect] = (), judge: str = ""
) -> None:
    """Rows to be shown as cards, whatever the filters say, until they are decided or put aside. `findings`: what is
    known of them where they come from, and Review does not know; `judge`: the run whose disagreements they are."""
    st.session_state[JUDGED] = judge
    st.session_state[OPENED] = (info.id, tuple(ids), title)
    st.session_state[FINDINGS] = {each.example_id: each for each in findings}
    st.session_state[PUT_OFF] = []


def opened(info: DatasetInfo) -> tuple[str, tuple[str, ...], str] | None:
    """The group that Triage or a judge has opened of this dataset: its id, those of the rows, a title."""
    group = st.session_state.get(OPENED)
    return group if group is not None and group[0] == info.id else None


def with_findings(info: DatasetInfo, subject: curating.Card) -> curating.Card:
    """The card with what is known of its row in the group that is open."""
    known = st.session_state.get(FINDINGS, {}).get(subject.row.id) if opened(info) else None
    return replace(subject, suspect=known) if known else subject


def waiting(info: DatasetInfo, wanted: Wanted) -> list[str]:
    """Ids of rows to decide: the one that was just undone first, those put off last."""
    group = opened(info)
    if group is not None:
        waiting_ids = _open(info, group[1])
    elif wanted.source == "wrong":
        waiting_ids = _wrong(info)
    else:
        doubted = curating.queue(shell.workspace(), info.id, wanted.least)
        waiting_ids = [each.example_id for each in doubted if wanted.source == "all" or each.twins]
    if wanted.labels and group is None:
        rows = shell.workspace().store.rows.some(info.id, waiting_ids)
        waiting_ids = [
            row for row in waiting_ids if row in rows and _has_one(info, rows[row].label, wanted.labels)
        ]
    put_off: list[str] = st.session_state.setdefault(PUT_OFF, [])
    waiting_ids.sort(key=lambda row: put_off.index(row) if row in put_off else -1)
    first = st.session_state.get(FIRST)
    return [first, *(row for row in waiting_ids if row != first)] if first in waiting_ids else waiting_ids


def show_opened(info: DatasetInfo) -> None:
    """Says which group is open, with the way back to all."""
    group = opened(info)
    if group is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f":material/account_tree: Opened: {group[2]}, {count(len(group[1]), 'row')}",
            width="content",
        )
        run = st.session_state.get(JUDGED)
        if run and st.button("Back to Judge", key="review_judge", icon=":material/gavel:"):
            _close()
            st.session_state["run"] = run
            turn_to("view", "judge")
            go("runs")
        st.button("Back to all", key="review_all", type="tertiary", icon=":material/close:", on_click=_close)


def _close() -> None:
    st.session_state.pop(OPENED, None)


def _wrong(info: DatasetInfo) -> list[str]:
    """The most doubtful first."""
    workspace = shell.workspace()
    curating.refresh_wrong(workspace, info.id)
    wrong = workspace.store.marks.get(info.id, WRONG)
    doubts = {each.example_id: each.doubt for each in curating.all_suspects(workspace, info.id)}
    return _open(info, sorted(wrong, key=lambda row: -doubts.get(row, 0.0)))


def _has_one(info: DatasetInfo, label: str, wanted: Sequence[str]) -> bool:
    return label in wanted or (info.labels.several and not set(label_names(label)).isdisjoint(wanted))


def _open(info: DatasetInfo, ids: Sequence[str]) -> list[str]:
    rows = shell.workspace().store.rows.some(info.id, ids)
    return [row for row in ids if row in rows and not rows[row].review and not rows[row].excluded]
