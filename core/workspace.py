"""The workspace: the folder that holds everything, and the one place that wires the parts together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from core.data.fields import ColumnMap
from core.data.formats.registry import open_file
from core.data.importing.columns import guess_columns
from core.data.importing.mapping import to_dataset
from core.errors import NotFound, UsageError
from core.samples import Sample
from core.types import Dataset, Result, Settings, Step

if TYPE_CHECKING:
    from core.jobs.run_worker import Runner, Work
    from core.llm.call_loop import CallLoop
    from core.llm.connections import Connections, ModelContext
    from core.llm.layers.reply_cache import ReplyCache
    from core.store.store import Store
    from core.tuning.session import OnProgress, Session

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
    _kept: dict[str, tuple[object, Any]] = field(default_factory=dict, init=False, repr=False)
    _lent: dict[str, Mapping[str, str]] = field(
        default_factory=dict, init=False, repr=False
    )  # typed keys, by run, until it has begun

    @classmethod
    def open(cls, folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> Workspace:
        return cls(Path(folder or environment.get("WHETSTONE_WORKSPACE") or DEFAULT_FOLDER), environment)

    @property
    def read_only(self) -> bool:
        return self.environment.get("WHETSTONE_READ_ONLY", "") == "1"

    # ---- parts

    def part(self, kind: type[T], make: Callable[[], T], close: Callable[[T], object] | None = None) -> T:
        """The one part of this kind, made when it is first asked for. Parts are closed in the reverse order of
        making, so one that uses another asks for it while it is made."""
        with self._lock:
            if kind not in self._parts:
                made = make()
                self._parts[kind] = made, partial(close, made) if close else made.close
            return cast(T, self._parts[kind][0])

    def close(self) -> None:
        """Stops what runs here, which can be resumed, and closes what was opened."""
        while self._parts:
            _, close = self._parts.pop(next(reversed(self._parts)))
            close()

    @property
    def store(self) -> Store:
        from core.store.store import Store

        return self.part(Store, lambda: Store.open(self._database, read_only=self.read_only))

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

        return self.part(CallLoop, CallLoop)

    @property
    def replies(self) -> ReplyCache:
        from core.llm.layers.reply_cache import ReplyCache

        return self.part(ReplyCache, lambda: ReplyCache(self.folder / "cache"))

    @property
    def sharing(self) -> Connections:
        from core.llm.connections import Connections

        calls, replies = self.calls, self.replies
        return self.part(
            Connections,
            lambda: Connections(self.folder, self.environment, replies, silent=self.read_only),
            close=lambda made: calls.run(made.aclose()),
        )

    @property
    def shared(self) -> ModelContext:
        """What runs share that were given no typed keys."""
        return self.shared_with()

    def shared_with(self, keys: Mapping[str, str] = NO_KEYS) -> ModelContext:
        """What runs share that may use these keys, by variable, before those of the environment. UsageError
        for a wrong file of rules."""
        return self.sharing.with_keys(keys)

    @property
    def runner(self) -> Runner:
        from core.jobs.run_worker import Runner

        store, _ = self.store, self.sharing
        return self.part(Runner, lambda: Runner(store, self.begin))

    def kept(self, name: str, key: object, make: Callable[[], T]) -> T:
        """What `make` gave when it was last asked for under this name, as long as the key is the same: one
        thing a name."""
        found = self._kept.get(name)
        if found is None or found[0] != key:
            found = self._kept[name] = (key, make())
        return found[1]

    # ---- what doors ask for

    def check_writable(self) -> None:
        """Raises UsageError where the workspace is only to be looked at: nothing is changed or spent."""
        if self.read_only:
            raise UsageError(
                "This workspace is shown read-only: start Whetstone without WHETSTONE_READ_ONLY to change or spend anything."
            )

    def session(
        self, settings: Settings, run_id: str = "", keys: Mapping[str, str] = NO_KEYS, alone: bool = False
    ) -> Session:
        """Both models of a run behind one account, which is `alone` if it is to be compared with those of
        other runs. Raises UsageError for a model that cannot be opened."""
        from core.llm.account import account_for
        from core.llm.open_model import open_model
        from core.tuning.session import Session

        account, shared = account_for(settings, run_id, alone), self.shared_with(keys)
        lightweight = open_model(settings.lightweight, "lightweight", account, shared)
        heavyweight = open_model(settings.heavyweight, "heavyweight", account, shared)
        return Session(
            lightweight,
            heavyweight,
            self.calls.ask_all,
            account,
            settings.concurrency,
            settings.structured_output,
        )

    def begin(self, dataset: Dataset, settings: Settings, run_id: str, on_progress: OnProgress) -> Work:
        """The work of one run, for whoever carries it out."""
        from core.jobs.resumed_caps import in_all, in_force, payer
        from core.jobs.run_worker import Work
        from core.jobs.stoppable import Stoppable
        from core.store.runs.supervision import Attended
        from core.tuning.tune import tune

        now = in_force(settings)
        alone = (
            self._is_compared(run_id) and not settings.paid_before
        )  # changed caps count what was spent already
        session = self.session(now, payer(run_id, settings), self._lent.pop(run_id, NO_KEYS), alone)
        heeding = Stoppable(session.ask_all, on_progress)
        session = replace(session, ask_all=heeding.ask_all, overseer=Attended(self.store.runs, run_id))
        events: Iterator[Step | Result] = tune(dataset, session, now, heeding.on_progress)
        return Work(events, lambda: in_all(settings, session.account.spends()))

    def _is_compared(self, run_id: str) -> bool:
        """Whether it is part of a benchmark."""
        try:
            return bool(self.store.runs.get(run_id).benchmark)
        except NotFound:
            return False

    def keep(self, dataset: Dataset, origin: str, seed: int | None = None) -> str:
        """The id under which the dataset is stored: an equal one that is there already, or a new one. With a
        `seed`, one whose rows are held out as that seed chooses them is equal, too; what another seed held
        out is not, or a run would depend on those before it."""
        from core.data.splits import split

        equal = (dataset.examples,) if seed is None else (dataset.examples, split(dataset.examples, seed))
        for info in self.store.datasets.all():
            named = info.name == dataset.name or info.name.startswith(dataset.name + " (")
            if named and info.rows == len(dataset.examples) and info.labels == dataset.labels:
                if self.store.datasets.get(info.id).examples in equal:
                    return info.id
        return self.store.datasets.add(dataset, origin)

    def import_sample(self, sample: Sample) -> str:
        """The id of the sample as a dataset, which is imported on first use."""
        found = self.store.datasets.find(sample.title)
        if found is not None:
            return found
        dataset, _ = read_dataset(sample.path.read_bytes(), sample.title)
        return self.store.datasets.add(dataset, origin=f"sample {sample.name}")

    def start_run(
        self, dataset_id: str, settings: Settings, name: str = "", keys: Mapping[str, str] = NO_KEYS
    ) -> str:
        """Queues a run, starts it in the background, and returns its id. The first run fixes which rows are
        held out. `keys` were typed in the session that starts it: they are kept in memory, and nowhere
        else."""
        self.check_writable()
        self.session(
            settings, keys=keys
        )  # a model that cannot be opened is refused before anything is stored
        self.hold_out(dataset_id, settings.seed)
        run_id = self.store.runs.create(dataset_id, settings, name)
        self.take_up(run_id, keys)
        return run_id

    def hold_out(self, dataset_id: str, seed: int) -> None:
        """Fixes which rows are held out, where that is not known yet."""
        from core.data.splits import split

        dataset = self.store.datasets.get(dataset_id)
        given = {row.id: row.split for row in dataset.examples}
        chosen = {
            row.id: row.split
            for row in split(dataset.examples, seed)
            if row.split and row.split != given[row.id]
        }
        if chosen:
            self.store.rows.assign_splits(dataset_id, chosen)

    def take_up(self, run_id: str, keys: Mapping[str, str] = NO_KEYS) -> bool:
        """Starts a run that waits, in the background, with these keys. False if it is under way already."""
        self._lent[run_id] = dict(keys)
        begun = False
        try:
            begun = self.runner.start(run_id)
        finally:
            if not begun:
                self._lent.pop(run_id, None)
        return begun

    def resume_run(self, run_id: str, keys: Mapping[str, str] = NO_KEYS) -> None:
        """Goes on with a run in the background, with the keys of whoever resumes it."""
        self.check_writable()
        self.session(self.store.runs.get(run_id).settings, keys=keys)
        self._lent[run_id] = dict(keys)
        if not self.runner.resume(run_id):
            self._lent.pop(run_id, None)


def read_dataset(
    raw: bytes, name: str, columns: ColumnMap | None = None, source: str = "", to_tune: bool = True
) -> tuple[Dataset, tuple[str, ...]]:
    """A file's bytes as a dataset, with notices in sentences. Columns are guessed unless given. Raises
    DataError where the rows are not enough (for tuning, if they are `to_tune`)."""
    table = open_file(raw, source)
    dataset, notices = to_dataset(table, columns or guess_columns(table), name, source, to_tune)
    return dataset, (*table.notices, *notices)
