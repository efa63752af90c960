"""What a benchmark will take, before it is started: the estimates of its runs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.costs.call_price import Range
from core.costs.run_estimate import estimate
from core.llm.connections import ModelContext
from core.services.benchmark.queue import AT_ONCE
from core.services.benchmark.spec import BenchmarkSpec, checked_spec
from core.types import Example, LabelSet


@dataclass(frozen=True, slots=True)
class BenchmarkEstimate:
    """`calls` by role are at most about so many, were nothing in the cache and nothing shared between pairs.
    `usd` leaves out the pairs with a model in `unpriced`, and is None where nothing else is left. `seconds`:
    so many runs at a time."""

    runs: int
    lightweight_calls: int
    heavyweight_calls: int
    usd: Range | None
    tokens: Range
    seconds: float
    unpriced: tuple[str, ...]
    steps: int
    paid_steps: int | None


def estimate_benchmark(
    spec: BenchmarkSpec, rows: Sequence[Example], labels: LabelSet, shared: ModelContext
) -> BenchmarkEstimate:
    """`rows` are split already. Raises UsageError for caps too small for one step, or nothing to run."""
    spec = checked_spec(spec)
    once = spec.seeds[:1]
    one_seed = [
        estimate(spec.settings_for(key), rows, labels, shared) for key in spec.run_keys() if key.seed in once
    ]
    seeds = len(spec.seeds)
    priced = [each.usd for each in one_seed if each.usd is not None]
    seconds = max(
        sum(each.seconds for each in one_seed) * seeds / AT_ONCE, *(each.seconds for each in one_seed)
    )
    paid = [each.paid_steps for each in one_seed if each.paid_steps is not None]
    return BenchmarkEstimate(
        seeds * len(one_seed),
        seeds * sum(each.lightweight.calls for each in one_seed),
        seeds * sum(each.heavyweight.calls for each in one_seed),
        _times(seeds, priced) if priced else None,
        _times(seeds, [each.tokens for each in one_seed]),
        seconds,
        tuple(dict.fromkeys(name for each in one_seed for name in each.unpriced)),
        max(each.steps for each in one_seed),
        min(paid) if paid else None,
    )


def under_caps(expected: BenchmarkEstimate, spec: BenchmarkSpec) -> Range | None:
    """Dollars, no more than the cap on each run lets through."""
    if expected.usd is None or spec.settings.budget_usd is None:
        return expected.usd
    most = spec.settings.budget_usd * expected.runs
    return Range(min(expected.usd.low, most), min(expected.usd.high, most))


def _times(seeds: int, ranges: Sequence[Range]) -> Range:
    return Range(seeds * sum(each.low for each in ranges), seeds * sum(each.high for each in ranges))
