"""What a batch would cost, before anything is sent: half the price, and nothing for what was asked before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from core.costs.call_price import CallPrice, Range, price_of_calls, request_size
from core.exports.batch import batch_line
from core.llm.batches.open_service import SERVICES, check_batches
from core.llm.batches.service import HOURS, SHARE
from core.services.batches.order import CHUNK, BatchOrder, ExactRequest, RequestMaker
from core.services.batches.sender import known_replies, price_ceiling
from core.wording import count, money, money_range
from core.workspace import Workspace

ROLE = "lightweight"


@dataclass(frozen=True, slots=True)
class BatchEstimate:
    """`price` is half that of calls one by one, its `seconds` the longest that it takes; `cached` requests were answered
    before; `parts`: batches at the provider; `at_most`: dollars that it cannot pass, None where the price is unknown;
    `too_large` requests are larger than a batch may be, and not sent."""

    price: CallPrice
    cached: int
    parts: int
    at_most: float | None
    too_large: int = 0

    @property
    def in_words(self) -> str:
        usd = self.price.total_usd
        cost = money_range(usd.low, usd.high) if usd else "at a price that is not known"
        most = "" if self.at_most is None else f", {money(self.at_most)} at the very most"
        before = f" {count(self.cached, 'text')} answered before, which cost nothing." if self.cached else ""
        if self.too_large:
            before += f" {count(self.too_large, 'text')} too long for a batch, and not sent."
        if not self.price.calls:
            return f"Nothing to send.{before}"
        sent = f"{count(self.price.calls, 'request')} to {self.price.model}"
        split = f", in {self.parts:,} batches" if self.parts > 1 else ""
        return f"{sent}{split}, {cost} (half the price of calls one by one){most}. It takes up to {HOURS} hours.{before}"


def estimate_of(workspace: Workspace, order: BatchOrder, maker: RequestMaker) -> BatchEstimate:
    """UsageError where a cap in dollars cannot be kept."""
    context, model = workspace.model_context(), order.settings.lightweight
    provider = check_batches(model)
    most_bytes = SERVICES[provider].most_bytes
    most = context.profiles.of(model).batch_requests
    calls, size, total, cached, at_most, too_large = 0, 0.0, 0, 0, 0.0, 0
    priced = True
    for each in _due(workspace, order, maker):
        if each is None:
            cached += 1
            continue
        line = batch_line(provider, "x" * 20, each.exact)
        if len(line) > most_bytes:
            too_large += 1
            continue
        usd = price_ceiling(maker.cost, each)
        priced, at_most = priced and usd is not None, at_most + (usd or 0.0)
        calls, size = calls + 1, size + request_size(each.request)
        total += len(line)
    price = price_of_calls(order.settings, ROLE, calls, size / max(calls, 1), context)
    parts = max(math.ceil(calls / most), math.ceil(total / most_bytes))
    return BatchEstimate(batch_price(price), cached, parts, at_most if priced else None, too_large)


def batch_price(price: CallPrice) -> CallPrice:
    """Of the same calls as a batch; `seconds` is the longest that it takes."""
    half = price.usd and Range(SHARE * price.usd.low, SHARE * price.usd.high)
    return replace(price, usd=half, seconds=HOURS * 3_600.0 if price.calls else 0.0)


def _due(workspace: Workspace, order: BatchOrder, maker: RequestMaker) -> Iterator[ExactRequest | None]:
    """Every request, None for one that was answered before."""
    texts = order.texts
    for start in range(0, len(texts), CHUNK):
        exacts = list(maker.exacts(texts[start : start + CHUNK]))
        kept = known_replies(workspace, [each.key for each in exacts])
        yield from (None if each.key in kept else each for each in exacts)
