"""A run as something to hand over: the report of it, or its prompt in the forms that other tools take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.exports.report.page import report
from core.exports.report.run import ReportRun
from core.prompts.files import PromptFile
from core.services.exports.formats import prompt_in_format
from core.services.exports.request import export_of_step
from core.types import Example
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is exported: a run, one of its prompts, the rows to go with it, and the workspace whose model
    rules hold."""

    run: ReportRun
    step: int
    file: PromptFile
    rows: Sequence[Example]
    model: str
    workspace: Workspace
    notices: list[str]


def run_format(request: ExportRequest, format: str) -> str:
    """Needs no key and changes nothing. Notices are added to the request's."""
    if format == "html":
        return report(request.run)
    wanted = export_of_step(request.run, request.step, request.file, request.rows, request.workspace)
    return prompt_in_format(replace(wanted, model=request.model, notices=request.notices), format)
