"""What a prompt file says of a run whose labels are verdicts, so that its prompt can score answers elsewhere."""

from __future__ import annotations

from core.errors import UsageError
from core.prompts.files import JudgeRecord
from core.services.judges.report import judge_report
from core.store.records import RunRecord
from core.workspace import Workspace


def judge_record(workspace: Workspace, record: RunRecord, step: int | None = None) -> JudgeRecord | None:
    """The verdict that calls an answer good, and how often the prompt of this step (None: the best one) agreed with people
    on the sealed answers; None where nobody has said which verdict is good."""
    good = _good(workspace, record)
    if not good:
        return None
    try:
        report = judge_report(workspace, record.id, good)
    except UsageError:  # nothing is measured yet
        return JudgeRecord(good)
    if report.part != "test" or step not in (None, report.step):
        return JudgeRecord(good)
    return JudgeRecord(good, report.after.agreed.k, report.after.agreed.n)


def _good(workspace: Workspace, record: RunRecord) -> str:
    """As the dataset has it now; of one that is gone, as the run had it."""
    then = workspace.store.runs.snapshot(record.id).labels
    here = [info.labels for info in workspace.store.datasets.all() if info.id == record.dataset_id]
    good = (here or [then])[0].good
    return good if good in then.names else ""
