"""What came back so far, a file a block, in a folder beside OUT. A file is there whole or not at all, whatever kills its
writer, and is named by the input's fingerprint, the fingerprint of what was asked, and the block's number: another input or
another prompt finds nothing of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.distributed.inputs.blocks import BLOCK_ROWS, RowBlock
from core.errors import Conflict, StoreError
from core.jobs.file_job import FileAnswer
from core.llm.journal.process_lock import take_lock
from core.store.codec import decode, encode
from core.store.files import write_text

ENDING = ".blocks"
_LETTERS = 12  # of a fingerprint in a name


@dataclass(frozen=True, slots=True)
class BlockHead:
    """The first line of a block's file: how many of its rows are to be asked again."""

    rows: int
    due: int


@dataclass(frozen=True, slots=True)
class AnswerFolder:
    """`fingerprints`: of the input, and of what is asked of it."""

    path: Path
    fingerprints: tuple[str, str]

    @classmethod
    def beside(cls, target: Path, content: str, asked: object) -> AnswerFolder:
        """`asked`: all that answers depend on, but for the content of the input (its fingerprint)."""
        digest = hashlib.sha256(f"{BLOCK_ROWS} {encode(asked)}".encode()).hexdigest()
        return cls(target.with_name(target.name + ENDING), (content[:_LETTERS], digest[:_LETTERS]))

    def create(self) -> BinaryIO:
        """The folder, and a lock on it that lives as long as it is open. Half-written files of a killed start are removed.
        StoreError, Conflict where somebody else works on it."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.path / "lock").open("ab")
            if not take_lock(lock.fileno()):
                lock.close()
                raise Conflict(
                    f"{self.path} is in use: this file is being classified already, wait for its end."
                )
            for left in self.path.glob(".new-*"):
                left.unlink(missing_ok=True)
            return lock
        except OSError as problem:
            raise StoreError(
                f"{self.path} cannot be written ({problem.strerror}): check its permissions and the free space."
            ) from None

    def is_finished(self, block: RowBlock) -> bool:
        """Whether every row has an answer. What cannot be read is none."""
        try:
            with self._file(block).open("rb") as file:
                head = decode(file.readline(), BlockHead)
        except (OSError, StoreError):
            return False
        return (head.rows, head.due) == (block.rows, 0)

    def answers(self, block: RowBlock) -> dict[int, FileAnswer]:
        """By row of the block; none where nothing was kept."""
        try:
            lines = self._file(block).read_bytes().splitlines()[1:]
            found = [decode(line, FileAnswer) for line in lines]
        except (OSError, StoreError):
            return {}
        return {each.place: each for each in found if each.place < block.rows}

    def write(self, block: RowBlock, answers: Collection[FileAnswer]) -> None:
        """All or nothing. StoreError."""
        due = block.rows - len(answers) + sum(answer.is_due for answer in answers)
        lines = [encode(BlockHead(block.rows, due)), *map(encode, answers)]
        write_text(self._file(block), "\n".join(lines) + "\n")
        os.chmod(self._file(block), 0o600)

    def _file(self, block: RowBlock) -> Path:
        return self.path / ("-".join(self.fingerprints) + f"-{block.number:07d}.jsonl")
