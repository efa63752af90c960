"""What every model is: a name, the exact request it would send, and a reply. A wrapped model is a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from core.errors import CallFailed
from core.types import Finish, Reply, Request

ROLES = ("lightweight", "heavyweight")
JUDGE = "judge"  # the role of a model that scores answers: there in some runs, asked as a lightweight one
OnReply = Callable[[int, int], None]  # (done, total)


def roles_of(spend: Mapping[str, object]) -> tuple[str, ...]:
    """The roles that a run with this spend has."""
    return (*ROLES, JUDGE) if JUDGE in spend else ROLES


class Model(Protocol):
    """`name` is "provider:model"."""

    name: str

    def exact(self, request: Request) -> dict[str, object]:
        """All that would be sent: provider, base URL, every parameter, every message. Never a secret."""

    async def reply(self, request: Request) -> Reply:
        """Raises CallFailed (this call), ModelRefused (every call) or CapReached."""


class AskAll(Protocol):
    """A reply or a failure per request, in their order; `CallLoop.ask_all` is one."""

    def __call__(
        self,
        model: Model,
        requests: Sequence[Request],
        *,
        concurrency: int,
        on_reply: Callable[[int, int], None] | None = None,
    ) -> list[Reply | CallFailed]: ...


class Layer:
    """A model around a model: the same name, the same exact request. Subclasses write `reply`.

    `in_flight` counts the calls that have left and not come back, where a layer below knows."""

    def __init__(self, model: Model):
        self.model = model
        self.name = model.name
        self.exact = model.exact
        self.in_flight: Callable[[], int] | None = getattr(model, "in_flight", None)


def is_empty(request: Request, reply: Reply) -> bool:
    """True for a reply that ended normally and says nothing, or no more than the prefix it was given: worth
    another try."""
    if reply.finish is not Finish.STOP:
        return False
    text = reply.text.strip()
    last = request.messages[-1]
    return not text or (last.role == "assistant" and text == last.content.strip())


def most_input_tokens(request: Request) -> int:
    """No fewer tokens than the request has: a token is at least a byte of UTF-8, and a message has a few
    around it."""
    size = sum(len(message.content.encode("utf-8", "surrogatepass")) + 8 for message in request.messages)
    schema = (
        sum(len(choice.encode("utf-8", "surrogatepass")) + 8 for choice in request.choices) + 800
        if request.choices
        else 0
    )
    return size + schema + 32
