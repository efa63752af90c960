"""A label column that may be none: said before the rows are stored; numbers are put into bins by choice, and free
answers scored."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.data.bins import Bins, read_bins
from core.data.fields import ColumnMap
from core.data.importing.column_content import column_cells
from core.data.importing.label_cells import read_label_cells
from core.data.importing.label_shape import TASKS, ColumnKind, LabelDoubt, label_doubt
from core.data.table import Table
from core.scoring.judge import ScoringJudge
from core.services.evaluation.scorers import built_in_scorer
from core.services.judges.scorers import judges_here, keep_judge_here
from core.store.records import DatasetInfo
from pages.ui import shell
from pages.ui.dataset.importing.draft import Incoming, remembered
from pages.ui.wording import escape_md

OWN = "own"
WAYS = {"3": "3 bins", "5": "5 bins", OWN: "Edges of your own", "none": "As they are"}
SCORERS = {
    "exact": "Exactly the same text",
    "normalised": "The same but for case and spaces",
    "number": "The same number",
    "number:1%": "A number within 1 %",
    "json": "The same JSON fields",
    "token-f1": "Words in common (F1)",
    "regex": "Each answer is a pattern that has to match",
}
SCORER_HELP = """How a reply is compared with the answer of its row; the score is 0 where it is wrong and 1 where it is right.
JSON fields and words in common count in parts, such as 0.5 where half of them are right. With the pattern, the answer of
each row is a regular expression that the reply has to match. You can also type a form of your own: *number:0.5* allows half a unit,
*json:order,total* looks at these fields only, *regex:WB-(\\d+)* compares what the pattern finds."""
OR_SCORED = "; or, where these are the right answers, choose at “Score the answers by” how replies are compared with them"
EDGES = "From each edge on a new bin begins: 50, 80 makes “under 50”, “50 to under 80” and “80 or more”."


def choose_meaning(incoming: Incoming) -> Incoming | None:
    """The rows, with what is chosen where the label is a column of numbers or no label set: bins, or a scorer; None while
    that is still to be chosen. UsageError for edges that cannot be read and a scorer that there is not."""
    columns, table = incoming.columns, incoming.table
    if not columns.label:
        return incoming
    doubt = remembered("doubt of the column", (table, columns), lambda: _doubt(table, columns))
    if doubt is None:
        return incoming
    key = f"{incoming.key}_{columns.label}"
    scorer = _ask_scorer(key) if doubt.refused or doubt.kind is ColumnKind.NUMBERS else ""
    if scorer:
        return replace(incoming, columns=replace(columns, answers=True, several="leave_out"), scorer=scorer)
    bins = _ask_bins(key) if doubt.kind is ColumnKind.NUMBERS else None
    if bins is None and (doubt.refused or doubt.kind is ColumnKind.NUMBERS):
        _warn(doubt)
    return None if bins is None and doubt.refused else replace(incoming, columns=replace(columns, bins=bins))


def _doubt(table: Table, columns: ColumnMap) -> LabelDoubt | None:
    """Of the cells as they are, or of the labels in them where all are kept."""
    cells = [cell.strip() for cell in column_cells(table, columns.label)]
    if columns.several == "keep":
        cells = [label for labels in read_label_cells(cells, True) for label in labels]
    return label_doubt(cells, columns.label)


def scorer_key(key: str) -> str:
    """Of the widget that asks what scores the answers."""
    return f"scorer_{key}"


def _ask_scorer(key: str) -> str:
    """The name of a scorer, at first none whatever the dataset that is open is scored by; "" while the column is to hold
    labels. UsageError."""
    info = shell.dataset()
    own = info.scorer if info else ""
    judges = {name: _judge_in_words(*each) for name, each in judges_here(shell.workspace()).items()}
    names = list(dict.fromkeys((*SCORERS, *judges, own))) if own else [*SCORERS, *judges]
    typed = st.selectbox(
        "Score the answers by",
        names,
        index=None,
        format_func=lambda name: {**SCORERS, **judges}.get(name, name),
        placeholder="Nothing: they are labels",
        accept_new_options=True,
        key=scorer_key(key),
        persist_state="session",
        width=420,
        help=SCORER_HELP,
    )
    if typed in judges:
        return keep_judge_here(shell.workspace(), typed)
    return own if typed == own else built_in_scorer(typed) if typed else ""


def _judge_in_words(info: DatasetInfo, judge: ScoringJudge) -> str:
    """The judge of Help desk answers (agrees with people on 39 of 50)"""
    known = (
        f"agrees with people on {judge.record.agreed:,} of {judge.record.of:,}"
        if judge.record.of
        else "not measured"
    )
    return f"The judge of {info.name} ({known})"


def _ask_bins(key: str) -> Bins | None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "Numbers as labels",
            list(WAYS),
            format_func=WAYS.get,
            key=f"bins_{key}",
            persist_state="session",
            help="Bins have about as many rows each.",
        )
        if chosen != OWN:
            return read_bins(chosen) if chosen else None
        edges = st.text_input(
            "Edges", placeholder="50, 80", key=f"edges_{key}", persist_state="session", width=240, help=EDGES
        )
    if not edges.strip():
        return None
    return _own_bins(edges)


def _own_bins(edges: str) -> Bins:
    """A single number is an edge here. UsageError."""
    return read_bins(edges if "," in edges else f"{edges},")


def show_doubt(doubt: LabelDoubt | None) -> None:
    """Of rows that were read; what is to be said of numbers stands where bins are chosen."""
    if doubt and doubt.kind is not ColumnKind.NUMBERS:
        _warn(doubt)


def _warn(doubt: LabelDoubt) -> None:
    st.warning(escape_md(doubt.sentence.replace(f" ({TASKS})", OR_SCORED)), icon=":material/help:")
