"""`tune`: from labelled texts to a better prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.errors import Stopped, UsageError, WhetstoneError
from core.exports.report.run import ReportRun
from core.library.display import Display, open_display
from core.library.interrupts import stop_on_interrupt
from core.library.labelled_texts import LabelledTexts, TextsWanted, texts_with_labels
from core.library.run import Run, run_html, step_summary
from core.library.settings import checked_settings, prompt_from
from core.library.workspaces import home_of, opened_workspace
from core.metrics.objective_choice import check_objective
from core.prompts.starting_prompt import starting_prompt
from core.prompts.templates import ReadPrompt
from core.services.datasets import add_once
from core.services.evaluation.scorers import (
    scored_settings,
    scorer_notices,
    set_settings,
    stored_scorer,
)
from core.services.run_report import stored_report
from core.services.runs import change_caps, check_locked, create_run, execute_here
from core.store.records import RunStatus
from core.tuning.free_answers.run import OPEN
from core.tuning.plan import plan
from core.types import LabelSet, Progress, Settings, Step
from core.workspace import Workspace


def tune(
    data: object,
    *,
    text: str | Sequence[str] = "",
    label: str = "",
    lightweight: str | None = None,
    heavyweight: str | None = None,
    iterations: int | None = None,
    max_calls: int | None = None,
    budget_usd: float | None = None,
    prompt: object = None,
    workspace: Workspace | str | Path | None = None,
    progress: bool = True,
    **settings: Any,
) -> Run:
    """Finds a better prompt for labelled texts.

    `data`: a DataFrame, a list of (text, label) pairs or (text, label, note), a list of dicts, a dict of columns, a
    path, or the name of a dataset of the workspace, with @ and the name of a version behind it for its rows as they were.
    `text` and `label` name its columns; they are guessed without.
    `lightweight` classifies and `heavyweight` edits, each "provider:model"; without them the offline pair does.
    `budget_usd` caps both in dollars, `max_calls` the lightweight calls that reach the provider. `prompt` is the one
    to start from: a run, a file, or its text. `workspace` is a folder (WHETSTONE_WORKSPACE or data/local without).
    More `settings`: several="keep" for rows that have several labels (or "first", "split"), bins (3, or edges: [50, 80])
    for labels that are numbers on a scale, template for texts of several columns ("Q: {question} A: {answer}"), scorer
    for answers that are no labels, seed, objective, purpose,
    max_heavy_calls, concurrency, strategy, … (docs/library.md).

    Ctrl-C stops the run and returns what there is. Raises WhetstoneError, in one sentence."""
    given = dict(lightweight=lightweight, heavyweight=heavyweight, iterations=iterations, max_calls=max_calls)
    bins, template = settings.pop("bins", None), settings.pop("template", "")
    several = settings.pop("several", "leave_out")
    chosen = checked_settings({**given, "budget_usd": budget_usd, **settings})
    with opened_workspace(workspace) as opened, _display(progress) as display:
        of_prompt = prompt_from(prompt, ()).template if prompt is not None else None
        wanted = TextsWanted(True, "scorer" in chosen, bins, template, of_prompt, several)
        rows = texts_with_labels(opened, data, text, label, wanted)
        run_id, notices = _created(opened, rows, prompt, chosen)
        for notice in notices:
            display.say(notice)
        stored = _carried_out(opened, run_id, display)
        return Run(stored, opened.store.runs.get(run_id).dataset_id, home_of(workspace, opened), notices)


def resume(
    run: Run | str, *, workspace: Workspace | str | Path | None = None, progress: bool = True, **caps: Any
) -> Run:
    """Goes on with a run that was stopped, or its id, under other caps if they are named: max_calls, max_heavy_calls,
    budget_usd, max_tokens. No call is paid for twice. WhetstoneError."""
    chosen = checked_settings(caps)
    run_id, home = (run, workspace) if isinstance(run, str) else (run.id, run.workspace)
    with opened_workspace(home) as opened, _display(progress) as display:
        change_caps(opened, run_id, chosen)
        stored = _carried_out(opened, run_id, display)
        return Run(stored, opened.store.runs.get(run_id).dataset_id, home_of(home, opened))


def load_run(run_id: str, *, workspace: Workspace | str | Path | None = None) -> Run:
    """A run of the workspace, made here, on the command line or in the dashboard. NotFound."""
    with opened_workspace(workspace) as opened:
        dataset_id = opened.store.runs.get(run_id).dataset_id
        return Run(stored_report(opened.store, run_id), dataset_id, home_of(workspace, opened))


@contextmanager
def _display(shown: bool) -> Iterator[Display]:
    display = open_display(shown)
    try:
        yield display
    finally:
        display.close()


def _created(
    workspace: Workspace, rows: LabelledTexts, prompt: object, chosen: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    """The id of the new run, and what there is to say of its rows and its prompt."""
    settings = Settings(**{"definitions_first": True} | dict(chosen))
    settings = replace(settings, scorer=settings.scorer or rows.scorer)
    labels, notices, free = rows.dataset.labels, rows.notices, bool(settings.scorer)
    if labels.several:
        settings, free = set_settings(settings, labels), True
        settings = scored_settings(workspace, settings, rows.dataset.examples)
    elif free:
        settings, labels = replace(settings, scorer=stored_scorer(workspace, settings.scorer)), OPEN
        notices = (*notices, *scorer_notices(workspace, settings.scorer, rows.dataset.examples))
        settings = scored_settings(workspace, settings, rows.dataset.examples)
    if prompt is not None:
        read = prompt_from(prompt, labels.names)
        labels = _with_labels_of(read, labels)
        notices = (*notices, *read.notices)
        several = rows.dataset.labels.names if rows.dataset.labels.several else ()
        settings = replace(settings, start=replace(read.prompt, several=several))
    check_locked(settings.start or starting_prompt(labels, settings.purpose), settings)
    check_objective(settings.objective, () if free else labels.names)
    plan(settings, (), (), ())  # caps too small for anything are refused before anything is stored
    workspace.session(settings)
    if rows.version is not None:
        return create_run(workspace, rows.version, settings), notices
    dataset = rows.dataset if free else replace(rows.dataset, labels=labels)
    dataset_id = rows.dataset_id or add_once(workspace, dataset, rows.origin, settings.seed, settings.scorer)
    return create_run(workspace, dataset_id, settings), notices


def _with_labels_of(read: ReadPrompt, labels: LabelSet) -> LabelSet:
    """The prompt may know labels that the rows at hand happen to lack. UsageError where it lacks one of theirs."""
    missing = sorted(set(labels.names) - set(read.labels))
    if missing:
        raise UsageError(
            f"The prompt does not know the label {missing[0]!r} of the rows: add it to its labels."
        )
    return replace(labels, names=tuple(dict.fromkeys((*labels.names, *read.labels))))


# ---- the run itself


def _carried_out(workspace: Workspace, run_id: str, display: Display) -> ReportRun:
    """Carries out a run in this thread. WhetstoneError where it ended before anything was measured."""
    steps: list[Step] = []
    base = stored_report(workspace.store, run_id)

    def on_step(step: Step) -> None:
        steps.append(step)
        accuracy, decision, reason = step_summary(step)
        html = run_html(replace(base, steps=steps, status="running"), live=True)
        display.step(f"step {step.number}: {accuracy} on validation, {decision}: {reason}", html)

    with stop_on_interrupt() as stop:
        record = execute_here(workspace, run_id, _reporting(display, stop.is_set), on_step)
    if record.result is None or (record.status is RunStatus.FAILED and record.steps < 2):
        ended = Stopped if record.status is RunStatus.STOPPED else WhetstoneError
        raise ended(record.error or record.stop_reason or "The run ended without a result.")
    return stored_report(workspace.store, run_id)


def _reporting(display: Display, stopping: Callable[[], bool]) -> Callable[[Progress], None]:
    def on_progress(progress: Progress) -> None:
        display.progress(progress)
        if stopping():
            raise Stopped("Stopped on request.")

    return on_progress
