"""What a prompt file says of a run whose labels are verdicts, so that its prompt can score answers elsewhere."""

from __future__ import annotations

from core.errors import NotFound, UsageError
from core.prompts.files import JudgeRecord
from core.services.judges.report import JudgeReport, judge_report
from core.types import Dataset
from core.workspace import Workspace


def judge_record(
    workspace: Workspace, run_id: str, then: Dataset, step: int | None = None
) -> JudgeRecord | None:
    """The verdict that calls an answer good, and how often the prompt of this step (None: the best one) agreed with people
    on the sealed answers; None where nobody has said which verdict is good. `then`: the dataset as the run had it."""
    good = _good(workspace, then)
    if not good:
        return None
    try:
        report = judge_report(workspace, run_id, good)
    except UsageError:  # nothing is measured yet
        return JudgeRecord(good)
    return record_of_judge(report) if step in (None, report.step) else JudgeRecord(good)


def record_of_judge(report: JudgeReport) -> JudgeRecord:
    """Of its best prompt; its agreement is known where sealed answers were read."""
    agreed = report.after.agreed
    return JudgeRecord(report.good, agreed.k, agreed.n) if report.part == "test" else JudgeRecord(report.good)


def _good(workspace: Workspace, then: Dataset) -> str:
    """As the dataset has it now; of one that is gone, as the run had it."""
    try:
        good = workspace.store.datasets.info(then.id).labels.good
    except NotFound:
        good = then.labels.good
    return good if good in then.labels.names else ""
