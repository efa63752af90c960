"""The view "When to answer": a local model where it is sure, the prompt elsewhere, unsure answers left out."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.confidence.trial import CascadeTrial, CascadeWish
from core.costs.price_words import price_in_words
from core.errors import UsageError
from core.services.cascade import measure
from core.services.compare.basis import ComparedRun, side
from core.store.records import RunRecord, StepFigures
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.keys import shared, typed_keys
from pages.ui.paid_action import PaidAction
from pages.ui.runs.confidence.result import show_result
from pages.ui.runs.steps import load_chosen

LOGPROBS = -1  # by the model's own probability of its label
SAMPLES = {0: "No", 3: "Ask 3 times", 5: "5 times", 10: "10 times", LOGPROBS: "By log-probabilities"}
FREE = "Free: the run has read these rows, so no model is asked."


def show_cascade(run: RunRecord, figures: Sequence[StepFigures]) -> None:
    """What was measured last of the chosen step's prompt, and what can be measured."""
    loaded = load_chosen(run, figures)
    of = side(run.name, run, loaded.step, loaded.prompt, loaded.dataset)
    try:
        measure.check_run(of)
    except UsageError as refusal:
        st.caption(str(refusal))
        return
    if "validation" not in of.readings:
        st.caption("This step was not measured on validation rows: choose another one.")
        return
    with shell.sentences():
        trial = measure.last_trial(shell.workspace(), of)
        if trial is None:
            _offer(of, None)
            return
        show_result(trial, of)
        with st.expander("Measure again", icon=":material/tune:", key="cascade_again"):
            _offer(of, trial)


def _offer(of: ComparedRun, known: CascadeTrial | None) -> None:
    """What is to be measured, its price, and the button."""
    reason = no_spending()
    if known is None:
        st.subheader("Does every text need a model call?", anchor=False)
        st.caption(
            "A small model that runs here learns from the training rows in seconds. Where it is sure, no call is needed. "
            "Answers that the prompt itself is not sure of can be left to a person."
        )
    if reason:
        st.caption(reason)
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="cascade_wish"):
        local = st.toggle("Let a local model answer first", value=True, key="cascade_local")
        samples = st.segmented_control(
            "Leave out unsure answers",
            [each for each in SAMPLES if each != LOGPROBS or measure.gives_logprobs(of, shared())],
            default=0,
            required=True,
            key="cascade_samples",
            format_func=SAMPLES.get,
            help="A prompt that is sure of its answer repeats it: each text then takes so many calls more. Log-probabilities "
            "take none more, but not every server sends them.",
        )
        by_hand = samples != 0 or st.toggle(
            "Set a target", key="cascade_by_hand", help="Without one: as many right as with the prompt alone."
        )
        target = _target() if by_hand else None
    if not local and not samples:
        st.caption("Choose at least one: a local model, or leaving out unsure answers.")
        return
    wish = CascadeWish(target, max(samples, 0), local=local, logprobs=samples == LOGPROBS)
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
    if not wish.asks:
        return FREE
    return price_in_words(measure.price(of, wish, shared()))
