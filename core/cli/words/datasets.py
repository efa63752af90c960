"""The datasets of a workspace as a list, and one of them, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from core.cli.output import Output
from core.cli.shell import program
from core.store.records import Champion, DatasetInfo, RowCounts
from core.wording import count, shortened
from core.workspace import Workspace

MOST_RUNS = 10


def list_output(workspace: Workspace) -> Output:
    infos = workspace.store.datasets.all() if workspace.exists else ()
    runs = Counter(record.dataset_id for record in workspace.store.runs.all()) if infos else Counter()
    lines = [
        f"{info.id}  {count(info.rows, 'row'):>12}  {info.scorer or count(len(info.labels.names), 'label'):>10}  "
        f"{count(runs[info.id], 'run'):>7}  {'champion' if info.champion else '':<8}  {info.name}"
        for info in infos
    ]
    data = [_listed(info, runs[info.id]) for info in infos]
    words = "\n".join(lines) or f"No datasets yet: {program()} import FILE adds one."
    return Output({"datasets": data}, words)


def dataset_output(workspace: Workspace, info: DatasetInfo) -> Output:
    counts, runs = workspace.store.rows.counts(info.id), workspace.store.runs.all(info.id)
    champion = workspace.store.champions.current(info.id)
    data = _listed(info, len(runs)) | {
        "label_counts": dict(counts.labels),
        "definitions": dict(info.labels.definitions),
        "good": info.labels.good,
        "splits": dict(counts.splits),
        "notes": counts.noted,
        "canonical": counts.canonical,
        "run_ids": [run.id for run in runs],
        "champion_from": None if champion is None else {"run_id": champion.run_id, "step": champion.step},
    }
    lines = [f"{info.name}  ({info.id}), from {info.origin}", *_rows(counts, info)]
    lines += [f"run {run.id}  {run.status}" for run in runs[:MOST_RUNS]] or ["No run yet."]
    lines.append(_champion(champion))
    lines.append(f'Next: {program()} tune "{info.name}"')
    return Output(data, "\n".join(lines))


def _listed(info: DatasetInfo, runs: int) -> dict[str, object]:
    return {
        "dataset": info.name,
        "dataset_id": info.id,
        "rows": info.rows,
        "excluded": info.excluded,
        "unlabelled": info.unlabelled,
        "labels": list(info.labels.names),
        "runs": runs,
        "champion": info.champion,
        "origin": info.origin,
        "created": info.created,
    } | ({"scorer": info.scorer} if info.scorer else {})


def _rows(counts: RowCounts, info: DatasetInfo) -> Iterator[str]:
    excluded = f", {counts.excluded:,} of them left out of runs" if counts.excluded else ""
    unlabelled = f", {counts.unlabelled:,} without a label" if counts.unlabelled else ""
    yield count(counts.total, "row") + excluded + unlabelled
    if info.scorer:
        yield f"answers scored by {info.scorer}"
    for label, number in () if info.scorer else counts.labels.items():
        definition = info.labels.definitions.get(label, "")
        yield f"  {number:>7,}  {shortened(label, 40)}" + (f": {shortened(definition)}" if definition else "")
    parts = [f"{number:,} {part or 'not chosen yet'}" for part, number in counts.splits.items()]
    yield "splits: " + ", ".join(parts)
    marks = [("with a note", counts.noted), ("canonical", counts.canonical)]
    yield from (f"{number:,} {what}" for what, number in marks if number)


def _champion(champion: Champion | None) -> str:
    if champion is None:
        return "No champion yet."
    origin = f", of run {champion.run_id}, step {champion.step}" if champion.run_id else ""
    return f"champion: a prompt for {champion.model}{origin}"
