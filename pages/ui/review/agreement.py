"""How far a second person agrees with the labels of the rows, and the disagreements, settled one by one."""

from __future__ import annotations

import streamlit as st

from core.exports.second_labels import second_labels_csv, second_labels_jsonl
from core.metrics.agreement import Agreement
from core.services.labelling import agreement as agreeing
from core.services.labelling.agreement import SecondLabels, Settlement
from core.store.records import Change, DatasetInfo, Row
from core.store.rows.records import Annotation
from pages.ui import shell
from pages.ui.actions import show_problem, who
from pages.ui.address import addressed
from pages.ui.answers import show_label
from pages.ui.key_button import LabelChoice, key_button, label_buttons
from pages.ui.review.card import show_plain_text
from pages.ui.review.note_field import note_button, note_field
from pages.ui.review.queue import move_to_end
from pages.ui.sides import text_and_evidence
from pages.ui.wording import count, escape_md, percent, shortened

SETTLED, LATER = "second settled", "second later"  # in the session
KAPPA = (
    "What of the agreement is beyond chance: 1 is complete, 0 what guessing by these frequencies would give."
)


def show_agreement(info: DatasetInfo) -> None:
    names = list(shell.workspace().store.annotations.annotators(info.id))
    if not names:
        st.info("Nobody has labelled rows of this dataset as a second person yet.", icon=":material/info:")
        return
    addressed("annotator", names, names[0])
    annotator = names[0]
    if len(names) > 1:
        annotator = st.selectbox("Second person", names, key="annotator", width=260)
    _figures_and_queue(info, annotator)


@shell.fragment
def _figures_and_queue(info: DatasetInfo, annotator: str) -> None:
    with shell.sentences():
        second = agreeing.second_labels(shell.workspace(), info.id, annotator)
        queue, figures = text_and_evidence()
        with figures:
            _figures(second.agreement, annotator)
            if second.gone:
                st.caption(
                    f"{count(second.gone, 'label')} left out: the row is gone, or the label is no longer in the label set."
                )
            _download(info, annotator)
        with queue:
            _settle(info, annotator, second)


def _figures(found: Agreement, annotator: str) -> None:
    with st.container(horizontal=True, gap="large"):
        share = found.agreed / found.n if found.n else None
        st.metric("Same label", percent(share) if share is not None else "–", width="content")
        kappa = "–" if found.kappa is None else f"{found.kappa:.2f}"
        st.metric("Cohen's kappa", kappa, width="content", help=KAPPA)
    said = f"{escape_md(annotator)} and the rows' labels: {found.agreed:,} of {count(found.n, 'row')}"
    if found.interval is not None:
        said += f"; kappa {found.interval[0]:.2f} to {found.interval[1]:.2f} (95 %)"
    if found.kappa is None and found.n:
        said += "; kappa is not defined where there is but one label"
    st.caption(said + ". Measured against the labels of that time: settling does not change it.")
    _by_label(found)


def _by_label(found: Agreement) -> None:
    import pandas as pd

    used = [each for each in found.labels if each.share is not None]
    st.dataframe(
        pd.DataFrame(
            {
                "Label": [each.label for each in used],
                "First": [each.first for each in used],
                "Second": [each.second for each in used],
                "Both": [each.both for each in used],
                "Agreement": [each.share for each in used],
            }
        ),
        hide_index=True,
        height="content" if len(used) < 8 else 320,
        alt="Agreement by label",
        column_config={
            "Agreement": st.column_config.ProgressColumn(
                format="percent",
                min_value=0,
                max_value=1,
                help="The chance that one gives the label where the other does.",
            )
        },
    )
    for first, second, rows in found.confused[:5]:
        st.caption(f"{count(rows, 'row')}: {escape_md(first)} → {escape_md(second)}")


