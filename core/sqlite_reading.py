"""SQLite files that are only read: of a workspace that is shown, or of somebody else."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


def connect_to_read(path: Path) -> sqlite3.Connection:
    """The file is never written. Beside it SQLite makes its two side files, by which it follows who writes meanwhile,
    unless the folder cannot be written. For use from any thread, by one at a time. sqlite3.Error where there is no
    such file."""
    log = path.with_name(path.name + "-wal")
    unwritten = not (log.exists() and log.stat().st_size)
    alone = unwritten and not os.access(
        path.parent, os.W_OK
    )  # nobody can write here, nor SQLite make its side files
    mode = "immutable=1" if alone else "mode=ro"
    uri = f"{path.absolute().as_uri()}?{mode}"
    return sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=30)
