"""The workspace of a call: a folder that is opened and closed, or one that is open already and stays so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.workspace import Workspace

Home = Workspace | Path  # where a result finds its workspace again


@contextmanager
def opened_workspace(given: Workspace | str | Path | None) -> Iterator[Workspace]:
    if isinstance(given, Workspace):
        yield given
        return
    workspace = Workspace.open(Path(given).expanduser() if given else None)
    try:
        yield workspace
    finally:
        workspace.close()


def home_of(given: Workspace | str | Path | None, opened: Workspace) -> Home:
    return given if isinstance(given, Workspace) else opened.folder.resolve()
