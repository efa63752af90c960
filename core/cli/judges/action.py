"""`judge`: the figures of a judge, its disagreements, and the answers that nobody has judged."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.cli import json_output
from core.cli.actions.prompt_session import stoppable
from core.cli.inputs.data_source import STDIN, text_table
from core.cli.inputs.names import dataset_named, run_named
from core.cli.judges.words import judge_in_words
from core.cli.options import Invocation, ModelOptions, Reading, settings_typed
from core.cli.output import DONE, STOPPED, Output
from core.cli.paid import price_fields
from core.cli.record_output import check_record_file, write_records
from core.costs.price_words import price_in_words
from core.errors import UsageError
from core.metrics.judges.judge_figures import JudgeFigures, Proportion
from core.services.judges.disagreements import Disagreement, disagreements
from core.services.judges.report import JudgeReport, judge_report, mark_good
from core.services.judges.unjudged import JudgedAnswers, judge_answers, judge_settings, price_of_answers
from core.types import Example, TextTemplate
from core.workspace import Workspace

FIELDS = ("id", "text", "people", "judge", "reason", "critique", "cause", "evidence")


@dataclass(frozen=True, slots=True)
class JudgeWish:
    """What was typed."""

    models: ModelOptions
    reading: Reading
    out: Path | None
    good: str
    answers: str | None
    estimate: bool


def judge_run(invocation: Invocation, typed: str, wish: JudgeWish) -> Output:
    invocation.check_out(wish.out)
    check_record_file(wish.out)
    if wish.estimate and not wish.answers:
        raise UsageError(
            "--estimate is for --answers, for nothing else is asked: leave it out, or name answers."
        )
    with invocation.workspace() as workspace:
        report = _report(workspace, typed, wish)
        rows = _answers(invocation, workspace, wish, report.run.dataset.template)
        if wish.estimate:
            price = price_of_answers(workspace, report, rows, workspace.model_context())
            words = f"{price_in_words(price)}\nNext: the same without --estimate"
            return Output({"run_id": report.run.run_id, "estimate": price_fields(price)}, words)
        judged = _judged(invocation, workspace, report, rows, wish) if wish.answers else None
        found = disagreements(workspace, report)
    return _output(report, found, judged, wish.out)


def _report(workspace: Workspace, typed: str, wish: JudgeWish) -> JudgeReport:
    run = run_named(workspace, typed)
    report = judge_report(workspace, run.id, wish.good)
    here = any(info.id == run.dataset_id for info in workspace.store.datasets.all())
    if here and wish.good and report.dataset.labels.good != wish.good and not workspace.read_only:
        mark_good(workspace, run.dataset_id, wish.good)
        report = judge_report(workspace, run.id)
    return report


def _answers(
    invocation: Invocation, workspace: Workspace, wish: JudgeWish, template: TextTemplate | None
) -> list[Example]:
    """Those that are to be judged: every text of a file, of a dataset the rows without a verdict."""
    if not wish.answers:
        return []
    if wish.answers != STDIN and not os.path.exists(wish.answers):
        info = dataset_named(workspace, wish.answers)
        return [row for row in workspace.store.datasets.get(info.id).examples if not row.label]
    source = text_table(invocation, workspace, wish.answers, wish.reading, template)
    for notice in source.notices:
        invocation.console.say(notice)
    texts = source.all()
    return [Example(str(number), text, "") for number, text in enumerate(texts, 1) if text]


def _judged(
    invocation: Invocation,
    workspace: Workspace,
    report: JudgeReport,
    rows: Sequence[Example],
    wish: JudgeWish,
) -> JudgedAnswers:
    settings = judge_settings(report, **settings_typed(wish.models))
    with stoppable(invocation.console, workspace) as on_reply:
        judged = judge_answers(workspace, report, rows, settings, on_reply)
    if judged.stopped:
        invocation.console.warn(judged.stopped)
    return judged


def _output(
    report: JudgeReport, found: Sequence[Disagreement], judged: JudgedAnswers | None, out: Path | None
) -> Output:
    records = [_record(each) for each in found]
    compared = report.comparison
    data: dict[str, object] = {
        "run_id": report.run.run_id,
        "dataset": report.dataset.name,
        "good": report.good,
        "split": report.part,
        "step": report.step,
        "before": _figures(report.before),
        "after": _figures(report.after),
        "verdict": {"fixed": len(compared.fixed), "broke": len(compared.broke), "p": compared.p},
        "disagreements": records,
        "pass_rate": _rate(judged) if judged else None,
    }
    words = judge_in_words(report, found, judged)
    if out:
        write_records(out, FIELDS, records)
        words += f"\n\nDisagreements written to {out}"
    code = STOPPED if judged and judged.stopped else DONE
    return Output(data, words, code, silent=str(out) == "-")


def _figures(figures: JudgeFigures) -> dict[str, object]:
    agreement = figures.agreement
    return {
        "n": agreement.n,
        "agreement": _share(figures.agreed),
        "kappa": agreement.kappa,
        "kappa_interval": list(agreement.interval) if agreement.interval else None,
        "true_positive_rate": _share(figures.true_positive),
        "true_negative_rate": _share(figures.true_negative),
        "no_verdict": figures.no_verdict,
        "failed": figures.failed,
        "confusion": {people: dict(row) for people, row in figures.confusion.items()},
    }


def _share(share: Proportion) -> dict[str, object]:
    interval = list(share.interval) if share.interval else None
    return {"k": share.k, "n": share.n, "value": share.value, "interval": interval}


def _rate(judged: JudgedAnswers) -> dict[str, object]:
    rate = judged.rate
    return {
        "asked": len(judged.rows),
        "counted": _share(rate.counted),
        "corrected": rate.corrected,
        "interval": list(rate.interval) if rate.interval else None,
        "problem": rate.problem,
        **json_output.spent(judged.spend),
    }


def _record(each: Disagreement) -> Mapping[str, object]:
    return {
        "id": each.row.id,
        "text": each.row.text,
        "people": each.row.label,
        "judge": each.prediction.label or each.prediction.said,
        "reason": each.prediction.reason,
        "critique": each.row.note,
        "cause": str(each.cause),
        "evidence": ". ".join(each.evidence),
    }
