"""What a headroom check takes, before it is asked: calls, tokens, money, seconds, were nothing in the
cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.costs.call_price import CallPrice, Range, mean_size, price_of_calls, request_size, text_size
from core.llm.connections import ModelContext
from core.prompts.repair import meaning_request
from core.prompts.starting_prompt import starting_prompt
from core.similarity.examples import without_examples
from core.similarity.neighbours import NEAREST
from core.similarity.requests import classify_requests
from core.studies.blind_votes import VOTE
from core.studies.headroom.check import Check, rows_to_check, usable, why_no_ceiling, with_own_shortlist
from core.types import Example, LabelSet, Settings
from core.wording import count, duration, money_range

REPLY_BYTES = 200  # of a reply that is shown to the model again
SHOT_BYTES = 30  # of the answer to an example


@dataclass(frozen=True, slots=True)
class HeadroomPrice:
    """`rows` are drawn. `repairs` are asked only for replies that cannot be read: none of them at best, all
    at worst. `ceiling` is None where the heavyweight model is not asked."""

    rows: int
    starting: CallPrice
    repairs: CallPrice
    examples: CallPrice
    ceiling: CallPrice | None

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
        low = high = 0.0
        for part in self._parts:
            if (usd := part.total_usd) is None:
                return None
            low, high = low + (0.0 if part is self.repairs else usd.low), high + usd.high
        return Range(low, high)

    @property
    def seconds(self) -> float:
        """Without repairs."""
        return sum(part.seconds for part in self._parts if part is not self.repairs)

    @property
    def in_words(self) -> str:
        """120 lightweight and 60 heavyweight calls on 60 rows, up to 60 more for replies that cannot be read:
        $0.09 to $0.61, about 25 s."""
        least, most = self.lightweight
        heavy = f" and {self.heavyweight:,} heavyweight" if self.heavyweight else ""
        calls = f"{least:,} lightweight{heavy} calls on {count(self.rows, 'row')}, up to {most - least:,} more for unreadable replies"
        usd = self.usd
        cost = (
            "price unknown for " + " and ".join(self.unpriced)
            if usd is None
            else money_range(usd.low, usd.high)
        )
        length = f", about {duration(self.seconds)}" if self.seconds >= 1 else ""
        return f"{calls}: {cost}{length}. What is in the cache costs nothing."

    @property
    def _parts(self) -> tuple[CallPrice, ...]:
        return (self.starting, self.repairs, self.examples, *([self.ceiling] if self.ceiling else []))


def price(
    settings: Settings,
    rows: Sequence[Example],
    labels: LabelSet,
    shared: ModelContext,
    check: Check = Check(),
) -> HeadroomPrice:
    """`rows` are split already. Input is measured from the very requests, neighbours taken as long as the
    average row; output assumed."""
    pool = usable(rows)
    prompt = settings.start or starting_prompt(labels)
    drawn = rows_to_check(without_examples(pool, prompt.few_shot), check.rows, settings.seed)
    prompt = with_own_shortlist(prompt, settings, pool, drawn)
    requests = classify_requests(
        prompt, [row.text for row in drawn], labels.names if settings.structured_output else ()
    )
    size = mean_size(requests)
    again = (
        request_size(meaning_request(requests[0], "", labels.names)) - request_size(requests[0]) + REPLY_BYTES
        if requests
        else 0.0
    )
    around = text_size(prompt.user_prompt_prefix + prompt.user_prompt_suffix) + SHOT_BYTES
    neighbours = NEAREST * (sum(text_size(row.text) for row in pool) / max(len(pool), 1) + around)

    starting, repairs, examples = (
        price_of_calls(settings, "lightweight", len(drawn), bytes_each, shared)
        for bytes_each in (size, size + again, size + neighbours)
    )
    ceiling = (
        None
        if why_no_ceiling(settings.heavyweight, check)
        else price_of_calls(settings, "heavyweight", len(drawn), size, shared, VOTE)
    )
    return HeadroomPrice(len(drawn), starting, repairs, examples, ceiling)
