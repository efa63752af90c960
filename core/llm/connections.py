"""What runs share, by the keys that they may use: a key typed in one session has connections of its own, in
memory only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.llm.base import Model
from core.llm.catalogue.endpoints import general_limits
from core.llm.catalogue.limits import CallLimits, limits_of, load_limits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import Profiles, load_profiles
from core.llm.layers.cached import ReadOnly
from core.llm.layers.rate_limiter import RateLimiter, Slowdown
from core.llm.layers.refusals import Refusals
from core.llm.layers.reply_cache import ReplyCache
from core.llm.layers.single_flight import Flights
from core.llm.providers import registry
from core.llm.providers.connect_model import connect_model


@dataclass(frozen=True)
class ModelContext:
    """What a workspace keeps for all its runs. `keys` is the environment, or a mapping like it; `limits` by
    model name, "" for all others; `silent`: models answer what was asked before, and nothing is sent. `make_limiter`:
    the way to a model with these limits. Connections, rate limiters and calls under way are kept here, so that runs share them."""

    profiles: Profiles
    prices: Prices
    keys: Mapping[str, str] = field(repr=False)
    cache: ReplyCache | None = None
    limits: Mapping[str, CallLimits] = field(default_factory=dict)
    seed: int = 0
    silent: bool = False
    make_limiter: Callable[[CallLimits], RateLimiter] = RateLimiter
    _connected: dict[tuple[str, str], Model] = field(default_factory=dict, init=False, repr=False)
    _limiters: dict[str, RateLimiter] = field(default_factory=dict, init=False, repr=False)
    _refusals: dict[tuple[str, str], Refusals] = field(default_factory=dict, init=False, repr=False)
    _flights: Flights = field(default_factory=dict, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def connected(self, name: str, role: str) -> Model:
        """The bare model; UsageError for an unknown one or a missing key."""
        with self._lock:
            if (name, role) not in self._connected:
                model = connect_model(name, self.keys, self.profiles, role)
                silent = self.silent and not registry.is_local(name)
                self._connected[name, role] = ReadOnly(model) if silent else model
            return self._connected[name, role]

    async def aclose(self) -> None:
        """Closes the connections; to be run on the loop that made the calls (`CallLoop.run`)."""
        with self._lock:
            models = list(self._connected.values())
            self._connected.clear()
        for model in models:
            if (close := getattr(model, "aclose", None)) is not None:
                await close()

    def limits_of(self, name: str) -> CallLimits:
        endpoint = name.partition(":")[0] + ":"
        return self.limits.get(name) or self.limits.get(endpoint) or self.limits.get("") or CallLimits()

    def limiter(self, name: str) -> RateLimiter:
        with self._lock:
            if name not in self._limiters:
                self._limiters[name] = self.make_limiter(self.limits_of(name))
            return self._limiters[name]

    def slowdowns(self) -> dict[str, Slowdown]:
        """By model, those that their provider's rate limit slows at this moment."""
        now = time.monotonic()
        with self._lock:
            limiters = list(self._limiters.items())
        return {name: slow for name, limiter in limiters if (slow := limiter.slowdown(now))}

    def refusals(self, name: str, role: str) -> Refusals:
        with self._lock:
            return self._refusals.setdefault((name, role), Refusals())


class Connections:
    """Hands out one ModelContext per set of typed keys, and one that is silent; the rules are read from the workspace when one is made. May
    be used from any thread."""

    def __init__(self, folder: Path, environment: Mapping[str, str], cache: ReplyCache):
        self._folder = folder
        self._environment = environment
        self._cache = cache
        self._lock = threading.Lock()
        self._current: dict[tuple[bool, tuple[tuple[str, str], ...]], ModelContext] = {}
        self._former: list[ModelContext] = []
        self._rules: tuple[Profiles, Mapping[str, CallLimits]] | None = None

    def with_keys(self, keys: Mapping[str, str], silent: bool = False) -> ModelContext:
        """`keys` are the typed ones, by variable; they stand before the environment's. `silent` as in
        ModelContext. UsageError where a file of rules is wrong."""
        with self._lock:
            profiles, limits = self._rules or self._read()
            owners = registry.key_owners(profiles.endpoints)
            typed = tuple(sorted((name, key) for name, key in keys.items() if name in owners and key.strip()))
            if (silent, typed) not in self._current:
                needless = dict.fromkeys(owners, "none-needed") if silent else {}  # nothing is sent
                together = {**needless, **self._environment, **dict(typed)}
                prices = Prices(profiles.prices, profiles.endpoints)
                self._current[silent, typed] = ModelContext(
                    profiles, prices, together, self._cache, limits, silent=silent
                )
            return self._current[silent, typed]

    def _read(self) -> tuple[Profiles, Mapping[str, CallLimits]]:
        profiles = load_profiles(self._folder)
        given = load_limits(self._folder, profiles.endpoints)
        self._rules = profiles, limits_of({**general_limits(profiles.endpoints), **given})
        return self._rules

    def slowdowns(self) -> dict[str, Slowdown]:
        """Of all of them; see ModelContext."""
        with self._lock:
            contexts = [*self._former, *self._current.values()]
        return {name: slow for context in contexts for name, slow in context.slowdowns().items()}

    def forget(self) -> None:
        """Reads the rules anew from now on. What runs under way have opened goes on as it is."""
        with self._lock:
            self._rules = None
            self._former += self._current.values()
            self._current.clear()

    async def aclose(self) -> None:
        """Closes every connection; to be run on the loop that made the calls."""
        self.forget()
        while self._former:
            await self._former.pop().aclose()
