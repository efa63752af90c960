"""What the store hands out about batches."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.types import Reply, Spend
from core.types.runs import REPLY_TOKENS


class RequestState(StrEnum):
    """Of one text: to be sent, under way, answered, or given up with a sentence that says why."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


class PartState(StrEnum):
    """SENDING: about to leave, or lost on the way; SENT: the provider has it; READY: the provider has done with it; ENDED:
    its results are in; GIVEN_UP: some of them will never be."""

    SENDING = "sending"
    SENT = "sent"
    READY = "ready"
    ENDED = "ended"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """What is asked of which columns. `prompt` is the text of a prompt file; `template` and `columns` make the text of
    a row; `neighbours` is where similar examples come from, of the dataset `dataset_id`. `prefix`: what every reply is
    to begin with. `max_calls`, `budget_usd`: the caps, None for none."""

    prompt: str
    columns: tuple[str, ...]
    template: str = ""
    structured: bool = False
    reply_tokens: int = REPLY_TOKENS
    neighbours: str = "prompt"
    dataset_id: str = ""
    prefix: str = ""
    max_calls: int | None = None
    budget_usd: float | None = None


@dataclass(frozen=True, slots=True)
class BatchTable:
    """A file as it was read (core.data.table), as far as its predictions are written beside it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class NewBatch:
    """`model` is "provider:model"; `kept` has by place the key and the reply of the requests that were answered before;
    `requests` counts all of them."""

    name: str
    model: str
    spec: BatchSpec
    table: BatchTable
    requests: int
    kept: dict[int, tuple[str, Reply]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """`total` counts the rows of the file; `most_requests`: what the provider's queue takes at a time, 0 where it never
    refused."""

    id: str
    name: str
    model: str
    created: float
    who: str
    total: int
    most_requests: int
    cancelled: bool
    spec: BatchSpec


@dataclass(frozen=True, slots=True)
class BatchPart:
    """What was sent as one batch. `tokens` and `usd` (None: unknown) are the most that it can use; `answered` and `failed`
    how far the provider says it is, or of one that was given up, how many results are in and how many never will be;
    `problem`: a sentence."""

    id: str
    batch_id: str
    state: PartState
    provider_id: str
    owner: str
    at: float
    requests: int
    tokens: int
    usd: float | None
    answered: int = 0
    failed: int = 0
    problem: str = ""

    @property
    def is_over(self) -> bool:
        return self.state in (PartState.ENDED, PartState.GIVEN_UP)


@dataclass(frozen=True, slots=True)
class NewRequest:
    """One that is about to leave: its place, the key of its reply in the cache, the most tokens that go in."""

    place: int
    key: str
    most_input: int


@dataclass(frozen=True, slots=True)
class RequestEnd:
    """What became of one that was sent. `state`: WAITING for one that is to be sent again. `called`: the provider has
    carried it out."""

    place: int
    state: RequestState
    reply: Reply | None = None
    problem: str = ""
    called: bool = False


@dataclass(frozen=True, slots=True)
class BatchReply:
    """Of one request: its reply, or why there is none yet."""

    place: int
    state: RequestState
    reply: Reply | None
    problem: str


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """How many requests are in each state, and what all of it has used: only calls that the provider carried out. `tried`:
    of those that wait, how many were sent before."""

    waiting: int = 0
    sent: int = 0
    done: int = 0
    failed: int = 0
    cached: int = 0
    tried: int = 0
    spend: Spend = field(default_factory=Spend)

    @property
    def requests(self) -> int:
        return self.waiting + self.sent + self.done + self.failed

    @property
    def is_over(self) -> bool:
        return not self.waiting and not self.sent
