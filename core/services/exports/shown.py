"""A prompt that is shown on a page, to be exported with rows of its run or its dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import NotFound
from core.prompts.files import PromptFile
from core.services.cascade.adoption import without_cascade
from core.services.champions import run_if_there
from core.services.exports.request import PromptExport
from core.store.records import RunRecord
from core.tuning.free_answers.run import rows_in_parts
from core.types import Branch, Example, Settings
from core.workspace import Workspace

MOST_ROWS = 200  # of a dataset, where no run says which


def export_of_prompt(
    workspace: Workspace, dataset_id: str, file: PromptFile, words: str, branch: Branch | None, tokens: int
) -> PromptExport:
    """`words` say where the prompt comes from; `branch` is the step that it is of; `tokens`: how long a reply may be."""
    run = run_if_there(workspace, branch.run if branch is not None else "")
    settings = run.settings if run else Settings(reply_tokens=tokens)
    rows = _rows_of_run(workspace, run) if run else _rows_of_dataset(workspace, dataset_id)
    model = file.model or settings.lightweight
    alone = without_cascade(workspace, dataset_id, file.prompt, file.model or "")
    export = PromptExport(file, model, workspace, words, [f"From {words}."], rows, settings, advice="")
    return replace(export, notices=alone)


def _rows_of_run(workspace: Workspace, run: RunRecord) -> Sequence[Example]:
    """Its validation rows, as it had them."""
    rows = rows_in_parts(workspace.store.runs.snapshot(run.id).examples, run.settings)
    return [row for row in rows if row.split == "validation" and not row.excluded]


def _rows_of_dataset(workspace: Workspace, dataset_id: str) -> Sequence[Example]:
    try:
        examples = workspace.store.datasets.get(dataset_id).examples
    except NotFound:
        return ()
    return [row for row in examples if row.label and not row.excluded][:MOST_ROWS]
