"""Files of the disk, opened for reading."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePath

from core.data.formats.format import ReadOptions
from core.data.formats.registry import open_file
from core.data.table import Table, check_unpacked_size
from core.errors import DataError

_MOST_FOLDERS = 1_000


def open_path(path: Path, options: ReadOptions = ReadOptions()) -> Table:
    """The table of a file; `-` is standard input. DataError in one sentence, where it cannot be read or is
    none."""
    if str(path) == "-":
        return open_file(sys.stdin.buffer.read(), "", options)
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise DataError(f"{path} cannot be used: {problem.strerror or problem}.") from None
    return open_file(raw, path.name, options, lambda name: _beside(path, name), lambda: _names_beside(path))


def _beside(path: Path, name: str) -> bytes | None:
    """A file that another one names, from its folder or below. No link leads out of there."""
    folder, parts = path.resolve().parent, PurePath(name)
    if parts.is_absolute() or "\0" in name:
        return None
    try:
        other = (folder / parts).resolve()
        if not other.is_relative_to(folder) or not other.is_file():
            return None
        check_unpacked_size(other.stat().st_size)
        return other.read_bytes()
    except OSError:
        return None


def _names_beside(path: Path) -> list[str]:
    """Files in its folder and below, hidden ones aside."""
    folder, names = path.resolve().parent, []
    for at, (root, folders, files) in enumerate(os.walk(folder)):
        folders[:] = [each for each in folders if not each.startswith(".")]
        names += [(Path(root) / each).relative_to(folder).as_posix() for each in files if each[0] != "."]
        if at >= _MOST_FOLDERS:
            break
    return names
