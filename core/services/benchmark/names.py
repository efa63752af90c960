"""The benchmarks that people made, without those that are migrations."""

from __future__ import annotations

from core.services.benchmark.spec import is_migration
from core.store.records import BenchmarkRecord
from core.workspace import Workspace


def own_benchmarks(workspace: Workspace) -> tuple[BenchmarkRecord, ...]:
    """Newest first. Migrations stand on a page of their own."""
    return tuple(each for each in workspace.store.benchmarks.all() if not is_migration(each))


def next_number(workspace: Workspace) -> int:
    """Of the next "Benchmark 3"."""
    return len(own_benchmarks(workspace)) + 1
