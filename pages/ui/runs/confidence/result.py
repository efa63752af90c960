"""What a cascade is worth: the answer in a line, what it saves, the way to use it, and what proves it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.confidence.cascade import cascade_to_json
from core.confidence.trial import CascadeTrial
from core.services.cascade import measure
from core.services.cascade.adoption import adopt_cascade, is_in_force
from core.services.cascade.measure import CallCosts, calls_per_thousand
from core.services.cascade.words import (
    cost_in_words,
    gate_lines,
    headline,
    sentences,
    title_of,
    way_cells,
    ways_compared,
)
from core.services.champions import adopt_prompt
from core.services.compare.basis import ComparedRun
from core.types import Branch
from core.wording import SPLITS
from pages.ui import shell
from pages.ui.actions import act
from pages.ui.champion.adoption import ask_why
from pages.ui.charts import FIGURE
from pages.ui.keys import shared
from pages.ui.runs.confidence.charts import coverage_chart
from pages.ui.sides import halves
from pages.ui.wording import count, escape_md, percent

COLUMNS = ("", "Answered", "Right", "Calls", "Cost of 1,000 texts")
ALONE = "{} with the prompt alone"


def show_result(trial: CascadeTrial, of: ComparedRun) -> None:
    costs = measure.call_costs(shell.workspace(), of, shared())
    st.subheader(headline(trial), anchor=False)
    usable = trial.differs and not trial.worse
    if usable:
        _show_savings(trial, costs)
        _show_uses(trial, of)
    left, right = halves()
    with left:
        for line in (*sentences(trial), *gate_lines(trial)):
            st.text(line)
    with right:
        st.plotly_chart(
            coverage_chart(trial),
            config=FIGURE,
            key="cascade_chart",
            alt="Answers right against rows answered, on validation rows. " + " ".join(gate_lines(trial)),
        )
        rows = trial.figures["validation"][0].rows
        chosen = " The large mark is what was chosen." if usable else ""
        st.caption(
            f"On {count(rows, 'validation row')}: how many of the answers are right where only the surest are given. Thin lines: how "
            f"low luck may have made it (95 %); they have to reach the target.{chosen}"
        )
    _show_ways(trial, trial.claim, costs)
    if trial.claim == "test":
        chose = ", which chose the threshold" if trial.differs else ""
        with st.expander(f"The same on validation rows{chose}"):
            _show_ways(trial, "validation", costs)


def _show_savings(trial: CascadeTrial, costs: CallCosts | None) -> None:
    """Against the prompt alone, on the rows to quote."""
    compared = ways_compared(trial)
    if compared is None:
        return
    used, alone = compared
    calls, before = (f"{calls_per_thousand(each):,.0f}" for each in compared)
    figures = [("Model calls for 1,000 texts", calls, ALONE.format(before))]
    if costs is not None and costs.usd:
        money = cost_in_words(used, costs), ALONE.format(cost_in_words(alone, costs))
        figures.append(("Cost of 1,000 texts", *money))
    figures.append(("Right, of the answers", percent(used.accuracy), ALONE.format(percent(alone.accuracy))))
    if used.answered < used.rows:
        figures.append(("Answered", percent(used.coverage), "the others are left to a person"))
    with st.container(horizontal=True, gap="medium", key="cascade_savings"):
        for name, value, beside in figures:
            st.metric(name, value, beside, delta_color="off", delta_arrow="off", width="content")


def _show_uses(trial: CascadeTrial, of: ComparedRun) -> None:
    """For the champion, or as a file."""
    in_use = is_in_force(shell.workspace(), of)
    with st.container(horizontal=True, vertical_alignment="center"):
        if in_use:
            st.badge("In use", icon=":material/trophy:", color="green")
        if not shell.workspace().read_only:
            _offer_end(of) if in_use else _offer_use(of)
        st.download_button(
            "Download",
            lambda: cascade_to_json(measure.cascade_of(of, trial)),
            f"cascade-step-{of.step}.json",
            "application/json",
            icon=":material/download:",
            key="cascade_download",
            help="classify and evaluate take it as --prompt. It holds the training rows that the local model learns from.",
        )
    if in_use:
        st.caption(
            "The Playground, the HTTP API and your programs answer this way, until another prompt is adopted."
        )


def _offer_use(of: ComparedRun) -> None:
    with st.popover("Use it for the champion", icon=":material/trophy:", type="primary"):
        st.caption(
            "The prompt becomes the champion. The Playground, the HTTP API and your programs then answer this way."
        )
        why = ask_why(" cascade")
        st.button(
            "Use it",
            icon=":material/trophy:",
            key="adopt cascade",
            type="primary",
            on_click=act,
            args=(lambda: adopt_cascade(shell.workspace(), of, why()), "The champion now answers this way."),
        )


def _offer_end(of: ComparedRun) -> None:
    record = of.record

    def end() -> None:
        branch, model = Branch(record.id, of.step), record.settings.lightweight
        adopt_prompt(shell.workspace(), record.dataset_id, of.prompt, model, branch)

    st.button(
        "Let the prompt answer alone",
        icon=":material/undo:",
        key="end cascade",
        on_click=act,
        args=(end, "The prompt answers alone again."),
    )


def _show_ways(trial: CascadeTrial, part: str, costs: CallCosts | None) -> None:
    ways = trial.figures[part]
    st.caption(escape_md(f"{count(ways[0].rows, SPLITS[part] + ' row')}; calls and cost for 1,000 texts"))
    cells = [(title_of(each, trial), *way_cells(each, costs)) for each in ways]
    st.dataframe(pd.DataFrame(cells, columns=COLUMNS), hide_index=True, key=f"cascade_{part}")
