"""The run that `tune` is to carry out: a new one from what was typed, or one that goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.cli.actions.tune_options import TuneOptions
from core.cli.inputs.data_source import LabelledData, Wanted, labelled_data
from core.cli.inputs.names import run_named
from core.cli.inputs.objective import typed_objective
from core.cli.inputs.prompt_files import lines_of, prompt_of, template_in
from core.cli.options import Invocation, ModelOptions, Reading, settings_typed
from core.cli.shell import program
from core.data.importing.checks import check_enough
from core.data.importing.label_shape import check_label_set, stored_doubt
from core.data.splits import split
from core.data.templates import template_notice
from core.errors import UsageError
from core.metrics.objective_choice import check_objective
from core.prompts.starting_prompt import starting_prompt
from core.prompts.templates import ReadPrompt
from core.services.branches import branch_start
from core.services.datasets import add_once
from core.services.evaluation.scorers import (
    names_file,
    scored_settings,
    scorer_notices,
    set_settings,
    stored_scorer,
)
from core.services.runs import change_caps, check_locked, create_run, objective_of
from core.services.versions.versions import state_of, version_chosen
from core.store.records import RunRecord, RunStatus
from core.tuning.free_answers.run import OPEN, check_free
from core.tuning.plan import plan
from core.types import SPLITS, LabelSet, Objective, Settings
from core.types.objectives import AUTO, AUTOMATIC
from core.wording import listed
from core.workspace import Workspace

# What may be typed anew with --resume.
CHANGEABLE = ("max_calls", "max_heavy_calls", "budget_usd", "concurrency")
OPTIONS = {"start": "--prompt", "locked": "--lock", "definitions_first": "--no-definitions"}  # of settings


@dataclass(frozen=True, slots=True)
class TuneRequest:
    """What was typed. `data` may be None with --resume and --from-run."""

    data: str | None
    tuning: TuneOptions
    models: ModelOptions
    reading: Reading

    @property
    def settings(self) -> dict[str, object]:
        """Those that were typed, by name, but for what has to be looked up."""
        typed = settings_typed(self.tuning, self.models)
        return {name: value for name, value in typed.items() if name != "objective"}


def check_combination(request: TuneRequest) -> None:
    """UsageError for options that do not go together."""
    tuning = request.tuning
    typed_objective(tuning.objective, tuning.recall_floor)
    if tuning.from_step is not None and not tuning.from_run:
        raise UsageError("--from-step needs --from-run with the id of the run.")
    if tuning.from_run and (tuning.prompt or tuning.resume):
        raise UsageError("--from-run starts a new run from its prompt: leave --prompt and --resume out.")
    if request.data is None and not (tuning.from_run or tuning.resume):
        raise UsageError(
            f"tune needs a labelled file, or --resume with the id of a run. Such as: {program()} tune tickets.csv"
        )


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What a new run would be told. `labels` are those of the rows and of the starting prompt."""

    rows: LabelledData
    labels: LabelSet
    settings: Settings


def planned_run(invocation: Invocation, workspace: Workspace, request: TuneRequest) -> PlannedRun:
    """What cannot be meant is refused; nothing is stored, and no model is opened."""
    rows = _rows(invocation, workspace, request)
    labels = rows.dataset.labels
    settings = Settings(**{"definitions_first": True, "scorer": rows.scorer, **request.settings})  # type: ignore[arg-type]
    if labels.several:
        return _with_several(invocation, workspace, request, rows, settings)
    if settings.scorer:
        return _with_scorer(invocation, workspace, request, rows, settings)
    settings, labels = _with_start(invocation, workspace, request, settings, labels)
    if rows.dataset_id and (more := [name for name in labels.names if name not in rows.dataset.labels.names]):
        invocation.console.say(
            f"The prompt may answer {listed(more)}, which the dataset has no row of: that counts as an unknown label."
        )
    check_locked(settings.start or starting_prompt(labels), settings)
    settings = replace(
        settings, objective=typed_objective(request.tuning.objective, request.tuning.recall_floor) or AUTO
    )
    check_objective(settings.objective, labels.names)
    plan(settings, (), (), ())  # caps too small for anything
    return PlannedRun(rows, labels, settings)


