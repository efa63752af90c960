"""`benchmark`: what it would take, its runs carried out here, its table."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from core.cli.console import Console, stop_on_signals
from core.cli.inputs.data_source import Wanted, labelled_data
from core.cli.options import Invocation, Reading
from core.cli.output import DONE, REFUSED, STOPPED, Output
from core.cli.paid import ends
from core.cli.shell import program
from core.cli.words.benchmark import table_in_words
from core.data.importing.checks import check_enough
from core.data.importing.label_shape import check_label_set
from core.data.splits import split
from core.errors import DataError, UsageError
from core.services.benchmark import queue
from core.services.benchmark.create import NO_TEST, benchmark_settings, create
from core.services.benchmark.estimate import estimate_benchmark, estimate_in_words, under_caps
from core.services.benchmark.export import benchmark_csv, benchmark_json, benchmark_object
from core.services.benchmark.names import next_number
from core.services.benchmark.spec import BenchmarkSpec, checked_spec
from core.services.benchmark.table import BenchmarkTable, table
from core.services.datasets import add_once
from core.services.evaluation.scorers import judge_named
from core.store.files import write_text
from core.store.records import RunStatus
from core.tuning.free_answers.run import OPEN
from core.types import Dataset, Progress, Settings
from core.workspace import Workspace

TURN = 0.3  # seconds between looks at the runs
TYPED = ("iterations", "budget_usd", "max_calls", "max_heavy_calls", "concurrency", "reply_tokens", "purpose")


@dataclass(frozen=True, slots=True)
class BenchmarkWish:
    """What was typed; None and () for what was left out."""

    reading: Reading
    out: Path | None
    estimate: bool
    models: tuple[str, ...]
    heavyweights: tuple[str, ...]
    strategies: tuple[str, ...]
    seeds: int
    iterations: int | None
    budget_usd: float | None
    max_calls: int | None
    max_heavy_calls: int | None
    concurrency: int | None
    reply_tokens: int | None
    purpose: str | None
    name: str

    def spec(self, strategy: str) -> BenchmarkSpec:
        usual = Settings()
        typed: dict[str, Any] = {
            name: getattr(self, name) for name in TYPED if getattr(self, name) is not None
        }
        return checked_spec(
            BenchmarkSpec(
                "",
                _models(self.models) or (usual.lightweight,),
                _models(self.heavyweights) or (usual.heavyweight,),
                tuple(range(self.seeds)),
                Settings(definitions_first=True, strategy=strategy, **typed),
            )
        )


@dataclass(frozen=True, slots=True)
class _Planned:
    """One benchmark that is to be carried out; `dataset_id` is empty for a file that is not stored yet."""

    dataset: Dataset
    dataset_id: str
    origin: str
    name: str
    spec: BenchmarkSpec


def benchmark(invocation: Invocation, typed: Sequence[str], wish: BenchmarkWish) -> Output:
    invocation.check_out(wish.out)
    if wish.out and wish.out.suffix.lower() not in ("", ".csv", ".json"):
        raise UsageError(f"--out {wish.out}: end its name in .csv or .json.")
    with invocation.workspace() as workspace:
        planned = list(_planned(invocation, workspace, typed, wish))
        foreseen = [_foreseen(workspace, each) for each in planned]
        estimates = [
            {"name": each.name, "dataset": each.dataset.name} | fields
            for each, (fields, _) in zip(planned, foreseen, strict=True)
        ]
        if wish.estimate:
            words = "\n".join(words for _, words in foreseen)
            return Output({"estimates": estimates}, f"{words}\nNext: the same without --estimate")
        workspace.check_spendable()
        _check_models(workspace, planned)
        made = []
        for each, (_, words) in zip(planned, foreseen, strict=True):
            invocation.console.say(words)
            made.append(_carried_out(invocation.console, workspace, each))
            if made[-1][1]:
                break
    return _output([each for each, _ in made], estimates, wish.out, any(stopped for _, stopped in made))


def _models(typed: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for each in typed for name in each.split(",") if name.strip()))


# ---- before


def _planned(
    invocation: Invocation, workspace: Workspace, typed: Sequence[str], wish: BenchmarkWish
) -> Iterator[_Planned]:
    strategies = tuple(dict.fromkeys(wish.strategies)) or (Settings().strategy,)
    usual = next_number(workspace) if workspace.exists else 1
    several = len(typed) * len(strategies) > 1
    for number, (data, strategy) in enumerate(product(dict.fromkeys(typed), strategies), usual):
        source = labelled_data(invocation, workspace, data, wish.reading, Wanted(to_tune=True))
        for notice in source.notices:
            invocation.console.say(notice)
        check_enough(source.dataset.examples, to_tune=True)
        spec = wish.spec(strategy)
        settings = benchmark_settings(spec.settings, source.dataset.labels, source.scorer)
        if not settings.scorer:
            check_label_set(source.dataset.examples)
        name = wish.name or f"Benchmark {number}"
        if several and wish.name:
            name += f": {source.dataset.name}" + (f", {strategy}" if len(strategies) > 1 else "")
        yield _Planned(
            source.dataset, source.dataset_id, source.origin(data), name, replace(spec, settings=settings)
        )


def _foreseen(workspace: Workspace, planned: _Planned) -> tuple[dict[str, object], str]:
    """As JSON and in words. DataError where there is nothing to compare pairs on, UsageError for a cap in dollars that
    cannot be kept."""
    settings = planned.spec.settings
    rows = split(planned.dataset.examples, planned.spec.seeds[0], bool(settings.scorer))
    tested = sum(row.split == "test" and not row.excluded for row in rows)
    if not tested:
        raise DataError(NO_TEST)
    labels = OPEN if settings.scorer else planned.dataset.labels
    judge = judge_named(workspace, settings.scorer)
    expected = estimate_benchmark(planned.spec, rows, labels, workspace.model_context(), judge)
    if expected.unpriced and planned.spec.settings.budget_usd is not None:
        raise UsageError(
            f"There is no price for {' and '.join(expected.unpriced)}, so --budget-usd cannot be kept: leave it out and cap "
            "the calls with --max-calls, or enter a price on the Settings page."
        )
    fields: dict[str, object] = {
        "runs": expected.runs,
        "lightweight_calls": expected.lightweight_calls,
        "heavyweight_calls": expected.heavyweight_calls,
        **({"judge_calls": expected.judge_calls} if expected.judge_calls else {}),
        "usd": ends(under_caps(expected, planned.spec)),
        "unpriced": list(expected.unpriced),
        "seconds": expected.seconds,
        "test_rows": tested,
    }
    words = " ".join(estimate_in_words(expected, planned.spec, tested).values())
    return fields, f"{planned.name} on {planned.dataset.name!r}: {words}"


def _check_models(workspace: Workspace, planned: Sequence[_Planned]) -> None:
    """UsageError for one that cannot be opened, before anything is stored."""
    for each in planned:
        for key in each.spec.run_keys():
            workspace.session(each.spec.settings_for(key))


# ---- while


def _carried_out(console: Console, workspace: Workspace, planned: _Planned) -> tuple[BenchmarkTable, bool]:
    """The table, and whether it was stopped by a signal."""
    seed = planned.spec.seeds[0]
    scorer = planned.spec.settings.scorer
    dataset_id = planned.dataset_id or add_once(workspace, planned.dataset, planned.origin, seed, scorer)
    benchmark_id = create(workspace, planned.name, replace(planned.spec, dataset_id=dataset_id))
    stopped = watched_to_the_end(console, workspace, benchmark_id, planned.name)
    return table(workspace, benchmark_id), stopped


def watched_to_the_end(console: Console, workspace: Workspace, benchmark_id: str, name: str) -> bool:
    """Goes on with its runs here until none is left to do. Whether it was stopped by a signal."""
    stop = threading.Event()
    with stop_on_signals(stop.set):
        queue.resume(workspace, benchmark_id)
        while queue.is_active(workspace, benchmark_id):
            if stop.is_set():
                queue.stop(workspace, benchmark_id)
            console(_progress(workspace, benchmark_id, name))
            threading.Event().wait(TURN)
    return stop.is_set()


def _progress(workspace: Workspace, benchmark_id: str, name: str) -> Progress:
    runs = workspace.store.runs.all(benchmark=benchmark_id)
    states = Counter(run.status for run in runs)
    ended = sum(not run.active for run in runs)
    steps = sum(max(run.steps - 1, 0) for run in runs)
    return Progress(name, ended, len(runs), f"{states[RunStatus.RUNNING]} under way, {steps:,} steps so far")


# ---- after


def _output(
    tables: Sequence[BenchmarkTable], estimates: Sequence[object], out: Path | None, stopped: bool
) -> Output:
    data: dict[str, object] = {
        "benchmarks": [benchmark_object(each) for each in tables],
        "estimates": list(estimates),
        "stopped": stopped,
        "out": str(out) if out else None,
    }
    words = "\n\n".join(table_in_words(each) for each in tables)
    states = {cell.state for each in tables for cell in each.cells.values()}
    code = (
        STOPPED if stopped or states & {RunStatus.STOPPED, RunStatus.INTERRUPTED, RunStatus.PAUSED} else DONE
    )
    code = REFUSED if states == {RunStatus.FAILED} else code
    following = "tune --resume RUN goes on with one run, the Benchmark page with all of them"
    words += f"\nNext: {program()} " + (
        following if code == STOPPED else "runs RUN, or the Benchmark page for its heat map"
    )
    if out:
        write_text(out, _file(tables, out))
        return Output(data, f"{words}\nWritten to {out}", code, silent=str(out) == "-")
    return Output(data, words, code)


def _file(tables: Sequence[BenchmarkTable], out: Path) -> str:
    """A line for each pair; the head once, where there are several benchmarks."""
    if out.suffix.lower() == ".json":
        return benchmark_json(tables[0]) if len(tables) == 1 else _json_list(tables)
    first, *others = (benchmark_csv(each) for each in tables)
    return first + "".join(each.split("\r\n", 1)[1] for each in others)


def _json_list(tables: Sequence[BenchmarkTable]) -> str:
    return "[\n" + ",\n".join(benchmark_json(each).rstrip("\n") for each in tables) + "\n]\n"
