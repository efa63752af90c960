"""What runs share, by the keys that they may use: a key typed in one session has connections of its own, in
memory only."""

from __future__ import annotations

import threading
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path

from core.llm.cache import ReplyCache
from core.llm.limits_file import limits_of, load_limits
from core.llm.open_model import ModelContext
from core.llm.prices import Prices
from core.llm.profiles import load_profiles
from core.llm.providers.access import KEYS

NEEDLESS = dict.fromkeys(KEYS, "none-needed")  # where nothing is sent, no key is missing


class Connections:
    """Hands out one Shared per set of typed keys; the rules are read from the workspace when one is made. May
    be used from any thread."""

    def __init__(self, folder: Path, environment: Mapping[str, str], cache: ReplyCache, silent: bool = False):
        self._folder = folder
        self._environment = environment
        self._cache = cache
        self._silent = silent
        self._lock = threading.Lock()
        self._current: dict[tuple[tuple[str, str], ...], ModelContext] = {}
        self._former: list[ModelContext] = []

    def with_keys(self, keys: Mapping[str, str]) -> ModelContext:
        """`keys` are the typed ones, by variable; they stand before the environment's. UsageError where a
        file of rules is wrong."""
        typed = tuple(sorted((name, key) for name, key in keys.items() if name in KEYS and key.strip()))
        with self._lock:
            if typed not in self._current:
                profiles, limits = load_profiles(self._folder), limits_of(load_limits(self._folder))
                together = ChainMap(dict(typed), self._environment, NEEDLESS if self._silent else {})
                self._current[typed] = ModelContext(
                    profiles, Prices(profiles.prices), together, self._cache, limits, silent=self._silent
                )
            return self._current[typed]

    def forget(self) -> None:
        """Reads the rules anew from now on. What runs under way have opened goes on as it is."""
        with self._lock:
            self._former += self._current.values()
            self._current.clear()

    async def aclose(self) -> None:
        """Closes every connection; to be run on the loop that made the calls."""
        self.forget()
        while self._former:
            await self._former.pop().aclose()
