"""The one step that is worth taking next, with the button that takes it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.metrics.objective_words import measured_in_words, objective_in_words
from core.services.champions import adopt_prompt, champion_evaluations
from core.services.next_step import DatasetStatus, NextStep, headline
from core.services.runs import objective_of, resume_run
from core.store.records import RunStatus
from core.types import Branch, Evaluation
from core.types.objectives import ACCURACY
from pages.ui import shell
from pages.ui.actions import no_spending
from pages.ui.address import turn_to
from pages.ui.champion.adoption import ask_why
from pages.ui.keys import typed_keys
from pages.ui.navigation import go
from pages.ui.overview.welcome import start
from pages.ui.runs.replay import replay_of
from pages.ui.wording import count, escape_md, points

ENDED = {
    RunStatus.INTERRUPTED: "was interrupted",
    RunStatus.STOPPED: "was stopped",
    RunStatus.FAILED: "failed",
}


def next_step(standing: DatasetStatus) -> None:
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        words, buttons = st.container(width=640, gap="xsmall"), st.container(horizontal=True, width="content")
        STEPS[standing.next](standing, words, buttons)


def open_run(run_id: str) -> None:
    st.session_state["run"] = run_id
    go("runs")


def _say(words: DeltaGenerator, title: str, what: str) -> None:
    words.markdown(f"**{title}**")
    words.caption(what)


def _button(buttons: DeltaGenerator, label: str, icon: str, spends: bool = True, main: bool = True) -> bool:
    locked = no_spending() if spends else ""
    return buttons.button(
        label,
        type="primary" if main else "secondary",
        icon=icon,
        key=f"next_{label}",
        disabled=bool(locked),
        help=locked or None,
    )


def _label(standing: DatasetStatus, words: DeltaGenerator, buttons: DeltaGenerator) -> None:
    _say(
        words,
        f"Next: label rows, {count(standing.counts.unlabelled, 'row')} {'waits' if standing.counts.unlabelled == 1 else 'wait'}",
        "One at a time, a key for each label. Some dozens are enough to begin with: the uncertain and different ones come first.",
    )
    if _button(buttons, "Label rows", ":material/label:", spends=False):
        turn_to("review", "label")
        go("review")


def _tune(standing: DatasetStatus, words: DeltaGenerator, buttons: DeltaGenerator) -> None:
    good, offline = (
        standing.info.labels.good,
        "No key needed with the offline pair: simple word statistics, no language model. Or choose real models.",
    )
    _say(
        words,
        "Next: tune a judge on these verdicts" if good else "Next: tune a prompt on these rows",
        f"Its run says how often it agrees with people before and after, in the view Judge. {offline}"
        if good
        else offline,
    )
    if _button(buttons, "Tune offline", ":material/play_arrow:"):
        with shell.sentences(), st.spinner("Starting the run…"):
            start(standing.info.id)
    if _button(buttons, "Choose models", ":material/tune:", spends=False, main=False):
        go("new run")


def _watch(standing: DatasetStatus, words: DeltaGenerator, buttons: DeltaGenerator) -> None:
    _say(words, f"{escape_md(standing.run.name)} is under way", "It goes on when you close this tab.")
    if _button(buttons, "Watch it", ":material/monitoring:", spends=False):
        open_run(standing.run.id)


def _resume(standing: DatasetStatus, words: DeltaGenerator, buttons: DeltaGenerator) -> None:
    run = standing.run
    if run.status is RunStatus.PAUSED:
        _say(words, f"{escape_md(run.name)} is paused, and waits for you", escape_md(run.error))
        if _button(buttons, "See what it proposes", ":material/rate_review:", spends=False):
            open_run(run.id)
        return
    why = (
        escape_md(run.error)
        if run.error
        else "Finished calls are in the cache: going on costs nothing twice."
    )
    _say(
        words,
        f"{escape_md(run.name)} {ENDED.get(run.status, 'ended early')} after {count(max(run.steps - 1, 0), 'step')}",
        why,
    )
    if _button(buttons, "Resume it", ":material/resume:"):
        with shell.sentences():
            resume_run(shell.workspace(), run.id, typed_keys())
            open_run(run.id)
    if _button(buttons, "Open it", ":material/monitoring:", spends=False, main=False):
        open_run(run.id)


def _adopt(standing: DatasetStatus, words: DeltaGenerator, buttons: DeltaGenerator) -> None:
    run, best = standing.run, standing.run.result.best
    split, before, after = headline(run.result)
    since, used = "", _in_use(standing, split, after)
    if standing.champion:
        before, since = (
            (used, ", from the champion in use") if used else (before, ", from the starting prompt")
        )
    gain = points(before.metrics.accuracy, after.metrics.accuracy) if before and after else "better"
    objective = objective_of(run)
    if before and after and objective.kind != ACCURACY:
        figures = [measured_in_words(objective, each.metrics).split(" (")[0] for each in (before, after)]
        gain = f"{objective_in_words(objective)} {' → '.join(figures)}"
    by = " by the labels of the run" if replay_of(run, standing.info) else ""
    _say(
        words,
        f"Next: adopt the best prompt, {escape_md(run.name)} step {best.step} ({escape_md(gain)} on the {split} rows{by}{since})",
        "The champion is the prompt that the playground uses and that is exported. You can look at it first.",
    )
    with words:
        why = ask_why("_next")
    if _button(buttons, "Adopt it", ":material/trophy:"):
        with shell.sentences():
            branch, model = Branch(run.id, best.step), run.settings.lightweight
            adopt_prompt(shell.workspace(), standing.info.id, best.prompt, model, branch, why())
            st.rerun()
    if _button(buttons, "Look at the run", ":material/monitoring:", spends=False, main=False):
        open_run(run.id)


def _in_use(standing: DatasetStatus, split: str, after: Evaluation | None) -> Evaluation | None:
    """What the champion read of the same rows with the same labels; None where it did not."""
    champion, run = standing.champion, standing.run
    source = next((each for each in standing.runs if champion and each.id == champion.run_id), None)
    if not champion or not source or not run or not after or source.dataset_version != run.dataset_version:
        return None
    read = champion_evaluations(shell.workspace(), champion).get(split)
    if read is None:
        return None
    mine, its = ({each.example_id for each in one.predictions} for one in (after, read))
    return read if mine == its else None


def _correct(standing: DatasetStatus, words: DeltaGenerator, buttons: DeltaGenerator) -> None:
    free = bool(standing.info.scorer)
    what = "answer" if free else "label"
    _say(
        words,
        f"Next: look at the mistakes, correct {what}s that are wrong, tune again",
        f"No prompt can learn {what}s that contradict each other. Notes on rows tell the heavyweight model why "
        f"{'an answer' if free else 'a label'} is right.",
    )
    if _button(buttons, "See the mistakes", ":material/monitoring:", spends=False):
        open_run(standing.run.id)
    if _button(buttons, f"Correct {what}s", ":material/edit:", spends=False, main=False):
        turn_to("data", "rows")
        go("dataset")


def _try(standing: DatasetStatus, words: DeltaGenerator, buttons: DeltaGenerator) -> None:
    _say(
        words,
        "Next: try the champion on texts of your own",
        f"One text in, its {'answer' if standing.info.scorer else 'label'} and the reason out, with the exact request.",
    )
    if _button(buttons, "Try it", ":material/science:", spends=False):
        go("playground")
    if _button(buttons, "Tune again", ":material/tune:", spends=False, main=False):
        go("new run")


STEPS = {
    NextStep.LABEL: _label,
    NextStep.TUNE: _tune,
    NextStep.WATCH: _watch,
    NextStep.RESUME: _resume,
    NextStep.ADOPT: _adopt,
    NextStep.CORRECT: _correct,
    NextStep.TRY: _try,
}
