"""What is sent to a model and what comes back: prompts, requests, replies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PROMPT_FIELDS = ("system_prompt", "user_prompt_prefix", "user_prompt_suffix", "bot_reply_prefix")


@dataclass(frozen=True, slots=True)
class Shot:
    """An example shown inside the prompt."""

    text: str
    label: str


class NeighbourSource(StrEnum):
    """Where the examples of the few-shot strategy "similar" are chosen from: those that the prompt carries, or
    the training rows of a dataset as they are."""

    PROMPT = "prompt"
    DATASET = "dataset"


@dataclass(frozen=True, slots=True)
class FewShot:
    """`strategy` is "none", "fixed" (`examples`, always) or "similar" (`k` nearest training rows)."""

    strategy: str = "none"
    k: int = 0
    examples: tuple[Shot, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """`shortlist`: a request names so many labels, those of the examples most like its text; 0: all of them. It takes
    the few-shot strategy "similar", whose `k` may be 0. `several`: the labels of which a reply may name several; empty
    where it names one, or answers freely."""

    system_prompt: str
    user_prompt_prefix: str
    user_prompt_suffix: str
    bot_reply_prefix: str = ""
    few_shot: FewShot = FewShot()
    shortlist: int = 0
    several: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """`role` is "system", "user" or "assistant"; a last message by the assistant is the reply prefix."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model. `choices` asks for structured output with one of these labels, where the model
    can; `repeat` tells repeated samples of one question apart; `stop` is where a reply may end, for servers that
    leave that text out. `temperature` stands before the profile's, for models that take one. `logprobs` asks for the
    log-probabilities of the reply's tokens, where the model gives them."""

    messages: tuple[Message, ...]
    max_tokens: int = 1_000
    choices: tuple[str, ...] = ()
    repeat: int = 0
    stop: str = ""
    temperature: float | None = None
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `input` includes `cached_input` (read from the provider's prompt cache) and `cache_write`
    (written to it); `output` includes `reasoning`. `estimated`: the provider did not say; the numbers are then
    what was reserved for the call."""

    input: int = 0
    output: int = 0
    cached_input: int = 0
    reasoning: int = 0
    cache_write: int = 0
    estimated: bool = False


class Finish(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    REFUSAL = "refusal"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer. `text` is whole, a reply prefix included; `cost_usd` is what it cost when it was
    paid, None where the price is unknown; `paid_by` is the run that paid. `logprobs`: of each token, in order, how many
    bytes of the text it is and its natural log-probability, above 0 where that is not told; empty unless they were asked
    for and given."""

    text: str
    finish: Finish = Finish.STOP
    usage: Usage = Usage()
    cost_usd: float | None = None
    seconds: float = 0.0
    cached: bool = False
    paid_by: str = ""
    logprobs: tuple[tuple[int, float], ...] = ()
