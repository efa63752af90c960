"""`tune`: from a labelled file to a better prompt."""

from __future__ import annotations

import argparse
import threading
from dataclasses import replace

from core.cli import json_output
from core.cli.files import dataset_of, lines_of, prompt_of, write_prompt
from core.cli.objective import typed_objective
from core.cli.options import STDERR, settings_from
from core.cli.output import DONE, LONGER, STOPPED, Output
from core.cli.progress import Ticker, requests_shown, step_in_words, stop_on_signals
from core.data.splits import HELD_OUT, split
from core.errors import Stopped, UsageError, WhetstoneError
from core.metrics.objective_choice import check_objective
from core.metrics.objective_words import asked_in_words, measured_in_words, objective_in_words
from core.prompts.files import PromptFile
from core.prompts.starting import starting_prompt
from core.prompts.templates import ReadPrompt
from core.services.branches import branch_start
from core.services.datasets import add_once
from core.services.runs import (
    change_caps,
    check_locked,
    create_run,
    cut_off_evaluation,
    execute_here,
    objective_of,
)
from core.store.files import check_target
from core.store.records import RunRecord, RunStatus
from core.tuning.plan import plan
from core.types import SPLITS, LabelSet, Objective, Progress, Result, Settings, Step
from core.types.objectives import ACCURACY, AUTO, AUTOMATIC
from core.wording import cut_off_in_words, estimates_in_words
from core.workspace import Workspace

CHANGEABLE = (
    "max_calls",
    "max_heavy_calls",
    "budget_usd",
    "concurrency",
)  # what may be typed anew with --resume


def tune_command(options: argparse.Namespace) -> Output:
    workspace = Workspace.open(options.workspace)
    try:
        return _tune(options, workspace)
    finally:
        workspace.close()


def _tune(options: argparse.Namespace, workspace: Workspace) -> Output:
    ticker, stop = Ticker(), threading.Event()
    if options.from_step is not None and not options.from_run:
        raise UsageError("--from-step needs --from-run with the id of the run.")
    if options.from_run and (options.prompt or options.resume):
        raise UsageError("--from-run starts a new run from its prompt: leave --prompt and --resume out.")
    for target in (options.out, options.show_requests):
        if target and target != STDERR:
            check_target(target)
    run_id = _resumed(options, workspace, ticker) if options.resume else _created(options, workspace, ticker)
    ticker.say(f"run {run_id}: should it be interrupted, tune --resume {run_id} goes on with it")

    def on_progress(progress: Progress) -> None:
        ticker(progress)
        if stop.is_set():
            raise Stopped("Stopped by a signal.")

    objective = objective_of(workspace.store.runs.get(run_id))
    if objective != Objective(chosen=objective.chosen):
        ticker.say("objective: " + asked_in_words(objective))

    def on_step(step: Step) -> None:
        ticker.say(step_in_words(step, objective))

    with stop_on_signals(stop.set), requests_shown(options.show_requests, ticker) as on_request:
        record = execute_here(workspace, run_id, on_progress, on_step, on_request)
    refused_at_once = record.status is RunStatus.FAILED and record.steps < 2
    if record.result is None or refused_at_once:
        ended = Stopped if record.status is RunStatus.STOPPED else WhetstoneError
        raise ended(record.error or record.stop_reason or "The run ended without a result.")
    if record.error:
        ticker.say(record.error)
    dataset = workspace.store.runs.snapshot(run_id)
    if options.out:
        write_prompt(
            options.out,
            PromptFile(record.result.best.prompt, dataset.labels.names, record.settings.lightweight),
        )
    data = json_output.tuned(
        run_id,
        record.status,
        dataset.labels.names,
        record.result,
        workspace.store.steps.all(run_id),
        record.spend,
    )
    return Output(data, _in_words(record, record.result), _code(record.status, record.result.stop_reason))


def _created(options: argparse.Namespace, workspace: Workspace, ticker: Ticker) -> str:
    if options.data is None and not options.from_run:
        raise UsageError("tune needs a labelled file, or --resume with the id of a run.")
    dataset, dataset_id = None, ""
    if options.data is None:
        dataset_id = workspace.store.runs.get(options.from_run).dataset_id
        labels = workspace.store.datasets.info(dataset_id).labels
    else:
        imported = dataset_of(options.data)
        dataset, notices = imported.dataset, imported.notices
        labels = dataset.labels
        for notice in notices:
            ticker.say(notice)
    settings = Settings(**{"definitions_first": True} | settings_from(options, Settings()))
    locked = _locked(options)
    if options.from_run:
        begun = branch_start(workspace, options.from_run, options.from_step)
        settings = replace(settings, start=begun.prompt, branch=begun.branch)
        locked = tuple(dict.fromkeys((*begun.locked, *locked)))
    if options.prompt:
        file = _start(options, labels)
        for notice in file.notices:
            ticker.say(notice)
        labels = replace(labels, names=tuple(dict.fromkeys((*labels.names, *file.labels))))
        settings = replace(settings, start=file.prompt)
    settings = replace(settings, locked=locked)
    check_locked(settings.start or starting_prompt(labels), settings)
    settings = replace(settings, objective=typed_objective(options) or AUTO)
    check_objective(settings.objective, labels.names)
    plan(
        settings, (), (), ()
    )  # caps too small for anything, and a model that cannot be opened, are refused before anything is stored
    workspace.session(settings)
    if dataset is not None:
        dataset_id = add_once(workspace, replace(dataset, labels=labels), str(options.data), settings.seed)
    if settings.max_calls is not None and (settings.rows_per_label or settings.mistakes_per_label):
        rows = split(workspace.store.datasets.get(dataset_id).examples, settings.seed)
        parts = ([row for row in rows if row.split == name and not row.excluded] for name in SPLITS)
        if cut := plan(settings, *parts).cut:
            ticker.say(cut)
    return create_run(workspace, dataset_id, settings)


