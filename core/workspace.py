"""The workspace: the folder that holds everything, and the one place that wires the parts together."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from core.errors import Conflict, UsageError
from core.types import Settings, Spend
from core.types.people import NOBODY, Person, Role
from core.wording import slowed_in_words

if TYPE_CHECKING:
    from core.jobs.runner import Runner
    from core.llm.account import Account
    from core.llm.call_loop import CallLoop
    from core.llm.connections import Connections, ModelContext
    from core.llm.journal.call_journal import LostCalls
    from core.llm.layers.reply_cache import ReplyCache
    from core.store.records import RunRecord
    from core.store.store import Store
    from core.tuning.session import Session

DEFAULT_FOLDER = Path("data") / "local"
T = TypeVar("T")
NO_KEYS: Mapping[str, str] = MappingProxyType({})
NO = ("", "0", "false", "no", "off")  # of a variable that switches something on


@dataclass(slots=False)
class Workspace:
    """Parts are made when first asked for, so that opening a workspace costs nothing."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    person: Person = NOBODY
    _parts: dict[type, tuple[object, Callable[[], object]]] = field(
        default_factory=dict, init=False, repr=False
    )
    _lock: RLock = field(default_factory=RLock, init=False, repr=False)
    _cache: dict[str, tuple[object, Any]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def open(cls, folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> Workspace:
        return cls(Path(folder or environment.get("WHETSTONE_WORKSPACE") or DEFAULT_FOLDER), environment)

    def seen_by(self, person: Person) -> Workspace:
        """The same workspace with the rights of this person, whose name goes into the history. Its parts are
        shared; the store refuses what the person may not change, models what they may not ask."""
        seen = copy(self)
        seen.person = person
        return seen

    @property
    def read_only(self) -> bool:
        """Whether whoever works here may only look."""
        return self._presented or self.person.role == Role.VIEWER

    @property
    def spends(self) -> bool:
        """Whether whoever works here may spend money."""
        return not self._presented and self.person.role == Role.SPENDER

    @property
    def _presented(self) -> bool:
        """Whatever is not plainly "no" is "yes": a dashboard meant for looking must not change anything by a typing error."""
        return self.environment.get("WHETSTONE_READ_ONLY", "").strip().lower() not in NO

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

        opened = self.part(Store, lambda: Store.open(self._database, read_only=self._presented), Store.close)
        return opened if self.person == NOBODY else opened.seen_by(self.person.name, self.read_only)

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
        from core.llm.layers.shown_replies import ShownReplies

        kind = ShownReplies if self._presented else ReplyCache
        return self.part(ReplyCache, lambda: kind(self.folder / "cache"), ReplyCache.close)

    @property
    def cache_problem(self) -> str:
        """What is wrong with the cache of replies, where it is in use, in a sentence; to ask opens none."""
        from core.llm.layers.reply_cache import ReplyCache

        cache, _ = self._parts.get(ReplyCache, (None, None))
        return cache.problem if isinstance(cache, ReplyCache) else ""

    @property
    def connections(self) -> Connections:
        from core.llm.connections import Connections

        _, replies = self.calls, self.replies
        return self.part(
            Connections,
            lambda: Connections(self.folder, self.environment, replies),
            self._close_connections,
        )

    def _end_calls(self) -> None:
        """No new call leaves."""
        self.replies.journal.over = True
        self.calls.end()

    def _close_connections(self, connections: Connections) -> None:
        """Calls under way may come back first, and are kept."""
        self._end_calls()
        self.calls.finish()
        self.calls.run(connections.aclose())

    def model_context(self, keys: Mapping[str, str] = NO_KEYS) -> ModelContext:
        """What runs share that may use these typed keys, by variable, before those of the environment.
        UsageError for a wrong file of rules."""
        return self.connections.with_keys(keys, silent=not self.spends)

    @property
    def runner(self) -> Runner:
        from core.jobs.runner import Runner

        _ = self.store, self.connections  # which its jobs use
        return self.part(Runner, Runner, lambda runner: runner.close(self._end_calls))

    def cached(self, name: str, key: object, make: Callable[[], T]) -> T:
        """What `make` gave when it was last asked for under this name, as long as the key is the same: one
        thing a name."""
        entry = self._cache.get(name)
        if entry is None or entry[0] != key:
            entry = self._cache[name] = (key, make())
        return entry[1]

    @property
    def scorers(self) -> Path:
        """The folder of scorers that are Python files."""
        return self.folder / "scorers"

    # ---- what doors ask for

    def check_writable(self) -> None:
        """Raises UsageError where whoever works here may only look: nothing is changed or spent."""
        if self._presented:
            raise UsageError(
                "This workspace is shown read-only: start Whetstone without WHETSTONE_READ_ONLY to change or spend anything."
            )
        if self.read_only:
            raise UsageError(_not_as(self.person.role, "change anything", Role.EDITOR))

    def check_spendable(self) -> None:
        """Raises UsageError where whoever works here may not spend money, or may only look."""
        self.check_writable()
        if not self.spends:
            raise UsageError(_not_as(self.person.role, "spend money", Role.SPENDER))

    def slowed(self) -> str:
        """Which model a provider's rate limit slows at this moment, and how much; "" where none does."""
        slow = max(self.connections.slowdowns().items(), key=lambda each: each[1].wait, default=None)
        return "" if slow is None else slow[0] + " is " + slowed_in_words(slow[1].per_second, slow[1].wait)

    def session(
        self, settings: Settings, run_id: str = "", keys: Mapping[str, str] = NO_KEYS, alone: bool = False
    ) -> Session:
        """The models of a run behind one account, which is `alone` if it is to be compared with those of
        other runs. Raises UsageError for a model that cannot be opened, and for a scorer that is none."""
        from core.llm.account import account_for

        account = account_for(settings, run_id, alone)
        for lost in self._lost_calls(run_id):
            account.lost(lost.role, lost.calls, lost.tokens, lost.usd)
        return self.session_of(settings, account, self.model_context(keys))

    def session_of(self, settings: Settings, account: Account, context: ModelContext) -> Session:
        """The same with an account and connections of one's own."""
        from core.llm.base import JUDGE
        from core.llm.open_model import open_model
        from core.scoring.judge import is_judge, kept_judge
        from core.scoring.registry import scorer_of
        from core.tuning.session import JudgeModel, Session

        profile = context.profiles.of(settings.lightweight)
        scorer = scorer_of(settings.scorer, self.scorers) if settings.scorer else None
        lightweight = open_model(settings.lightweight, "lightweight", account, context)
        heavyweight = open_model(settings.heavyweight, "heavyweight", account, context)
        judge = kept_judge(settings.scorer, self.scorers) if is_judge(settings.scorer) else None
        return Session(
            lightweight,
            heavyweight,
            self.calls.ask_all,
            account,
            settings.concurrency,
            settings.structured_output and scorer is None,  # free answers are no choice among labels
            takes_prefix=profile.prefill,
            reply_tokens=profile.cap("lightweight", settings.reply_tokens),
            scorer=scorer,
            judge=JudgeModel(judge, open_model(judge.model, JUDGE, account, context)) if judge else None,
        )

    def spent_by(self, record: RunRecord) -> Mapping[str, Spend]:
        """By role, what a run that is not under way has spent, calls that a kill cut off included."""
        from core.jobs.resumed_caps import account_name, with_lost

        settings = record.settings
        return with_lost(settings, record.spend, self._lost_calls(account_name(record.id, settings)))

    def count_paid_elsewhere(self, run_id: str) -> None:
        """Before a run goes on here: what it has paid for replies that this workspace does not keep counts towards its
        caps; another workspace of the same database may have begun it. NotFound."""
        from core.jobs.resumed_caps import account_name, with_paid_elsewhere
        from core.scoring.judge import is_judge, kept_judge

        record = self.store.runs.get(run_id)
        settings, account = record.settings, account_name(run_id, record.settings)
        if record.active or not any(spent.api for spent in record.spend.values()):
            return
        judge = kept_judge(settings.scorer, self.scorers).model if is_judge(settings.scorer) else ""
        counted = with_paid_elsewhere(settings, record.spend, judge, lambda: self.replies.has_of(account))
        if counted != settings:
            with suppress(Conflict):  # somebody else goes on with it, or it has finished
                self.store.runs.change_settings(run_id, counted)

    def _lost_calls(self, account: str) -> Sequence[LostCalls]:
        """By role, calls of a run whose answers were never kept: they may have been paid."""
        from core.llm.layers.sent_calls import SentCalls

        return SentCalls(self.replies).lost(account) if account and self.spends else ()


def _not_as(role: Role, what: str, needed: Role) -> str:
    return f"As {role} you cannot {what} here: ask whoever runs this Whetstone for the role {needed}."
