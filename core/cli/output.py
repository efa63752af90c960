"""The output of a command, and the exit codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.types import Outcome, Prediction

DONE, REFUSED, WRONG_USAGE, STOPPED = 0, 1, 2, 3
LONGER = "allow longer replies with --reply-tokens, or ask for a shorter reason"


@dataclass(frozen=True, slots=True)
class Output:
    """The JSON object, the same in words, and the exit code."""

    data: Mapping[str, object]
    words: str
    code: int = DONE


def failures_in_words(predictions: Sequence[Prediction]) -> str:
    """Why calls failed: the commonest reason, and how often it was that; "" where none failed."""
    failed = [each for each in predictions if each.outcome is Outcome.FAILED and not each.cut_off]
    reasons = Counter(each.error for each in failed)
    if not reasons:
        return ""
    reason, times = reasons.most_common(1)[0]
    return f"{times:,} of {len(failed):,} failed calls: {reason}" if len(reasons) > 1 else f"Why: {reason}"
