"""The store: everything Whetstone remembers, behind one object. No other package knows SQL.

    with Store.open(path_or_url) as store: ...     # SQLite file, or postgresql+psycopg://…

datasets, rows, edits (undoable), old_changes, labels, versions, annotations, marks and champions are about data; runs, steps,
leases, pauses and benchmarks about tuning; answers, feedback, rules, retention and deliveries about what is served; batches and
batch_parts about files at a batch service; storage about the room that all this takes. Each part is one class in the file
of its name. What they hand out are frozen records (records.py). Errors are StoreError, NotFound, Conflict,
DataError and UsageError, each one sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from core.store.batches.batches import Batches
from core.store.batches.parts import BatchParts
from core.store.feedback.answers import Answers
from core.store.feedback.deliveries import Deliveries
from core.store.feedback.feedback import Feedbacks
from core.store.feedback.retention import Retention
from core.store.feedback.rules import Rules
from core.store.rows.annotations import Annotations
from core.store.rows.datasets import Datasets
from core.store.rows.edits import Edits
from core.store.rows.labels import Labels
from core.store.rows.marks import Marks
from core.store.rows.old_changes import OldChanges
from core.store.rows.rows import Rows
from core.store.rows.versions import Versions
from core.store.runs.benchmarks import Benchmarks
from core.store.runs.champions import Champions
from core.store.runs.leases import Leases
from core.store.runs.pauses import Pauses
from core.store.runs.runs import Runs
from core.store.runs.steps import Steps
from core.store.schema.database import Database, connect
from core.store.schema.migrations import bring_up_to_date
from core.store.storage import Storage


class Store:
    """See the top of this file. Usable as a context manager, which closes it."""

    def __init__(self, database: Database):
        self._database = database
        self.datasets = Datasets(database)
        self.rows = Rows(database)
        self.edits = Edits(database)
        self.old_changes = OldChanges(database)
        self.labels = Labels(database)
        self.versions = Versions(database)
        self.marks = Marks(database)
        self.annotations = Annotations(database)
        self.champions = Champions(database)
        self.runs = Runs(database)
        self.steps = Steps(database)
        self.leases = Leases(database)
        self.pauses = Pauses(database)
        self.benchmarks = Benchmarks(database)
        self.answers = Answers(database)
        self.feedback = Feedbacks(database)
        self.rules = Rules(database)
        self.retention = Retention(database)
        self.deliveries = Deliveries(database)
        self.storage = Storage(database)
        self.batches = Batches(database)
        self.batch_parts = BatchParts(database)

    @classmethod
    def open(
        cls, url_or_path: str | Path, *, now: Callable[[], float] | None = None, read_only: bool = False
    ) -> Store:
        """Opens the database at a file path or URL, made or migrated if need be (a backup is kept beside the file first);
        a new folder is for this user only. `now` is the clock, in seconds since 1970: without one, this machine's, or that
        of the server, which all machines share. A `read_only` store refuses every change, and makes and migrates nothing.
        StoreError for a newer schema, a foreign database or one that cannot be reached, and for a missing or older one
        that is only to be read; UsageError for a bad address."""
        database = connect(url_or_path, now, read_only)
        try:
            bring_up_to_date(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def seen_by(self, who: str, read_only: bool = False) -> Store:
        """The same store for somebody: this name goes into what they write, and they may be refused to write."""
        return Store(self._database.seen_by(who, read_only))

    def close(self) -> None:
        """Closes its connections; calls after this open new ones."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
