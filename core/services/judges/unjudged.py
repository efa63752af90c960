"""Answers that nobody has judged: a judge gives its verdict on each, and its count is corrected for its errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.costs.call_price import CallPrice, mean_size, price_of_calls
from core.errors import UsageError
from core.exports.report.run import prompt_of_step
from core.llm.base import OnReply
from core.llm.connections import ModelContext
from core.metrics.judges.judge_figures import Proportion
from core.metrics.judges.pass_rate import PassRate, pass_rate
from core.prompts.replies import predict
from core.services.evaluation.evaluate import replies_until_end
from core.services.judges.report import JudgeReport
from core.services.neighbour_index import NeighbourIndex
from core.similarity.requests import classify_requests
from core.tuning.session import reading_settings
from core.types import Example, Outcome, Prediction, Request, Settings, Spend
from core.workspace import NO_KEYS, Workspace

MEASURED = 50  # answers, to tell a price by


@dataclass(frozen=True, slots=True)
class JudgedAnswers:
    """`rows` are those that were asked about, in the order of `predictions`; `stopped` says why not all were."""

    rate: PassRate
    rows: tuple[Example, ...]
    predictions: tuple[Prediction, ...]
    spend: Mapping[str, Spend]
    stopped: str = ""


def unjudged_rows(report: JudgeReport) -> tuple[Example, ...]:
    """Rows of the dataset without a verdict."""
    return tuple(row for row in report.dataset.examples if not row.label)


def judge_settings(report: JudgeReport, **caps: object) -> Settings:
    """Those of the run that concern a single call, with `caps` of this time."""
    return reading_settings(report.run.settings, scorer="", **caps)


def price_of_answers(
    workspace: Workspace, report: JudgeReport, rows: Sequence[Example], shared: ModelContext
) -> CallPrice:
    """What `judge_answers` would take, were nothing in the cache; by the size of the first ones."""
    settings = judge_settings(report)
    texts = [row.text for row in rows[:MEASURED]]
    size = mean_size(_requests(workspace, report, texts, (), settings.reply_tokens))
    return price_of_calls(settings, "lightweight", len(rows), size, shared)


def judge_answers(
    workspace: Workspace,
    report: JudgeReport,
    rows: Sequence[Example],
    settings: Settings,
    on_reply: OnReply = lambda done, total: None,
    keys: Mapping[str, str] = NO_KEYS,
) -> JudgedAnswers:
    """The best prompt's verdicts, and how many of the answers are good. The model must be the one whose errors are known.
    UsageError where there is none to judge, or it is another model; ModelRefused where not one reply came."""
    workspace.check_spendable()
    if not rows:
        raise UsageError("There is no answer without a verdict: import some, or name a file of answers.")
    if settings.lightweight != report.run.settings.lightweight:
        raise UsageError(
            f"The errors of this judge are known with {report.run.settings.lightweight} alone: leave the other model out, or tune with it."
        )
    labels = report.run.dataset.labels.names
    if report.good not in labels:
        raise UsageError("The verdicts were renamed since this run: tune a judge on them as they are now.")
    session = workspace.session(settings, keys=keys)
    choices, texts = labels if session.structured else (), [row.text for row in rows]
    requests = _requests(workspace, report, texts, choices, session.reply_tokens)
    replies, stopped = replies_until_end(session, requests, on_reply)
    answered = [
        (row, predict(row.id, reply, labels))
        for row, reply in zip(rows, replies, strict=True)
        if reply is not None
    ]
    scored = [each for _, each in answered if each.outcome is not Outcome.FAILED]
    counted = Proportion(sum(each.label == report.good for each in scored), len(scored))
    return JudgedAnswers(
        pass_rate(counted, report.after),
        tuple(row for row, _ in answered),
        tuple(each for _, each in answered),
        session.account.spends(),
        stopped,
    )


def _requests(
    workspace: Workspace, report: JudgeReport, texts: Sequence[str], choices: Sequence[str], reply_tokens: int
) -> list[Request]:
    """`choices`: what replies are held to."""
    prompt = prompt_of_step(report.run, report.step)
    index = NeighbourIndex(workspace, report.dataset.id, prompt.few_shot, report.run.dataset.labels.names)
    shots = [[each.shot for each in nearest] for nearest in index.nearest(texts)]
    return classify_requests(prompt, texts, choices, shots, reply_tokens)
