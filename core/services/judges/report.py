"""A run whose labels are verdicts on answers, as a judge: how far it agrees with people, by their verdicts of today."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from core.errors import NotFound, UsageError
from core.exports.report.run import ReportRun, best_number, reading_of
from core.metrics.comparison import compare
from core.metrics.judges.judge_figures import JudgeFigures, judge_figures
from core.services.evaluation.rescored import RowsSince, rows_since
from core.services.run_report import stored_report
from core.types import Comparison, Dataset, Evaluation
from core.wording import listed
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """`part` is where it is measured: "test", or "validation" where there is no test reading. `before`: with the prompt
    that the run began with; `after`: with its best, which is that of `step`. `dataset`: the rows as they are now."""

    run: ReportRun
    dataset: Dataset
    good: str
    part: str
    step: int
    before: JudgeFigures
    after: JudgeFigures
    comparison: Comparison
    answers: Evaluation


def judge_report(workspace: Workspace, run_id: str, good: str = "") -> JudgeReport:
    """`good`: the verdict that says an answer is good; empty: the one marked in the dataset. UsageError where there is
    none, or nothing is measured yet; NotFound."""
    run = stored_report(workspace.store, run_id)
    if not run.dataset.labels.names:
        raise UsageError("The answers of this run are no labels, so there are no verdicts to compare.")
    dataset, since = _today(workspace, run)
    good = good_verdict(dataset, good)
    step = best_number(run)
    part, first, last = _measured(run, step)
    names = dataset.labels.names
    before, after = (since.rescored(each) if since else each for each in (first, last))
    rows, figures = dataset.examples, partial(judge_figures, dataset.examples, labels=names, good=good)
    return JudgeReport(
        run,
        dataset,
        good,
        part,
        step,
        figures(before.predictions),
        figures(after.predictions),
        compare(rows, before.predictions, after.predictions),
        after,
    )


def good_verdict(dataset: Dataset, typed: str = "") -> str:
    """UsageError for a label there is not, or where nobody has said which means good."""
    names = dataset.labels.names
    if typed and typed not in names:
        raise UsageError(f"“{typed}” is no label of {dataset.name!r}: it has {listed(list(names), 6)}.")
    if not (typed or dataset.labels.good):
        raise UsageError(
            f"Nobody has said which label of {dataset.name!r} means that an answer is good: name one of {listed(list(names), 6)} "
            "(--good on the command line), or choose it on the Dataset page under Labels."
        )
    return typed or dataset.labels.good


def mark_good(workspace: Workspace, dataset_id: str, label: str, who: str = "") -> None:
    """Makes the dataset one of verdicts, "" one of labels again; it can be undone. DataError for a label there is not."""
    workspace.check_writable()
    workspace.store.labels.mark_good(dataset_id, label, who)


def judge_dataset(workspace: Workspace, run: ReportRun) -> Dataset:
    """Rows and label set as they are now; as the run had them where the dataset is gone."""
    return _today(workspace, run)[0]


def _today(workspace: Workspace, run: ReportRun) -> tuple[Dataset, RowsSince | None]:
    record, datasets = workspace.store.runs.get(run.run_id), workspace.store.datasets
    try:
        version = datasets.version(record.dataset_id)
    except NotFound:
        return run.dataset, None
    key = (record.dataset_id, version)
    since = rows_since(workspace, record)
    if since is not None:
        return since.now, since
    return workspace.cached("rows of a judge", key, lambda: datasets.get(record.dataset_id)), None


def _measured(run: ReportRun, step: int) -> tuple[str, Evaluation, Evaluation]:
    for part in ("test", "validation"):
        first, last = reading_of(run, 0, part), reading_of(run, step, part)
        if first is not None and last is not None:
            return part, first, last
    raise UsageError("The starting prompt has not been measured yet, so there is nothing to compare.")
