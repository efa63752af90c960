"""`tune`: a run carried out here, and what it came to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.cli import json_output
from core.cli.actions.tune_estimate import run_estimate
from core.cli.actions.tune_start import TuneRequest, check_combination, new_run, resumed_run
from core.cli.console import Console, stop_on_signals
from core.cli.options import Invocation
from core.cli.output import DONE, STOPPED, Output
from core.cli.words.run import run_in_words, step_in_words
from core.errors import Stopped, WhetstoneError
from core.label_sets.figures import run_set_figures
from core.metrics.objective_words import asked_in_words
from core.prompts.files import PromptFile, to_json
from core.services.evaluation.scorers import judge_named
from core.services.judges.record import judge_record
from core.services.runs import execute_here, objective_of
from core.store.files import write_text
from core.store.records import RunRecord, RunStatus
from core.types import Objective, Progress, Result, Step
from core.workspace import Workspace

STDERR = Path("-")  # of --show-requests without a file

OnRequest = Callable[[Mapping[str, object]], None]


def tune_here(invocation: Invocation, request: TuneRequest) -> Output:
    check_combination(request)
    if request.tuning.estimate:
        return run_estimate(invocation, request)
    with invocation.workspace() as workspace:
        invocation.check_out(request.tuning.out)
        if request.tuning.show_requests not in (None, STDERR):
            invocation.check_out(request.tuning.show_requests)
        begin = resumed_run if request.tuning.resume else new_run
        run_id = begin(invocation, workspace, request)
        record = _carried_out(invocation.console, workspace, run_id, request.tuning.show_requests)
        result = _result(record)
        if record.error:
            invocation.console.warn(record.error)
        return _output(workspace, record, result, request.tuning.out)


def _carried_out(
    console: Console, workspace: Workspace, run_id: str, show_requests: Path | None
) -> RunRecord:
    stop = threading.Event()
    console.say(f"run {run_id}: should it be interrupted, tune --resume {run_id} goes on with it")
    objective = objective_of(workspace.store.runs.get(run_id))
    if objective != Objective(chosen=objective.chosen):
        console.say("objective: " + asked_in_words(objective))

    def on_progress(progress: Progress) -> None:
        console(progress)
        if stop.is_set():
            raise Stopped("Stopped by a signal.")

    def on_step(step: Step) -> None:
        console.say(step_in_words(step, objective))

    with stop_on_signals(stop.set), _requests_shown(show_requests, console) as on_request:
        return execute_here(workspace, run_id, on_progress, on_step, on_request)


@contextmanager
def _requests_shown(target: Path | None, console: Console) -> Iterator[OnRequest | None]:
    """What is to be done with a request that is about to be sent: nothing without a target."""
    if target is None:
        yield None
    elif target == STDERR:
        yield lambda exact: console.warn(json.dumps(exact, ensure_ascii=False, indent=2, default=str))
    else:
        with target.open("w", encoding="utf-8", errors="backslashreplace", buffering=1) as file:
            yield lambda exact: print(json.dumps(exact, ensure_ascii=False, default=str), file=file)


def _result(record: RunRecord) -> Result:
    """Raises what ended a run that has none worth the name."""
    refused_at_once = record.status is RunStatus.FAILED and record.steps < 2
    if record.result is None or refused_at_once:
        ended = Stopped if record.status is RunStatus.STOPPED else WhetstoneError
        raise ended(record.error or record.stop_reason or "The run ended without a result.")
    return record.result


def _output(workspace: Workspace, record: RunRecord, result: Result, out: Path | None) -> Output:
    rows, several = workspace.store.runs.snapshot(record.id), result.best.prompt.several
    labels = several or rows.labels.names
    sets = run_set_figures(rows.examples, result)
    if out:
        model, judge = record.settings.lightweight, judge_record(workspace, record.id, rows)
        file = PromptFile(result.best.prompt, labels, model, rows.template, judge)
        write_text(out, to_json(file))
    steps = workspace.store.steps.all(record.id)
    data = json_output.tuned(record, result, labels, steps)
    data |= {"label_sets": json_output.compared_sets(sets)} if sets else {}
    scored_by = judge_named(workspace, record.settings.scorer)
    data |= {"judge": json_output.judge_fields(scored_by)} if scored_by else {}
    words = run_in_words(record, result, out, sets, scored_by.agreement if scored_by else "")
    return Output(data, words, _code(record.status, result.stop_reason), silent=str(out) == "-")


def _code(status: RunStatus, stop_reason: str) -> int:
    early = status in (RunStatus.STOPPED, RunStatus.FAILED) or stop_reason in ("cap", "stopped")
    return STOPPED if early else DONE
