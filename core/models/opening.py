"""A model with everything that a call can be trusted for, in the order in which a request passes the
layers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from core.models.account import Account
from core.models.base import Model
from core.models.cache import Cached, ReplyCache
from core.models.flight import Flights, SingleFlight
from core.models.lanes import Lane, Limits
from core.models.limits import Limited
from core.models.memory import Memory
from core.models.meter import Metered
from core.models.patience import Patient, Timed
from core.models.paying import Alone, Budgeted, PriceList, Tariff
from core.models.profiles import Profiles
from core.models.silent import Silent
from core.types import Request

OFFLINE = "offline:"  # free and the same every time: kept for the length of a run only
HEAVY_PATIENCE = (
    10  # a heavyweight model may think for minutes: so many times the time limits of a lightweight one
)


@dataclass(frozen=True)
class Shared:
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
    _lanes: dict[str, Lane] = field(default_factory=dict, init=False, repr=False)
    _flights: Flights = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def connected(self, name: str, role: str) -> Model:
        """The bare model; UsageError for an unknown one or a missing key."""
        from core.models.providers import connect, connect_embedding

        with self._lock:
            if (name, role) not in self._connected:
                embeds = role == "embedding"
                model = (
                    connect_embedding(name, self.keys, self.profiles)
                    if embeds
                    else connect(name, self.keys, self.profiles, role)
                )
                self._connected[name, role] = (
                    Silent(model) if self.silent and not name.startswith(OFFLINE) else model
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

    def lane(self, name: str) -> Lane:
        with self._lock:
            if name not in self._lanes:
                self._lanes[name] = Lane(self.limits_of(name))
            return self._lanes[name]


def open_model(name: str, role: str, account: Account, shared: Shared) -> Model:
    """The model `name` ("provider:model") for one role of one run. Raises UsageError where it cannot be
    called as told.

    Outermost first: counted; where runs are to be compared, paid for as if there were no others; answered
    from the cache, which costs nothing and waits for nobody; joined to the same request under way; tried
    again; let out at the right time; paid for, call by call; ended in time."""
    limits, profile = _limits(shared.limits_of(name), role), shared.profiles.of(name)
    tariff = Tariff(name, shared.prices, lambda max_tokens: profile.cap(role, max_tokens))
    if account.budget.caps.usd is not None:
        tariff.ceiling(Request((), max_tokens=1))
    return Metered(
        Alone(
            Cached(
                SingleFlight(
                    Patient(
                        Limited(
                            Budgeted(
                                Timed(shared.connected(name, role), limits.timeout), account, role, tariff
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


def _memory(name: str, role: str, shared: Shared) -> ReplyCache | Memory | None:
    """Vectors are kept text by text (core/models/embedding/vectors.py), not by the batches that they were
    asked for in."""
    return None if role == "embedding" else Memory() if name.startswith(OFFLINE) else shared.cache


def _limits(limits: Limits, role: str) -> Limits:
    if role != "heavyweight":
        return limits
    return replace(limits, timeout=limits.timeout * HEAVY_PATIENCE, deadline=limits.deadline * HEAVY_PATIENCE)
