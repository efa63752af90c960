"""`workspace`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.shell import program
from core.errors import UsageError
from core.services.storage.clean import CleanOptions, CleanResult, clean, keep_history_for
from core.services.storage.compact import compact
from core.services.storage.removed import removed_folder
from core.services.storage.usage import StorageUsage, storage_usage, table_contents
from core.wording import aligned, bytes_in_words, count, counted
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class WorkspaceWish:
    """What was typed."""

    clean: Sequence[str]
    older_than: int | None
    dry_run: bool
    out: Path | None
    no_file: bool
    keep_history: int | None
    compact: bool


def workspace_output(invocation: Invocation, wish: WorkspaceWish) -> Output:
    """UsageError, StoreError."""
    _check(wish)
    with invocation.workspace() as workspace:
        cleaned = list(_cleaned(workspace, wish))
        smaller = None
        if wish.compact or (wish.clean and not wish.dry_run):
            smaller = compact(workspace)
        usage = storage_usage(workspace, with_tables=True)
        days = _days(workspace)
        data: dict[str, object] = {
            "folder": str(workspace.folder.resolve()),
            **_usage_fields(usage),
            "keep_days": days,
        }
    data |= {
        "dry_run": wish.dry_run,
        "cleaned": [_cleaned_fields(each) for each in cleaned],
        "compacted_bytes": smaller,
    }
    said = [_cleaned_words(each, wish.dry_run) for each in cleaned]
    said += [f"The files are {bytes_in_words(smaller)} smaller."] if smaller is not None else []
    return Output(data, "\n".join(said or _usage_words(usage, days)))


def _check(wish: WorkspaceWish) -> None:
    for typed, name in (
        (wish.older_than is not None, "--older-than"),
        (wish.dry_run, "--dry-run"),
        (wish.no_file, "--no-file"),
    ):
        if typed and not wish.clean:
            raise UsageError(f"{name} belongs to --clean: say what is to go, such as --clean history.")
    if wish.dry_run and wish.keep_history is not None:
        raise UsageError(
            "--keep-history deletes at once, so it has no --dry-run: --clean history --older-than DAYS --dry-run says how many "
            "it would be."
        )
    if wish.out is not None and not wish.clean and wish.keep_history is None:
        raise UsageError(
            "--out belongs to --clean or --keep-history: say what is to go, such as --clean history."
        )
    if wish.no_file and wish.out is not None:
        raise UsageError("--out and --no-file contradict each other: leave one out.")


def _cleaned(workspace: Workspace, wish: WorkspaceWish) -> Iterator[CleanResult]:
    if wish.keep_history is not None:
        gone = keep_history_for(workspace, wish.keep_history or None, wish.out)
        if gone is not None:
            yield gone
    folder = None if wish.no_file else wish.out or removed_folder(workspace)
    for what in dict.fromkeys(wish.clean):
        yield clean(workspace, what, CleanOptions(wish.older_than, folder, wish.dry_run))


def _days(workspace: Workspace) -> dict[str, int | None]:
    store = workspace.store
    return {"predictions": store.retention.days(), "history": store.old_changes.days()}


# ---- as JSON


def _usage_fields(usage: StorageUsage) -> dict[str, object]:
    return {
        "bytes": usage.bytes,
        "parts": [
            {"part": each.name, "bytes": each.bytes, "count": each.count, "what": each.what}
            for each in usage.parts
        ],
        "free_bytes": usage.free_bytes,
        "log_bytes": usage.log_bytes,
        "tables": [
            {"table": each.name, "rows": each.rows, "bytes": each.bytes, "what": table_contents(each.name)}
            for each in usage.tables
        ],
    }


def _cleaned_fields(cleaned: CleanResult) -> dict[str, object]:
    return {
        "what": cleaned.what,
        "count": cleaned.count,
        "older_than": cleaned.days,
        "kept": cleaned.kept,
        "why": cleaned.why,
        "file": str(cleaned.file) if cleaned.file else None,
    }


# ---- in words

NOUNS = {
    "predictions": "prediction",
    "history": "change set",
    "replies": "kept reply",
    "files": "classified file",
    "copies": "old copy",
}


def _cleaned_words(cleaned: CleanResult, dry_run: bool) -> str:
    done = "would be deleted" if dry_run else "deleted"
    words = f"{count(cleaned.count, NOUNS[cleaned.what])} older than {counted(cleaned.days, 'day')} {done}"
    words += f", written to {cleaned.file} first." if cleaned.file else "."
    if cleaned.kept:
        words += f" {cleaned.kept:,} as old {'stays' if cleaned.kept == 1 else 'stay'}: {cleaned.why}."
    return words


def _usage_words(usage: StorageUsage, days: dict[str, int | None]) -> list[str]:
    rows = [
        [
            f"  {each.name}",
            bytes_in_words(each.bytes),
            "" if each.count is None else f"{each.count:,}",
            each.what,
        ]
        for each in usage.parts
    ]
    kept = "; ".join(
        f"{what} {'for ever' if n is None else 'for ' + counted(n, 'day')}" for what, n in days.items()
    )
    lines = [f"{bytes_in_words(usage.bytes)} in all", *aligned(rows)]
    lines += ["The database, table by table", *aligned(_table_rows(usage))]
    lines.append(f"Kept: {kept}; all else until you delete it.")
    lines.append("To make it smaller (without --dry-run it is done, --compact only gives back what is free):")
    return [*lines, f"  {program()} workspace --clean history --older-than 90 --dry-run"]


def _table_rows(usage: StorageUsage) -> list[list[str]]:
    """Tables with rows in them, and the rest of the database."""
    rows = [
        [
            f"  {each.name}",
            "unknown" if each.bytes is None else bytes_in_words(each.bytes),
            counted(each.rows, "row"),
            table_contents(each.name),
        ]
        for each in usage.tables
        if each.rows
    ]
    rest = (
        ("(log)", usage.log_bytes, "changes on their way into the file, until nobody has it open"),
        ("(free)", usage.free_bytes, "--compact gives it back"),
        ("(other)", usage.overhead_bytes, "empty tables, the list of all tables"),
    )
    known = all(each.bytes is not None for each in usage.tables)
    return rows + [
        [f"  {name}", bytes_in_words(room), "", what] for name, room, what in rest if room and known
    ]
