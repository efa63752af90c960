"""Before a run: about how many calls it takes, the tokens, the money, the minutes, and how many steps the
caps pay for.

The plan is the run's own, so that caps shrink both alike. Whatever a plan cannot know is assumed, and the
constants here say what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.llm.catalogue.profile import Profile
from core.llm.connections import ModelContext
from core.llm.embeddings.remote import LONGEST, batches
from core.prompts.rendering import render
from core.prompts.starting import starting_prompt
from core.tuning.plan import Plan, plan
from core.types import SPLITS, Example, LabelSet, Prompt, Request, Settings, Usage

BYTES_PER_TOKEN = 4  # of UTF-8: a letter of English is one byte, of Russian two, of Chinese three
LEAST_SHARE = 0.6  # of the planned calls: edits that are refused early and rows read before take fewer
GROWTH = 1_500  # bytes that rules add to the prompt, on the average over a long run
REPLY_TOKENS = {"lightweight": (25, 80), "heavyweight": (500, 1_500)}
THOUGHT_TOKENS = {
    "lightweight": (150, 600),
    "heavyweight": (2_000, 6_000),
}  # the same with hidden reasoning, which is billed, too
EMBEDDING_SECONDS = 1.0  # that a provider takes for a batch, about
LATENCY = {"lightweight": 1.0, "heavyweight": 20.0}  # seconds a call
AROUND_MISTAKE, AROUND_CORRECT, INSTRUCTIONS = (
    300,
    100,
    3_000,
)  # bytes of a reflection besides texts and prompt


@dataclass(frozen=True, slots=True)
class Range:
    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)


@dataclass(frozen=True, slots=True)
class Asking:
    """Questions to one model: `size` bytes in and `made` tokens out a call, so many at a time, each taking
    `latency` seconds."""

    model: str
    calls: int
    size: Range
    made: Range
    at_a_time: int
    latency: float


@dataclass(frozen=True, slots=True)
class Part:
    """One role. `calls` are at most about so many, were nothing in the cache; failed calls that are tried
    again are not foreseen. `input` and `output` are tokens a call, `usd` dollars a call (None: the price is
    unknown), `seconds` for all its calls."""

    model: str
    calls: int
    input: Range
    output: Range
    usd: Range | None
    seconds: float

    @property
    def tokens(self) -> Range:
        """Of one call."""
        return self.input + self.output

    def of_all(self, one: Range) -> Range:
        """`one` call's worth, for all of them."""
        return Range(self.calls * one.low, self.calls * one.high)


@dataclass(frozen=True, slots=True)
class Estimate:
    """`capped`: the call cap, not the work, sets the lightweight number. `steps` are planned, `paid_steps`
    those that the caps on money and tokens pay for (None: there is no such cap, or no price to tell by)."""

    lightweight: Part
    heavyweight: Part
    capped: bool
    steps: int
    paid_steps: int | None

    @property
    def unpriced(self) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(part.model for part in (self.lightweight, self.heavyweight) if part.usd is None)
        )

    @property
    def usd(self) -> Range | None:
        """For the whole run; None where a price is unknown."""
        return (
            None
            if self.unpriced
            else _total(self.lightweight, self.lightweight.usd)
            + _total(self.heavyweight, self.heavyweight.usd)
        )

    @property
    def tokens(self) -> Range:
        return _total(self.lightweight, self.lightweight.tokens) + _total(
            self.heavyweight, self.heavyweight.tokens
        )

    @property
    def seconds(self) -> float:
        return self.lightweight.seconds + self.heavyweight.seconds


def estimate(settings: Settings, rows: Sequence[Example], labels: LabelSet, shared: ModelContext) -> Estimate:
    """`rows` are split already. Raises UsageError for caps too small for one step."""
    used = [row for row in rows if not row.excluded]
    planned = plan(settings, *(tuple(row for row in used if row.split == name) for name in SPLITS))
    steps = (
        planned.steps if settings.max_heavy_calls is None else min(planned.steps, settings.max_heavy_calls)
    )
    once, each = (
        _once(planned) + len(set(settings.neighbours) - {0}) * len(planned.validation),
        _each_step(planned, settings.strategy),
    )
    needed = once + steps * each
    calls = needed if settings.max_calls is None else min(needed, settings.max_calls)
    text = sum(_size(row.text) for row in used) / max(len(used), 1)
    asked = _asked(settings.start or starting_prompt(labels), text)
    light = _part(settings, shared, "lightweight", calls, Range(asked + text, asked + text + GROWTH))
    shown = (
        asked
        + INSTRUCTIONS
        + planned.show * (text + AROUND_MISTAKE)
        + settings.shown_correct * (text + AROUND_CORRECT)
    )
    heavy = _part(settings, shared, "heavyweight", steps, Range(shown * LEAST_SHARE, shown + GROWTH))
    shares = _caps_over(settings, light, heavy, once), _caps_over(settings, light, heavy, each, heavy_calls=1)
    return Estimate(light, heavy, calls < needed, steps, _paid(steps, *shares))


