"""The edits of a step, a card each: the mistakes it came from, what it changes word by word, how it did when it was
tried, and the rule that decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
import streamlit as st

from core.exports.report.palette import QUIET
from core.prompts.diffs import edit_lines
from core.store.records import RunRecord
from core.tuning.outcomes import EditOutcome, JudgedEdit, judged_edits, shown_for
from core.types import Example, Prompt, Step
from core.wording import FIELDS, read_as, shortened
from pages.ui.diff_view import show_diff
from pages.ui.mistakes import label_column
from pages.ui.row_panel.state import RowContext
from pages.ui.row_panel.table import RowTable, show_row_table
from pages.ui.runs.steps import OUTCOMES, LoadedStep
from pages.ui.shell import colors_of
from pages.ui.sides import halves
from pages.ui.wording import count, escape_md

IN_SIGHT, MISTAKES, LONGEST = 6, 3, 220  # cards, mistakes on one, characters of a text
ORDER = (EditOutcome.KEPT, EditOutcome.REFUSED, EditOutcome.RULED_OUT, EditOutcome.NOT_TRIED)
STYLE = """<style>
.read-rows {display:grid;gap:.55rem;font-size:.9rem;line-height:1.4} .read-rows div {overflow-wrap:anywhere}
.read-rows p {margin:.15rem 0 0;font-size:.85rem} .read-rows b {font-weight:600;border-bottom:2px solid}
</style>"""


def show_edits(loaded: LoadedStep, record: RunRecord) -> None:
    """Those that were kept first; many are folded away."""
    judged = sorted(judged_edits(loaded.step), key=lambda each: ORDER.index(each.outcome))
    if not judged:
        st.caption("The heavyweight model proposed no edit that could be used.")
        return
    st.markdown(f"**{_summary(loaded.step, judged)}**")
    for number, each in enumerate(judged[:IN_SIGHT]):
        _show_card(loaded, record, each, number)
    if len(judged) > IN_SIGHT:
        rest = st.expander(
            f"{count(len(judged) - IN_SIGHT, 'more edit')}",
            key=f"more_edits_{loaded.step.number}",
            on_change="rerun",
        )
        if rest.open:
            with rest:
                for number, each in enumerate(judged[IN_SIGHT:], IN_SIGHT):
                    _show_card(loaded, record, each, number)


def read_in_words(step: Step) -> str:
    """What the heavyweight model was shown in the step: mistakes, or rows of each label to define."""
    return count(len(step.reflection.shown) if step.reflection else 0, "mistake" if step.batch else "row")


def _summary(step: Step, judged: Sequence[JudgedEdit]) -> str:
    found = {outcome: sum(each.outcome is outcome for each in judged) for outcome in ORDER}
    became = ", ".join(f"{number} {outcome}" for outcome, number in found.items() if number)
    return f"The heavyweight model read {read_in_words(step)} and proposed {count(len(judged), 'edit')}: {became}."


def _show_card(loaded: LoadedStep, record: RunRecord, judged: JudgedEdit, number: int) -> None:
    icon, color = OUTCOMES[judged.outcome]
    with st.container(border=True, key=f"edit_{number}"):
        badge = f":{color}-badge[{icon} {judged.outcome.capitalize()}]"  # in the line: beside it, long lines wrap below
        st.markdown(f"{badge} **{escape_md(judged.in_words())}.** {escape_md(judged.rule)}")
        mistakes = _mistakes_of(loaded, judged)
        if mistakes:
            left, right = halves(200)
            with left:
                _show_mistakes(loaded, mistakes)
        with right if mistakes else st.container():
            _show_change(judged, loaded.before)
            _show_moved(loaded, record, judged, number)


def _show_change(judged: JudgedEdit, before: Prompt) -> None:
    where = FIELDS.get(judged.edit.field, judged.edit.field).lower()
    kind = (
        "Removed from"
        if not judged.edit.replace.strip()
        else "Changed in"
        if judged.edit.find
        else "Added to"
    )
    st.caption(f"{kind} the {where}" if where == "system prompt" else f"{kind}: {where}")
    show_diff(edit_lines(judged.edit, before))


# ---- what it read


def _mistakes_of(loaded: LoadedStep, judged: JudgedEdit) -> list[Example]:
    """Those that it was written for, the ones that it fixed first."""
    label_of = {row.id: row.label for row in loaded.rows.values()}
    ids = shown_for(loaded.step, judged.edit, loaded.dataset.labels.names, label_of)
    fixed = set(judged.comparison.fixed) if judged.comparison else set()
    return [loaded.rows[id] for id in sorted(ids, key=lambda id: id not in fixed)]


def _show_mistakes(loaded: LoadedStep, mistakes: Sequence[Example]) -> None:
    more = f", {MISTAKES} of them" if len(mistakes) > MISTAKES else ""
    st.caption(f"Written after {count(len(mistakes), 'such mistake')}{more}")
    batch = loaded.step.batch
    predicted = {each.example_id: read_as(each) for each in batch.predictions} if batch else {}
    colors = colors_of(loaded.dataset.labels.names)
    rows = "".join(_mistake(row, predicted.get(row.id, ""), colors) for row in mistakes[:MISTAKES])
    st.html(f'{STYLE}<div class="read-rows">{rows}</div>')


def _mistake(row: Example, predicted: str, colors: Mapping[str, str]) -> str:
    was = f"predicted {_label(predicted, colors)}, " if predicted else ""
    return (
        f"<div>{escape(shortened(row.text, LONGEST))}<p>{was}correct is {_label(row.label, colors)}</p></div>"
    )


def _label(label: str, colors: Mapping[str, str]) -> str:
    return f'<b style="border-color:{colors.get(label, QUIET)}">{escape(label)}</b>'


# ---- what it changed


def _show_moved(loaded: LoadedStep, record: RunRecord, judged: JudgedEdit, number: int) -> None:
    """The rows that came right or went wrong with it."""
    compared = judged.comparison
    moved = (
        [(id, "fixed") for id in compared.fixed] + [(id, "broken") for id in compared.broke]
        if compared
        else []
    )
    moved = [(loaded.rows[id], what) for id, what in moved if id in loaded.rows]
    if not moved:
        return
    panel = st.expander(
        f"{count(len(moved), 'row')} it changed",
        key=f"moved_{loaded.step.number}_{number}",
        on_change="rerun",
    )
    if panel.open:
        with panel:
            rows = [row for row, _ in moved]
            lines = {
                "": [what for _, what in moved],
                "Text": [row.text for row in rows],
                "Correct": [[row.label] for row in rows],
            }
            context = RowContext("Rows that the edit changed", record.id, then=loaded.rows)
            ids = tuple(row.id for row in rows)
            show_row_table(
                RowTable(record.dataset_id, ids, "Rows that the edit fixed or broke", context),
                pd.DataFrame(lines),
                {
                    "": st.column_config.TextColumn(width=70),
                    "Text": st.column_config.TextColumn(width=240),
                    "Correct": label_column("Correct", loaded.dataset.labels.names, 130),
                },
                key=f"moved_rows {record.id} {loaded.step.number} {number}",
            )
