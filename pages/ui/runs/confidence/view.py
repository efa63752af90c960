"""The view "When to answer": a local model where it is sure, the prompt elsewhere, unsure answers left out."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.confidence.cascade import cascade_to_json
from core.confidence.trial import CascadeTrial, CascadeWish
from core.costs.price_words import price_in_words
from core.services.cascade import measure
from core.services.cascade.measure import CallCosts
from core.services.cascade.words import gate_lines, headline, saved_in_words, sentences, title_of, way_cells
from core.services.compare import ComparedRun, side
from core.store.records import RunRecord, StepFigures
from core.wording import SPLITS
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.charts import FIGURE
from pages.ui.keys import shared, typed_keys
from pages.ui.paid_action import PaidAction
from pages.ui.runs.confidence.charts import coverage_chart
from pages.ui.runs.steps import LoadedStep, choose_step, load_step
from pages.ui.sides import halves
from pages.ui.wording import count, escape_md

SAMPLES = {0: "Never", 3: "3 times", 5: "5 times", 10: "10 times"}
COLUMNS = ("", "Answered", "Right", "Calls", "Cost of 1,000 texts")


def show_cascade(run: RunRecord, figures: Sequence[StepFigures]) -> None:
    """What was measured last of the chosen step's prompt, and what can be measured."""
    loaded = load_step(run, figures, choose_step(figures))
    if run.settings.scorer or loaded.prompt.several:
        st.caption(
            "The answers of this run are no single labels: there is nothing that replies could agree on."
        )
        return
    of = side(run.name, run, loaded.step, loaded.prompt, loaded.dataset)
    if "validation" not in of.readings:
        st.caption("This step was not measured on validation rows: choose another one.")
        return
    with shell.sentences():
        _offer(of)
        trial = measure.last_trial(shell.workspace(), of)
        if trial is not None:
            _show(trial, of, loaded)


def _offer(of: ComparedRun) -> None:
    """What is to be measured, its price, and the button."""
    reason = no_spending()
    if reason:
        st.caption(reason)
        return
    st.caption(
        "A local model learns from the training rows and costs no call. Asked again, a prompt that is sure of its answer repeats it. "
        "What is sure enough is chosen on validation rows and measured on test rows."
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="cascade_wish"):
        local = st.toggle("Let a local model answer first", value=True, key="cascade_local")
        samples = st.segmented_control(
            "Ask the prompt again",
            list(SAMPLES),
            default=0,
            required=True,
            key="cascade_samples",
            format_func=SAMPLES.get,
        )
        by_hand = samples > 0 or st.toggle("Set a target", key="cascade_by_hand")
        target = _target() if by_hand else None
    if not local and not samples:
        st.caption("Choose at least one: a local model, or asking again.")
        return
    wish = CascadeWish(target, samples, local=local)
    action = PaidAction("Measure", "cascade_now", type="primary", opening="Learning from the training rows …")
    done = action.offer(
        lambda: _price_in_words(of, wish),
        lambda on_progress: measure.measured_trial(shell.workspace(), of, wish, typed_keys(), on_progress),
    )
    if done is not None:
        st.rerun()


def _target() -> float:
    wanted = st.number_input(
        "Of 100 answers given, right at least",
        min_value=1,
        max_value=99,
        value=90,
        key="cascade_target",
        width=220,
        help="The fewer rows there are, the less they prove: 40 rows that are all right prove 91 of 100.",
    )
    return wanted / 100


def _price_in_words(of: ComparedRun, wish: CascadeWish) -> str:
    price = measure.price(of, wish, shared())
    return price_in_words(price) if price.calls else "Nothing is asked: the run has read these rows. Free."


def _show(trial: CascadeTrial, of: ComparedRun, loaded: LoadedStep) -> None:
    costs = measure.call_costs(shell.workspace(), of, shared())
    st.subheader(headline(trial), anchor=False)
    left, right = halves()
    with left:
        for line in (*sentences(trial), *gate_lines(trial), saved_in_words(trial, costs)):
            if line:
                st.text(line)
        if trial.useful and not trial.worse:
            st.download_button(
                "Download the cascade",
                lambda: cascade_to_json(measure.cascade_of(of, trial)),
                f"cascade-step-{loaded.step.number}.json",
                "application/json",
                icon=":material/download:",
                key="cascade_download",
                help="classify and evaluate take it as --prompt. It holds the training rows that the local model learns from.",
            )
    with right:
        st.plotly_chart(
            coverage_chart(trial),
            config=FIGURE,
            key="cascade_chart",
            alt="Answers right against rows answered, on validation rows. " + " ".join(gate_lines(trial)),
        )
        rows = trial.figures["validation"][0].rows
        st.caption(
            f"On {count(rows, 'validation row')}. Large marks: what was chosen by them. The fewer rows are answered, the surer the answers."
        )
    for part in ("test", "validation"):
        if trial.figures.get(part):
            _show_ways(trial, part, costs)


def _show_ways(trial: CascadeTrial, part: str, costs: CallCosts | None) -> None:
    ways = trial.figures[part]
    st.caption(escape_md(f"{count(ways[0].rows, SPLITS[part] + ' row')}; calls and cost for 1,000 texts"))
    cells = [(title_of(each, trial), *way_cells(each, costs)) for each in ways]
    st.dataframe(pd.DataFrame(cells, columns=COLUMNS), hide_index=True, key=f"cascade_{part}")
