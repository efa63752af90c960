"""Neighbour examples: how accurate would the chosen prompt be with the most similar training rows shown, and
at what price? Priced before it is asked; the replies stay in the cache, so asking again costs nothing."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.costs.price_words import price_in_words
from core.metrics.comparison import comparison_in_words
from core.metrics.metrics import by_score
from core.services import neighbour_trial
from core.services.compare.basis import ComparedRun, rows_read
from core.studies.neighbour_trial import COUNTS, Tried
from core.types import Branch, Prompt, Settings
from core.wording import tight
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.compare.choice import Beside
from pages.ui.compare.leak import offer_leak_meter
from pages.ui.keys import problem_of, shared, typed_keys
from pages.ui.models import OFFLINE
from pages.ui.paid_action import PaidAction, session_results
from pages.ui.prompt_actions import show_prompt_actions
from pages.ui.run_start import ShownPrompt
from pages.ui.wording import count, escape_md, with_interval

RESULTS = "neighbours tried"


def tried_of(run: Beside) -> tuple[Tried, ...]:
    """What was tried in this session with the chosen step."""
    return session_results(RESULTS).get((run.record.id, run.side.step), ())


def offer_neighbours(runs: Sequence[Beside]) -> None:
    """A button; nothing is sent before it is confirmed."""
    able = [run for run in runs if rows_read(run.side)]
    if st.button(
        "Try neighbour examples…",
        key="ask_neighbours",
        icon=":material/group_add:",
        type="tertiary",
        disabled=not able,
        help="The prompt of a chosen step, with the most similar training rows shown beside each text",
    ):
        ask_neighbours(able)


@st.dialog("Try neighbour examples", width="medium")
def ask_neighbours(runs: Sequence[Beside]) -> None:
    by_letter = {run.letter: run for run in runs}
    letter = st.segmented_control(
        "Whose prompt",
        list(by_letter),
        default=runs[0].letter,
        required=True,
        key="neighbours_of",
        format_func=lambda letter: escape_md(
            f"{by_letter[letter].title}, step {by_letter[letter].side.step}"
        ),
    )
    run = by_letter[letter]
    wanted = st.pills(
        "Examples beside each text",
        COUNTS,
        selection_mode="multi",
        default=(2, 4, 8),
        key="neighbours_counts",
    )
    rows = rows_read(run.side)
    st.caption(
        f"Each number is read on the run's {count(len(rows), 'validation row')}. Examples come from its training rows, none of them a near "
        "duplicate of a held-out row."
    )
    lightweight = run.record.settings.lightweight
    problem = problem_of(Settings(lightweight, OFFLINE["heavyweight"]))
    action = PaidAction("Try them", "neighbours_now", type="primary", opening="Looking for neighbours …")
    trials = action.offer(
        (lambda: price_in_words(neighbour_trial.price(run.side, _prompts_with(run, wanted), shared())))
        if wanted
        else None,
        lambda on_progress: neighbour_trial.run(
            shell.workspace(), run.side, _prompts_with(run, wanted), typed_keys(), on_progress
        ),
        no_spending() or escape_md(problem),
    )
    if trials is not None:
        by_count = {trial.count: trial for trial in (*tried_of(run), *trials)}
        session_results(RESULTS)[run.record.id, run.side.step] = tuple(
            by_count[number] for number in sorted(by_count)
        )
        st.rerun()
    st.divider()
    offer_leak_meter(run)


@st.cache_resource(max_entries=8, show_spinner="Looking for neighbours …")
def _prompts(run_id: str, step: int, _side: ComparedRun) -> tuple[Prompt, ...]:
    """With every number of examples."""
    return neighbour_trial.neighbour_prompts(_side, COUNTS)


def _prompts_with(run: Beside, counts: Sequence[int]) -> list[Prompt]:
    return [
        prompt for prompt in _prompts(run.record.id, run.side.step, run.side) if prompt.few_shot.k in counts
    ]


def show_tried(runs: Sequence[Beside]) -> None:
    """A line per number of examples, each to be adopted."""
    for run in runs:
        for tried in tried_of(run):
            with st.container(horizontal=True, vertical_alignment="center"):
                figures, name = (
                    by_score(tried.read.metrics),
                    f"{run.letter} step {run.side.step} with {count(tried.count, 'neighbour')}",
                )
                reached = with_interval(figures.accuracy, figures.interval)
                st.text(
                    tight(f"{name}: {reached}; against none, {comparison_in_words(tried.comparison)}."),
                    width=760,
                )
                _show_actions(run, tried)


def _show_actions(run: Beside, tried: Tried) -> None:
    record = run.record
    shown = ShownPrompt(
        record.dataset_id,
        tried.prompt,
        f"step {run.side.step} of {record.name} with {count(tried.count, 'neighbour')}",
        record.settings.lightweight,
        run.loaded.dataset.labels.names,
        Branch(record.id, run.side.step),
        record.settings.locked,
        record.settings.reply_tokens,
        f"prompt-step-{run.side.step}-neighbours.json",
        run.loaded.dataset.template,
    )
    show_prompt_actions(shown, f"_{record.id}_{tried.count}")
