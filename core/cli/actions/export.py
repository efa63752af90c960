"""`export`: a run or a dataset of the workspace as a file."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.cli.actions.export_predictions import export_predictions
from core.cli.inputs.data_source import text_table
from core.cli.inputs.names import (
    LATEST,
    dataset_named,
    matching_datasets,
    matching_runs,
    run_named,
    without_version,
)
from core.cli.options import Invocation, Reading
from core.cli.output import Output
from core.cli.shell import program
from core.data.formats.registry import export_formats
from core.errors import NotFound, UsageError
from core.exports.dataset import export_dataset
from core.exports.report.page import report
from core.exports.report.run import ReportRun, best_number, prompt_of_step, rows_of
from core.prompts.files import PromptFile
from core.services.cascade.adoption import without_cascade
from core.services.exports.formats import prompt_in_format
from core.services.exports.request import PromptExport, export_of_step
from core.services.judges.record import judge_record
from core.services.run_report import report_with_cost, stored_report
from core.services.versions.versions import state_named
from core.store.files import write_file, write_text
from core.store.records import DatasetInfo
from core.types import Example
from core.workspace import Workspace

PREDICTIONS = "predictions"
CSV = "csv"  # of a run: its predictions
RUN_ENDINGS = {
    "html": "html",
    "json": "json",
    "md": "md",
    "py": "python",
    "yaml": "promptfoo",
    "yml": "promptfoo",
    "csv": PREDICTIONS,
    "jsonl": PREDICTIONS,
    "parquet": PREDICTIONS,
}
BINARY = ("xlsx", "parquet", "arrow", "feather")  # no terminal can show them


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What was typed."""

    what: str
    format: str | None
    out: Path | None
    step: int | None
    split: str | None
    rows: str | None
    lightweight: str | None


def export(invocation: Invocation, wish: ExportWish, reading: Reading, run_formats: Sequence[str]) -> Output:
    """A run where `what` names one, else a dataset."""
    invocation.check_out(wish.out)
    with invocation.workspace() as workspace:
        if _names_a_run(workspace, wish.what):
            return _export_run(invocation, workspace, wish, reading, run_formats)
        return _export_dataset(workspace, wish, run_formats)


def _names_a_run(workspace: Workspace, what: str) -> bool:
    """A dataset's whole name goes before the beginning of a run's id."""
    if what == LATEST or not workspace.exists:
        return True
    infos, records = workspace.store.datasets.all(), workspace.store.runs.all()
    if any(what in (info.name, info.id) for info in infos):
        return False
    if matching_runs(records, what):
        return True
    if matching_datasets(infos, without_version(infos, what)[0]):
        return False
    raise NotFound(
        f"There is no such run or dataset, {what!r}: {program()} runs and {program()} datasets list them, latest is your newest run."
    )


# ---- a run


def _export_run(
    invocation: Invocation,
    workspace: Workspace,
    wish: ExportWish,
    reading: Reading,
    run_formats: Sequence[str],
) -> Output:
    run = stored_report(workspace.store, run_named(workspace, wish.what).id)
    format = wish.format or RUN_ENDINGS.get(_ending(wish.out), "")
    _check_run_format(wish, format, run, run_formats)
    if format in (PREDICTIONS, CSV):
        return export_predictions(workspace, run.run_id, wish.step, wish.split, wish.out)
    step = best_number(run) if wish.step is None else wish.step
    request = _request(invocation, workspace, wish, reading, (run, step))
    if format == "html" and wish.step not in (None, best_number(run)):
        raise UsageError("The report is about the whole run: leave --step out, or choose another --format.")
    whole, record = format == "html", workspace.store.runs.get(run.run_id)
    if not whole:
        model = record.settings.lightweight
        request.notices.extend(without_cascade(workspace, record.dataset_id, request.file.prompt, model))
    text = report(report_with_cost(workspace, run.run_id)) if whole else prompt_in_format(request, format)
    data: dict[str, object] = {
        "run_id": run.run_id,
        "format": format,
        "step": step,
        "bytes": len(text.encode("utf-8", "replace")),
        "out": str(wish.out) if wish.out else None,
        "notices": request.notices,
    }
    words = f"{format} of run {run.run_id}, step {step}, written to {wish.out}"
    if wish.out:
        write_text(wish.out, text)
        return Output(data, "\n".join([*request.notices, words]), silent=str(wish.out) == "-")
    for notice in request.notices:
        invocation.console.say(notice)
    return Output(data | {"content": text}, text.removesuffix("\n"))


