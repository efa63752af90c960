"""Named versions of datasets and the tree of runs, for programs and notebooks."""

from __future__ import annotations

from pathlib import Path

from core.library.workspaces import opened_workspace
from core.services.branches import RunNode, run_trees
from core.services.classify import named_dataset
from core.services.versions.changes import DatasetChanges
from core.services.versions.versions import compared_states, create_version
from core.store.dataset_version import DatasetVersion
from core.store.rows.versions import NOW
from core.workspace import Workspace

Opened = Workspace | str | Path | None
ADVICE = "import a file first"


def versions(dataset: str, *, workspace: Opened = None) -> tuple[DatasetVersion, ...]:
    """The named versions of a dataset, newest first: name, why, who, and when (`at`, seconds since 1970). NotFound."""
    with opened_workspace(workspace) as opened:
        return opened.store.versions.all(named_dataset(opened, dataset, ADVICE))


def name_version(dataset: str, name: str, why: str = "", *, workspace: Opened = None) -> DatasetVersion:
    """Names the dataset as it is. From then on "dataset@name" is these rows and labels, for `tune`, `evaluate` and on
    the command line, whatever is changed later. DataError for a name that is taken or cannot be used, NotFound."""
    with opened_workspace(workspace) as opened:
        return create_version(opened, named_dataset(opened, dataset, ADVICE), name, why)


def compare_versions(
    dataset: str, before: str, after: str = NOW, *, workspace: Opened = None
) -> DatasetChanges:
    """What changed from one version to another, or to the dataset as it is: `rows` (what, from, to), `counts` by kind,
    labels added, removed, renamed and redefined. NotFound."""
    with opened_workspace(workspace) as opened:
        return compared_states(opened, named_dataset(opened, dataset, ADVICE), before, after)


def run_tree(dataset: str = "", *, workspace: Opened = None) -> tuple[RunNode, ...]:
    """Which run began with the prompt of which, of one dataset or of all: a root for each run that began with none,
    with its `branches`. NotFound."""
    with opened_workspace(workspace) as opened:
        return run_trees(opened, named_dataset(opened, dataset, ADVICE) if dataset else None)
