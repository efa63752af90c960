"""Confidence by agreement: the same question asked several times at a temperature, and how many of the replies name the
label of the answer (Wang and others 2022, "Self-consistency"; Manakul and others 2023 use it to find doubtful answers).

The answer stays that of the ordinary request: further replies only say how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.types import Outcome, Prediction, Request

TEMPERATURE = 1.0


def sample_requests(request: Request, samples: int, temperature: float) -> list[Request]:
    """So many further requests, each with a place of its own in the cache. A model that takes no temperature samples
    as it always does."""
    return [replace(request, repeat=number, temperature=temperature) for number in range(1, samples + 1)]


def agreement_with(answer: Prediction, replies: Sequence[Prediction]) -> float:
    """Share of the replies that name the label of the answer, 0 to 1; failed calls are left out. 0 where the answer
    names no label of the list, and where no reply came: nothing then speaks for it."""
    came = [each for each in replies if each.outcome is not Outcome.FAILED]
    if answer.outcome is not Outcome.LABEL or not came:
        return 0.0
    return sum(each.outcome is Outcome.LABEL and each.label == answer.label for each in came) / len(came)
