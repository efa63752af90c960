"""The compared runs, a card each: which step, how accurate, better or not than the first, at what price, and
what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.data.splits import HELD_OUT
from core.metrics.comparison import EVIDENCE
from core.metrics.objective_words import measured_in_words, objective_in_words
from core.services.compare.basis import ComparisonBasis
from core.services.compare.words import headline, verdict
from core.store.records import RunRecord, RunStatus
from core.types import Comparison
from core.types.objectives import ACCURACY
from core.wording import tight
from pages.ui.compare.choice import LETTERS, Beside, step_key
from pages.ui.navigation import go
from pages.ui.prompt_actions import show_prompt_actions
from pages.ui.runs.head import STATUS
from pages.ui.runs.steps import BEST, shown_prompt
from pages.ui.wording import count, escape_md, points, with_interval

CHIP = "display:inline-block;border-radius:5px;padding:0 .5rem;margin-right:.5rem;font-weight:700;color:#fff;background:"
BELOW = " Below it, against the first run on the rows that both have scored: in colour where that is more than luck."


def show_name(index: int, color: str, run: RunRecord) -> None:
    """Its letter in its colour, its name (data, so escaped), and the way to its page."""
    ink = "#1B2526" if index > 3 else "#fff"  # the last two colours are light
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(
            f'<span style="{CHIP}{color};color:{ink}">{LETTERS[index]}</span>'
            f'<span style="font-weight:600;overflow-wrap:anywhere">{escape(run.name)}</span>',
            width="content",
        )
        if run.status is not RunStatus.FINISHED:
            name, icon, shade = STATUS[run.status]
            st.badge(name, icon=icon, color=shade)
        step = str(st.session_state.get(step_key(run.id), BEST))
        if st.button(
            "Open the run",
            icon=":material/open_in_new:",
            type="tertiary",
            key="sign_open_" + run.id,
            help="Its page, with every step",
        ):
            go("runs", run=run.id, view="steps", **({} if step == BEST else {"step": step}))


def show_answer(runs: Sequence[Beside], on: ComparisonBasis) -> None:
    """In one sentence, by the test rows where all have read them; then what the validation rows say."""
    sides = [run.side for run in runs]
    st.subheader(tight(escape_md(headline(sides, on, on.claim))), anchor=False)
    if on.claim == "test":
        st.text(tight(headline(sides, on, "validation")))


def show_card(beside: Beside, first: Beside, on: ComparisonBasis, price: str, answered: bool) -> None:
    """Below its name and its step. `price` is what it costs in use, in words. `answered`: the page has begun with how
    it compares with the first."""
    mine, rival = on.shown("validation", beside.index), on.compared("validation", first.index, beside.index)
    st.metric(
        f"Step {beside.side.step}" + (f" on {count(mine.n, 'validation row')}" if mine else ""),
        with_interval(mine.accuracy, mine.interval) if mine else "not measured",
        _difference(rival, on.graded) if beside is not first and rival else None,
        delta_color="normal" if rival and rival.p < EVIDENCE else "off",
        help="With the 95 % interval, on all rows that it has scored." + ("" if beside is first else BELOW),
    )
    tested = on.shown("test", beside.index)
    test = (
        f"{with_interval(tested.accuracy, tested.interval)} on {count(tested.n, 'row')}"
        if tested
        else "not read with this prompt"
    )
    if mine and on.graded:
        st.caption(f"Mean score; {mine.correct:,} of {mine.n:,} have the full score")
    elif mine and on.objective.kind != ACCURACY:
        figure = measured_in_words(on.objective, mine)
        st.caption(escape_md(f"{objective_in_words(on.objective)}: {figure} on validation rows"))
    st.caption(escape_md("Test: " + test) + "  \n" + escape_md(price))
    if beside is first:
        st.caption("The others are compared with this one.")
    else:
        _show_verdicts(beside, first, on, () if answered else HELD_OUT)
    show_prompt_actions(shown_prompt(beside.loaded, beside.record), key=beside.record.id)


def _difference(rival: Comparison, graded: bool) -> str | None:
    """In points of what the card shows; None where there is none."""
    moved = rival.balance if graded else len(rival.fixed) - len(rival.broke)
    return points(0.0, moved if graded else moved / rival.n) if moved else None


def _show_verdicts(beside: Beside, first: Beside, on: ComparisonBasis, parts: Sequence[str]) -> None:
    """In words, on the rows of these parts that both have read."""
    lines = []
    for part in parts:
        rival = on.compared(part, first.index, beside.index)
        if rival is not None:
            lines.append(
                f"Against {first.letter} on {count(rival.n, part + ' row')}: {verdict(rival)[0].lower() + verdict(rival)[1:]}."
            )
    if beside.side.carried:
        lines.append(
            "Under its cap on calls, rows that no edit was about keep the prediction of an earlier step."
        )
    if not lines and parts:
        lines = ["Nothing to compare: the two have no row in common."]
    if lines:
        st.text(tight("\n".join(lines)))
