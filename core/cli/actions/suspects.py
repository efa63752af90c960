"""`suspects`: the labels that are in doubt, also by what runs of the workspace have read. Nothing is sent or
stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.cli.console import Console
from core.cli.inputs.data_source import Wanted, labelled_data
from core.cli.options import Invocation, Reading
from core.cli.output import Output
from core.errors import StoreError, UsageError
from core.label_errors.evidence import ModelEvidence
from core.label_errors.set_suspects import suspects_of
from core.label_errors.suspects import WORTH_A_LOOK, Suspect
from core.services.review import evidence_for
from core.types import Example, Progress
from core.wording import counted, quoted
from core.workspace import Workspace

MOST_LISTED = 20


def suspects(invocation: Invocation, data: str, reading: Reading, limit: int | None, seed: int) -> Output:
    console = invocation.console
    with invocation.workspace() as workspace:
        source = labelled_data(invocation, workspace, data, reading, Wanted(versions=True))
        for notice in source.notices:
            console.say(notice)
        console(Progress("Looking for labels in doubt"))
        examples = source.dataset.examples
        evidence = _evidence(workspace, examples, console)
    read = len({*evidence.missed, *evidence.votes})
    if read:
        console.say(
            f"Models have classified {counted(read, 'row')} of the file in this workspace: their predictions count as well."
        )
    ranked = suspects_of(examples, source.dataset.labels, seed, evidence)
    rows = {row.id: row for row in examples}
    listed = ranked if limit is None else ranked[:limit]
    as_json = [_as_json(suspect, rows[suspect.example_id].text) for suspect in listed]
    return Output({"suspects": as_json, "notices": list(source.notices)}, _in_words(ranked, rows, limit))


def _evidence(workspace: Workspace, rows: Sequence[Example], console: Console) -> ModelEvidence:
    """Empty where there is no workspace, which is not made, or where it cannot be read, which is said: doubts
    need no run."""
    try:
        return evidence_for(workspace, rows) if workspace.exists else ModelEvidence()
    except (StoreError, UsageError) as unreadable:
        console.warn(f"The predictions of earlier runs are left out. {unreadable}")
        return ModelEvidence()


def _as_json(suspect: Suspect, text: str) -> dict[str, object]:
    return {
        "id": suspect.example_id,
        "text": text,
        "label": suspect.label,
        "suggested": suspect.suggested,
        "doubt": suspect.doubt,
        "reasons": list(suspect.reasons),
    }


def _in_words(suspects: Sequence[Suspect], rows: Mapping[str, Example], limit: int | None) -> str:
    if not suspects:
        return "Fewer than two labels are in use, so there is nothing to compare them with."
    doubtful = [suspect for suspect in suspects if suspect.doubt >= WORTH_A_LOOK]
    if not doubtful:
        return f"No label is in doubt, judged from {counted(len(suspects), 'row')}."
    listed = doubtful[: MOST_LISTED if limit is None else limit]
    verb = "is" if len(doubtful) == 1 else "are"
    head = f"Of {counted(len(suspects), 'row')}, {counted(len(doubtful), 'label')} {verb} in doubt"
    head += ":" if len(listed) == len(doubtful) else f"; the {len(listed):,} most doubtful:"
    return "\n".join(
        [head, *(line for suspect in listed for line in _lines(suspect, rows[suspect.example_id].text))]
    )


def _lines(suspect: Suspect, text: str) -> list[str]:
    percent = min(99, max(1, round(100 * suspect.doubt)))
    head = f"{percent:3} %  {quoted(suspect.example_id)[1:-1]}  {quoted(suspect.label)[1:-1]} -> {quoted(suspect.suggested)[1:-1]}"
    return ["", head, f"       {quoted(text, 110)}", *(f"       - {reason}" for reason in suspect.reasons)]
