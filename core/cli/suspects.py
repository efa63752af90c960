"""`suspects`: the labels of a file that are in doubt, also by what runs of the workspace have read. Nothing
is sent or stored."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.cli.files import dataset_of
from core.cli.output import Output
from core.cli.progress import Ticker
from core.errors import StoreError, UsageError
from core.label_errors.evidence import ModelEvidence
from core.label_errors.suspects import WORTH_A_LOOK, Suspect, find_suspects
from core.types import Example, Progress
from core.wording import counted, quoted

MOST_LISTED = 20


def suspects_command(options: argparse.Namespace) -> Output:
    """As JSON every row that is not excluded, ranked; in words those worth a look, 20 at most. `--limit` cuts
    both."""
    imported = dataset_of(options.data, to_tune=False)
    dataset, notices = imported.dataset, imported.notices
    ticker = Ticker()
    for notice in notices:
        ticker.say(notice)
    ticker(Progress("Looking for labels in doubt"))
    evidence = _evidence(options.workspace, dataset.examples, ticker)
    read = len({*evidence.missed, *evidence.votes})
    if read:
        ticker.say(
            f"Models have read {counted(read, 'row')} of the file in this workspace: what they said counts as well."
        )
    suspects = find_suspects(dataset.examples, options.seed, evidence)
    rows = {row.id: row for row in dataset.examples}
    listed = suspects if options.limit is None else suspects[: options.limit]
    as_json = [_as_json(suspect, rows[suspect.example_id].text) for suspect in listed]
    return Output({"suspects": as_json}, _in_words(suspects, rows, options.limit))


def _evidence(folder: Path | None, rows: Sequence[Example], ticker: Ticker) -> ModelEvidence:
    """Empty where there is no workspace, which is not made, or where it cannot be read, which is told: doubts
    need no run."""
    from core.services.review import evidence_for
    from core.workspace import Workspace

    workspace = Workspace.open(folder)
    try:
        return evidence_for(workspace, rows) if workspace.exists else ModelEvidence()
    except (StoreError, UsageError) as unreadable:
        ticker.say(f"What runs have read is left out. {unreadable}")
        return ModelEvidence()
    finally:
        workspace.close()


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
