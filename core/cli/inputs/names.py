"""Datasets and runs of the workspace by what people type of them: a name, an id, the beginning of one, `latest`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from core.cli.shell import program
from core.cli.suggestions import meant
from core.errors import NotFound, WhetstoneError
from core.wording import counted, listed

if TYPE_CHECKING:
    from core.store.records import DatasetInfo, RunRecord
    from core.workspace import Workspace

LATEST = "latest"
ID_START_LENGTH = 4  # at least, of a dataset: ids are random, and a mistyped short name may begin one


def dataset_named(workspace: Workspace, typed: str) -> DatasetInfo:
    """NotFound for none, and for several, which it names."""
    infos = workspace.store.datasets.all() if workspace.exists else ()
    matching = matching_datasets(infos, typed)
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise NotFound(several_datasets(typed, matching))
    names = listed([info.name for info in infos], 6) or "none"
    question = did_you_mean(typed, infos).removesuffix(".")
    raise NotFound(
        f"There is no dataset “{typed}” in this workspace{question or ': it has ' + names + '.'} {program()} datasets lists them."
    )


def without_version(infos: Sequence[DatasetInfo], typed: str) -> tuple[str, str]:
    """DATASET@VERSION as the name of a dataset and that of its version, which is "" where none is typed: a dataset may
    have an @ in its own name."""
    name, at, version = typed.rpartition("@")
    own = not at or bool(matching_datasets(infos, typed)) or not matching_datasets(infos, name)
    return (typed, "") if own else (name, version)


def matching_datasets(infos: Sequence[DatasetInfo], typed: str) -> list[DatasetInfo]:
    """The one with this name or id, else all whose name begins so, or whose id does with at least ID_START_LENGTH
    characters."""
    exact = [info for info in infos if typed == info.name] or [info for info in infos if typed == info.id]
    start = typed.casefold()
    may_be_id = len(typed) >= ID_START_LENGTH
    return exact or [
        info
        for info in infos
        if info.name.casefold().startswith(start) or (may_be_id and info.id.startswith(typed))
    ]


def several_datasets(typed: str, matching: Sequence[DatasetInfo]) -> str:
    names = listed([info.name for info in matching])
    return (
        f"“{typed}” may be {counted(len(matching), 'dataset')}: {names}. Write more of the name, or the id."
    )


def did_you_mean(typed: str, infos: Iterable[DatasetInfo]) -> str:
    close = meant(typed, [info.name for info in infos])
    return f": did you mean “{close}”?" if close else "."


def run_named(workspace: Workspace, typed: str) -> RunRecord:
    """A whole record, with its result. NotFound for none, and for several."""
    records = workspace.store.runs.all() if workspace.exists else ()
    matching = matching_runs(records, typed)
    if len(matching) == 1:
        return workspace.store.runs.get(matching[0].id)
    if matching:
        ids = ", ".join(record.id for record in matching[:6])
        raise NotFound(f"{typed} begins {len(matching)} runs: {ids}. Write more of the id.")
    raise NotFound(
        f"There is no such run, {typed!r}: {program()} runs lists them, latest is the newest that you started yourself."
    )


def matching_runs(records: Sequence[RunRecord], typed: str) -> list[RunRecord]:
    """`records` are the newest first."""
    if typed == LATEST:
        from core.store.records import own_runs

        return list(own_runs(records)[:1])
    exact = [record for record in records if typed in (record.id, record.name)]
    return exact[:1] or [record for record in records if record.id.startswith(typed)]


def batch_named(workspace: Workspace, typed: str) -> str:
    """The id. NotFound for none, and for several, which it names."""
    ids = [batch.id for batch in workspace.store.batches.all()] if workspace.exists else []
    matching = ids[:1] if typed == LATEST else [each for each in ids if each.startswith(typed)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise NotFound(
            f"{typed} begins {len(matching)} batches: {', '.join(matching[:6])}. Write more of the id."
        )
    raise NotFound(
        f"There is no such batch, {typed!r}: {program()} batch status lists them, latest is the newest."
    )


# ---- for completion, where nothing may go wrong aloud


def dataset_names() -> list[tuple[str, str]]:
    return _in_workspace(
        lambda workspace: [(info.name, counted(info.rows, "row")) for info in workspace.store.datasets.all()]
    )


def run_names() -> list[tuple[str, str]]:
    return _in_workspace(
        lambda workspace: [(record.id, record.dataset_name) for record in workspace.store.runs.all()]
    )


def batch_names() -> list[tuple[str, str]]:
    return _in_workspace(
        lambda workspace: [(batch.id, batch.name) for batch in workspace.store.batches.all()]
    )


def _in_workspace(names: Callable[[Workspace], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    from core.workspace import Workspace

    workspace = Workspace.open()
    try:
        return names(workspace) if workspace.exists else []
    except (WhetstoneError, OSError):
        return []
    finally:
        workspace.close()


def quoted_name(info: DatasetInfo) -> str:
    """As it is typed in a command."""
    return f'"{info.name}"' if " " in info.name else info.name
