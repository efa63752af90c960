"""Rows of a run that wait for a person: canonical ones that are wrong, and those held back since their label is
in doubt, each decided with one key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.label_errors.suspects import Suspect
from core.services.review import Card
from core.store.records import DatasetInfo, Row, RunRecord, StepFigures
from core.types import HeldBack, Step
from pages.ui import shell
from pages.ui.actions import show_problem
from pages.ui.mistakes import label_column
from pages.ui.review.card import show_text
from pages.ui.review.decisions import choose_label, show_decisions, turn_back_or_on, write_note
from pages.ui.review.queue import PUT_OFF
from pages.ui.row_panel.state import RowContext
from pages.ui.row_panel.table import RowTable, show_row_table
from pages.ui.runs.steps import LoadedStep, last_step_with, other_step
from pages.ui.wording import count, percent, shortened

HELD_BACK = (
    "Mistakes of this prompt whose label is probably wrong, as similar rows have another one: the run learned nothing from them. "
    "Doubtful labels of all rows are on the page Review."
)
HELD_NONE = (
    "Of the mistakes that this prompt made in training and validation rows none was held back for its label, so the heavyweight model was "
    "shown all kinds of them. Review looks at the labels of all rows, also of those predicted right."
)
HELD_NEVER = "A run on free answers holds no mistake back: the heavyweight model was shown all kinds of them."
HELD_NEVER_SEVERAL = (
    "A run on rows with several labels holds no mistake back: the heavyweight model was shown all kinds of them. Review looks for "
    "labels in doubt, in all rows."
)
DECIDE = " Keep trusts the label: the next run reads and counts the row. The suggested label relabels it. Exclude leaves it out."


def show_row_lists(record: RunRecord, loaded: LoadedStep, figures: Sequence[StepFigures]) -> None:
    """As the prompt of the step leaves them."""
    step = other_step(record, figures, last_step_with(figures, loaded.step.number))
    _show_canonical(record, step, loaded)
    st.subheader("Held back", anchor=False)
    if not step.held_back:
        st.caption(_why_none(record, loaded))
        return
    info = shell.dataset()
    decides = info is not None and info.id == record.dataset_id and not shell.workspace().read_only
    st.caption(HELD_BACK + (DECIDE if decides else ""))
    _held_back(record, loaded, step.held_back, info if decides else None)


def _why_none(record: RunRecord, loaded: LoadedStep) -> str:
    if loaded.prompt.several:
        return HELD_NEVER_SEVERAL
    return HELD_NEVER if record.settings.scorer else HELD_NONE


def _show_canonical(record: RunRecord, step: Step, loaded: LoadedStep) -> None:
    st.subheader("Canonical rows that are wrong", anchor=False)
    if step.canonical_wrong is None:
        st.caption("This run is from before canonical rows were recorded.")
        return
    wrong = [loaded.rows[row] for row in step.canonical_wrong if row in loaded.rows]
    if not wrong:
        none = any(row.canonical for row in loaded.dataset.examples)
        st.caption(
            "This prompt gets right every canonical row that it was tried on."
            if none
            else "The dataset has no canonical row."
        )
        return
    st.caption(
        f"{count(len(wrong), 'canonical row')} of the training and validation parts. Each stands first in every request "
        "until it is right."
    )
    show_row_table(
        RowTable(
            record.dataset_id,
            tuple(row.id for row in wrong),
            alt="Canonical rows that the prompt gets wrong",
            context=RowContext("Canonical rows that are wrong", record.id, then=loaded.rows),
        ),
        pd.DataFrame(
            {
                "Text": [shortened(row.text, 500) for row in wrong],
                "Label": [[row.label] for row in wrong],
                "Note": [row.note for row in wrong],
            }
        ),
        {
            "Text": st.column_config.TextColumn(width=300),
            "Label": label_column("Label", loaded.dataset.labels.names, 120),
            "Note": st.column_config.TextColumn(width=260),
        },
        key=f"canonical {record.id} {step.number}",
    )


@shell.fragment
def _held_back(
    record: RunRecord, loaded: LoadedStep, held: Sequence[HeldBack], info: DatasetInfo | None
) -> None:
    """What is decided shows in the table at once. `info`: of whoever may decide."""
    rows = shell.workspace().store.rows.some(record.dataset_id, [each.example_id for each in held])
    _table(record, loaded, held, rows)
    if info is not None:
        _decide(info, held, rows)


def _table(record: RunRecord, loaded: LoadedStep, held: Sequence[HeldBack], now: Mapping[str, Row]) -> None:
    then, labels = loaded.rows, loaded.dataset.labels.names
    listed = [each for each in held if each.example_id in then]
    reasons = {each.example_id: ". ".join(each.reasons) for each in listed}
    show_row_table(
        RowTable(
            record.dataset_id,
            tuple(reasons),
            alt="Rows held back, the most doubtful first",
            context=RowContext("Held back", record.id, facts=reasons, then=then),
        ),
        pd.DataFrame(
            {
                "Text": [shortened(then[each.example_id].text, 500) for each in listed],
                "Label": [[each.label] for each in listed],
                "Suggested": [[each.suggested] for each in listed],
                "Doubt": [percent(min(each.doubt, 0.99), 0) for each in listed],
                "Reason": [next(iter(each.reasons), "") for each in listed],
                "Decided": [decision_in_words(each, now.get(each.example_id)) for each in listed],
            }
        ),
        {
            "Text": st.column_config.TextColumn(width=240),
            "Label": label_column("Label", labels, 110),
            "Suggested": label_column("Suggested", labels, 110),
            "Doubt": st.column_config.TextColumn(width=60),
            "Reason": st.column_config.TextColumn(width=240),
            "Decided": st.column_config.TextColumn(width=90),
        },
        key=f"held back {record.id} {loaded.step.number}",
    )


def decision_in_words(held: HeldBack, row: Row | None) -> str:
    """What became of the row since; empty while it waits."""
    if row is None:
        return "gone"
    if row.excluded:
        return "left out"
    if row.label != held.label:
        return "relabelled"
    return "trusted" if row.review or row.canonical or row.note else ""


def _decide(info: DatasetInfo, held: Sequence[HeldBack], rows: Mapping[str, Row]) -> None:
    """The first that nobody decided, with Review's keys; those put off come last."""
    waiting = [each for each in held if not decision_in_words(each, rows.get(each.example_id))]
    put_off = st.session_state.get(PUT_OFF, [])
    waiting.sort(key=lambda each: put_off.index(each.example_id) if each.example_id in put_off else -1)
    with shell.sentences():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{len(waiting):,} of {count(len(held), 'row')} to decide", width="stretch")
            turn_back_or_on(info)
        if not waiting:
            st.success(
                "Every row held back is decided. The next run takes it into account.",
                icon=":material/verified:",
            )
        else:
            first = waiting[0]
            suspect = Suspect(first.example_id, first.label, first.suggested, first.doubt, first.reasons)
            subject = Card(rows[first.example_id], suspect, (), (), (), ())
            show_text(info, subject)
            show_decisions(info, subject)
            choose_label(info, subject)
            write_note(info, subject)
        show_problem()
