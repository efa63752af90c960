"""What a headroom check takes, before it is asked: calls, tokens, money, seconds, were nothing in the
cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.costs.run_estimate import LATENCY as CALL_LATENCY
from core.costs.run_estimate import (
    REPLY_TOKENS,
    THOUGHT_TOKENS,
    Asking,
    Part,
    Range,
    part_of,
    request_size,
    thinks,
)
from core.llm.connections import ModelContext
from core.prompts.repair import asked_again
from core.prompts.starting import starting_prompt
from core.similarity.neighbours import NEAREST
from core.studies.blind_votes import LATENCY as VOTE_LATENCY
from core.studies.blind_votes import THOUGHT_TOKENS as VOTE_THOUGHTS
from core.studies.blind_votes import VOTE_TOKENS
from core.studies.headroom.check import Check, rows_to_check, usable, why_no_ceiling
from core.tuning.evaluate import classify_requests
from core.types import Example, LabelSet, Settings

REPLY_BYTES = 200  # of a reply that is shown to the model again
SHOT_BYTES = 30  # of the answer to an example


@dataclass(frozen=True, slots=True)
class Price:
    """`rows` are drawn. `repairs` are asked only for replies that cannot be read: none of them at best, all
    at worst. `ceiling` is None where the heavyweight model is not asked."""

    rows: int
    starting: Part
    repairs: Part
    examples: Part
    ceiling: Part | None

    @property
    def lightweight(self) -> tuple[int, int]:
        """Calls, from least to most."""
        least = self.starting.calls + self.examples.calls
        return least, least + self.repairs.calls

    @property
    def heavyweight(self) -> int:
        return self.ceiling.calls if self.ceiling else 0

    @property
    def unpriced(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.model for part in self._parts if part.usd is None))

    @property
    def usd(self) -> Range | None:
        """None where a price is unknown."""
        if self.unpriced:
            return None
        low, high = Range(0.0, 0.0), Range(0.0, 0.0)
        for part in self._parts:
            low, high = (
                (low if part is self.repairs else low + part.of_all(part.usd)),
                high + part.of_all(part.usd),
            )
        return Range(low.low, high.high)

    @property
    def seconds(self) -> float:
        """Without repairs."""
        return sum(part.seconds for part in self._parts if part is not self.repairs)

    @property
    def _parts(self) -> tuple[Part, ...]:
        return (self.starting, self.repairs, self.examples, *([self.ceiling] if self.ceiling else []))


def price_of_headroom(
    settings: Settings,
    rows: Sequence[Example],
    labels: LabelSet,
    shared: ModelContext,
    check: Check = Check(),
) -> Price:
    """`rows` are split already. Input is measured from the very requests, neighbours taken as long as the
    average row; output assumed."""
    pool = usable(rows)
    drawn = rows_to_check(pool, check.rows, settings.seed)
    prompt = settings.start or starting_prompt(labels)
    requests = classify_requests(
        prompt, [row.text for row in drawn], labels.names if settings.structured_output else ()
    )
    asked = sum(map(request_size, requests)) / max(len(requests), 1)
    again = (
        request_size(asked_again(requests[0], "", labels.names)) - request_size(requests[0]) + REPLY_BYTES
        if requests
        else 0.0
    )
    around = (
        len((prompt.user_prompt_prefix + prompt.user_prompt_suffix).encode("utf-8", "surrogatepass"))
        + SHOT_BYTES
    )
    shown = NEAREST * (
        sum(len(row.text.encode("utf-8", "surrogatepass")) for row in pool) / max(len(pool), 1) + around
    )

    def part(role: str, size: float, made: tuple[int, int], latency: float) -> Part:
        name = getattr(settings, role)
        at_a_time = min(settings.concurrency, shared.limits_of(name).concurrency)
        return part_of(Asking(name, len(drawn), Range(size, size), Range(*made), at_a_time, latency), shared)

    light = (
        THOUGHT_TOKENS if thinks(shared.profiles.of(settings.lightweight), "lightweight") else REPLY_TOKENS
    )["lightweight"]
    heavy = VOTE_THOUGHTS if thinks(shared.profiles.of(settings.heavyweight), "heavyweight") else VOTE_TOKENS
    starting, repairs, examples = (
        part("lightweight", size, light, CALL_LATENCY["lightweight"])
        for size in (asked, asked + again, asked + shown)
    )
    ceiling = (
        None
        if why_no_ceiling(settings.heavyweight, check)
        else part("heavyweight", asked, heavy, VOTE_LATENCY)
    )
    return Price(len(drawn), starting, repairs, examples, ceiling)
