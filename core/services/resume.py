"""At the wheel of a run: what it proposes while it is paused, and going on with what a person says of it and
with other caps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.jobs.resumed_caps import changed
from core.store.records import Change
from core.tuning.hypotheses import proposed_edits
from core.tuning.setup import Switches
from core.tuning.supervision import Proposal, Review
from core.types import Edit
from core.workspace import NO_KEYS, Workspace


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run goes on with. `caps` by their name in Settings, those that are to change; `pause_again`: at
    the next proposal, too."""

    word: Review | None = None
    caps: Mapping[str, float | None] = field(default_factory=dict)
    pause_again: bool = False


def proposed(workspace: Workspace, run_id: str) -> tuple[Proposal, tuple[Edit, ...]] | None:
    """What a paused run waits with, and its edits one by one, as they would be tried. None where it waits for
    nothing."""
    runs = workspace.store.runs
    found = runs.proposal(run_id)
    if found is None:
        return None
    apart = Switches().take_apart and runs.get(run_id).settings.strategy == "edit"
    return found, proposed_edits(found.reflection, found.prompt, apart)


def go_on(
    workspace: Workspace, run_id: str, answer: Answer, keys: Mapping[str, str] = NO_KEYS, who: str = ""
) -> None:
    """Goes on with a run in the background. Notes are kept with the rows of its dataset as well, undoable
    there. Raises Conflict where somebody else was faster, UsageError for caps that leave nothing to go on
    with."""
    workspace.check_writable()
    runs = workspace.store.runs
    record = runs.get(run_id)
    wanted = changed(record.settings, answer.caps, record.spend)
    workspace.session(wanted, keys=keys)
    if answer.word is not None:
        runs.answer(run_id, answer.word)
        _note(workspace, record.dataset_id, answer.word.notes, who)
    if wanted != record.settings:
        runs.change_settings(run_id, wanted)
    runs.request_pause(run_id, answer.pause_again)
    workspace.resume_run(run_id, keys)


def _note(workspace: Workspace, dataset_id: str, notes: Mapping[str, str], who: str) -> None:
    """The dataset may be gone, or some of its rows: the run has rows of its own."""
    rows = workspace.store.rows.some(dataset_id, list(notes))
    new = [
        Change(row.id, "note", notes[row.id], row.version)
        for row in rows.values()
        if row.note != notes[row.id]
    ]
    if new:
        workspace.store.rows.change(dataset_id, new, who, "noted while a run was paused")
