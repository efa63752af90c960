"""A toy world for headroom checks: texts that are not alike, models that know, guess or mumble."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from core.studies.headroom.advice import Kind, Line
from core.studies.headroom.check import Headroom
from core.types import Dataset, Example, LabelSet, Request
from tests.core.tuning.toy import LABELS, Said, text_of

ANIMALS = ("zebra", "apple", "crash")
TRUTH = {"zebra": "question", "apple": "wish", "crash": "bug"}


def truth(request: Request) -> str:
    """The right label, by the word that gives it away."""
    return next(label for word, label in TRUTH.items() if word in text_of(request))


def knowing(request: Request) -> str:
    return f"Clear. <label>{truth(request)}</label>"


def dull(request: Request) -> str:
    return "Well. <label>bug</label>"


def asked_for_meaning(request: Request) -> bool:
    return request.messages[-1].content.startswith("Which one of these labels")


def mumbling(request: Request) -> str:
    """Knows the answer, and names it in no form at all until it is asked for nothing but the label."""
    if asked_for_meaning(request):
        request = replace(request, messages=request.messages[:-2])
        return f"<label>{truth(request)}</label>"
    return f"I would file that one under {truth(request)}, and under no other heading."


def wordy(count: int = 60) -> Dataset:
    """Rows with texts that are not alike, so that none is a near duplicate of another: the words around the
    telling one are drawn."""
    rng, examples = random.Random(5), []
    for number in range(count):
        word = ANIMALS[number % 3]
        noise = " ".join("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(8))
        examples.append(Example(f"r{number}", f"{noise} {word}", TRUTH[word]))
    return Dataset("wordy", LabelSet(LABELS), tuple(examples))


ROWS = wordy(160)


def by_kind(found: Headroom) -> dict[Kind, Line]:
    return {line.kind: line for line in found.lines}


def recorded(answer: Callable[[Request], Said], into: list[Request]) -> Callable[[Request], Said]:
    def say(request: Request) -> Said:
        into.append(request)
        return answer(request)

    return say
