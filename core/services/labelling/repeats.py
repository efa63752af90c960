"""Rows whose text is there more than once: those that repeat an earlier row, and those with another label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from core.similarity.duplicates import comparables
from core.store.records import CONTRADICTED, REPEATED, Row
from core.workspace import Workspace

Groups = tuple[tuple[str, ...], ...]  # ids of rows with the same text, in the order of the dataset


def refresh_repeats(workspace: Workspace, dataset_id: str) -> None:
    """Marks them for the filters, by labels and exclusions as they are now: excluded rows are neither. Texts
    count as the same as at the import: but for case, spaces and punctuation. NotFound."""
    version = workspace.store.datasets.info(dataset_id).version
    if not workspace.read_only:
        workspace.cached("repeats", (dataset_id, version), lambda: _mark(workspace, dataset_id))


def _mark(workspace: Workspace, dataset_id: str) -> None:
    groups, store = _same_texts(workspace, dataset_id), workspace.store
    rows = store.rows.some(dataset_id, [identity for group in groups for identity in group])
    repeated: dict[str, str] = {}
    contradicted: dict[str, str] = {}
    for group in groups:
        here = [rows[identity] for identity in group if identity in rows and not rows[identity].excluded]
        repeated |= _repeats(here)
        contradicted |= {row.id: "" for row in here} if len({row.label for row in here}) > 1 else {}
    for kind, found in ((REPEATED, repeated), (CONTRADICTED, contradicted)):
        _replace(workspace, dataset_id, kind, found)


def _repeats(rows: Sequence[Row]) -> dict[str, str]:
    """Of each label all but the first."""
    firsts = {row.label: row.id for row in reversed(rows)}
    return {row.id: "" for row in rows if firsts[row.label] != row.id}


def _same_texts(workspace: Workspace, dataset_id: str) -> Groups:
    """Edits by hand change no text, so they hold until rows are imported."""
    info = workspace.store.datasets.info(dataset_id)
    key = (dataset_id, info.rows, workspace.store.edits.last_import(dataset_id))
    return workspace.cached("same texts", key, lambda: _grouped(workspace, dataset_id))


def _grouped(workspace: Workspace, dataset_id: str) -> Groups:
    examples = workspace.store.datasets.get(dataset_id).examples
    same: dict[str, list[str]] = defaultdict(list)
    for row, text in zip(examples, comparables([row.text for row in examples]), strict=True):
        same[text].append(row.id)
    return tuple(tuple(ids) for ids in same.values() if len(ids) > 1)


def _replace(workspace: Workspace, dataset_id: str, kind: str, found: Mapping[str, str]) -> None:
    """Writes only what differs: most edits make no row a repeat."""
    if workspace.store.marks.get(dataset_id, kind) != found:
        workspace.store.marks.replace(dataset_id, kind, found)
