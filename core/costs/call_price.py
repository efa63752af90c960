"""What calls to a model take, before they are made: tokens, money, time. The one formula for every estimate;
what a request cannot tell is assumed, and the constants here say what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.llm.catalogue.profile import Profile
from core.llm.connections import ModelContext
from core.llm.embeddings.remote import LONGEST, batches
from core.types import Request, Settings, Usage

BYTES_PER_TOKEN = 4  # of UTF-8: a letter of English is one byte, of Russian two, of Chinese three
REPLY_TOKENS = {"lightweight": (25, 80), "heavyweight": (500, 1_500)}
THOUGHT_TOKENS = {
    "lightweight": (150, 600),
    "heavyweight": (2_000, 6_000),
}  # the same with hidden reasoning, which is billed, too
LATENCY = {"lightweight": 1.0, "heavyweight": 20.0}  # seconds a call
EMBEDDING_SECONDS = 1.0  # that a provider takes for a batch, about


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
class ReplyEstimate:
    """Tokens of a reply, the same with hidden reasoning, and seconds a call; `parallel`: calls are made as
    many at a time as the settings allow, else one by one."""

    tokens: tuple[int, int]
    thought_tokens: tuple[int, int]
    latency: float
    parallel: bool = True


USUAL = {
    role: ReplyEstimate(REPLY_TOKENS[role], THOUGHT_TOKENS[role], LATENCY[role], role == "lightweight")
    for role in LATENCY
}


@dataclass(frozen=True, slots=True)
class CallPrice:
    """Of calls to one model. `calls` are at most about so many, were nothing in the cache; failed calls that
    are tried again are not foreseen. `input` and `output` are tokens a call, `usd` dollars a call (None: the
    price is unknown), `seconds` for all its calls."""

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

    @property
    def total_usd(self) -> Range | None:
        """For all calls."""
        return None if self.usd is None else self.of_all(self.usd)

    def of_all(self, one: Range) -> Range:
        """`one` call's worth, for all of them."""
        return Range(self.calls * one.low, self.calls * one.high)


def price_of_calls(
    settings: Settings,
    role: str,
    calls: int,
    size: float | Range,
    shared: ModelContext,
    reply: ReplyEstimate | None = None,
) -> CallPrice:
    """Of so many calls of `size` bytes each to the model that has this role in the settings."""
    name, reply = getattr(settings, role), reply or USUAL[role]
    output = Range(*(reply.thought_tokens if thinks(shared.profiles.of(name), role) else reply.tokens))
    at_a_time = min(settings.concurrency, shared.limits_of(name).concurrency) if reply.parallel else 1
    return _priced(name, calls, size, output, reply.latency / at_a_time, shared)


def price_of_vectors(name: str, texts: Sequence[str], shared: ModelContext) -> CallPrice:
    """What it takes to embed these texts, were none on disk (see `CachedEmbedder.missing`). Offline embeddings
    are free."""
    requests = list(batches([text for text in dict.fromkeys(texts) if text.strip()]))
    sizes = [
        sum(min(len(message.content.encode("utf-8", "replace")), LONGEST) for message in request.messages)
        for request in requests
    ]
    size = sum(sizes) / len(sizes) if sizes else 0.0
    pace = EMBEDDING_SECONDS / min(4, shared.limits_of(name).concurrency)
    return _priced(name, len(requests), Range(0.8 * size, 1.6 * size), Range(0, 0), pace, shared)


def mean_size(requests: Sequence[Request]) -> float:
    """Bytes of a request, on the average; 0 without any."""
    return sum(map(request_size, requests)) / max(len(requests), 1)


def request_size(request: Request) -> int:
    """Bytes of all messages."""
    return sum(text_size(message.content) for message in request.messages)


def text_size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def thinks(profile: Profile, role: str) -> bool:
    """Whether hidden reasoning is part of its replies: only then is their cap raised."""
    return (profile.heavyweight_floor if role == "heavyweight" else profile.lightweight_floor) > 0


def _priced(
    name: str, calls: int, size: float | Range, output: Range, pace: float, shared: ModelContext
) -> CallPrice:
    """`pace`: seconds a call, so many at a time."""
    size = size if isinstance(size, Range) else Range(size, size)
    given = Range(size.low / BYTES_PER_TOKEN, size.high / BYTES_PER_TOKEN)
    low, high = (
        shared.prices.cost(name, Usage(round(i), round(o)))
        for i, o in ((given.low, output.low), (given.high, output.high))
    )
    usd = None if low is None or high is None else Range(low, high)
    seconds = _seconds(name, calls, given.middle + output.middle, pace, shared)
    return CallPrice(name, calls, given, output, usd, seconds)


def _seconds(name: str, calls: int, tokens: float, pace: float, shared: ModelContext) -> float:
    """Whichever takes longest: the calls themselves, or what may be asked in a minute."""
    if name.startswith("offline:"):
        return 0.0
    limits = shared.limits_of(name)
    paced = [60 * calls / limits.requests_per_minute] if limits.requests_per_minute else []
    paced += [60 * calls * tokens / limits.tokens_per_minute] if limits.tokens_per_minute else []
    return max(calls * pace, *paced, 0.0)
