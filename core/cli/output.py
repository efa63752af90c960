"""The output of a command, how it is printed, and the exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.types import Outcome, Prediction

DONE, REFUSED, WRONG_USAGE, STOPPED = 0, 1, 2, 3
LONGER = "allow longer replies with --reply-tokens, or ask for a shorter reason"


@dataclass(frozen=True, slots=True)
class Output:
    """The JSON object, the same in words, the exit code, and a sentence for stderr on why it is not 0. `silent`:
    standard output has been written already, so words go to stderr."""

    data: Mapping[str, object]
    words: str
    code: int = DONE
    complaint: str = ""
    silent: bool = False


def print_output(output: Output, as_json: bool) -> int:
    """The exit code."""
    if as_json:
        _print(_json(output.data))
    elif output.silent:
        print(output.words, file=sys.stderr)
    else:
        _print(output.words)
    if output.complaint:
        complain(output.complaint)
    return output.code


def complain(sentence: str) -> None:
    print(" ".join(sentence.split()), file=sys.stderr)


def _json(data: Mapping[str, object]) -> str:
    """One line; letters as they are where stdout can hold them, else escaped as JSON allows."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(data, allow_nan=False)
    return text


def _print(text: str) -> None:
    """Data may hold what no terminal can show (a lone surrogate): it is escaped rather than lost."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except BrokenPipeError:  # the reader has seen enough; Python would complain again when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def failures_in_words(predictions: Sequence[Prediction]) -> str:
    """Why calls failed: the commonest reason, and how often it was that; "" where none failed."""
    failed = [each for each in predictions if each.outcome is Outcome.FAILED and not each.cut_off]
    return failure_reasons(Counter(each.error for each in failed))


def failure_reasons(reasons: Counter[str]) -> str:
    """The same of so many failed calls by reason."""
    if not reasons:
        return ""
    reason, times = reasons.most_common(1)[0]
    return (
        f"{times:,} of {reasons.total():,} failed calls: {reason}" if len(reasons) > 1 else f"Why: {reason}"
    )
