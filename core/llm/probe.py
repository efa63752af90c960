"""One tiny call, to see whether a model answers: past the cache, and without a second try."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import WhetstoneError
from core.llm.connections import ModelContext
from core.llm.layers.retry import WithTimeout
from core.types import Message, Reply, Request

# The answer is a word; the room is for models that think before they say it.
QUESTION = Request(
    (Message("user", "This is a test of the connection. Answer with one word: ready"),), max_tokens=1_000
)


@dataclass(frozen=True, slots=True)
class Probed:
    """`exact` is what was sent (empty where the model cannot be opened); `reply` is what came back, or
    `problem` says in a sentence why nothing did."""

    model: str
    exact: dict[str, object]
    reply: Reply | None
    cost_usd: float | None = None
    problem: str = ""


def probe(name: str, role: str, shared: ModelContext, ask_all: Callable[..., Sequence[object]]) -> Probed:
    """Asks once, as the role would ask (its effort and thinking). No error is raised for what can go wrong
    with a model."""
    exact: dict[str, object] = {}
    try:
        model = WithTimeout(shared.connected(name, role), shared.limits_of(name).timeout)
        exact = model.exact(QUESTION)
        [reply] = ask_all(model, [QUESTION], concurrency=1)
    except WhetstoneError as problem:
        return Probed(name, exact, None, problem=str(problem))
    if not isinstance(reply, Reply):
        return Probed(name, exact, None, problem=str(reply))
    return Probed(name, exact, reply, shared.prices.cost(name, reply.usage))
