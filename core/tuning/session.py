"""Who works in a run: both models, the way to ask them many things at once, the account of what that costs,
and who looks on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import CallFailed
from core.llm.base import Model
from core.tuning.supervision import NoReview, Overseer
from core.types import Progress, Reply, Request, Spend

OnProgress = Callable[[Progress], None]


class AskAll(Protocol):
    """A reply or a failure per request, in their order; core/llm/call_loop.py has it."""

    def __call__(
        self,
        model: Model,
        requests: Sequence[Request],
        *,
        concurrency: int,
        on_reply: Callable[[int, int], None] | None = None,
    ) -> list[Reply | CallFailed]: ...


class Account(Protocol):
    """The books of one run, under its caps; core/llm/account.py has them."""

    def spends(self) -> Mapping[str, Spend]:
        """What was spent so far, by role."""

    def left(self, role: str) -> int | None:
        """Calls of the role that may still be made; None without a cap."""

    def affords(self, role: str, calls: int) -> bool:
        """Whether so many more calls of the role fit under every cap, judged by what calls have cost so
        far."""


@dataclass(frozen=True, slots=True)
class Session:
    """`concurrency`: lightweight calls under way at once, at most. `structured`: replies are held to the
    label set, where the model can."""

    lightweight: Model
    heavyweight: Model
    ask_all: AskAll
    account: Account
    concurrency: int = 16
    structured: bool = False
    overseer: Overseer = field(default_factory=NoReview)