def _with_scorer(
    invocation: Invocation, workspace: Workspace, request: TuneRequest, rows: LabelledData, settings: Settings
) -> PlannedRun:
    """The same where answers are free and a scorer says what they are worth."""
    estimating = request.tuning.estimate and names_file(
        settings.scorer
    )  # which stores nothing, so no file either
    if not estimating:
        settings = replace(settings, scorer=stored_scorer(workspace, settings.scorer))
        for notice in scorer_notices(workspace, settings.scorer, rows.dataset.examples):
            invocation.console.say(notice)
    settings, _ = _with_start(invocation, workspace, request, settings, OPEN)
    check_locked(settings.start or starting_prompt(OPEN, settings.purpose), settings)
    typed = typed_objective(request.tuning.objective, request.tuning.recall_floor)
    settings = replace(settings, objective=typed or AUTO)
    check_free(settings)
    if not estimating:
        settings = scored_settings(workspace, settings, rows.dataset.examples)
    plan(settings, (), (), ())  # caps too small for anything
    return PlannedRun(rows, OPEN, settings)


def _with_several(
    invocation: Invocation, workspace: Workspace, request: TuneRequest, rows: LabelledData, settings: Settings
) -> PlannedRun:
    """The same where rows have several labels, so that a scorer says how many of them an answer has right."""
    settings, labels = _with_start(invocation, workspace, request, settings, rows.dataset.labels)
    settings = set_settings(settings, labels)
    assert settings.start is not None
    check_locked(settings.start, settings)
    typed = typed_objective(request.tuning.objective, request.tuning.recall_floor)
    settings = scored_settings(workspace, replace(settings, objective=typed or AUTO), rows.dataset.examples)
    plan(settings, (), (), ())  # caps too small for anything
    return PlannedRun(rows, labels, settings)


def new_run(invocation: Invocation, workspace: Workspace, request: TuneRequest) -> str:
    """The id of a run that waits. What cannot be meant is refused before anything is stored."""
    planned = planned_run(invocation, workspace, request)
    settings = planned.settings
    workspace.session(settings)  # refuses a model that cannot be opened
    if planned.rows.version is not None:
        return create_run(workspace, planned.rows.version, settings)
    dataset = planned.rows.dataset
    if planned.labels.names:
        dataset = replace(dataset, labels=planned.labels)
    dataset_id = planned.rows.dataset_id or add_once(
        workspace, dataset, planned.rows.origin(str(request.data)), settings.seed, settings.scorer
    )
    _say_what_is_cut(invocation, workspace, dataset_id, settings)
    return create_run(workspace, dataset_id, settings)


def _rows(invocation: Invocation, workspace: Workspace, request: TuneRequest) -> LabelledData:
    if request.data is None:
        record = run_named(workspace, str(request.tuning.from_run))
        version = version_chosen(workspace, record.id)
        if version is not None:
            invocation.console.say(f"Rows and labels as they were in version {version.name}.")
        dataset = state_of(workspace, record.dataset_id, version)
        return LabelledData(dataset, record.dataset_id, version=version, scorer=record.settings.scorer)
    template = template_in(request.tuning.prompt)
    wanted = Wanted(to_tune=True, answers=bool(request.tuning.scorer), template=template, versions=True)
    rows = labelled_data(invocation, workspace, request.data, request.reading, wanted)
    for notice in filter(None, (*rows.notices, template_notice(template, rows.dataset.template))):
        invocation.console.say(notice)
    if rows.dataset_id:
        check_enough(rows.dataset.examples, to_tune=True)
    if rows.dataset_id and not (wanted.answers or rows.scorer or rows.dataset.labels.several):
        check_label_set(rows.dataset.examples)
        if doubt := stored_doubt(rows.dataset.examples):
            invocation.console.say(doubt.sentence)
    return rows


