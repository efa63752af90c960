"""Files of the disk, opened for reading."""

from __future__ import annotations

import os
import sys
from pathlib import Path, PurePath

from core.data.formats.format import ReadOptions
from core.data.formats.packed.archive import MOST_FILES
from core.data.formats.registry import is_wanted, open_file, open_parts
from core.data.table import Table, check_unpacked_size
from core.errors import DataError

_MOST_FOLDERS = 1_000


def open_path(path: Path, options: ReadOptions = ReadOptions()) -> Table:
    """The table of a file, or of the files of a folder; `-` is standard input. DataError in one sentence, where
    it cannot be read or is none."""
    if str(path) == "-":
        return open_file(sys.stdin.buffer.read(), "", options)
    try:
        if path.is_dir():
            return open_parts(_files_below(path), options)
        raw = path.read_bytes()
    except OSError as problem:
        raise DataError(f"{path} cannot be used: {problem.strerror or problem}.") from None
    return open_file(raw, path.name, options, lambda name: _beside(path, name), lambda: _names_beside(path))


def _files_below(folder: Path) -> dict[str, bytes]:
    """By their names relative to the folder. Hidden folders and links to folders are not looked into; files that
    hold no data are empty."""
    files: dict[str, bytes] = {}
    size = 0
    for within, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for path in (Path(within, name) for name in sorted(names)):
            name = path.relative_to(folder).as_posix()
            if len(files) >= MOST_FILES:
                raise DataError(
                    f"{folder} holds more than {MOST_FILES:,} files: name one with the rows in it."
                )
            files[name] = b""
            if is_wanted(name) and path.is_file():
                size += path.stat().st_size
                check_unpacked_size(size)
                files[name] = path.read_bytes()
    return files


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
