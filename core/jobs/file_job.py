"""A file that is classified in the background. Everything about it is in a folder of its own: what was asked
(job.json, input), what came back so far (answers.jsonl, a line per row, on the disk before it counts), how it
ended (end.json).

Whoever works on it holds a lock on a file there, which the system lets go of when the process dies, so a
killed one can be resumed at once and no two work on the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from core.data.fields import ColumnMap
from core.data.formats.registry import open_file
from core.data.importing.mapping import guess_text_columns, read_texts
from core.data.table import Table
from core.data.templates import with_fields_of
from core.errors import DataError, NotFound, Stopped, StoreError
from core.exports.dataset import NO_TEXT
from core.jobs.runner import Job
from core.llm.journal.process_lock import take_lock
from core.private_files import FOLDER, private_file, private_folder
from core.store.codec import decode, encode, storable
from core.store.files import write_text
from core.types import Outcome, Prediction, TextTemplate
from core.types.runs import REPLY_TOKENS

RUNNING, DONE, STOPPED, FAILED, INTERRUPTED = "running", "done", "stopped", "failed", "interrupted"
CHUNK = 64  # rows asked together: what a kill can cost, in answers that come from the cache next time


@dataclass(frozen=True, slots=True)
class FileRequest:
    """What is to be classified. `prompt` is the text of a prompt file with the labels; `columns` hold the
    text, which `template` makes one of several; `total` counts the rows; `reply_tokens` is how long a reply may be;
    `cascade` is the key of the one that answers with the prompt, "" for the prompt alone;
    `prompt_name` what the prompt was called then, "" where nobody knows."""

    id: str
    dataset_id: str
    name: str
    created: float
    prompt: str
    model: str
    structured: bool
    columns: tuple[str, ...]
    total: int
    reply_tokens: int = REPLY_TOKENS
    template: TextTemplate | None = None
    cascade: str = ""
    prompt_name: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """`template`: how its texts are made of several columns, where the prompt says so."""

    name: str
    content: bytes
    template: TextTemplate | None = None


@dataclass(frozen=True, slots=True)
class FileFigures:
    """`done` rows have an answer or need none, `failed` of them a failed call, `cut_off` a reply that was cut off;
    `cost_usd` is None where a price is unknown."""

    done: int
    failed: int
    cost_usd: float | None
    cut_off: int = 0


@dataclass(frozen=True, slots=True)
class FileEnding:
    """With the figures of then, so that nobody has to count all answers again."""

    state: str
    error: str = ""
    figures: FileFigures | None = None


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """The answer for the row number `place`, from 0. Of a cascade who has answered, and how sure that is (0 to 1)."""

    place: int
    outcome: Outcome
    label: str = ""
    said: str = ""
    reason: str = ""
    error: str = ""
    cached: bool = False
    cost_usd: float | None = 0.0
    answered_by: str = "prompt"
    confidence: float | None = None

    @property
    def is_due(self) -> bool:
        """Whether the row is to be asked about again."""
        return self.outcome is Outcome.FAILED and self.error != NO_TEXT

    @property
    def prediction(self) -> Prediction:
        error, cached = self.error, self.cached
        return Prediction(
            str(self.place), self.outcome, self.label, self.said, self.reason, error=error, cached=cached
        )


@dataclass(frozen=True, slots=True)
class FileStatus:
    """How far it is; `error` is why it ended."""

    request: FileRequest
    state: str
    figures: FileFigures
    error: str = ""


def read_file(upload: Upload) -> tuple[Table, tuple[str, ...], list[str]]:
    """The table, the columns that hold its text, and the texts. DataError."""
    table = open_file(upload.content, upload.name)
    given = with_fields_of(ColumnMap(), table, upload.template)
    columns = given.text or guess_text_columns(table)
    return table, columns, read_texts(table, columns, given.template)


@dataclass(frozen=True, slots=True)
class FileFolder:
    """What is on the disk of one file."""

    path: Path

    def create(self, request: FileRequest, raw: bytes) -> None:
        try:
            private_folder(self.path.parent)
            self.path.mkdir(mode=FOLDER)
            with open(self.path / "input", "wb", opener=private_file) as file:
                file.write(raw)
            write_text(self.path / "job.json", encode(request))
        except OSError as problem:
            raise StoreError(
                f"{self.path} cannot be written ({problem.strerror}): check its permissions and the free space."
            ) from None

    def request(self) -> FileRequest:
        """NotFound."""
        path = self.path / "job.json"
        if not path.is_file():
            raise no_file()
        return decode(path.read_bytes(), FileRequest)

    def read(self) -> tuple[Table, tuple[str, ...], list[str]]:
        request = self.request()
        return read_file(Upload(request.name, (self.path / "input").read_bytes(), request.template))

    def answers(self) -> dict[int, FileAnswer]:
        """What came back so far, by row; the last line of a row counts, and one that a kill has cut off does
        not."""
        answers = {}
        path = self.path / "answers.jsonl"
        for line in path.read_bytes().split(b"\n") if path.is_file() else ():
            try:
                answer = decode(line, FileAnswer) if line else None
            except StoreError:
                continue
            if answer is not None:
                answers[answer.place] = answer
        return answers

    def status(self) -> FileStatus:
        request, running, path = self.request(), self.is_locked(), self.path / "end.json"
        ending = decode(path.read_bytes(), FileEnding) if not running and path.is_file() else None
        figures = ending.figures if ending and ending.figures else figures_of(self.answers().values())
        left = DONE if figures.done == request.total else INTERRUPTED
        state = RUNNING if running else ending.state if ending else left
        return FileStatus(request, state, figures, ending.error if ending else "")

    def lock(self) -> BinaryIO | None:
        """The file that is to be closed to let go of the lock. None where somebody else holds it."""
        file = (self.path / "lock").open("ab")
        for _ in range(10):  # whoever only looks holds it for a moment
            if take_lock(file.fileno()):
                return file
            time.sleep(0.02)
        file.close()
        return None

    def is_locked(self) -> bool:
        if not (self.path / "lock").is_file():
            return False
        try:
            with (self.path / "lock").open("ab") as file:
                return not take_lock(file.fileno())
        except OSError:  # a folder that may only be read: nobody here works on it
            return False

    def request_stop(self) -> None:
        (self.path / "stop").touch()

    def is_to_stop(self) -> bool:
        return (self.path / "stop").exists()


OnReply = Callable[[int, int], None]
Ask = Callable[[Sequence[tuple[int, str]], OnReply], Sequence[FileAnswer]]  # (row, text) of each -> answers


class FileJob(Job):
    """Rows that have an answer are not asked about again; a failed call is."""

    def __init__(self, folder: FileFolder, ask: Ask):
        super().__init__(folder.path.name)
        self._folder, self._ask = folder, ask
        self._lock: BinaryIO | None = None

    def claim(self) -> bool:
        self._lock = self._folder.lock()
        if self._lock is None:
            return False
        for name in ("stop", "end.json"):
            (self._folder.path / name).unlink(missing_ok=True)
        return True

    def execute(self) -> None:
        try:
            ending = self._ending()
            if ending is not None:
                ending = replace(ending, figures=figures_of(self._folder.answers().values()))
                write_text(self._folder.path / "end.json", encode(ending))
        finally:
            self.abandon()

    def abandon(self) -> None:
        if self._lock is not None:
            self._lock.close()

    def check(self) -> None:
        if self._folder.is_to_stop():
            self.stop()
        super().check()

    def _ending(self) -> FileEnding | None:
        """None where it only has to make way for the end of the process."""
        try:
            self._classify()
        except Stopped:
            return None if self.interrupted else FileEnding(STOPPED)
        except Exception as error:
            return FileEnding(FAILED, self.sentence(error))
        return FileEnding(DONE)

    def _classify(self) -> None:
        texts, answers = self._folder.read()[2], self._folder.answers()
        due = [row for row in range(len(texts)) if row not in answers or answers[row].is_due]
        with open(self._folder.path / "answers.jsonl", "ab", opener=private_file) as file:
            file.write(b"\n")  # a kill may have cut the last line off
            for start in range(0, len(due), CHUNK):
                self.check()
                chunk = [(row, texts[row]) for row in due[start : start + CHUNK]]
                unable = {row: _refusal(text) for row, text in chunk}
                new = [FileAnswer(row, Outcome.FAILED, error=error) for row, error in unable.items() if error]
                able = [(row, text) for row, text in chunk if not unable[row]]
                new += self._ask(able, lambda done, total: self.check()) if able else ()
                file.write("".join(encode(answer) + "\n" for answer in new).encode())
                file.flush()
                os.fsync(file.fileno())


def no_file() -> NotFound:
    return NotFound("There is no such file any more: look at the list again.")


def figures_of(answers: Collection[FileAnswer]) -> FileFigures:
    costs = [answer.cost_usd for answer in answers if answer.cost_usd is not None]
    usd = sum(costs) if len(costs) == len(answers) else None
    cut_off = sum(answer.prediction.cut_off for answer in answers)
    return FileFigures(len(answers), sum(answer.is_due for answer in answers), usd, cut_off)


def _refusal(text: str) -> str:
    """Why a row cannot be asked about."""
    try:
        return "" if storable(text, "The text") else NO_TEXT
    except DataError as problem:
        return str(problem)
