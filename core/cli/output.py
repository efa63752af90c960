"""The output of a command, and the exit codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DONE, REFUSED, WRONG_USAGE, STOPPED = 0, 1, 2, 3
LONGER = "allow longer replies with --reply-tokens, or ask for a shorter reason"


@dataclass(frozen=True, slots=True)
class Output:
    """The JSON object, the same in words, and the exit code."""

    data: Mapping[str, object]
    words: str
    code: int = DONE
