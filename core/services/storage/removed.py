"""What is deleted is written to a file first: a line of JSON each, compressed. It is on the disk before anything goes."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import StoreError
from core.private_files import private_file, private_folder
from core.workspace import Workspace

REMOVED = "removed"  # the folder in the workspace


def removed_folder(workspace: Workspace) -> Path:
    return workspace.folder / REMOVED


@dataclass(frozen=True, slots=True)
class RemovedFile:
    """`path` ends in .jsonl.gz. What is written later in the same file stands behind what is there."""

    path: Path

    @classmethod
    def of_today(cls, folder: Path, what: str) -> RemovedFile:
        """`what` begins its name."""
        return cls(folder / f"{what}-{datetime.now(UTC):%Y-%m-%d}.jsonl.gz")

    def append(self, records: Iterable[Mapping[str, object]]) -> None:
        """On the disk when it returns. StoreError."""
        lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
        self.append_bytes(gzip.compress(lines.encode("utf-8", "replace")))

    def append_bytes(self, content: bytes, anew: bool = False) -> None:
        """As `append`; whole, or nothing of it. `anew`: instead of what is there."""
        try:
            if not self.path.parent.is_dir():  # one that the user has is left as it is
                private_folder(self.path.parent)
            with open(self.path, "wb" if anew else "ab", opener=private_file) as file:
                before = file.tell()
                try:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                except OSError:
                    os.truncate(self.path, before)
                    raise
        except OSError as problem:
            raise StoreError(
                f"{self.path} cannot be written ({problem.strerror}), so nothing was deleted: make room, or name another folder."
            ) from problem
