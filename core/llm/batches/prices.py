"""What calls of a batch cost: half of what they cost one by one."""

from __future__ import annotations

from dataclasses import dataclass

from core.llm.batches.service import SHARE
from core.llm.catalogue.prices import PriceList
from core.types import Usage


@dataclass(frozen=True, slots=True)
class BatchPrices:
    """A price list made of another."""

    prices: PriceList

    def cost(self, name: str, usage: Usage) -> float | None:
        cost = self.prices.cost(name, usage)
        return None if cost is None else SHARE * cost

    def ceiling(self, name: str, input_tokens: int, max_output_tokens: int) -> float | None:
        ceiling = self.prices.ceiling(name, input_tokens, max_output_tokens)
        return None if ceiling is None else SHARE * ceiling
