"""The store: everything Whetstone remembers, behind one object. No other package knows SQL.

    store = Store.open(path)                       # or a URL: postgresql+psycopg://…; .close() when done

    store.datasets   .add(dataset, origin) -> id   a taken name becomes "name (2)"
                     .all() -> (DatasetInfo, …)    .info(id) -> DatasetInfo     .get(id) -> Dataset (all rows)
                     .find(name) -> id | None      .rename(id, name) -> name    .set_definitions(id, {label: text})    .delete(id)
    store.rows       .page(dataset_id, RowQuery(search=, labels=, splits=, excluded=, noted=, canonical=, suspect=, wrong=, edited=,
                           reviewed=, sources=, sort=, descending=, page=, size=)) -> RowPage
                     .one(dataset_id, id) -> Row                                .some(dataset_id, ids) -> {id: Row}
                     .counts(dataset_id) -> RowCounts                           .sources(dataset_id) -> (source, …)
                     .change(dataset_id, [Change(example_id, "label", "bug", seen_version=row.version)], who, why) -> change set id
                     .change_all(dataset_id, RowQuery, field, value, who, why, seen_version) -> change set id
                     .update(dataset_id, planned Update, who, why) -> change set id: a file imported again
                     .undo(dataset_id, set_id=None) -> sentence | None          .redo(dataset_id, set_id=None)
                     .upcoming(dataset_id) -> (what undo would take back, what redo would make again), in words    .turns: their ids
                     .history(dataset_id, example_id=None) -> (HistoryEntry, …) who, when, what, why
                     .assign_splits(dataset_id, {example_id: split})            before the first run: later ones compare on the same rows
    store.labels     .rename(dataset_id, old, new)           .merge(dataset_id, labels, into)             all -> change set id,
                     .delete(dataset_id, label, into=None)   .define(dataset_id, {label: text})           for undo as for rows
    store.marks      .replace(dataset_id, kind, {example_id: text}, about)      kinds that rows are filtered by: "suspect", "wrong"
                     .get(dataset_id, kind) -> {example_id: text} in order      .of(dataset_id, example_id) -> {kind: text}
                     .about(dataset_id, kind) -> what they were worked out from, "" for never
    store.champions  .adopt(dataset_id, prompt, model, run_id, step)            .current(dataset_id) -> Champion | None
                     .history(dataset_id) -> (Champion, …), latest first
    store.runs       .create(dataset_id, Settings, name) -> run id              then Runner.start(run_id), or carry_out(…), of runner.py
                     .get(run_id) -> RunRecord     .all(dataset_id=None, benchmark=None) -> (RunRecord without result, …), newest first
                     .figures(run_id) -> (StepFigures, …) light: poll this      .steps(run_id) -> (Step, …)    .step(run_id, number) -> Step
                     .snapshot(run_id) -> Dataset  the rows it was started on   .rename(run_id, name)          .delete(run_id)
                     .change_settings(run_id, Settings) before a run is resumed: other caps
                     .describe(run_id, note=None, starred=None)
                     .request_pause(run_id)        .proposal(run_id) -> Proposal | None    .answer(run_id, Word)    .words(run_id)
                     .request_stop(run_id)         .mark_interrupted() at start-up and when runs are shown     .requeue(run_id)
        for whoever carries out a run: .claim  .heartbeat  .save_step  .drop_steps_after  .hold  .is_to_pause  .finish
    store.answers    .add(Answer)  .add_all([Answer, …])  served predictions; feedback that waited for them is carried out
                     .get(id) -> Answer            .some(ids) -> {id: Answer}   .page(dataset_id, size, page, with_feedback) -> AnswerPage
    store.feedback   .give(dataset_id, prediction_id, score= | correction=, note=, who=, key=) -> Feedback  what the rules made of it
                     .apply(id, label=None, who) .discard(id, who) -> Feedback  what a person decides      .counts(dataset_id) -> {state: n}
                     .all(dataset_id, state=None) -> (Feedback, …)              .on(dataset_id, prediction_ids) -> {id: (Feedback, …)}
                     .get(id)   .of_row(dataset_id, example_id)   .preview(Rule) -> Preview   .rows_since(dataset_id, at) -> n
    store.rules      .all(dataset_id) -> (Rule, …) .save(Rule) -> id            .delete(id)
    store.benchmarks .create(name, spec) -> id     .get(id) -> BenchmarkRecord     .all()    .rename(id, name)    .delete(id)

The records are in records.py and feedback_records.py. Row and dataset versions grow with every change, so (id, version) is a good
cache key (marks change neither). A `seen_version` is that of what the user looked at: of the row for `change`, of the dataset for bulk
edits and labels. Every call is one transaction, safe from any thread and process. Errors: NotFound, Conflict (reload, try again),
DataError (what was given cannot be stored), StoreError (disk full, busy, read-only, newer schema), each one sentence to show.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from core.store.feedback.answers import Answers
from core.store.feedback.feedback import Feedbacks
from core.store.feedback.rules import Rules
from core.store.rows.datasets import Datasets
from core.store.rows.edits import Edits
from core.store.rows.labels import Labels
from core.store.rows.marks import Marks
from core.store.rows.rows import Rows
from core.store.runs.benchmarks import Benchmarks
from core.store.runs.champions import Champions
from core.store.runs.runs import Runs
from core.store.schema.database import Database, connect
from core.store.schema.migrations import bring_up_to_date


class Store:
    """See the top of this file. Usable as a context manager, which closes it."""

    def __init__(self, database: Database):
        self._database = database
        self.datasets = Datasets(database)
        self.rows = Rows(database)
        self.edits = Edits(database)
        self.labels = Labels(database)
        self.marks = Marks(database)
        self.champions = Champions(database)
        self.runs = Runs(database)
        self.benchmarks = Benchmarks(database)
        self.answers = Answers(database)
        self.feedback = Feedbacks(database)
        self.rules = Rules(database)

    @classmethod
    def open(
        cls, url_or_path: str | Path, *, now: Callable[[], float] = time.time, read_only: bool = False
    ) -> Store:
        """Opens the database at a file path or URL, made or migrated if need be (a backup is kept beside the file first);
        a new folder is for this user only. `now` is the clock, in seconds since 1970. A `read_only` store refuses every
        change. StoreError for a newer schema, a foreign database or one that cannot be reached; UsageError for a bad address."""
        database = connect(url_or_path, now)
        try:
            bring_up_to_date(database)
        except BaseException:
            database.close()
            raise
        return cls(database.frozen() if read_only else database)

    def close(self) -> None:
        """Closes its connections; calls after this open new ones."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
