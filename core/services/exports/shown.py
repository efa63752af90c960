"""A prompt that is shown on a page, to be exported with rows of its run or its dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import NotFound
from core.exports.report.run import prompt_of_step
from core.prompts.files import PromptFile
from core.services.cascade.adoption import without_cascade
from core.services.champions import run_if_there
from core.services.exports.promptfoo import llm_rubric
from core.services.exports.request import PromptExport, export_of_step
from core.services.judges.report import JudgeReport
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


def rubric_of_judge(workspace: Workspace, report: JudgeReport) -> str:
    """The judge's best prompt as promptfoo's llm-rubric, with the validation rows of its run as tests. UsageError,
    PromptError for one that it cannot hold."""
    run, prompt = report.run, prompt_of_step(report.run, report.step)
    file = PromptFile(prompt, run.dataset.labels.names, run.settings.lightweight, run.dataset.template)
    rows = _rows_of_run(workspace, workspace.store.runs.get(run.run_id))
    return llm_rubric(export_of_step(run, report.step, file, rows, workspace))


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
