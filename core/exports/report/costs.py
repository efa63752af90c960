"""What the run took, by role, and its settings."""

from __future__ import annotations

from dataclasses import dataclass

from core.exports.report.run import ReportRun
from core.llm.base import JUDGE, roles_of
from core.metrics.objective_words import asked_in_words
from core.types import Objective, Settings, Spend
from core.types.objectives import AUTOMATIC
from core.wording import count, duration, money, spend_money


@dataclass(frozen=True, slots=True)
class Cost:
    """A row of the table, in words."""

    role: str
    model: str
    calls: str
    cached: str
    failed: str
    tokens_in: str
    tokens_out: str
    usd: str


def costs_of(run: ReportRun) -> list[Cost]:
    models = {
        "lightweight": run.settings.lightweight,
        "heavyweight": run.settings.heavyweight,
        JUDGE: run.settings.scorer,
    }
    return [_cost(role, models[role], run.spend.get(role, Spend())) for role in roles_of(run.spend)]


def total_of(run: ReportRun) -> str:
    """Money of all roles; unknown where one of them is."""
    spends = [run.spend.get(role, Spend()) for role in roles_of(run.spend)]
    known = [spend.cost_usd for spend in spends if spend.cost_usd is not None]
    if len(known) == len(spends):
        return money(sum(known))
    return "at least " + money(sum(known)) if sum(known) else money(None)


def time_of(run: ReportRun) -> str:
    return duration(run.seconds)


def settings_in_words(settings: Settings) -> list[tuple[str, str]]:
    """Name and value of every setting that says how the run came about."""
    caps = {
        "Cap on lightweight calls": settings.max_calls,
        "Cap on heavyweight calls": settings.max_heavy_calls,
        "Cap on tokens": settings.max_tokens,
    }
    facts = [
        ("Lightweight model", settings.lightweight),
        ("Heavyweight model", settings.heavyweight),
        ("Strategy", settings.strategy),
        (
            "Steps at most",
            "as many as the caps allow" if settings.iterations is None else f"{settings.iterations:,}",
        ),
        ("Training rows a step", f"{settings.batch_size:,}"),
        (
            "Shown to the heavyweight model",
            f"{count(settings.shown_mistakes, 'mistake')}, {settings.shown_correct:,} predicted right",
        ),
        ("Seed", str(settings.seed)),
        ("Calls at once", f"{settings.concurrency:,}"),
        ("Tokens of a reply at most", f"{settings.reply_tokens:,}"),
        ("Replies held to the label set", "yes" if settings.structured_output else "no"),
    ]
    of_each = {
        "Training rows of each label": settings.rows_per_label,
        "Mistakes shown of each label": settings.mistakes_per_label,
        "Correct rows shown of each label": settings.correct_per_label,
    }
    facts += [(name, f"{number:,}") for name, number in of_each.items() if number is not None]
    facts += [(name, f"{cap:,}") for name, cap in caps.items() if cap is not None]
    facts += [("Cap on money", f"${settings.budget_usd:,.2f}")] if settings.budget_usd is not None else []
    return [
        *facts,
        ("Started from", start_in_words(settings)),
        *_objective(settings.objective),
        *((("Locked lines", "; ".join(settings.locked)),) if settings.locked else ()),
    ]


def _objective(objective: Objective | None) -> list[tuple[str, str]]:
    """None of runs of before there was a choice."""
    known = objective is not None and objective.kind != AUTOMATIC
    return [("Objective", asked_in_words(objective))] if objective is not None and known else []


def start_in_words(settings: Settings) -> str:
    """What a run began with."""
    if settings.branch is not None:
        return f"step {settings.branch.step} of run {settings.branch.run}"
    return "a given prompt" if settings.start is not None else "the label set alone"


def _cost(role: str, model: str, spend: Spend) -> Cost:
    numbers = (spend.api, spend.cached, spend.failed, spend.input_tokens, spend.output_tokens)
    calls, cached, failed, tokens_in, tokens_out = (f"{number:,}" for number in numbers)
    return Cost(role, model, calls, cached, failed, tokens_in, tokens_out, spend_money(spend))
