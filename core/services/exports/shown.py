"""A prompt that is shown on a page, to be exported with rows of its run or its dataset."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import NotFound
from core.exports.report.run import rows_of
from core.prompts.files import PromptFile
from core.services.exports.request import PromptExport
from core.services.run_report import stored_report
from core.types import Branch, Example, Settings
from core.workspace import Workspace

MOST_ROWS = 200  # of a dataset, where no run says which


def export_of_shown(
    workspace: Workspace, dataset_id: str, file: PromptFile, words: str, branch: Branch | None, tokens: int
) -> PromptExport:
    """`words` say where the prompt comes from; `branch` is the step that it is of; `tokens`: how long a reply may be."""
    settings, rows = Settings(reply_tokens=tokens), _rows_of_dataset(workspace, dataset_id)
    if branch is not None:
        try:
            run = stored_report(workspace.store, branch.run)
            settings, rows = run.settings, rows_of(run, "validation")
        except NotFound:
            pass  # removed since
    model = file.model or settings.lightweight
    return PromptExport(file, model, workspace, words, [f"From {words}."], rows, settings, advice="")


def _rows_of_dataset(workspace: Workspace, dataset_id: str) -> Sequence[Example]:
    try:
        examples = workspace.store.datasets.get(dataset_id).examples
    except NotFound:
        return ()
    return [row for row in examples if row.label and not row.excluded][:MOST_ROWS]
