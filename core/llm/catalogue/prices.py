"""What calls cost, in dollars: the user's prices first, then genai-prices' list, which is inside its package
(no network)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.profiles import Profiles
from core.llm.providers import registry
from core.llm.providers.provider import Provider
from core.types import Usage

# The list matches by prefix, so that it prices gemini-3.8-flash-lite as gemini-3.8-flash; only a date may
# follow the listed id.
_DATE = re.compile(r"[-@](\d{4}-\d{2}-\d{2}|\d{8}|\d{4})")


class PriceList(Protocol):
    """None where the price of a model is unknown. Dollars."""

    def cost(self, name: str, usage: Usage) -> float | None: ...

    def ceiling(self, name: str, input_tokens: int, max_output_tokens: int) -> float | None: ...


class ModelRates(Protocol):
    """What an estimate needs to know of models: their prices, limits and profiles. `ModelContext` has it."""

    @property
    def prices(self) -> PriceList: ...

    @property
    def profiles(self) -> Profiles: ...

    def limits_of(self, name: str) -> CallLimits: ...


@dataclass(frozen=True, slots=True)
class Rate:
    """Dollars per token; from more input tokens than a tier's start on, that tier's price holds for every
    token of the call."""

    base: float
    tiers: tuple[tuple[int, float], ...] = ()

    def at(self, input_tokens: int) -> float:
        price = self.base
        for start, higher in self.tiers:
            if input_tokens > start:
                price = higher
        return price


@dataclass(frozen=True, slots=True)
class Rates:
    """One model's prices, and the id under which they are listed."""

    matched: str
    input: Rate
    output: Rate
    cached_input: Rate
    cache_write: Rate

    def cost(self, usage: Usage) -> float:
        total = usage.input
        cached = min(usage.cached_input, total)
        written = min(usage.cache_write, total - cached)
        return (
            (total - cached - written) * self.input.at(total)
            + cached * self.cached_input.at(total)
            + written * self.cache_write.at(total)
            + usage.output * self.output.at(total)
        )

    def ceiling(self, input_tokens: int, output_tokens: int) -> float:
        dearest = max(rate.at(input_tokens) for rate in (self.input, self.cached_input, self.cache_write))
        return input_tokens * dearest + output_tokens * self.output.at(input_tokens)


_NOTHING = Rate(0.0)


class Prices:
    """A price list. `user` is by "provider:model": {"input", "output", "cached_input"} in dollars per million
    tokens; `endpoints` are those of the workspace, with prices for all of their models."""

    def __init__(
        self, user: Mapping[str, Mapping[str, float]] | None = None, endpoints: Sequence[Provider] = ()
    ):
        self._user = dict(user or {})
        self._endpoints = endpoints
        self._rates_by_day: dict[tuple[str, int], Rates | None] = {}

    def cost(self, name: str, usage: Usage) -> float | None:
        """Dollars for a call; None where the price of `name` is unknown."""
        rates = self._rates(name)
        return rates.cost(usage) if rates else None

    def ceiling(self, name: str, input_tokens: int, max_output_tokens: int) -> float | None:
        """The most that a call of this size can cost, prompt-cache writing included; None where the price is
        unknown."""
        rates = self._rates(name)
        return rates.ceiling(input_tokens, max_output_tokens) if rates else None

    def matched(self, name: str) -> str | None:
        """The listed id whose price is taken for `name`; None where the price is unknown."""
        rates = self._rates(name)
        return rates.matched if rates else None

    def per_million(self, name: str) -> tuple[float, float] | None:
        """Dollars per million input and output tokens of a short call, to show beside the model; None where
        unknown."""
        rates = self._rates(name)
        return (rates.input.at(0) * 1e6, rates.output.at(0) * 1e6) if rates else None

    def _rates(self, name: str) -> Rates | None:
        """Looked up once a day: listed prices may change on a date."""
        key = name, int(time.time() // 86_400)
        if key not in self._rates_by_day:
            self._rates_by_day[key] = self._look_up(name)
        return self._rates_by_day[key]

    def _look_up(self, name: str) -> Rates | None:
        provider = registry.provider_of(name, self._endpoints)
        entered = self._user.get(name) or (provider.price if provider else None)
        if entered:
            return _entered(name, entered)
        if provider and provider.free:
            return Rates(name, _NOTHING, _NOTHING, _NOTHING, _NOTHING)
        listed = provider.price_list if provider else ""
        return _listed(listed, name.partition(":")[2]) if listed else None


def _entered(name: str, price: Mapping[str, float]) -> Rates:
    given = Rate(price["input"] / 1e6)
    cached = Rate(price["cached_input"] / 1e6) if "cached_input" in price else given
    return Rates(name, given, Rate(price["output"] / 1e6), cached, given)


def _listed(provider: str, model: str) -> Rates | None:
    import genai_prices

    try:
        listing = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=1, output_tokens=1), model, provider_id=provider
        )
    except (LookupError, ValueError):
        return None
    listed, price = listing.model.id, listing.model_price
    wanted = model.lower()
    if not wanted.startswith(listed.lower()) or (
        wanted != listed.lower() and not _DATE.fullmatch(wanted[len(listed) :])
    ):
        return None
    given, made = _rate(price.input_mtok), _rate(price.output_mtok)
    if made is None and "embedding" in listed:  # its replies are not billed
        made = _NOTHING
    if given is None or made is None:
        return None
    return Rates(
        listed, given, made, _rate(price.cache_read_mtok) or given, _rate(price.cache_write_mtok) or given
    )


def _rate(price: object) -> Rate | None:
    """The list's price, a Decimal per million or one with tiers, as a rate."""
    if price is None:
        return None
    if not hasattr(price, "tiers"):
        return Rate(float(price) / 1e6)  # type: ignore[arg-type]
    return Rate(float(price.base) / 1e6, tuple((tier.start, float(tier.price) / 1e6) for tier in price.tiers))  # type: ignore[attr-defined]
