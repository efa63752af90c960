"""New run: choose models and limits, see what will happen, start."""

from dataclasses import replace

import streamlit as st

from core.samples import sample
from core.services.datasets import import_sample
from core.services.evaluation.scorers import set_settings
from core.services.runs import start_run
from pages.ui import shell
from pages.ui.actions import act, no_spending, show_outcome
from pages.ui.dataset_status import scorer_in_words
from pages.ui.judges.good_label import say_judge
from pages.ui.keys import typed_keys
from pages.ui.models import model_problem
from pages.ui.navigation import offer_settings
from pages.ui.new_run.form import choose_settings
from pages.ui.new_run.headroom import show_headroom
from pages.ui.new_run.objective import choose_objective
from pages.ui.new_run.request import show_first_request
from pages.ui.new_run.shortlist import choose_shortlist
from pages.ui.new_run.start import choose_start
from pages.ui.new_run.version import choose_version
from pages.ui.run_plan import show_plan
from pages.ui.run_start import this_start
from pages.ui.wording import escape_md


def use_sample() -> None:
    act(lambda: import_sample(shell.workspace(), sample("github_issues")))
    st.rerun()


start = this_start()
st.title("New run", anchor=False)
show_outcome()
dataset = shell.dataset()
locked = no_spending()
if dataset is None:
    shell.nothing_yet(
        "There is nothing to tune on yet",
        "A run needs labelled text. Take the sample of GitHub issues, or import your own on the Dataset page.",
        "Use the sample",
        use_sample,
        key="use_sample",
    )
    st.stop()

left, right = st.columns([3, 2], gap="medium")
with left:
    dataset = choose_version(dataset)
    say_judge(dataset)
    begin = choose_start(dataset)
    if dataset.scorer:
        st.caption(
            f":material/checklist: Answers are scored by {escape_md(scorer_in_words(dataset.scorer))}."
        )
    settings, name = choose_settings(dataset.scorer)
    settings = replace(settings, **begin.changes)
    if not dataset.scorer:
        settings = replace(settings, objective=choose_objective(dataset, settings.seed))
    if not dataset.scorer and not dataset.labels.several:
        settings = replace(settings, shortlist=choose_shortlist(dataset, settings))
    settings = set_settings(settings, dataset.labels)
with right, st.container(border=True):
    then = f", version “{dataset.then.name}”" if dataset.then else ""
    st.markdown("**What will happen on** " + escape_md(dataset.name + then))
    possible = show_plan(dataset, settings)
    callable_ = not model_problem(settings.lightweight, "lightweight") and not model_problem(
        settings.heavyweight, "heavyweight"
    )
    pressed = st.button(
        "Start the run",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        key=start.button,
        disabled=bool(locked) or not possible or not callable_ or not begin.ready,
    )
    if pressed:
        with shell.sentences(), st.spinner("Starting …"):
            start.carry_out(
                lambda: start_run(
                    shell.workspace(), dataset.then or dataset.id, settings, name, typed_keys()
                ),
                (dataset.then or dataset.id, settings, name),
            )
    if locked or not callable_:
        st.caption(locked or "It can start when both models can be called.")
        if not locked:
            offer_settings("new_run settings")
    else:
        st.caption("It goes on in the background: you may close this page.")
with left:
    if possible:
        show_first_request(dataset, settings)
    if not dataset.scorer and not dataset.labels.several:
        show_headroom(dataset, settings)