def _once(planned: Plan) -> int:
    """Lightweight calls of a run besides its steps: the baseline, the longer first look, a try with examples,
    the last reading."""
    return 3 * len(planned.validation) + planned.look + planned.reserved


def _each_step(planned: Plan, strategy: str) -> int:
    """A step looks, tries its edits, reads again the rows that each moved, and all rows once more where only
    some are kept. A rewrite has few parts to judge."""
    return planned.look + (2 if strategy == "rewrite" else 3) * (planned.show + planned.attempt)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _asked(prompt: Prompt, text: float) -> float:
    """Bytes of a request without its text; neighbours shown with it are as long as other texts."""
    without = sum(_size(message.content) for message in render(prompt, ""))
    around = _size(prompt.user_prompt_prefix + prompt.user_prompt_suffix)
    return without + (prompt.few_shot.k * (text + around) if prompt.few_shot.strategy == "similar" else 0)


def _part(settings: Settings, shared: ModelContext, role: str, calls: int, size: Range) -> Part:
    name = getattr(settings, role)
    made = Range(*(THOUGHT_TOKENS if thinks(shared.profiles.of(name), role) else REPLY_TOKENS)[role])
    at_a_time = min(settings.concurrency, shared.limits_of(name).concurrency) if role == "lightweight" else 1
    return part_of(Asking(name, calls, size, made, at_a_time, LATENCY[role]), shared)


def part_of(asking: Asking, shared: ModelContext) -> Part:
    """Tokens, money and time of what is asked of one model."""
    name, made = asking.model, asking.made
    given = Range(asking.size.low / BYTES_PER_TOKEN, asking.size.high / BYTES_PER_TOKEN)
    low, high = (
        shared.prices.cost(name, Usage(round(i), round(o)))
        for i, o in ((given.low, made.low), (given.high, made.high))
    )
    usd = None if low is None or high is None else Range(low, high)
    return Part(name, asking.calls, given, made, usd, _seconds(asking, shared, given.middle + made.middle))


def price_of_vectors(name: str, texts: Sequence[str], shared: ModelContext) -> Part:
    """What it takes to embed these texts, were none on disk (see `CachedEmbedder.missing`). Offline embeddings are
    free."""
    requests = list(batches([text for text in dict.fromkeys(texts) if text.strip()]))
    sizes = [
        sum(min(len(message.content.encode("utf-8", "replace")), LONGEST) for message in request.messages)
        for request in requests
    ]
    size = sum(sizes) / len(sizes) if sizes else 0.0
    at_a_time = min(4, shared.limits_of(name).concurrency)
    return part_of(
        Asking(name, len(requests), Range(0.8 * size, 1.6 * size), Range(0, 0), at_a_time, EMBEDDING_SECONDS),
        shared,
    )


def request_size(request: Request) -> int:
    """Bytes of all messages."""
    return sum(_size(message.content) for message in request.messages)


def thinks(profile: Profile, role: str) -> bool:
    """Whether hidden reasoning is part of its replies: only then is their cap raised."""
    return (profile.heavyweight_floor if role == "heavyweight" else profile.lightweight_floor) > 0


def _seconds(asking: Asking, shared: ModelContext, tokens: float) -> float:
    """Whichever takes longest: the calls themselves, so many at a time, or what may be asked in a minute."""
    if asking.model.startswith("offline:"):
        return 0.0
    limits, calls = shared.limits_of(asking.model), asking.calls
    paced = [60 * calls / limits.requests_per_minute] if limits.requests_per_minute else []
    paced += [60 * calls * tokens / limits.tokens_per_minute] if limits.tokens_per_minute else []
    return max(calls * asking.latency / asking.at_a_time, *paced, 0.0)


def _total(part: Part, one: Range | None) -> Range:
    """All calls of a part; lightweight ones may be fewer than planned."""
    if one is None:
        return Range(0.0, 0.0)
    least = LEAST_SHARE if part.calls > 1 else 1.0
    return Range(part.calls * least * one.low, part.calls * one.high)


def _caps_over(settings: Settings, light: Part, heavy: Part, calls: int, heavy_calls: int = 0) -> list[float]:
    """Which share of each cap, money and tokens, so many calls take."""
    shares = []
    if settings.budget_usd and light.usd is not None and heavy.usd is not None:
        shares.append((calls * light.usd.middle + heavy_calls * heavy.usd.middle) / settings.budget_usd)
    if settings.max_tokens:
        shares.append((calls * light.tokens.middle + heavy_calls * heavy.tokens.middle) / settings.max_tokens)
    return shares


def _paid(steps: int, once: list[float], each: list[float]) -> int | None:
    """Steps that fit under every cap, beside what a run takes once."""
    fits = [
        steps if step == 0 else int(max(0.0, 1 - before) / step)
        for before, step in zip(once, each, strict=True)
    ]
    return min(steps, *fits) if fits else None
