"""Taking away what is older than so many days: served predictions, the history of changes, kept replies, classified
files, copies. What a run, a champion, a named version or an undo still needs stays, and what somebody could miss is
written to a file first. Nothing goes without being asked for."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from core.jobs.file_job import DONE
from core.llm.layers.old_replies import OldReplies
from core.services.batches.batches import BatchJobs
from core.services.batches.status import BatchState
from core.services.file_jobs import FOLDER as CLASSIFIED
from core.services.file_jobs import FileJobs
from core.services.serving.predictions import remove_old_predictions
from core.services.storage.removed import RemovedFile, removed_folder
from core.services.storage.usage import is_copy
from core.store.records import RunStatus
from core.store.schema.facts import DAY
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class CleanOptions:
    """From which age on (`days`; None: as it is set). `removed`: the folder for what is written out first; None: nothing is
    written. `dry_run`: it is only counted."""

    days: int | None = None
    removed: Path | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class CleanResult:
    """`count` of `what` went, or would go; `kept` are older, too, but stay, and `why`. `file`: where they were written."""

    what: str
    count: int
    days: int
    kept: int = 0
    why: str = ""
    file: Path | None = None


def clean(workspace: Workspace, what: str, wish: CleanOptions) -> CleanResult:
    """`what`: a key of CLEANERS. UsageError where neither the wish nor a setting says how many days; StoreError where
    it cannot be written out first. Replies are deleted only by those who may spend: they would be paid for again."""
    if not wish.dry_run:
        (workspace.check_spendable if what == "replies" else workspace.check_writable)()
    days = wish.days if wish.days is not None else _days_set(workspace, what)
    if days is None:
        raise UsageError(f"From which age on are {what} to go? Say so in days: --older-than 90.")
    return CLEANERS[what](workspace, days, wish)


# ---- how long the history and predictions are kept


def keep_predictions_for(workspace: Workspace, days: int | None) -> CleanResult | None:
    """Sets for how many days served predictions are kept (None: for ever). What is older goes at once, written to a file
    in the workspace first. UsageError, StoreError."""
    workspace.check_writable()
    workspace.store.retention.set_days(days)
    if days is None:
        return None
    return _predictions(workspace, days, CleanOptions(removed=removed_folder(workspace)))


def keep_history_for(
    workspace: Workspace, days: int | None, removed: Path | None = None
) -> CleanResult | None:
    """Sets for how many days the history of changes is kept (None: for ever). What is older goes at once, written to the
    folder `removed` first (None: that of the workspace). UsageError, StoreError."""
    workspace.check_writable()
    workspace.store.old_changes.set_days(days)
    if days is None:
        return None
    return _history(workspace, days, CleanOptions(removed=removed or removed_folder(workspace)))


def clean_history_when_due(workspace: Workspace) -> None:
    """At most once an hour, where a number of days is set: some of what is older is written out and goes; the next
    call goes on."""
    if workspace.read_only:
        return
    old = workspace.store.old_changes
    days = old.due()
    if days is None:
        return
    batch = old.oldest(days)
    if batch is None:
        old.cleaned()
        return
    RemovedFile.of_today(removed_folder(workspace), "history").append(batch.records)
    old.remove(batch, days)


# ---- one of each kind


def _predictions(workspace: Workspace, days: int, wish: CleanOptions) -> CleanResult:
    retention = workspace.store.retention
    waiting = retention.waiting(days)
    why = "their feedback waits in the inbox" if waiting else ""
    if wish.dry_run:
        return CleanResult("predictions", retention.older_than(days), days, waiting, why)
    file = _file(wish, "predictions")
    gone = remove_old_predictions(workspace, days, file)
    return CleanResult("predictions", gone, days, waiting, why, _written(file, gone))


def _history(workspace: Workspace, days: int, wish: CleanOptions) -> CleanResult:
    old, gone = workspace.store.old_changes, 0
    found = old.older_than(days)
    why = "they can be undone or redone, or a named version needs them" if found.kept else ""
    if wish.dry_run:
        return CleanResult("history", found.sets, days, found.kept, why)
    file = _file(wish, "history")
    while batch := old.oldest(days):
        if file:
            file.append(batch.records)
        gone += old.remove(batch, days)
    return CleanResult("history", gone, days, found.kept, why, _written(file, gone))


def _replies(workspace: Workspace, days: int, wish: CleanOptions) -> CleanResult:
    """Nothing to write out: a reply can only be asked for again."""
    unfinished = {run.id for run in workspace.store.runs.all() if run.status != RunStatus.FINISHED}
    old = OldReplies(workspace.replies, _before(days), unfinished)
    count, kept = old.count()
    why = "runs that are not finished have paid for them" if kept else ""
    return CleanResult("replies", count if wish.dry_run else old.remove(), days, kept, why)


def _files(workspace: Workspace, days: int, wish: CleanOptions) -> CleanResult:
    """Those of batches, too."""
    gone = kept = 0
    for file in (*_classified(workspace), *_batches(workspace)):
        if file.touched >= _before(days):
            continue
        if not file.is_done:
            kept += 1
            continue
        gone += 1
        if not wish.dry_run:
            if wish.removed is not None:
                copy = RemovedFile(wish.removed / f"classified-{file.id}.csv.gz")
                content = gzip.compress(file.csv(file.id).encode("utf-8", "replace"))
                copy.append_bytes(content, anew=True)  # an earlier try may have ended between the two
            file.delete(file.id)
    why = "they are not done and can be resumed" if kept else ""
    return CleanResult("files", gone, days, kept, why, None if wish.dry_run or not gone else wish.removed)


@dataclass(frozen=True, slots=True)
class _ClassifiedFile:
    """`touched`: in seconds since 1970."""

    id: str
    touched: float
    is_done: bool
    csv: Callable[[str], str]
    delete: Callable[[str], None]


def _classified(workspace: Workspace) -> Iterator[_ClassifiedFile]:
    jobs = FileJobs(workspace)
    for path in sorted((workspace.folder / CLASSIFIED).glob("*/job.json")):
        job_id, touched = path.parent.name, max(each.stat().st_mtime for each in path.parent.iterdir())
        yield _ClassifiedFile(job_id, touched, jobs.status(job_id).state == DONE, jobs.csv, jobs.delete)


def _batches(workspace: Workspace) -> Iterator[_ClassifiedFile]:
    jobs = BatchJobs(workspace)
    for each in jobs.all():
        over = each.state in (BatchState.DONE, BatchState.CANCELLED)
        yield _ClassifiedFile(each.batch.id, each.batch.created, over, jobs.csv, jobs.delete)


def _copies(workspace: Workspace, days: int, wish: CleanOptions) -> CleanResult:
    """They are copies themselves."""
    old = [
        path
        for path in workspace.folder.rglob("*")
        if is_copy(path) and not path.is_symlink() and path.stat().st_mtime < _before(days)
    ]
    if not wish.dry_run:
        for path in old:
            path.unlink(missing_ok=True)
    return CleanResult("copies", len(old), days)


CLEANERS: Mapping[str, Callable[[Workspace, int, CleanOptions], CleanResult]] = {
    "predictions": _predictions,
    "history": _history,
    "replies": _replies,
    "files": _files,
    "copies": _copies,
}


def _days_set(workspace: Workspace, what: str) -> int | None:
    store = workspace.store
    settings = {"predictions": store.retention, "history": store.old_changes}
    return settings[what].days() if what in settings else None


def _before(days: int) -> float:
    """In seconds since 1970."""
    return time.time() - days * DAY


def _file(wish: CleanOptions, what: str) -> RemovedFile | None:
    return None if wish.removed is None else RemovedFile.of_today(wish.removed, what)


def _written(file: RemovedFile | None, count: int) -> Path | None:
    return file.path if file and count else None