def _download(info: DatasetInfo, annotator: str) -> None:
    def exported(write) -> bytes:
        records = agreeing.second_label_records(shell.workspace(), info.id, annotator)
        return write(records).encode("utf-8", "replace")

    with st.container(horizontal=True):
        for name, write, mime in (
            ("csv", lambda records: "\ufeff" + second_labels_csv(records), "text/csv"),
            ("jsonl", second_labels_jsonl, "application/jsonl"),
        ):
            st.download_button(
                name.upper(),
                lambda write=write: exported(write),
                f"second-labels.{name}",
                mime,
                key=f"second_{name}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )


# ---- the queue


def _settle(info: DatasetInfo, annotator: str, second: SecondLabels) -> None:
    later: list[str] = st.session_state.setdefault(LATER, [])
    left = sorted(
        second.open, key=lambda each: later.index(each.example_id) if each.example_id in later else -1
    )
    with st.container(horizontal=True, vertical_alignment="center", key="review_head"):
        st.caption(f"{count(len(left), 'disagreement')} to settle" if left else "", width="stretch")
        _undo(info)
    if not left:
        show_problem()
        st.success("Every disagreement is settled.", icon=":material/verified:")
        return
    given = left[0]
    row = shell.workspace().store.rows.one(info.id, given.example_id)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("First", width="content")
        show_label(given.first, info.labels.names)
        st.caption(escape_md(annotator), width="content")
        show_label(given.label, info.labels.names)
    notes = [row.note, f"{annotator}: {given.note}" if given.note else ""]
    show_plain_text(row.text, " · ".join(note for note in notes if note))
    _keys(info, given, row, later)
    show_problem()
    _write_note(info, row)


def _keys(info: DatasetInfo, given: Annotation, row: Row, later: list[str]) -> None:
    locked = shell.workspace().read_only

    def button(label: str, key: str, settlement: Settlement, help: str) -> None:
        key_button(
            label,
            key,
            lambda: _decide(info, given, settlement),
            locked,
            help,
            key=f"settle_{settlement}",
        )

    with st.container(horizontal=True, key="decisions", gap="xsmall"):
        button(f"Keep {shortened(given.first, 16)}", "F", Settlement.FIRST, "The first label is right.")
        button(f"Take {shortened(given.label, 16)}", "S", Settlement.SECOND, "The second person is right.")
        button("Exclude", "X", Settlement.EXCLUDE, "Runs leave this row out.")
        note_button("settle", row, "Why the label is right, for the heavyweight model.")
        key_button(
            "Later",
            "J",
            lambda: move_to_end(later, row.id),
            False,
            "Comes back at the end.",
            key="settle_later",
        )
    label_buttons(
        LabelChoice(
            "settle",
            f"{row.id}_{row.version}",
            info,
            given.first,
            "The first label: keep it with F.",
        ),
        lambda label: _decide(
            info, given, Settlement.SECOND if label == given.label else Settlement.OTHER, label
        ),
    )


def _decide(info: DatasetInfo, given: Annotation, settlement: Settlement, label: str = "") -> None:
    set_id = agreeing.settle(shell.workspace(), info.id, given, settlement, label, who())
    st.session_state.setdefault(SETTLED, []).append((info.id, given, set_id))


def _undo(info: DatasetInfo) -> None:
    made = [each for each in st.session_state.get(SETTLED, []) if each[0] == info.id]

    def take_back() -> None:
        last = made[-1]
        agreeing.reopen(shell.workspace(), info.id, *last[1:])
        st.session_state[SETTLED].remove(last)

    key_button(
        "Undo",
        "U",
        take_back,
        shell.workspace().read_only or not made,
        "Opens the last one again." if made else "Nothing was settled here.",
        key="settle_undo",
        icon=":material/undo:",
        kind="tertiary",
    )


def _write_note(info: DatasetInfo, row: Row) -> None:
    def save(note: str) -> None:
        change = Change(row.id, "note", note, row.version)
        shell.workspace().store.edits.change(info.id, [change], who(), agreeing.WHY + "noted")

    note_field("settle", row, save, "Enter saves the note; then settle")
