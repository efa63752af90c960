"""What a shortlist of labels would do on the rows of a dataset: how often the right label is on it, and how long requests
are with and without it. No call is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.costs.call_price import BYTES_PER_TOKEN, request_size
from core.data.splits import HELD_OUT
from core.prompts.starting_prompt import starting_prompt
from core.similarity.requests import classify_requests
from core.similarity.shortlist import neighbours_read, on_shortlist
from core.tuning.few_shot import with_shortlist
from core.types import Example, FewShot, LabelSet, Prompt, Settings

MOST_ROWS, MOST_SIZED = (
    300,
    30,
)  # validation rows whose shortlists are looked up; of them, those whose requests are made


@dataclass(frozen=True, slots=True)
class ShortlistFigures:
    """`named`: of so many validation rows (`rows`) the right label is on the shortlist of `size`. Tokens are of a request
    with it and without it, on the average."""

    size: int
    named: int
    rows: int
    tokens: float
    tokens_of_all: float

    @property
    def in_words(self) -> str:
        return (
            f"With {self.size:,} labels a request, the right one is among them for {self.named:,} of {self.rows:,} validation "
            f"rows; about {self.tokens:,.0f} tokens a call instead of {self.tokens_of_all:,.0f}."
        )


def shortlist_figures(
    rows: Sequence[Example], labels: LabelSet, settings: Settings, sizes: Sequence[int]
) -> list[ShortlistFigures]:
    """For each size. `rows` have a split each; the shortlists are those of a run with these settings, but that rows in
    doubt vote, too."""
    used = [row for row in rows if not row.excluded]
    train, held_out = ([row for row in used if row.split in parts] for parts in (("train",), HELD_OUT))
    validation = [row for row in held_out if row.split == "validation"]
    some = validation[:: max(1, len(validation) // MOST_ROWS)][:MOST_ROWS]
    start = settings.start or starting_prompt(labels, settings.purpose)
    prompt = with_shortlist(start, max(sizes), train, held_out, settings.seed)
    neighbours = neighbours_read(prompt, [row.text for row in some])
    right = [row.label for row in some]

    def tokens(sent: Prompt) -> float:
        requests = classify_requests(
            sent, [row.text for row in some[:MOST_SIZED]], (), neighbours[:MOST_SIZED]
        )
        return sum(map(request_size, requests)) / BYTES_PER_TOKEN / max(1, len(requests))

    of_all = tokens(replace(prompt, few_shot=FewShot(), shortlist=0))
    each_size = (replace(prompt, shortlist=size) for size in sizes)
    return [
        ShortlistFigures(
            short.shortlist, on_shortlist(short, right, neighbours), len(some), tokens(short), of_all
        )
        for short in each_size
    ]
