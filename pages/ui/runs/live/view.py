"""A run under way: one number, what became of each step, the chart on the axes of the whole run, the newest rules."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.metrics.metrics import by_score
from core.services.runs import best_step
from core.store.records import RunRecord, StepFigures
from core.tuning.outcomes import EditOutcome, judged_edits
from core.tuning.plan import steps_planned
from core.types import Metrics
from core.wording import right_in_words
from pages.ui import shell
from pages.ui.charts import outcome_of
from pages.ui.runs.cut_off import show_cut_off
from pages.ui.runs.objective import show_objective
from pages.ui.runs.result import show_accuracy
from pages.ui.runs.spend import show_spend
from pages.ui.runs.steps import other_step
from pages.ui.wording import count, points, shortened

FEED, LONGEST = 8, 200  # entries, and characters of an edit


def show_live(run: RunRecord, figures: Sequence[StepFigures]) -> None:
    best, planned = best_step(run, figures), steps_planned(run.settings)
    left, right = st.columns([2, 5], gap="medium")
    with left:
        _show_number(run, figures, best)
        show_objective(run)
        _show_feed(figures, best)
    with right:
        show_accuracy(figures, run, best, best, planned)
    _show_rules(run, figures, best)
    show_cut_off(run, figures)
    with st.expander(
        "Cost and time", icon=":material/receipt_long:", key="live_spend", on_change="rerun"
    ) as spend:
        if spend.open:
            shell.fragment(_show_spend, every=2.0 if run.active else None)(run.id)


def _show_number(run: RunRecord, figures: Sequence[StepFigures], number: int) -> None:
    start, best = (
        next((step.validation for step in figures if step.number == each), None) for each in (0, number)
    )
    if start is None or best is None:
        st.metric("Best prompt so far", "…", help="Known once the starting prompt has been measured.")
        return
    gain = _gain(start, best)
    st.metric(
        "Best prompt so far",
        right_in_words(best),
        f"{gain} since the starting prompt" if gain else None,
        help=f"On {count(best.n, 'validation row')}. The test rows are read at the end.",
    )


def _gain(start: Metrics, best: Metrics) -> str:
    """+12, of rows where both have read as many, else +12.5 points; "" for none."""
    if start.n == best.n and not best.graded:
        return f"{best.correct - start.correct:+,d}" if best.correct != start.correct else ""
    before, after = by_score(start).accuracy, by_score(best).accuracy
    return (points(before, after) or "") if before != after else ""


def _show_feed(figures: Sequence[StepFigures], best: int) -> None:
    """What became of each step, a line each, the newest first."""
    lines = []
    for step in [step for step in reversed(figures) if step.number][:FEED]:
        outcome = outcome_of(step, best)
        read = f" · {right_in_words(step.validation)}" if step.validation and step.validation.n else ""
        words = f"Step {step.number} {outcome}{read}"
        lines.append(
            f":material/check_circle: **{words}**" if outcome is EditOutcome.KEPT else f":gray[{words}]"
        )
    st.markdown("  \n".join(lines))


def _show_rules(run: RunRecord, figures: Sequence[StepFigures], best: int) -> None:
    """What the last step that was kept wrote into the prompt."""
    kept = [step.number for step in figures if step.number and outcome_of(step, best) is EditOutcome.KEPT]
    if not kept:
        return
    judged = judged_edits(other_step(run, figures, kept[-1]))
    texts = [
        shortened(each.edit.replace or "Removed: " + each.edit.find, LONGEST)
        for each in judged
        if each.outcome is EditOutcome.KEPT
    ]
    if texts:
        st.markdown(f"**Step {kept[-1]} wrote into the prompt**")
        st.code("\n".join(texts), language=None, wrap_lines=True)


def _show_spend(run_id: str) -> None:
    show_spend(shell.workspace().store.runs.get(run_id))
