"""Versions of a dataset by name: made, looked up, compared, and known to the runs that were tuned on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import NotFound
from core.prompts.label_match import fold
from core.services.classify import named_dataset
from core.services.versions.changes import DatasetChanges, dataset_changes
from core.store.dataset_version import DatasetVersion
from core.store.records import DatasetInfo, RunRecord
from core.store.rows.versions import NOW
from core.types import Dataset, Example
from core.wording import listed
from core.workspace import Workspace


def create_version(
    workspace: Workspace, dataset_id: str, name: str, why: str = "", who: str = ""
) -> DatasetVersion:
    """The dataset as it is gets a name. UsageError in a workspace that is only shown; DataError for a name that cannot
    be used; NotFound."""
    workspace.check_writable()
    return workspace.store.versions.add(dataset_id, name, why, who)


def version_named(workspace: Workspace, dataset_id: str, name: str) -> DatasetVersion:
    """Whatever the case. NotFound, with the names there are."""
    versions = workspace.store.versions.all(dataset_id)
    for version in versions:
        if fold(version.name) == fold(name):
            return version
    title = workspace.store.datasets.info(dataset_id).name
    names = listed([version.name for version in versions], 6)
    there = f"it has {names}" if names else "none has been named yet"
    raise NotFound(f"There is no version “{name}” of {title}: {there}.")


def version_typed(workspace: Workspace, dataset_id: str, name: str) -> DatasetVersion | None:
    """None where the dataset is meant as it is: no name, or “now”. NotFound."""
    return None if fold(name) in ("", NOW) else version_named(workspace, dataset_id, name)


def named_state(workspace: Workspace, typed: str, advice: str) -> tuple[str, DatasetVersion | None]:
    """The dataset that “dataset” or “dataset@version” names, by its id, and the version. A dataset may have an @ in its
    own name. NotFound, with the advice what else could be done."""
    name, at, version = typed.rpartition("@")
    if not at or any(typed in (info.name, info.id) for info in workspace.store.datasets.all()):
        return named_dataset(workspace, typed, advice), None
    dataset_id = named_dataset(workspace, name, advice)
    return dataset_id, version_typed(workspace, dataset_id, version)


def dataset_then(workspace: Workspace, version: DatasetVersion) -> Dataset:
    """Its rows and labels as they were. NotFound where the dataset is gone."""
    present = workspace.store.datasets.version(version.dataset_id)  # parts may have been chosen since
    key = (version.id, present)
    return workspace.cached("dataset then", key, lambda: workspace.store.versions.dataset(version))


def state_of(workspace: Workspace, dataset_id: str, version: DatasetVersion | None) -> Dataset:
    """The dataset as it was in a version, or as it is. NotFound."""
    return workspace.store.datasets.get(dataset_id) if version is None else dataset_then(workspace, version)


def state_named(workspace: Workspace, dataset_id: str, name: str) -> Dataset:
    """The dataset as it was under this name, or as it is: “now”. NotFound."""
    return state_of(workspace, dataset_id, version_typed(workspace, dataset_id, name))


def compared_states(workspace: Workspace, dataset_id: str, one: str, other: str = NOW) -> DatasetChanges:
    """What changed from one version to another, or to the dataset as it is. NotFound."""
    return dataset_changes(state_named(workspace, dataset_id, one), state_named(workspace, dataset_id, other))


def version_of_run(workspace: Workspace, run: RunRecord) -> DatasetVersion | None:
    """The named version that the run was tuned on: the newest with its very rows and labels. None where that state has
    no name, or the dataset is gone. A name may be given before the run chose the parts, or after it."""
    versions = workspace.store.versions.all(run.dataset_id)
    exact = next((each for each in versions if each.version == run.dataset_version), None)
    if exact is not None or not versions:
        return exact
    key = (run.id, tuple(each.id for each in versions))
    return workspace.cached("version of run", key, lambda: _same_state(workspace, run, versions))


def version_chosen(workspace: Workspace, run_id: str) -> DatasetVersion | None:
    """The version that the run was started on when the dataset was no longer so: what branches off goes on with it.
    None for a run on the dataset as it was at that time, or that is gone."""
    try:
        run = workspace.store.runs.get(run_id)
    except NotFound:
        return None
    version = version_of_run(workspace, run)
    went_back = version is not None and workspace.store.versions.changed_before(version, run.created)
    return version if went_back else None


def info_of(workspace: Workspace, info: DatasetInfo, version: DatasetVersion | None) -> DatasetInfo:
    """The dataset with the labels and counts that it had in the version, or as it is."""
    if version is None:
        return info
    rows = dataset_then(workspace, version).examples
    return replace(
        info,
        labels=version.labels,
        rows=len(rows),
        excluded=sum(row.excluded and bool(row.label) for row in rows),
        unlabelled=sum(not row.label for row in rows),
        then=version,
    )


def _same_state(
    workspace: Workspace, run: RunRecord, versions: Sequence[DatasetVersion]
) -> DatasetVersion | None:
    """The newest that differs from the run's rows in nothing but chosen parts."""
    snapshot = workspace.store.runs.snapshot(run.id)
    rows = _without_parts(snapshot.examples)
    for version in versions:
        then = dataset_then(workspace, version)
        same_labels = bool(run.settings.scorer) or then.labels == snapshot.labels
        if same_labels and _without_parts(then.examples) == rows:
            return version
    return None


def _without_parts(rows: Sequence[Example]) -> list[Example]:
    return [replace(row, split="") for row in rows]
