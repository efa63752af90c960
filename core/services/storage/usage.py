"""What takes room in a workspace: the database, kept replies, vectors, classified files, copies."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.services.file_jobs import FOLDER as CLASSIFIED
from core.services.storage.removed import REMOVED
from core.store.storage import SIDE_FILES, TableSize
from core.workspace import Workspace

DATABASE = "database"


@dataclass(frozen=True, slots=True)
class StoragePart:
    """`count`: how many there are of what it holds; None where nothing is counted. `what` it is, in words."""

    name: str
    bytes: int
    count: int | None
    what: str


@dataclass(frozen=True, slots=True)
class StorageUsage:
    """`free_bytes` of the database would be given back by compacting it, `log_bytes` are those of its log. `tables` is
    empty where they were not asked for."""

    parts: tuple[StoragePart, ...]
    free_bytes: int
    log_bytes: int
    tables: tuple[TableSize, ...] = ()

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    @property
    def overhead_bytes(self) -> int:
        """Of the database: the empty tables, and what belongs to none, is not free and no log."""
        database = next(part.bytes for part in self.parts if part.name == DATABASE)
        full = sum(each.bytes or 0 for each in self.tables if each.rows)
        return max(0, database - full - self.free_bytes - self.log_bytes)


# Those that belong together have the same words.
_TABLES: Mapping[str, str] = {
    name: what
    for what, names in {
        "rows of datasets": ("examples",),
        "labels, definitions, doubtful rows, second labels": (
            "datasets",
            "mark_lists",
            "marks",
            "second_labels",
        ),
        "history of changes": ("change_sets", "changes"),
        "named versions, and rows as runs saw them": ("dataset_versions", "snapshots"),
        "runs with their steps": ("runs", "steps", "results", "oversight"),
        "what runs predicted, row by row": ("predictions",),
        "champions and benchmarks": ("champions", "benchmarks"),
        "served predictions, with request and reply": ("answers", "served_calls"),
        "feedback, its rules and webhooks": ("feedback", "rules", "webhooks", "deliveries"),
        "batches": ("batches", "batch_parts", "batch_requests"),
        "settings of this workspace": ("meta",),
    }.items()
    for name in names
}


def table_contents(name: str) -> str:
    """What is in a table of the database."""
    return _TABLES.get(name, "not Whetstone's")


# The parts that are files in the workspace's folder, in their order, and what they are.
_FILES = {
    "replies": "kept model replies, so that no call is paid twice",
    "journal": "calls under way, so that a kill hides none",
    "vectors": "embeddings of rows, each asked once",
    "files": "files classified in the background, with their answers",
    "copies": "the database before migrations, damaged files set aside",
    REMOVED: "what was written out before it was deleted",
    "other": "rules, scorers and whatever else is in the folder",
}
_FOLDERS = {"vectors": "vectors", CLASSIFIED: "files", REMOVED: REMOVED}


def storage_usage(workspace: Workspace, with_tables: bool = False) -> StorageUsage:
    """Tables take seconds where the database has gigabytes."""
    storage, folder = workspace.store.storage, workspace.folder
    sizes, counts = Counter[str](), Counter[str]()
    for path, size in _files(folder):
        part = _part_of(path.relative_to(folder))
        sizes[part] += size
        counts[part] += part != "files" or path.name == "job.json"
    counts["replies"] = workspace.replies.stats().entries
    none = {} if counts["replies"] else {"replies": "an empty file for model replies: none is kept"}
    files = [
        StoragePart(part, sizes[part], None if part in ("journal", "vectors") else counts[part], what)
        for part, what in (_FILES | none).items()
    ]
    database = StoragePart(DATABASE, storage.bytes(), None, "datasets, runs, predictions, history")
    tables = storage.tables() if with_tables else ()
    return StorageUsage((database, *files), storage.free_bytes(), storage.log_bytes(), tables)


def _part_of(path: Path) -> str:
    """Of a file, by its path inside the folder."""
    if is_copy(path):
        return "copies"
    if len(path.parts) == 1:
        return DATABASE if path.name in {"whetstone.db" + ending for ending in SIDE_FILES} else "other"
    if path.parts[0] == "cache":
        return "replies" if path.name.startswith("cache.db") else "journal"
    return _FOLDERS.get(path.parts[0], "other")


def is_copy(path: Path) -> bool:
    """The database as it was before a migration, or a damaged file that was set aside."""
    name = path.name
    return (name.startswith("whetstone.db.") and name.endswith(".backup")) or (
        name.startswith("broken-") and name.endswith(".db")
    )


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    """With their bytes; links are not followed, and what goes meanwhile or cannot be read is left out."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            try:
                yield path, path.lstat().st_size
            except OSError:
                continue
