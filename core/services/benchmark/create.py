"""Making a benchmark and removing it: a run in the store for every pair and seed, all on the same rows."""

from __future__ import annotations

from dataclasses import replace

from core.errors import Conflict, DataError, NotFound
from core.services.benchmark.spec import BenchmarkSpec, RunKey, checked_spec, run_key_of, spec_of
from core.services.datasets import hold_out, split_rows
from core.services.evaluation.scorers import set_settings
from core.services.runs import with_objective
from core.store.codec import encode
from core.store.records import RunRecord, RunStatus
from core.store.store import Store
from core.types import LabelSet, Settings
from core.workspace import Workspace

NO_TEST = "This dataset has no test rows, and models are compared on rows that no step has seen: mark some as test, then try again."
MOVED = "A row was changed while the benchmark was being made, so its runs would not be on the same rows: try again."


def create(workspace: Workspace, name: str, spec: BenchmarkSpec) -> str:
    """The id of a new benchmark, whose runs wait to be carried out (`queue.resume`). Which rows are held
    out is fixed here, once, for all of them. Raises UsageError, DataError, NotFound, Conflict; then nothing
    is left behind."""
    workspace.check_spendable()
    spec = checked_spec(spec)
    info = workspace.store.datasets.info(spec.dataset_id)
    settings = benchmark_settings(spec.settings, info.labels, info.scorer)
    hold_out(workspace, spec.dataset_id, spec.seeds[0], bool(settings.scorer))
    rows = split_rows(workspace, spec.dataset_id, spec.seeds[0], bool(settings.scorer))
    spec = replace(spec, settings=with_objective(workspace, settings, rows))
    if not any(row.split == "test" and not row.excluded for row in rows):
        raise DataError(NO_TEST)
    benchmark_id = workspace.store.benchmarks.create(name, encode(spec))
    try:
        if not create_missing_runs(workspace.store, benchmark_id):
            raise Conflict(MOVED)
    except BaseException:
        remove(workspace.store, benchmark_id)
        raise
    return benchmark_id


def benchmark_settings(settings: Settings, labels: LabelSet, scorer: str) -> Settings:
    """Those of its runs: with the scorer of the dataset, or that of rows with several labels. Settings that have a
    prompt to start from, as in a migration, have the scorer of that prompt."""
    return settings if settings.start else set_settings(replace(settings, scorer=scorer), labels)


def create_missing_runs(store: Store, benchmark_id: str) -> bool:
    """Makes the runs that are missing: none, unless the process was killed while making them, or one was
    deleted. False if some cannot be, since the rows have changed or are gone: all runs of a benchmark are on
    the same rows."""
    record = store.benchmarks.get(benchmark_id)
    spec, present = spec_of(record), runs_by_key(store, benchmark_id)
    versions = {run.dataset_version for run in present.values()}
    for key in spec.run_keys():
        if key in present:
            continue
        try:
            run_id = store.runs.create(
                spec.dataset_id,
                spec.settings_for(key),
                _name(record.name, key, spec),
                benchmark=benchmark_id,
            )
        except NotFound:
            return False
        version = store.runs.get(run_id).dataset_version
        if (
            versions - {version} or runs_by_key(store, benchmark_id)[key].id != run_id
        ):  # other rows; or another process was faster
            store.runs.delete(run_id)
        if versions - {version}:
            return False
        versions.add(version)
    return True


def runs_by_key(store: Store, benchmark_id: str) -> dict[RunKey, RunRecord]:
    """The run of each key, without results. Were there two, the older one."""
    newest_first = store.runs.all(benchmark=benchmark_id)
    return {run_key_of(run): run for run in newest_first}


def remove(store: Store, benchmark_id: str, runs: bool = True) -> None:
    """Conflict while one of its runs is under way."""
    present = store.runs.all(benchmark=benchmark_id)
    if any(run.status is RunStatus.RUNNING for run in present):
        raise Conflict("This benchmark is under way: stop it first, then delete it.")
    for run in present:
        if runs or run.status is RunStatus.QUEUED:  # nobody would ever take it up
            store.runs.delete(run.id)
    store.benchmarks.delete(benchmark_id)


def _name(name: str, key: RunKey, spec: BenchmarkSpec) -> str:
    if spec.incumbent:
        return f"{name}: {key.lightweight}"
    seed = f", seed {key.seed}" if len(spec.seeds) > 1 else ""
    return f"{name}: {key.lightweight} + {key.heavyweight}{seed}"
