"""A provider's batch service: requests go there as one batch, for half the price, and come back within a day, in any
order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from core.errors import ModelRefused
from core.llm.providers.failures import Caller

SHARE = 0.5  # of the usual price
HOURS = 24  # at the latest, until a batch has ended


class BatchGone(ModelRefused):
    """The provider does not know this batch, or not under this key."""


class ProviderState(StrEnum):
    """REFUSED: it ended before any request of it was carried out."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    ENDED = "ended"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ProviderBatch:
    """One batch, as the provider knows it. `created` in seconds since 1970; `mark`: what was given to `send`, "" where
    the provider keeps none; `queue_full`: it was refused since too much waits already; `cancelled`: what has not
    come back will not."""

    id: str
    state: ProviderState
    created: float
    requests: int
    answered: int = 0
    failed: int = 0
    mark: str = ""
    problem: str = ""
    queue_full: bool = False
    cancelled: bool = False

    @property
    def has_ended(self) -> bool:
        return self.state in (ProviderState.ENDED, ProviderState.REFUSED)


class NotRun(StrEnum):
    """Why a request of a batch was never carried out, which costs nothing."""

    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one request: an HTTP status with a decoded body, or why it was not carried out."""

    custom_id: str
    status: int = 0
    body: object = None
    not_run: NotRun | None = None


class BatchService(Protocol):
    """All methods raise CallFailed or ModelRefused, in one sentence. Blocking: no event loop."""

    provider: str
    caller: Caller
    most_bytes: int  # of all lines of a batch
    keeps_marks: bool

    def send(self, lines: Path, mark: str) -> str:
        """The id of the new batch. It may have come about even where this raises, but for a refusal."""

    def batch(self, batch_id: str) -> ProviderBatch:
        """Also BatchGone."""

    def results(self, batch: ProviderBatch) -> Iterator[BatchResult]:
        """Of one that has ended, in any order. Also BatchGone."""

    def cancel(self, batch_id: str) -> ProviderBatch: ...

    def recent(self, since: float) -> Iterator[ProviderBatch]:
        """Those made since then (seconds since 1970), the newest first."""

    def close(self) -> None: ...
