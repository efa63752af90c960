"""`import`, `runs` and `cache`: what the workspace holds."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace

from core.cli import json_output
from core.cli.files import dataset_of
from core.cli.output import Output
from core.store.records import RunRecord
from core.workspace import Workspace


def import_command(options: argparse.Namespace) -> Output:
    imported = dataset_of(options.data)
    workspace = Workspace.open(options.workspace)
    try:
        dataset_id = workspace.store.datasets.add(
            replace(imported.dataset, name=options.name), origin=str(options.data)
        )
        info = workspace.store.datasets.info(dataset_id)
    finally:
        workspace.close()
    data = {
        "dataset": info.name,
        "dataset_id": info.id,
        "rows": info.rows,
        "labels": dict(Counter(row.label for row in imported.dataset.examples if row.label).most_common()),
        "left_out": dict(imported.left_out),
        "notices": list(imported.notices),
    }
    words = f"{info.rows:,} rows imported as {info.name!r}, labels: {', '.join(info.labels.names)}"
    return Output(data, "\n".join([*imported.notices, words]))


def runs_command(options: argparse.Namespace) -> Output:
    workspace = Workspace.open(options.workspace)
    try:
        if not workspace.read_only:
            workspace.store.leases.mark_interrupted()
        records = workspace.store.runs.all()
    finally:
        workspace.close()
    data = {"runs": [_listed(record) for record in records]}
    lines = [
        f"{each.id}  {each.status:<11}  {each.steps:>2} steps  {_share(each.baseline_accuracy)} -> {_share(each.best_accuracy)}  "
        + each.dataset_name
        for each in records
    ]
    return Output(data, "\n".join(lines) or "No runs yet: python -m core tune FILE starts one.")


def cache_command(options: argparse.Namespace) -> Output:
    workspace = Workspace.open(options.workspace)
    try:
        replies = workspace.replies
        if options.clear:
            workspace.check_writable()
            replies.clear()
        stats = replies.stats()
    finally:
        workspace.close()
    data = {
        "entries": stats.entries,
        "bytes": stats.bytes,
        "hits": stats.hits,
        "saved_usd": stats.saved_usd,
        "cleared": options.clear,
    }
    words = f"{stats.entries:,} replies, {stats.bytes / 1e6:.1f} MB; {stats.hits:,} calls and ${stats.saved_usd:.4f} saved"
    return Output(data, words)


def _listed(record: RunRecord) -> dict[str, object]:
    settings = record.settings
    return {
        "run_id": record.id,
        "name": record.name,
        "dataset": record.dataset_name,
        "status": record.status,
        "stop_reason": record.stop_reason,
        "steps": record.steps,
        "baseline_accuracy": record.baseline_accuracy,
        "best_accuracy": record.best_accuracy,
        "lightweight": settings.lightweight,
        "heavyweight": settings.heavyweight,
        "seed": settings.seed,
        "created": record.created,
        "seconds": record.seconds,
        "calls": json_output.calls(record.spend),
        "cost_usd": json_output.costs(record.spend),
    }


def _share(accuracy: float | None) -> str:
    return "    –" if accuracy is None else f"{100 * accuracy:4.1f}%"
