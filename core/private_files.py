"""Folders and files of the workspace that hold texts, replies, or what was learned from them: for their user alone,
whatever the umask and the folder above them allow."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600


def private_folder(path: Path) -> Path:
    """Makes it, with those above it that are missing; one that is there is closed to others. OSError."""
    if not path.parent.exists():
        private_folder(path.parent)
    path.mkdir(mode=FOLDER, exist_ok=True)
    with suppress(OSError):  # somebody else's, or of a file system without modes
        os.chmod(path, FOLDER)
    return path


def private_file(path: str | Path, flags: int = os.O_RDWR | os.O_CREAT) -> int:
    """An open file, made if need be; an `opener` for `open`. OSError."""
    return os.open(path, flags, FILE)
