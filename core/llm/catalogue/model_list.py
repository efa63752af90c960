"""Models as one chooses among them: what they cost, how long they last, how they take a reply prefix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.llm.base import ROLES
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import DEFAULTS, Profiles
from core.llm.providers.reply_form import prefix_mode

SOON = 90  # days before its end in which a model is marked


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model. Prices are dollars per million tokens, None where unknown; `matched` is the id under which
    they are listed, or "yours"; `days` until it stops answering, negative after that, None where no end is
    known; `structured`: it has structured output; `own`: the user's file speaks of it."""

    name: str
    provider: str
    input: float | None
    output: float | None
    matched: str
    retires: date | None
    days: int | None
    suggested: tuple[str, ...]
    prefix: str
    structured: bool
    note: str
    own: bool

    @property
    def retired(self) -> bool:
        return self.days is not None and self.days <= 0

    @property
    def ends_soon(self) -> bool:
        return self.days is not None and 0 < self.days <= SOON


def list_model(name: str, profiles: Profiles, prices: Prices, today: date) -> ModelEntry:
    """What is known of one model, also of one that no file names."""
    profile, price, provider = profiles.of(name), prices.per_million(name), name.partition(":")[0]
    given, made = price or (None, None)
    known = profiles.provider_of(name)
    free = known is not None and known.free
    entered = name in profiles.prices or (known is not None and bool(known.price))
    matched = "yours" if entered else "" if free else (prices.matched(name) or "")
    return ModelEntry(
        name,
        provider,
        given,
        made,
        matched,
        profile.retires,
        (profile.retires - today).days if profile.retires else None,
        tuple(role for role in ROLES if name in DEFAULTS[role]),
        prefix_mode(profile),
        bool(profile.structured),
        profile.note,
        name in profiles.own_models or name in profiles.prices,
    )


def list_models(profiles: Profiles, prices: Prices, today: date) -> Sequence[ModelEntry]:
    """Every model with an entry or a price of its own: the user's first, then the suggested ones, then the
    others; retired ones last."""
    names = dict.fromkeys((*profiles.prices, *profiles.known()))
    listed = [list_model(name, profiles, prices, today) for name in names]
    return sorted(listed, key=lambda each: (each.retired, not each.own, not each.suggested))
