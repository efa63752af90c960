"""One edit for one cell: priced, asked for, measured at once against all other cells, and put to use."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.costs.call_price import CallPrice, Range
from core.errors import WhetstoneError
from core.metrics.comparison import BETTER, WORSE, comparison_in_words, verdict_of
from core.metrics.confusion import CellEffect, MatrixCell, Move, cell_in_words, cells_of, column_names
from core.prompts.diffs import edit_lines
from core.prompts.rules import PromptTerms
from core.store.records import StepFigures
from core.studies.cell_edit import edit as edit_study
from core.studies.cell_edit import request as edit_request
from core.studies.cell_edit.edit import ProposedEdit, outcome_in_words, settings_for
from core.studies.cell_edit.request import CellContext, ground_of
from core.tuning.session import OnProgress
from core.types import Evaluation
from core.wording import FIELDS, sentence
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.answers import show_messages
from pages.ui.diff_view import show_diff
from pages.ui.keys import problem_of, session, shared
from pages.ui.paid_action import PaidAction
from pages.ui.prompt_actions import show_prompt_actions
from pages.ui.run_start import ShownPrompt
from pages.ui.runs.confusion.step_evaluation import StepEvaluation
from pages.ui.runs.steps import entered_with, other_step
from pages.ui.wording import count, duration, escape_md, money, money_range, with_interval

RESULT = "edit for a cell"  # in the session, with the reading and the cell that it is about
MEASURED = "Measured on the validation rows, which also chose the cell: some of what it mended is luck. The test rows stay unread."


def offer_edit(reading: StepEvaluation, cell: MatrixCell, figures: Sequence[StepFigures]) -> None:
    """The price and the button; under them what came of it, until another cell is asked about."""
    about = f"{reading.key} {cell}"
    try:
        ground, before = _ground(reading, cell, figures)
        price = price_in_words(*edit_request.price(reading.record.settings, ground, before is None, shared()))
    except WhetstoneError as problem:
        st.caption(escape_md(str(problem)))
        return
    wanted = settings_for(reading.record.settings, ground)
    why = no_spending() or problem_of(wanted)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            action = PaidAction("Propose one edit for this cell", "propose_edit", icon=":material/edit_note:")
            pressed = action.button(
                bool(why),
                why
                or (
                    "The heavyweight model is shown training rows of this kind and asked for one edit, which is then measured on the "
                    "validation rows against all other cells."
                ),
            )
            st.caption(escape_md(price), width="stretch")
        if pressed:
            proposed = action.carry_out(lambda on_progress: _propose(reading, ground, before, on_progress))
            if proposed is not None:
                st.session_state[RESULT] = about, proposed
        proposed_about, proposed = st.session_state.get(RESULT, (None, None))
        if proposed_about == about:
            _show(reading, ground, proposed)


def _ground(
    reading: StepEvaluation, cell: MatrixCell, figures: Sequence[StepFigures]
) -> tuple[CellContext, Evaluation | None]:
    """The rows at hand, and their reading with the very prompt, where there is one."""
    step, settings = reading.loaded.step, reading.record.settings
    measured = step.validation
    if reading.name == "batch":
        entered = entered_with(figures, step.number)
        measured = other_step(reading.record, figures, entered).validation if entered is not None else None
    labels = reading.loaded.dataset.labels.names
    batch = cells_of(reading.loaded.rows.values(), step.batch.predictions, labels) if step.batch else {}
    likely = [identity for identity, its_cell in batch.items() if its_cell == cell]
    ids = [each.example_id for each in measured.predictions] if measured else []
    terms = PromptTerms(settings.locked, settings.start)
    ground = ground_of(reading.loaded.dataset, settings.seed, reading.prompt, cell, ids, likely, terms)
    return ground, None if settings.max_calls is not None and step.number else measured


def price_in_words(light: CallPrice, heavy: CallPrice) -> str:
    """At most 1 heavyweight and 72 lightweight calls, about $0.02, some 25 s; …"""
    costs = [part.total_usd for part in (light, heavy)]
    total = None if None in costs else sum(costs, Range(0.0, 0.0))
    cost = "at a price that is not known" if total is None else money_range(total.low, total.high)
    seconds = light.seconds + heavy.seconds
    length = f", some {duration(seconds)}" if seconds >= 1 else ""
    return f"At most {heavy.calls} heavyweight and {light.calls:,} lightweight calls, {cost}{length}; calls made before cost nothing."


def _propose(
    reading: StepEvaluation, ground: CellContext, before: Evaluation | None, on_progress: OnProgress
) -> ProposedEdit:
    shell.workspace().check_spendable()
    return edit_study.run(session(settings_for(reading.record.settings, ground)), ground, before, on_progress)


def _show(reading: StepEvaluation, ground: CellContext, proposed: ProposedEdit) -> None:
    labels = ground.labels.names
    _show_outcome(proposed, labels)
    if proposed.edit is not None:
        st.caption(FIELDS[proposed.edit.field])
        show_diff(edit_lines(proposed.edit, ground.prompt))
    if proposed.effect is not None:
        st.caption(_figures_in_words(proposed) + " " + MEASURED)
        _show_moves(proposed.effect, labels)
    if proposed.candidate is not None:
        _put_to_use(reading, ground, proposed)
    with st.expander("What it was shown and what it said", icon=":material/visibility:"):
        st.code(proposed.reflection.reply or "(no reply)", language=None, wrap_lines=True)
        show_messages(proposed.reflection.request.messages)


def _show_outcome(proposed: ProposedEdit, labels: Sequence[str]) -> None:
    outcome = escape_md(sentence(outcome_in_words(proposed, labels)))
    if proposed.comparison is None:
        st.warning(outcome, icon=":material/report:", title="Nothing was measured")
    elif proposed.problem:
        st.warning(outcome, icon=":material/cloud_off:", title="No decision")
    else:
        whole = " " + escape_md(
            f"On all {proposed.comparison.n:,} validation rows: {comparison_in_words(proposed.comparison)}."
        )
        verdict = verdict_of(proposed.comparison)
        notice = {BETTER: st.success, WORSE: st.warning}.get(verdict, st.info)
        notice(outcome + whole, icon=":material/edit_note:")


def _figures_in_words(proposed: ProposedEdit) -> str:
    before, after = proposed.before.metrics, proposed.after.metrics
    paid = [f"{count(spent.api, role + ' call')}" for role, spent in proposed.spend.items() if spent.api]
    costs = [spent.cost_usd for spent in proposed.spend.values()]
    cost = money(None if None in costs else sum(costs)) if paid else "free"
    return escape_md(
        f"{with_interval(before.accuracy, before.interval)} before, {with_interval(after.accuracy, after.interval)} with the edit. "
        f"It took {', '.join(paid) or 'no call'}, {cost}."
    )


def _show_moves(effect: CellEffect, labels: Sequence[str]) -> None:
    """Every row that is read otherwise, here and elsewhere."""
    names = column_names(labels)
    here = [(effect.cell, "right now", len(effect.fixed_here), "fixed here")] if effect.fixed_here else []
    here += (
        [(effect.cell, "still wrong, differently", len(effect.moved_here), "still wrong")]
        if effect.moved_here
        else []
    )
    lines = here + [
        (move.before, names[move.after.column], len(move.ids), _worth(move)) for move in effect.elsewhere
    ]
    if not lines:
        st.caption("No prediction changed.")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "Correct": [names[cell.row] for cell, *_ in lines],
                "Predicted before": [names[cell.column] for cell, *_ in lines],
                "Now": [now for _, now, *_ in lines],
                "Rows": [rows for *_, rows, _ in lines],
                "": [what for *_, what in lines],
            }
        ),
        hide_index=True,
        height="content" if len(lines) < 8 else 300,
        alt="Rows that the edit moved, by cell",
        column_config={
            "Rows": st.column_config.NumberColumn(width="small"),
            "": st.column_config.TextColumn(width="small"),
        },
    )


def _worth(move: Move) -> str:
    return "fixed" if move.after.right else "broke" if move.before.right else "still wrong"


def _put_to_use(reading: StepEvaluation, ground: CellContext, proposed: ProposedEdit) -> None:
    record = reading.record
    assert proposed.candidate is not None
    shown = ShownPrompt(
        record.dataset_id,
        proposed.candidate,
        f"step {reading.loaded.step.number} of {record.name} and one edit for: {cell_in_words(ground.cell, ground.labels.names)}",
        record.settings.lightweight,
        ground.labels.names,
        locked=record.settings.locked,
        reply_tokens=record.settings.reply_tokens,
        file_name="prompt-with-edit.json",
        template=reading.loaded.dataset.template,
    )
    show_prompt_actions(shown, "_edit")
    st.button(
        "Discard", key="leave_edit", type="tertiary", on_click=lambda: st.session_state.pop(RESULT, None)
    )
