"""Giving back to the disk what is free in the files of a workspace."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from core.errors import StoreError
from core.workspace import Workspace

CACHES = (Path("cache") / "cache.db", Path("vectors") / "vectors.db")


def compact(workspace: Workspace) -> int:
    """Rewrites the database and the caches without what is free in them; how many bytes smaller the files are. Whoever
    else works there waits meanwhile. UsageError where nothing may be changed, StoreError where the disk has no room for
    the copy that this takes."""
    workspace.check_writable()
    storage = workspace.store.storage
    files = [workspace.folder / path for path in CACHES if (workspace.folder / path).is_file()]
    before = storage.bytes() + _bytes(files)
    storage.compact()
    for path in files:
        _compact(path)
    return max(0, before - storage.bytes() - _bytes(files))


def _compact(path: Path) -> None:
    if shutil.disk_usage(path.parent).free < path.stat().st_size:
        raise StoreError(
            f"{path} cannot be made smaller: a copy of it is written first, and the disk has no room for that; make some, then "
            "try again."
        )
    try:
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as file:
            file.execute("vacuum")
            file.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.Error as error:
        raise StoreError(
            f"{path} could not be made smaller ({error}): try again when nothing else works on it."
        ) from error


def _bytes(files: list[Path]) -> int:
    sides = (path.with_name(path.name + ending) for path in files for ending in ("", "-wal"))
    return sum(path.stat().st_size for path in sides if path.is_file())
