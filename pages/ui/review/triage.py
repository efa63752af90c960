"""Stubborn mistakes, sorted by what would mend them, each group with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from core.label_errors.triage import Triaged, TriageKind
from core.label_sets.sets import label_names
from core.services.judges.disagreements import Cause
from core.services.judges.words import CAUSES
from core.services.review import triaged
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.address import addressed, turn_to
from pages.ui.mistakes import label_column
from pages.ui.navigation import go
from pages.ui.review.queue import open_rows
from pages.ui.row_panel.state import RowContext
from pages.ui.row_panel.table import RowTable, show_row_table
from pages.ui.wording import shortened

MOST_LISTED = 200
WHOLE = 200  # characters of the evidence that a line of the table holds
WORDS = {
    TriageKind.MISLABELLED: "Probably mislabelled",
    TriageKind.GAP: "Definition unclear",
    TriageKind.FIXABLE: "Fixable by prompt",
    TriageKind.UNREADABLE: "Unreadable reply",
}
VERDICTS = {  # where labels are verdicts on answers, as in the report on the judge
    TriageKind.MISLABELLED: CAUSES[Cause.PERSON],
    TriageKind.GAP: CAUSES[Cause.RUBRIC],
    TriageKind.FIXABLE: CAUSES[Cause.JUDGE],
    TriageKind.UNREADABLE: CAUSES[Cause.REPLY],
}
NEXT = {
    TriageKind.MISLABELLED: "The label is more likely wrong than the prompts: decide each of them.",
    TriageKind.GAP: "The labels overlap here: say in a definition which of them it is. It goes into every prompt.",
    TriageKind.FIXABLE: "A step of tuning may teach these. Notes on a few of them tell the heavyweight model what the rule is.",
    TriageKind.UNREADABLE: "The replies name no label of the set: look at the reply format in the playground.",
}


def show_triage(info: DatasetInfo) -> None:
    disputed = triaged(shell.workspace(), info.id)
    if not disputed:
        with st.container(border=True, width=640):
            st.subheader("No stubborn mistakes", anchor=False)
            st.caption(
                "They are rows that most prompt versions of this dataset's runs got wrong. A run gives something to sort."
            )
            if st.button("Set up a run", type="primary", key="triage_to_run", icon=":material/play_circle:"):
                go("new run")
        return
    words = VERDICTS if info.labels.good else WORDS
    groups = {kind: [each for each in disputed if each.kind is kind] for kind in WORDS}
    kinds = [str(kind) for kind in WORDS if groups[kind]]
    addressed("kind", kinds, kinds[0])
    kind = TriageKind(
        st.segmented_control(
            "Kind",
            kinds,
            key="kind",
            required=True,
            label_visibility="collapsed",
            format_func=lambda name: f"{words[TriageKind(name)]} ({len(groups[TriageKind(name)]):,})",
        )
    )
    group = groups[kind]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(NEXT[kind], width="stretch")
        _next(info, kind, group)
    _table(info, kind, group)


def _next(info: DatasetInfo, kind: TriageKind, group: Sequence[Triaged]) -> None:
    others: dict[TriageKind, tuple[str, str, Callable[[], None]]] = {
        TriageKind.GAP: ("Write a definition", ":material/menu_book:", lambda: go("dataset", data="labels")),
        TriageKind.FIXABLE: ("Set up a run", ":material/play_circle:", lambda: go("new run")),
        TriageKind.UNREADABLE: ("Check the reply format", ":material/science:", lambda: go("playground")),
    }
    if kind in others:
        label, icon, action = others[kind]
        if st.button(label, key="triage_next", type="primary", icon=icon):
            action()
    st.button(
        "Review these",
        key="triage_review",
        icon=":material/rule:",
        type="secondary" if kind in others else "primary",
        on_click=_open,
        args=(info, kind, group),
    )


def _open(info: DatasetInfo, kind: TriageKind, group: Sequence[Triaged]) -> None:
    open_rows(info, [each.example_id for each in group], WORDS[kind].lower())
    turn_to("review", "cards")


def _names(info: DatasetInfo, label: str) -> list[str]:
    return list(label_names(label)) if info.labels.several else [label]


def _table(info: DatasetInfo, kind: TriageKind, group: Sequence[Triaged]) -> None:
    rows = shell.workspace().store.rows.some(info.id, [each.example_id for each in group[:MOST_LISTED]])
    listed = [each for each in group[:MOST_LISTED] if each.example_id in rows]
    columns = {
        "Text": [shortened(rows[each.example_id].text, 500) for each in listed],
        "Label": [_names(info, rows[each.example_id].label) for each in listed],
        "Suggested": [_names(info, each.suggested) for each in listed],
        "Missed": [f"{each.missed:,} of {each.read:,}" for each in listed],
        "Evidence": [shortened(". ".join(each.evidence), WHOLE) for each in listed],  # the row has it all
    }
    if not any(each.suggested for each in listed):
        columns.pop("Suggested")
    show_row_table(
        RowTable(
            info.id,
            tuple(each.example_id for each in listed),
            alt="Stubborn mistakes of this kind, most often wrong first",
            context=RowContext(
                WORDS[kind], facts={each.example_id: ". ".join(each.evidence) for each in listed}
            ),
            row_height=84,
        ),
        pd.DataFrame(columns),
        {
            "Text": st.column_config.TextColumn(width=215 if "Suggested" in columns else 270),
            "Label": label_column("Label", info.labels.names, 120),
            "Suggested": label_column("Suggested", info.labels.names, 120),
            "Missed": st.column_config.TextColumn(width=70),
            "Evidence": st.column_config.TextColumn(width=335 if "Suggested" in columns else 390),
        },
        key=f"triaged_{kind}",
    )
    more = f" The first {MOST_LISTED:,} are shown." if len(group) > MOST_LISTED else ""
    st.caption("Click a row to open it." + more)
