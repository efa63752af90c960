"""A model with everything that a call can be trusted for, in the order in which a request passes the
layers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from core.llm.account import Account
from core.llm.base import Model
from core.llm.budgeted import Budgeted, CallCost, Isolated, PriceList
from core.llm.cache import Cached, ReplyCache
from core.llm.memory import Memory
from core.llm.meter import Metered
from core.llm.profiles import Profiles
from core.llm.rate_limited import RateLimited
from core.llm.rate_limiter import Limits, RateLimiter
from core.llm.read_only import ReadOnly
from core.llm.retry import Retrying, WithTimeout
from core.llm.single_flight import Flights, SingleFlight
from core.types import Request

OFFLINE = "offline:"  # free and the same every time: kept for the length of a run only
HEAVY_PATIENCE = (
    10  # a heavyweight model may think for minutes: so many times the time limits of a lightweight one
)


@dataclass(frozen=True)
class ModelContext:
    """What a workspace keeps for all its runs. `keys` is the environment, or a mapping like it; `limits` by
    model name, "" for all others; `silent`: models answer what was asked before, and nothing is sent.
    Connections, lanes and calls under way are kept here, so that runs share them."""

    profiles: Profiles
    prices: PriceList
    keys: Mapping[str, str] = field(repr=False)
    cache: ReplyCache | None = None
    limits: Mapping[str, Limits] = field(default_factory=dict)
    seed: int = 0
    silent: bool = False
    _connected: dict[tuple[str, str], Model] = field(default_factory=dict, init=False, repr=False)
    _lanes: dict[str, RateLimiter] = field(default_factory=dict, init=False, repr=False)
    _flights: Flights = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def connected(self, name: str, role: str) -> Model:
        """The bare model; UsageError for an unknown one or a missing key."""
        from core.llm.providers import connect, connect_embedding

        with self._lock:
            if (name, role) not in self._connected:
                embeds = role == "embedding"
                model = (
                    connect_embedding(name, self.keys, self.profiles)
                    if embeds
                    else connect(name, self.keys, self.profiles, role)
                )
                self._connected[name, role] = (
                    ReadOnly(model) if self.silent and not name.startswith(OFFLINE) else model
                )
            return self._connected[name, role]

    async def aclose(self) -> None:
        """Closes the connections; to be run on the loop that made the calls (`CallLoop.run`)."""
        with self._lock:
            models = list(self._connected.values())
            self._connected.clear()
        for model in models:
            if (close := getattr(model, "aclose", None)) is not None:
                await close()

    def limits_of(self, name: str) -> Limits:
        return self.limits.get(name) or self.limits.get("") or Limits()

    def lane(self, name: str) -> RateLimiter:
        with self._lock:
            if name not in self._lanes:
                self._lanes[name] = RateLimiter(self.limits_of(name))
            return self._lanes[name]


def open_model(name: str, role: str, account: Account, shared: ModelContext) -> Model:
    """The model `name` ("provider:model") for one role of one run. Raises UsageError where it cannot be
    called as told.

    Outermost first: counted; where runs are to be compared, paid for as if there were no others; answered
    from the cache, which costs nothing and waits for nobody; joined to the same request under way; tried
    again; let out at the right time; paid for, call by call; ended in time."""
    limits, profile = _limits(shared.limits_of(name), role), shared.profiles.of(name)
    tariff = CallCost(name, shared.prices, lambda max_tokens: profile.cap(role, max_tokens))
    if account.budget.caps.usd is not None:
        tariff.ceiling(Request((), max_tokens=1))
    return Metered(
        Isolated(
            Cached(
                SingleFlight(
                    Retrying(
                        RateLimited(
                            Budgeted(
                                WithTimeout(shared.connected(name, role), limits.timeout),
                                account,
                                role,
                                tariff,
                            ),
                            shared.lane(name),
                        ),
                        limits,
                        Random(shared.seed),
                    ),
                    shared._flights,
                    role,
                ),
                _memory(name, role, shared),
                account,
                role,
                tariff.learn,
            ),
            account,
            role,
            tariff,
        ),
        account.meter,
        role,
    )


def _memory(name: str, role: str, shared: ModelContext) -> ReplyCache | Memory | None:
    """Vectors are kept text by text (core/llm/embeddings/vectors.py), not by the batches that they were
    asked for in."""
    return None if role == "embedding" else Memory() if name.startswith(OFFLINE) else shared.cache


def _limits(limits: Limits, role: str) -> Limits:
    if role != "heavyweight":
        return limits
    return replace(limits, timeout=limits.timeout * HEAVY_PATIENCE, deadline=limits.deadline * HEAVY_PATIENCE)
