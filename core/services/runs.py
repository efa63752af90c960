"""Runs: created, started, executed here or in the background, resumed as they were or with other caps and with
what a person says of a proposal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from core.data.parts import run_parts
from core.errors import CallFailed, Conflict, NotFound, Stopped, UsageError
from core.jobs.resumed_caps import account_name, total_spend, with_caps_left, with_changed_caps
from core.jobs.run_job import Begin, Pace, RunJob, Stoppable, Work, execute_run
from core.llm.base import Model
from core.metrics.objective_choice import check_objective, objective_for
from core.metrics.objective_words import rank_of
from core.prompts.rules import field_lines
from core.prompts.starting_prompt import starting_prompt
from core.services.datasets import hold_out, split_rows
from core.services.evaluation.scorers import judge_model, keep_scorer, scored_settings, set_settings
from core.services.versions.versions import dataset_then
from core.store.dataset_version import DatasetVersion
from core.store.records import Change, RunRecord, StepFigures
from core.store.runs.owners import new_owner
from core.store.runs.pauses import StoredOverseer
from core.tuning.free_answers.run import OPEN
from core.tuning.hypotheses import proposed_edits
from core.tuning.session import OnProgress, Session
from core.tuning.supervision import Proposal, Review
from core.tuning.tune import tune
from core.types import (
    Dataset,
    Edit,
    Example,
    Objective,
    Progress,
    Prompt,
    Reply,
    Request,
    Result,
    Settings,
    Step,
)
from core.types.objectives import AUTO, AUTOMATIC
from core.wording import quoted
from core.workspace import NO_KEYS, Workspace

OnRequest = Callable[[Mapping[str, object]], None]


def create_run(
    workspace: Workspace,
    source: str | DatasetVersion,
    settings: Settings,
    name: str = "",
    keys: Mapping[str, str] = NO_KEYS,
) -> str:
    """The id of a new run that waits, on a dataset by its id, or as it was in a named version. The first run fixes which
    rows are held out, of every version. UsageError for a model that cannot be opened or a locked line that the prompt
    lacks, DataError for rows that cannot be tuned on, before anything is stored."""
    workspace.check_spendable()
    version = source if isinstance(source, DatasetVersion) else None
    dataset_id = version.dataset_id if version else str(source)
    given = version.labels if version else workspace.store.datasets.info(dataset_id).labels
    settings = set_settings(settings, given)
    workspace.session(settings, keys=keys)
    labels = OPEN if settings.scorer else given
    check_locked(settings.start or starting_prompt(labels, settings.purpose), settings)
    check_objective(settings.objective, labels.names)
    hold_out(workspace, dataset_id, settings.seed, bool(settings.scorer))
    rows = split_rows(workspace, source, settings.seed, bool(settings.scorer))
    run_parts(rows, settings.start)
    settings = with_objective(workspace, settings, rows)
    keep_scorer(workspace, dataset_id, settings.scorer)
    then = replace(dataset_then(workspace, version), examples=rows) if version else None
    return workspace.store.runs.create(dataset_id, settings, name, rows=then)


def with_objective(workspace: Workspace, settings: Settings, rows: Sequence[Example]) -> Settings:
    """With the objective that their run will have: where it is left to the rows, the one that fits these."""
    if settings.scorer:
        return scored_settings(workspace, settings, rows)
    return replace(settings, objective=objective_for(settings.objective or Objective(), rows))


def objective_of(record: RunRecord) -> Objective:
    """What counts in a run. One stored without an objective, before there was a choice, has accuracy."""
    objective = record.result.objective if record.result is not None else record.settings.objective
    return objective if objective is not None and objective.kind != AUTOMATIC else Objective()


def check_locked(start: Prompt, settings: Settings) -> None:
    """UsageError for a locked line that is none of the lines of the starting prompt."""
    lines = field_lines(start)
    unknown = next((line for line in settings.locked if line.strip() not in lines), None)
    if unknown is not None:
        raise UsageError(
            f"The starting prompt has no line {quoted(unknown, 200)}: lock a whole line of it, as it stands."
        )


def start_run(
    workspace: Workspace,
    source: str | DatasetVersion,
    settings: Settings,
    name: str = "",
    keys: Mapping[str, str] = NO_KEYS,
) -> str:
    """Creates a run and starts it in the background. `keys` were typed in the session that starts it: they
    stay in memory, and nowhere else."""
    run_id = create_run(workspace, source, settings, name, keys)
    take_up(workspace, run_id, keys)
    return run_id


def resume_run(workspace: Workspace, run_id: str, keys: Mapping[str, str] = NO_KEYS) -> None:
    """Goes on with a run in the background, with the keys of whoever resumes it."""
    workspace.check_spendable()
    workspace.session(workspace.store.runs.get(run_id).settings, keys=keys)
    workspace.store.leases.mark_interrupted()
    take_up(workspace, run_id, keys)


def finish_run(workspace: Workspace, run_id: str, keys: Mapping[str, str] = NO_KEYS) -> None:
    """Tries no further step and reads the test rows: at once where the run is under way, else it is taken up for
    that. Raises Conflict where there is nothing to finish."""
    workspace.check_spendable()
    store = workspace.store
    store.leases.mark_interrupted()
    if not store.leases.request_finish(run_id):
        raise Conflict("This run has finished already, or has not measured its starting prompt yet.")
    if not store.runs.get(run_id).active:
        resume_run(workspace, run_id, keys)


def change_caps(workspace: Workspace, run_id: str, caps: Mapping[str, Any]) -> None:
    """Other caps, by their name in Settings, for a run that is to go on. UsageError where they leave nothing to
    go on with."""
    workspace.check_spendable()
    store = workspace.store
    store.leases.mark_interrupted()
    record = store.runs.get(run_id)
    settings = with_changed_caps(
        record.settings, caps, workspace.spent_by(record), judge_model(workspace, record.settings)
    )
    workspace.session(with_caps_left(settings))
    if settings != record.settings:
        store.runs.change_settings(run_id, settings)


def take_up(
    workspace: Workspace, run_id: str, keys: Mapping[str, str] = NO_KEYS, pace: Pace = Pace()
) -> bool:
    """Starts a run that waits, in the background. False if it is under way already."""
    workspace.count_paid_elsewhere(run_id)
    return workspace.runner.start(RunJob(workspace.store, run_id, run_work(workspace, dict(keys)), pace))


def execute_here(
    workspace: Workspace,
    run_id: str,
    on_progress: OnProgress,
    on_step: Callable[[Step], None],
    on_request: OnRequest | None = None,
) -> RunRecord:
    """Carries out a run in this thread and returns how it ended, as `execute_run` does. `on_progress` may raise
    Stopped; `on_request` is given every request to the heavyweight model, exactly, before it is asked."""

    def begin_watched(dataset: Dataset, settings: Settings, run_id: str, report: OnProgress) -> Work:
        def report_twice(progress: Progress) -> None:
            report(progress)
            on_progress(progress)

        def watched(events: Iterator[Step | Result]) -> Iterator[Step | Result]:
            for event in events:
                if isinstance(event, Step):
                    on_step(event)
                yield event

        work = run_work(workspace, on_request=on_request)(dataset, settings, run_id, report_twice)
        return Work(watched(work.events), work.spend)

    workspace.check_spendable()
    workspace.count_paid_elsewhere(run_id)
    return execute_run(workspace.store, run_id, new_owner(), begin_watched)


def run_work(
    workspace: Workspace, keys: Mapping[str, str] = NO_KEYS, on_request: OnRequest | None = None
) -> Begin:
    """The work of runs that may use these keys, for whoever carries them out."""

    def begin(dataset: Dataset, settings: Settings, run_id: str, on_progress: OnProgress) -> Work:
        with suppress(Stopped):  # heard by the work, which ends with the result that there is
            on_progress(Progress("Preparing the rows"))
        now, account = with_caps_left(settings), account_name(run_id, settings)
        if settings.objective == AUTO:  # stored before there was a choice: goes on as it began
            now = replace(now, objective=None)
        alone = (
            _is_in_benchmark(workspace, run_id) and not settings.paid_before
        )  # changed caps count what was spent
        session = workspace.session(now, account, keys, alone)
        stoppable = Stoppable(session.ask_all, on_progress, workspace.slowed)
        session = replace(
            session, ask_all=stoppable.ask_all, overseer=StoredOverseer(workspace.store.pauses, run_id)
        )
        if on_request is not None:
            session = _with_requests_seen(session, on_request)
        events = tune(dataset, session, now, stoppable.on_progress)
        return Work(events, lambda: total_spend(settings, session.account.spends()))

    return begin


def _with_requests_seen(session: Session, on_request: OnRequest) -> Session:
    def ask_all(
        model: Model,
        requests: Sequence[Request],
        *,
        concurrency: int,
        on_reply: Callable[[int, int], None] | None = None,
    ) -> list[Reply | CallFailed]:
        for request in requests if model is session.heavyweight else ():
            on_request(model.exact(request))
        return session.ask_all(model, requests, concurrency=concurrency, on_reply=on_reply)

    return replace(session, ask_all=ask_all)


def _is_in_benchmark(workspace: Workspace, run_id: str) -> bool:
    try:
        return bool(workspace.store.runs.get(run_id).benchmark)
    except NotFound:
        return False


@dataclass(frozen=True, slots=True)
class Resumption:
    """What a run goes on with. `caps` by their name in Settings, those that are to change; `pause_again`: at
    the next proposal, too."""

    review: Review | None = None
    caps: Mapping[str, float | None] = field(default_factory=dict)
    pause_again: bool = False


def pending_proposal(workspace: Workspace, run_id: str) -> tuple[Proposal, tuple[Edit, ...]] | None:
    """What a paused run waits with, and its edits one by one, as they would be tried. None where it waits for
    nothing."""
    proposal = workspace.store.pauses.proposal(run_id)
    if proposal is None:
        return None
    runs = workspace.store.runs
    labels = workspace.cached("run labels", (run_id,), lambda: runs.snapshot(run_id).labels.names)
    return proposal, proposed_edits(proposal.reflection, proposal.prompt, labels)


def resume_with(
    workspace: Workspace, run_id: str, wish: Resumption, keys: Mapping[str, str] = NO_KEYS, who: str = ""
) -> None:
    """Goes on with a run in the background. Notes are stored with the rows of its dataset as well, undoable there.
    Raises Conflict where somebody else was faster, UsageError for caps that leave nothing to go on with."""
    workspace.check_spendable()
    store, record = workspace.store, workspace.store.runs.get(run_id)
    judge = judge_model(workspace, record.settings)
    settings = with_changed_caps(record.settings, wish.caps, workspace.spent_by(record), judge)
    workspace.session(settings, keys=keys)
    if wish.review is not None:
        store.pauses.answer(run_id, wish.review)
        _note(workspace, record.dataset_id, wish.review.notes, who)
    if settings != record.settings:
        store.runs.change_settings(run_id, settings)
    store.pauses.request_pause(run_id, wish.pause_again)
    resume_run(workspace, run_id, keys)


def _note(workspace: Workspace, dataset_id: str, notes: Mapping[str, str], who: str) -> None:
    """The dataset may be gone, or some of its rows: the run has rows of its own."""
    rows = workspace.store.rows.some(dataset_id, list(notes))
    new = [
        Change(row.id, "note", notes[row.id], row.version)
        for row in rows.values()
        if row.note != notes[row.id]
    ]
    if new:
        workspace.store.edits.change(dataset_id, new, who, "noted while a run was paused")


def best_step(run: RunRecord, figures: Sequence[StepFigures]) -> int:
    """The step that the run ended with; until then the kept one that did best on the validation rows."""
    if run.result:
        return run.result.best.step
    objective = objective_of(run)
    ranks = [
        (rank_of(objective, step.validation), step.number)
        for step in figures
        if step.kept and step.validation
    ]
    return max(ranks)[1] if ranks else 0
