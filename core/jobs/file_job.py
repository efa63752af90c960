"""The records of a file that is classified in the background, its lines on the disk, and the lock of whoever
works on it."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import Conflict, StoreError
from core.exports.predictions import NO_TEXT
from core.store.codec import decode, encode
from core.types import Outcome, Prediction

RUNNING, DONE, STOPPED, FAILED, INTERRUPTED = "running", "done", "stopped", "failed", "interrupted"


@dataclass(frozen=True, slots=True)
class Job:
    """`prompt` is the text of a prompt file with the labels; `columns` hold the text; `total` counts the
    rows."""

    id: str
    dataset_id: str
    name: str
    created: float
    prompt: str
    model: str
    structured: bool
    columns: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Figures:
    """`done` rows have an answer or need none, `failed` of them a failed call; `cost_usd` is None where a
    price is unknown."""

    done: int
    failed: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class End:
    """With the figures of then, so that nobody has to count all lines again."""

    state: str
    error: str = ""
    figures: Figures | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The answer for the row at `place`."""

    place: int
    outcome: Outcome
    label: str = ""
    said: str = ""
    reason: str = ""
    error: str = ""
    cached: bool = False
    cost_usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far it is; the figures are those of Figures."""

    job: Job
    state: str
    done: int
    failed: int
    cost_usd: float | None
    error: str = ""


# ---- lines


def read_lines(path: Path) -> dict[int, Line]:
    """By row; the last line of a row counts, and one that a kill has cut off does not."""
    found = {}
    for raw in path.read_bytes().split(b"\n") if path.is_file() else ():
        try:
            line = decode(raw, Line) if raw else None
        except StoreError:
            continue
        if line is not None:
            found[line.place] = line
    return found


def figures_of(lines: Collection[Line]) -> Figures:
    costs = [line.cost_usd for line in lines]
    usd = None if any(each is None for each in costs) else sum(costs)
    return Figures(len(lines), sum(is_to_ask_again(line) for line in lines), usd)


def prediction_of(line: Line) -> Prediction:
    return Prediction(
        str(line.place),
        line.outcome,
        line.label,
        line.said,
        line.reason,
        error=line.error,
        cached=line.cached,
    )


def is_to_ask_again(line: Line) -> bool:
    return line.outcome is Outcome.FAILED and line.error != NO_TEXT


def write_lines(file: BinaryIO, lines: Sequence[Line]) -> None:
    file.write("".join(encode(line) + "\n" for line in lines).encode())
    file.flush()
    os.fsync(file.fileno())


# ---- the lock


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """Conflict where somebody else holds it."""
    with (place / "lock").open("ab") as file:
        for _ in range(20):  # whoever only looks holds it for a moment
            if _take(file.fileno()):
                break
            time.sleep(0.05)
        else:
            raise Conflict("This file is being classified already.")
        yield


def is_locked(place: Path) -> bool:
    if not (place / "lock").is_file():
        return False
    try:
        with (place / "lock").open("ab") as file:
            return not _take(file.fileno())
    except OSError:  # a folder that may only be read: nobody here works on it
        return False


def _take(handle: int) -> bool:
    """The lock goes with the handle."""
    try:
        if os.name == "posix":
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