def _start(options: argparse.Namespace, labels: LabelSet) -> ReadPrompt:
    """The prompt file to start from. It may know labels that the rows at hand happen to lack: they stay."""
    file = prompt_of(options.prompt, labels.names)
    missing = sorted(set(labels.names) - set(file.labels))
    if missing:
        raise UsageError(
            f"The prompt file does not know the label {missing[0]!r} of {options.data}: add it to its labels."
        )
    return file


def _locked(options: argparse.Namespace) -> tuple[str, ...]:
    """The lines typed and those of the file, each once."""
    typed = [line.strip() for text in options.lock or () for line in text.splitlines()]
    return tuple(
        dict.fromkeys((*filter(None, typed), *(lines_of(options.lock_file) if options.lock_file else ())))
    )


def _resumed(options: argparse.Namespace, workspace: Workspace, ticker: Ticker) -> str:
    """The id of the run to go on with. Caps that are typed again replace those it had; all else stays as it
    was."""
    record = workspace.store.runs.get(options.resume)
    typed = settings_from(options, record.settings)
    if options.prompt:
        labels = workspace.store.runs.snapshot(record.id).labels
        typed["start"] = prompt_of(options.prompt, labels.names).prompt
    if options.lock or options.lock_file:
        typed["locked"] = _locked(options)
    if objective := typed_objective(options):
        present = objective_of(record)
        typed["objective"] = (
            record.settings.objective
            if replace(objective, chosen=False) == replace(present, chosen=False)
            or (objective.kind == AUTOMATIC and present == replace(objective, kind=present.kind, chosen=True))
            else objective
        )
    for name, value in typed.items():
        if name not in CHANGEABLE and value != getattr(record.settings, name):
            options_named = {"start": "--prompt", "locked": "--lock", "definitions_first": "--no-definitions"}
            option = options_named.get(name, "--" + name.replace("_", "-"))
            raise UsageError(
                f"Run {record.id} was started with another {option}: leave it out to resume the run, or start a new one."
            )
    same = all(value == getattr(record.settings, name) for name, value in typed.items())
    if record.status is RunStatus.FINISHED and record.stop_reason == "cap" and same:
        raise UsageError(
            f"Run {record.id} ended at its cap: type a higher one, such as --max-calls, to go on with it."
        )
    change_caps(workspace, record.id, typed)
    if options.data:
        ticker.say(
            f"A resumed run goes on with the rows it was started on: {options.data} is not read again."
        )
    return record.id


def _code(status: RunStatus, stop_reason: str) -> int:
    early = status in (RunStatus.STOPPED, RunStatus.FAILED) or stop_reason in ("cap", "stopped")
    return STOPPED if early else DONE


def _in_words(record: RunRecord, result: Result) -> str:
    lines, objective = [f"run {record.id}: {record.status}, {record.stop_reason}"], objective_of(record)
    for part in HELD_OUT:
        before, after = result.baseline.evaluations.get(part), result.best.evaluations.get(part)
        if before and after and before.metrics.accuracy is not None and after.metrics.accuracy is not None:
            shares = f"{100 * before.metrics.accuracy:.1f} % -> {100 * after.metrics.accuracy:.1f} %"
            lines.append(f"{part}: {shares} on {after.metrics.n:,} rows")
            if objective.kind != ACCURACY:
                figures = [measured_in_words(objective, each.metrics) for each in (before, after)]
                lines.append(f"{part}, {objective_in_words(objective)}: {' -> '.join(figures)}")
    if result.test is not None:
        lines.append(result.test.reason)
    lines += [f"{cut_off}: {LONGER}"] if (cut_off := _cut_off(record, result)) else []
    if result.best.step == result.baseline.step:
        lines.append("No improvement found: the starting prompt stays.")
    lines.append(estimates_in_words(record.spend.values()))
    return "\n".join(filter(None, lines))


def _cut_off(record: RunRecord, result: Result) -> str:
    """How many replies to the best prompt were cut off, on the last rows that have such."""
    evaluated = cut_off_evaluation(result)
    if evaluated is None:
        return ""
    part, metrics = evaluated
    return f"{part}: {cut_off_in_words(metrics, record.settings.reply_tokens)}"