def _with_start(
    invocation: Invocation, workspace: Workspace, request: TuneRequest, settings: Settings, labels: LabelSet
) -> tuple[Settings, LabelSet]:
    """With the starting prompt, its locked lines, and the labels that it may answer beside those of the rows."""
    tuning, locked = request.tuning, locked_lines(request.tuning)
    if tuning.from_run:
        begun = branch_start(workspace, run_named(workspace, tuning.from_run).id, tuning.from_step)
        settings = replace(settings, start=begun.prompt, branch=begun.branch)
        locked = tuple(dict.fromkeys((*begun.locked, *locked)))
    if tuning.prompt:
        file = _own_start(request, labels)
        for notice in file.notices:
            invocation.console.say(notice)
        labels = replace(labels, names=tuple(dict.fromkeys((*labels.names, *file.labels))))
        settings = replace(settings, start=file.prompt)
    return replace(settings, locked=locked), labels


def _own_start(request: TuneRequest, labels: LabelSet) -> ReadPrompt:
    """The prompt file to start from. It may know labels that the rows at hand happen to lack: they stay."""
    assert request.tuning.prompt is not None
    file = prompt_of(request.tuning.prompt, labels.names)
    missing = sorted(set(labels.names) - set(file.labels))
    if missing:
        raise UsageError(
            f"The prompt file does not know the label {missing[0]!r} of {request.data}: add it to its labels."
        )
    return file


def locked_lines(tuning: TuneOptions) -> tuple[str, ...]:
    """The lines typed and those of the file, each once."""
    typed = [line.strip() for text in tuning.lock for line in text.splitlines()]
    from_file = lines_of(tuning.lock_file) if tuning.lock_file else ()
    return tuple(dict.fromkeys((*filter(None, typed), *from_file)))


def _say_what_is_cut(
    invocation: Invocation, workspace: Workspace, dataset_id: str, settings: Settings
) -> None:
    if settings.max_calls is None or not (settings.rows_per_label or settings.mistakes_per_label):
        return
    rows = split(workspace.store.datasets.get(dataset_id).examples, settings.seed)
    parts = ([row for row in rows if row.split == name and not row.excluded] for name in SPLITS)
    if cut := plan(settings, *parts).cut:
        invocation.console.say(cut)


# ---- one that goes on


def resumed_run(invocation: Invocation, workspace: Workspace, request: TuneRequest) -> str:
    """Its id. Caps that are typed again replace those it had; all else stays as it was."""
    record = run_named(workspace, str(request.tuning.resume))
    typed = _typed_again(workspace, request, record)
    changed = [name for name, value in typed.items() if value != getattr(record.settings, name)]
    for name in changed:
        if name not in CHANGEABLE:
            option = OPTIONS.get(name, "--" + name.replace("_", "-"))
            raise UsageError(
                f"Run {record.id} was started with another {option}: leave it out to resume the run, or start a new one."
            )
    if record.status is RunStatus.FINISHED and record.stop_reason == "cap" and not changed:
        raise UsageError(
            f"Run {record.id} ended at its cap: type a higher one, such as --max-calls, to go on with it."
        )
    change_caps(workspace, record.id, typed)
    if request.data:
        invocation.console.say(
            f"A resumed run goes on with the rows it was started on: {request.data} is not read again."
        )
    return record.id


def _typed_again(workspace: Workspace, request: TuneRequest, record: RunRecord) -> dict[str, object]:
    typed, tuning = request.settings, request.tuning
    if tuning.prompt:
        labels = workspace.store.runs.snapshot(record.id).labels
        typed["start"] = prompt_of(tuning.prompt, labels.names).prompt
    if locked := locked_lines(tuning):
        typed["locked"] = locked
    if tuning.scorer:
        typed["scorer"] = stored_scorer(workspace, tuning.scorer)
    if objective := typed_objective(tuning.objective, tuning.recall_floor):
        same = _means_the_same(objective, objective_of(record))
        typed["objective"] = record.settings.objective if same else objective
    return typed


def _means_the_same(typed: Objective, present: Objective) -> bool:
    """Whether it is what the run has, be it that it was chosen by the rows then."""
    if replace(typed, chosen=False) == replace(present, chosen=False):
        return True
    return typed.kind == AUTOMATIC and present == replace(typed, kind=present.kind, chosen=True)