def _check_run_format(wish: ExportWish, format: str, run: ReportRun, run_formats: Sequence[str]) -> None:
    if format in run_formats:
        return
    if format or not wish.out:
        problem = f"--format {format} is for rows, not for a run" if format else "--format is missing"
    else:
        problem = f"--out {wish.out} does not say which format is meant"
    rows = f", or its rows, {program()} export {run.dataset.name!r} --format {format}" if format else ""
    raise UsageError(f"{problem}: choose {', '.join(run_formats)} with --format{rows}.")


def _request(
    invocation: Invocation,
    workspace: Workspace,
    wish: ExportWish,
    reading: Reading,
    of: tuple[ReportRun, int],
) -> PromptExport:
    """`of`: the run, and the number of its step."""
    run, step = of
    try:
        prompt = prompt_of_step(run, step)
    except KeyError:
        raise NotFound(f"This run has no step {step}: choose another step.") from None
    judge = judge_record(workspace, run.run_id, run.dataset, step)
    labels, model = run.dataset.labels.names, run.settings.lightweight
    file = PromptFile(prompt, labels, model, run.dataset.template, judge)
    rows, notices = _rows(invocation, workspace, wish, reading, run)
    export = export_of_step(run, step, file, rows, workspace)
    return replace(export, model=wish.lightweight or model, notices=notices)


def _rows(
    invocation: Invocation, workspace: Workspace, wish: ExportWish, reading: Reading, run: ReportRun
) -> tuple[list[Example], list[str]]:
    """Rows of a file, if one is given, else of a part of the run: the test rows stay sealed unless they are
    asked for. With notices."""
    if wish.rows:
        source = text_table(invocation, workspace, wish.rows, reading, run.dataset.template)
        rows = [Example(f"row-{number}", text, "") for number, text in enumerate(source.all(), 1) if text]
        return rows, list(source.notices)
    part = wish.split or "validation"
    if part == "all":
        return [row for row in run.dataset.examples if not row.excluded], []
    return rows_of(run, part), []


# ---- a dataset


def _export_dataset(workspace: Workspace, wish: ExportWish, run_formats: Sequence[str]) -> Output:
    name, version = without_version(workspace.store.datasets.all(), wish.what)
    info = dataset_named(workspace, name)
    dataset = state_named(workspace, info.id, version)
    format = _dataset_format(workspace, wish, info, run_formats)
    for option, value in (("--step", wish.step), ("--split", wish.split), ("--rows", wish.rows)):
        if value is not None:
            raise UsageError(f"{option} is for runs, and {info.name!r} is a dataset: leave it out.")
    content = export_dataset(dataset, format)
    data: dict[str, object] = {
        "dataset": info.name,
        "dataset_id": info.id,
        "format": format,
        "rows": len(dataset.examples),
        "bytes": len(content),
        "out": str(wish.out) if wish.out else None,
        "notices": [],
    }
    if wish.out:
        write_file(wish.out, gzip.compress(content, mtime=0) if _is_packed(wish.out) else content)
        words = f"{len(dataset.examples):,} rows of {(wish.what if version else info.name)!r} written to {wish.out} as {format}"
        return Output(data, words, silent=str(wish.out) == "-")
    if format in BINARY:
        raise UsageError(f"{format} is no text: name a file with --out, or - for standard output.")
    text = content.decode("utf-8-sig")
    return Output(data | {"content": text}, text.removesuffix("\n"))


def _dataset_format(
    workspace: Workspace, wish: ExportWish, info: DatasetInfo, run_formats: Sequence[str]
) -> str:
    known = export_formats()
    if wish.format in known:
        return str(wish.format)
    if wish.format is None:
        ending = _ending(wish.out)
        by_ending = [name for name, each in known.items() if ending in each.extensions]
        by_ending.sort(key=lambda name: name != ending)
        if by_ending:
            return by_ending[0]
        raise UsageError(f"--format is missing: choose {', '.join(known)}.")
    runs = workspace.store.runs.all(info.id)
    advice = (
        f"such as {program()} export {runs[0].id} --format {wish.format}" if runs else "and it has none yet"
    )
    raise UsageError(f"--format {wish.format} is for runs of {info.name!r}, {advice}.")


def _ending(out: Path | None) -> str:
    """In small letters, without the dot and without that of gzip."""
    if out is None:
        return ""
    named = out.with_suffix("") if _is_packed(out) else out
    return named.suffix.removeprefix(".").lower()


def _is_packed(out: Path) -> bool:
    return out.suffix.lower() == ".gz"
