"""The workspace: the folder that holds everything, and the one place that wires the parts together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.data.mapping import ColumnMap, guess_columns, to_dataset
from core.data.reading import read_table
from core.errors import UsageError
from core.samples import Sample
from core.types import Dataset, Result, Settings, Step

if TYPE_CHECKING:
    from core.loop.crew import Crew, OnProgress
    from core.models.asking import CallLoop
    from core.models.opening import Shared
    from core.state.runner import Runner, Work
    from core.state.store import Store

DEFAULT_FOLDER = Path("data") / "local"


@dataclass(slots=False)
class Workspace:
    """Parts are made when first asked for, so that opening a workspace costs nothing."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> Workspace:
        return cls(Path(folder or environment.get("WHETSTONE_WORKSPACE") or DEFAULT_FOLDER), environment)

    @property
    def read_only(self) -> bool:
        return self.environment.get("WHETSTONE_READ_ONLY", "") == "1"

    # ---- parts

    @cached_property
    def store(self) -> Store:
        from core.state.store import Store

        return Store.open(self.environment.get("WHETSTONE_DATABASE_URL") or self.folder / "whetstone.db", read_only=self.read_only)

    @cached_property
    def calls(self) -> CallLoop:
        from core.models.asking import CallLoop

        return CallLoop()

    @cached_property
    def shared(self) -> Shared:
        from core.models.cache import ReplyCache
        from core.models.opening import Shared
        from core.models.prices import Prices
        from core.models.profiles import load_profiles

        profiles = load_profiles(self.folder)
        return Shared(profiles, Prices(profiles.prices), self.environment, ReplyCache(self.folder / "cache"))

    @cached_property
    def runner(self) -> Runner:
        from core.state.runner import Runner

        return Runner(self.store, self.begin)

    def close(self) -> None:
        """Stops what runs here, which can be resumed, and closes what was opened, in the order in which one part uses another."""
        parts = self.__dict__
        if "runner" in parts:
            parts.pop("runner").close()
        if "shared" in parts:
            shared = parts.pop("shared")
            if "calls" in parts:
                self.calls.run(shared.aclose())
            if shared.cache is not None:
                shared.cache.close()
        for name in ("calls", "store"):
            if name in parts:
                parts.pop(name).close()

    # ---- what doors ask for

    def crew(self, settings: Settings, run_id: str = "") -> Crew:
        """Both models of a run behind one account. Raises UsageError for a model that cannot be opened."""
        from core.loop.crew import Crew
        from core.models.account import account_for
        from core.models.opening import open_model

        account = account_for(settings, run_id)
        lightweight = open_model(settings.lightweight, "lightweight", account, self.shared)
        heavyweight = open_model(settings.heavyweight, "heavyweight", account, self.shared)
        return Crew(lightweight, heavyweight, self.calls.ask_all, account, settings.concurrency)

    def begin(self, dataset: Dataset, settings: Settings, run_id: str, on_progress: OnProgress) -> Work:
        """The work of one run, for whoever carries it out."""
        from core.loop.tune import tune
        from core.state.runner import Work

        crew = self.crew(settings, run_id)
        events: Iterator[Step | Result] = tune(dataset, crew, settings, on_progress)
        return Work(events, crew.account.spends)

    def keep(self, dataset: Dataset, origin: str) -> str:
        """The id under which the dataset is stored: an equal one that is there already, or a new one."""
        found = self.store.datasets.find(dataset.name)
        if found is not None and self.store.datasets.get(found).examples == dataset.examples:
            return found
        return self.store.datasets.add(dataset, origin)

    def import_sample(self, sample: Sample) -> str:
        """The id of the sample as a dataset, which is imported on first use."""
        found = self.store.datasets.find(sample.title)
        if found is not None:
            return found
        dataset, _ = read_dataset(sample.path.read_bytes(), sample.title)
        return self.store.datasets.add(dataset, origin=f"sample {sample.name}")

    def start_run(self, dataset_id: str, settings: Settings, name: str = "") -> str:
        """Queues a run, starts it in the background, and returns its id. The first run fixes which rows are held out."""
        from core.data.splitting import split

        if self.read_only:
            raise UsageError("This workspace is shown read-only: start the dashboard without WHETSTONE_READ_ONLY to tune.")
        self.crew(settings)  # a model that cannot be opened is refused before anything is stored
        dataset = self.store.datasets.get(dataset_id)
        given = {row.id: row.split for row in dataset.examples}
        chosen = {row.id: row.split for row in split(dataset.examples, settings.seed) if row.split != given[row.id]}
        if chosen:
            self.store.rows.assign_splits(dataset_id, chosen)
        run_id = self.store.runs.create(dataset_id, settings, name)
        self.runner.start(run_id)
        return run_id


def read_dataset(raw: bytes, name: str, columns: ColumnMap | None = None, source: str = "") -> tuple[Dataset, tuple[str, ...]]:
    """A file's bytes as a dataset, with notices in sentences. Columns are guessed unless given. Raises DataError."""
    table = read_table(raw)
    dataset, notices = to_dataset(table, columns or guess_columns(table), name, source)
    return dataset, (*table.notices, *notices)
