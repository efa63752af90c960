"""What the run is to get better at, and what it may not give up."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.errors import WhetstoneError
from core.metrics.objective_choice import UNEVEN, imbalance, objective_for
from core.metrics.objective_words import objective_in_words
from core.store.records import DatasetInfo
from core.types import Example, Objective
from core.types.objectives import (
    ACCURACY,
    AUTO,
    AUTOMATIC,
    BALANCED,
    COSTS,
    F1,
    MACRO_F1,
    RECALL,
    UNREADABLE,
)
from pages.ui.run_plan import rows_split
from pages.ui.wording import escape_md

KINDS = {
    AUTOMATIC: ("Automatic", ""),
    ACCURACY: ("Accuracy", "Every row counts alike."),
    BALANCED: ("Balanced accuracy", "The mean recall over the labels: every label counts alike."),
    MACRO_F1: ("Macro-F1", "The mean F1 over the labels: a label given too often counts, too."),
    F1: ("F1 of a label", "How well one label is told from all others."),
    RECALL: ("Recall of a label", "As many rows of one label as can be had while its precision holds."),
    COSTS: ("Costs", "What each confusion costs; the lower, the better."),
}
UNREADABLE_COLUMN = "unreadable reply"


def choose_objective(dataset: DatasetInfo, seed: int) -> Objective:
    """The objective with its floors; the automatic one stands below its name, with the reason."""
    if dataset.labels.several:
        st.caption(
            "What counts: how many of each row's labels are right (F1 of its labels, the mean over rows)."
        )
        return Objective(AUTOMATIC)
    labels = dataset.labels.names
    kind = st.selectbox(
        "Objective",
        list(KINDS),
        format_func=lambda each: KINDS[each][0],
        key="new_objective",
        persist_state="session",
        help="What every edit, every prompt and the final verdict are judged by.",
    )
    objective = _with_details(kind, labels)
    about = _automatic(dataset, seed) if kind == AUTOMATIC else KINDS[kind][1]
    st.caption(escape_md(about))
    with st.expander("Least recall of a label"):
        floors = _floors(labels)
    return Objective(objective.kind, objective.label, objective.floor, objective.costs, floors)


def _automatic(dataset: DatasetInfo, seed: int) -> str:
    try:
        rows = rows_split(dataset, seed)
    except WhetstoneError:  # the plan beside it says why
        return ""
    return automatic_in_words(rows)


def automatic_in_words(rows: Sequence[Example]) -> str:
    """The automatic objective with its reason, such as "Accuracy, since labels are even enough: …"."""
    used = [row for row in rows if row.split in ("train", "validation") and not row.excluded]
    chosen = objective_for(AUTO, used)
    name = objective_in_words(chosen)
    uneven = chosen.kind == BALANCED
    why = "accuracy would reward guessing" if uneven else "labels are even enough"
    ratio = f"the most frequent has {imbalance(used):.1f} times the rows of the rarest"
    return f"{name[0].upper()}{name[1:]}, since {why}: {ratio} (more than {UNEVEN:g} is uneven)."


def _with_details(kind: str, labels: Sequence[str]) -> Objective:
    if kind in (F1, RECALL):
        label = st.selectbox("Label", labels, key="new_objective_label", persist_state="session")
        floor = _share("Precision not below, %", "new_objective_floor", 80) if kind == RECALL else 0.0
        return Objective(kind, label or "", floor or 0.0)
    return Objective(kind, costs=_costs(labels)) if kind == COSTS else Objective(kind)


def _costs(labels: Sequence[str]) -> tuple[tuple[str, str, float], ...]:
    """A line per correct label, a column per predicted one."""
    columns = [*labels, UNREADABLE_COLUMN]
    usual = pd.DataFrame(
        [[0.0 if label == column else 1.0 for column in columns] for label in labels],
        index=pd.Index(labels, name="Correct label"),
        columns=columns,
    )
    table = st.data_editor(
        usual,
        key="new_costs",
        column_config={
            column: st.column_config.NumberColumn(escape_md(column), min_value=0.0, required=True)
            for column in columns
        },
    )
    return tuple(
        (label, UNREADABLE if at == len(labels) else columns[at], float(table.iloc[row, at]))
        for row, label in enumerate(labels)
        for at in range(len(columns))
        if row != at
    )


def _floors(labels: Sequence[str]) -> tuple[tuple[str, float], ...]:
    chosen = st.multiselect(
        "Labels whose recall may not fall",
        labels,
        key="new_floor_labels",
        persist_state="session",
        help="A prompt that falls below is refused; the best one keeps the floors where any prompt does.",
    )
    floors = [
        (label, _share(f"Recall of {escape_md(label)} not below, %", f"new_floor_{label}", 60))
        for label in chosen
    ]
    return tuple((label, floor) for label, floor in floors if floor is not None)


def _share(label: str, key: str, usual: int) -> float | None:
    typed = st.number_input(label, 0, 100, usual, key=key, persist_state="session")
    return None if typed is None else typed / 100
