"""Those who send calls, one a process and workspace: each holds a lock on a file named after it, so that any other
process sees whether it still lives. A process number would not do: it is given to others, and a container has its own."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import BinaryIO

from core.llm.journal.process_lock import take_lock
from core.private_files import private_folder


class Sender:
    """OSError where the folder cannot be written."""

    def __init__(self, folder: Path):
        self.name = secrets.token_hex(8)
        self._folder = folder
        private_folder(folder)
        self._file: BinaryIO = (folder / self.name).open("ab")
        take_lock(self._file.fileno())

    def is_gone(self, name: str) -> bool:
        """Whether another one has ended or was killed."""
        if name == self.name:
            return False
        path = self._folder / name
        if not name.isalnum() or not path.is_file():
            return True
        try:
            with path.open("ab") as file:
                gone = take_lock(file.fileno())
        except OSError:
            return False
        if gone:
            path.unlink(missing_ok=True)
        return gone

    def leave(self) -> None:
        (self._folder / self.name).unlink(missing_ok=True)
        self._file.close()
