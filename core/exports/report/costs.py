"""What the run took, by role, and what it was told."""

from __future__ import annotations

from dataclasses import dataclass

from core.exports.report.run import Told
from core.types import Settings, Spend
from core.wording import count, duration, money

ROLES = ("lightweight", "heavyweight")


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


def costs_of(told: Told) -> list[Cost]:
    models = {"lightweight": told.settings.lightweight, "heavyweight": told.settings.heavyweight}
    return [_cost(role, models[role], told.spend.get(role, Spend())) for role in ROLES]


def total_of(told: Told) -> str:
    """Money of both roles; unknown where one of them is."""
    spends = [told.spend.get(role, Spend()) for role in ROLES]
    known = [spend.cost_usd for spend in spends if spend.cost_usd is not None]
    if len(known) == len(spends):
        return money(sum(known))
    return "at least " + money(sum(known)) if sum(known) else money(None)


def time_of(told: Told) -> str:
    return duration(told.seconds)


def settings_in_words(told: Settings) -> list[tuple[str, str]]:
    """Name and value of every setting that says how the run came about."""
    caps = {
        "Cap on lightweight calls": told.max_calls,
        "Cap on heavyweight calls": told.max_heavy_calls,
        "Cap on tokens": told.max_tokens,
    }
    found = [
        ("Lightweight model", told.lightweight),
        ("Heavyweight model", told.heavyweight),
        ("Strategy", told.strategy),
        ("Steps at most", "as many as the caps allow" if told.iterations is None else f"{told.iterations:,}"),
        ("Training rows a step", f"{told.batch_size:,}"),
        (
            "Shown to the heavyweight model",
            f"{count(told.shown_mistakes, 'mistake')}, {told.shown_correct:,} read rightly",
        ),
        ("Seed", str(told.seed)),
        ("Calls at once", f"{told.concurrency:,}"),
        ("Replies held to the label set", "yes" if told.structured_output else "no"),
    ]
    found += [(name, f"{cap:,}") for name, cap in caps.items() if cap is not None]
    found += [("Cap on money", f"${told.budget_usd:,.2f}")] if told.budget_usd is not None else []
    return [*found, ("Started from", "a given prompt" if told.start is not None else "the label set alone")]


def _cost(role: str, model: str, spend: Spend) -> Cost:
    numbers = (spend.api, spend.cached, spend.failed, spend.input_tokens, spend.output_tokens)
    return Cost(
        role, model, *(f"{number:,}" for number in numbers), money(spend.cost_usd) if spend.api else "–"
    )
