"""diskcache's storage, reduced to text. Imported by cache.py when a cache is opened.

A row of diskcache can hold a pickle or a file name, and reading it runs or opens them (CVE-2025-69872;
JSONDisk reaches both). Whoever can write the cache folder must not be able to run code here, so all but plain
text rows are refused."""

from __future__ import annotations

import os
from pathlib import Path

import diskcache
from diskcache.core import DBNAME, MODE_RAW

from core.private_files import private_file


class TextDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache has no types
    """Keys and values are text inside the database: never a pickle, never a file."""

    def put(self, key: object) -> tuple[str, bool]:
        if not isinstance(key, str):
            raise ValueError("a cache key is text")
        return key, True

    def get(self, key: object, raw: bool) -> str:
        if not raw or not isinstance(key, str):
            raise ValueError("a cache key that is not text")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, None, str]:
        if not isinstance(value, str):
            raise ValueError("a cache value is text")
        return 0, MODE_RAW, None, value

    def fetch(self, mode: int, filename: object, value: object, read: bool) -> str:
        if mode != MODE_RAW or filename is not None or read or not isinstance(value, str):
            raise ValueError("a cache row that is not text")
        return value

    def filename(self, key: object = None, value: object = None) -> tuple[str, str]:
        raise ValueError("the cache writes no files")

    def remove(self, file_path: str) -> None:
        """A file name in a row is not ours: leave the file alone."""


def open_disk(folder: str) -> diskcache.Cache:
    """Opens the cache in `folder`: nothing is ever evicted, the database is not memory-mapped (see facts on
    SQLite damage)."""
    os.close(private_file(Path(folder) / DBNAME))
    return diskcache.Cache(
        folder,
        timeout=5,
        disk=TextDisk,
        eviction_policy="none",
        size_limit=2**62,
        cull_limit=0,
        statistics=0,
        tag_index=0,
        sqlite_mmap_size=0,
        disk_min_file_size=2**31 - 1,
        sqlite_journal_mode="wal",
        sqlite_synchronous=1,
    )
