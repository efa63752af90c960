"""The answer of a command, and the exit codes."""

from __future__ import annotations

from dataclasses import dataclass

DONE, REFUSED, WRONG_USAGE, STOPPED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: the JSON object, the same in words, and the exit code."""

    found: dict
    words: str
    code: int = DONE
