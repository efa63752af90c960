"""Databases of our own beside the store."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from core.sqlite_files import open_cache


def test_one_that_another_process_sets_up_at_that_moment_is_waited_for(tmp_path: Path):
    path = tmp_path / "calls.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("create table t (n)")
    other.execute("begin immediate")
    threading.Timer(0.3, other.execute, ["commit"]).start()
    opened = open_cache(path, "create table if not exists own (n);", 60)
    assert opened.execute("pragma journal_mode").fetchone() == ("wal",)
    opened.close()
    other.close()
