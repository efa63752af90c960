"""One row, changed by a person who looks at it."""

from __future__ import annotations

from collections.abc import Mapping

from core.services.labelling.unlabelled import completed
from core.store.records import Change, Row
from core.workspace import Workspace


def change_row(
    workspace: Workspace, dataset_id: str, row: Row, news: Mapping[str, str | bool], who: str = ""
) -> str:
    """Gives fields of the row their new values, as one change set, whose id is returned; "" where nothing
    differs. `row` is as it was looked at: Conflict where it was changed since. NotFound; UsageError where the
    workspace is read-only."""
    workspace.check_writable()
    changes = [Change(row.id, field, value, row.version) for field, value in news.items()]
    return workspace.store.edits.change(dataset_id, completed(workspace, dataset_id, changes), who)


def undo_change(workspace: Workspace, dataset_id: str, change_set: str) -> str | None:
    """Takes it back, and says what was undone. Conflict where something else was changed after it."""
    workspace.check_writable()
    return workspace.store.edits.undo(dataset_id, change_set)
