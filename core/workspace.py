"""The workspace: the folder that holds everything, and the one place that wires the parts together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from core.errors import UsageError
from core.types import Settings
from core.wording import slowed_in_words

if TYPE_CHECKING:
    from core.jobs.runner import Runner
    from core.llm.call_loop import CallLoop
    from core.llm.connections import Connections, ModelContext
    from core.llm.layers.reply_cache import ReplyCache
    from core.store.store import Store
    from core.tuning.session import Session

DEFAULT_FOLDER = Path("data") / "local"
T = TypeVar("T")
NO_KEYS: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=False)
class Workspace:
    """Parts are made when first asked for, so that opening a workspace costs nothing."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    _parts: dict[type, tuple[object, Callable[[], object]]] = field(
        default_factory=dict, init=False, repr=False
    )
    _lock: RLock = field(default_factory=RLock, init=False, repr=False)
    _cache: dict[str, tuple[object, Any]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def open(cls, folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> Workspace:
        return cls(Path(folder or environment.get("WHETSTONE_WORKSPACE") or DEFAULT_FOLDER), environment)

    @property
    def read_only(self) -> bool:
        return self.environment.get("WHETSTONE_READ_ONLY", "") == "1"

    # ---- parts

    def part(self, kind: type[T], make: Callable[[], T], close: Callable[[T], object]) -> T:
        """The one part of this kind, made when it is first asked for. Parts are closed in the reverse order of
        making, so one that uses another asks for it before it is made."""
        with self._lock:
            if kind not in self._parts:
                part = make()
                self._parts[kind] = part, partial(close, part)
            return cast(T, self._parts[kind][0])

    def close(self) -> None:
        """Stops what runs here, which can be resumed, and closes what was opened."""
        while self._parts:
            kind = next(reversed(self._parts))
            try:
                self._parts[kind][1]()
            finally:
                self._parts.pop(kind, None)

    @property
    def store(self) -> Store:
        from core.store.store import Store

        return self.part(Store, lambda: Store.open(self._database, read_only=self.read_only), Store.close)

    @property
    def exists(self) -> bool:
        """Whether it holds anything yet; to ask makes nothing. Raises StoreError where its database cannot be
        reached."""
        from core.store.schema.database import is_there

        return is_there(self._database)

    @property
    def _database(self) -> str | Path:
        return self.environment.get("WHETSTONE_DATABASE_URL") or self.folder / "whetstone.db"

    @property
    def calls(self) -> CallLoop:
        from core.llm.call_loop import CallLoop

        return self.part(CallLoop, CallLoop, CallLoop.close)

    @property
    def replies(self) -> ReplyCache:
        from core.llm.layers.reply_cache import ReplyCache

        return self.part(ReplyCache, lambda: ReplyCache(self.folder / "cache"), ReplyCache.close)

    @property
    def connections(self) -> Connections:
        from core.llm.connections import Connections

        calls, replies = self.calls, self.replies
        return self.part(
            Connections,
            lambda: Connections(self.folder, self.environment, replies, silent=self.read_only),
            lambda connections: calls.run(connections.aclose()),
        )

    def model_context(self, keys: Mapping[str, str] = NO_KEYS) -> ModelContext:
        """What runs share that may use these typed keys, by variable, before those of the environment.
        UsageError for a wrong file of rules."""
        return self.connections.with_keys(keys)

    @property
    def runner(self) -> Runner:
        from core.jobs.runner import Runner

        _ = self.store, self.connections  # which its jobs use
        return self.part(Runner, Runner, Runner.close)

    def cached(self, name: str, key: object, make: Callable[[], T]) -> T:
        """What `make` gave when it was last asked for under this name, as long as the key is the same: one
        thing a name."""
        entry = self._cache.get(name)
        if entry is None or entry[0] != key:
            entry = self._cache[name] = (key, make())
        return entry[1]

    # ---- what doors ask for

    def check_writable(self) -> None:
        """Raises UsageError where the workspace is only to be looked at: nothing is changed or spent."""
        if self.read_only:
            raise UsageError(
                "This workspace is shown read-only: start Whetstone without WHETSTONE_READ_ONLY to change or spend anything."
            )

    def slowed(self) -> str:
        """Which model a provider's rate limit slows at this moment, and how much; "" where none does."""
        slow = max(self.connections.slowdowns().items(), key=lambda each: each[1].wait, default=None)
        return "" if slow is None else slow[0] + " is " + slowed_in_words(slow[1].per_second, slow[1].wait)

    def session(
        self, settings: Settings, run_id: str = "", keys: Mapping[str, str] = NO_KEYS, alone: bool = False
    ) -> Session:
        """Both models of a run behind one account, which is `alone` if it is to be compared with those of
        other runs. Raises UsageError for a model that cannot be opened."""
        from core.llm.account import account_for
        from core.llm.open_model import open_model
        from core.tuning.session import Session

        account, context = account_for(settings, run_id, alone), self.model_context(keys)
        profile = context.profiles.of(settings.lightweight)
        lightweight = open_model(settings.lightweight, "lightweight", account, context)
        heavyweight = open_model(settings.heavyweight, "heavyweight", account, context)
        return Session(
            lightweight,
            heavyweight,
            self.calls.ask_all,
            account,
            settings.concurrency,
            settings.structured_output,
            takes_prefix=profile.prefill,
            reply_tokens=profile.cap("lightweight", settings.reply_tokens),
        )
