"""What a prompt costs when it is used: tokens per call from the size of its requests and replies, and which
price is worth paying.

Sizes are bytes of UTF-8. A model's own tokens per byte are known where a run has paid for calls whose sizes
are known; else they are assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.prompts.render import render
from core.similarity.shortlist import Shortener, neighbours_read, shown_of
from core.types import Prompt, Spend

ENOUGH_CALLS = 10  # paid calls that make a measured rate
LEAST_BULGE = 0.1  # of the way between the two ends: what bulges less is no knee worth a mark
MOST_LOOKED_UP = 200  # texts whose neighbours are looked up: an average needs no more


@dataclass(frozen=True, slots=True)
class Density:
    """Tokens per byte of requests, and of replies (hidden reasoning counts towards these). `measured`: by
    calls, not assumed."""

    given: float
    made: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of one call, on the average."""

    input: float
    output: float

    @property
    def both(self) -> float:
        return self.input + self.output


def request_bytes(prompt: Prompt, texts: Sequence[str]) -> float:
    """Of the messages that ask about one text, on the average over these texts; 0 without texts."""
    if not texts:
        return 0.0
    alone = sum(size(text) for text in texts) / len(texts)
    if prompt.few_shot.strategy != "similar":
        return sum(size(message.content) for message in render(prompt, "")) + alone
    some = texts[:: max(1, len(texts) // MOST_LOOKED_UP)]
    shortener = Shortener(prompt)
    requests = (
        render(shortener.prompt_for(nearest), text, shown_of(prompt, nearest))
        for text, nearest in zip(some, neighbours_read(prompt, some), strict=True)
    )
    return sum(size(message.content) for messages in requests for message in messages) / len(some)


def density(spend: Spend, sent: float, replied: float, assumed: Density) -> Density:
    """From the calls of one prompt: `sent` and `replied` are their bytes a call, `spend` what they took, and
    nothing else."""
    if spend.api < ENOUGH_CALLS or min(sent, replied, spend.input_tokens, spend.output_tokens) <= 0:
        return assumed
    return Density(
        spend.input_tokens / spend.api / sent, spend.output_tokens / spend.api / replied, measured=True
    )


def tokens(rate: Density, sent: float, replied: float, hidden: float = 0.0) -> Tokens:
    """Of a call with so many bytes. `hidden`: reasoning tokens that no reply shows; a measured rate has them
    in it already."""
    return Tokens(rate.given * sent, rate.made * replied + (0.0 if rate.measured else hidden))


def examples_in(prompt: Prompt) -> int:
    """How many examples a request carries."""
    few = prompt.few_shot
    return (
        len(few.examples)
        if few.strategy == "fixed"
        else min(few.k, len(few.examples))
        if few.strategy == "similar"
        else 0
    )


def size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


# ---- which are worth their price


def front(points: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """The Pareto front of (cost, worth): places of the points that no other one beats at the same or a lower
    cost, cheapest first. Of equal points the first counts."""
    order = sorted(range(len(points)), key=lambda at: (points[at][0], -points[at][1], at))
    edge: list[int] = []
    for at in order:
        if not edge or points[at][1] > points[edge[-1]][1]:
            edge.append(at)
    return tuple(edge)


def knee(points: Sequence[tuple[float, float]]) -> int | None:
    """The point of the front that lies farthest above the straight line from its cheapest to its best point,
    both axes scaled to 0..1: before it worth comes cheap, after it dear (the "maximum bulge" of Das 1999, "On
    characterizing the knee of the Pareto curve"). None where the front has fewer than three points, or none
    that stands out by LEAST_BULGE: then every gain costs about the same."""
    edge = front(points)
    if len(edge) < 3:
        return None
    (low_cost, low_worth), (high_cost, high_worth) = points[edge[0]], points[edge[-1]]

    def above(at: int) -> float:
        cost, worth = points[at]
        return (worth - low_worth) / (high_worth - low_worth) - (cost - low_cost) / (high_cost - low_cost)

    best = max(edge[1:-1], key=above)
    return best if above(best) >= LEAST_BULGE else None
