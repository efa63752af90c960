"""What a benchmark will take, before it is started: the estimates of its runs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.costs.call_price import Range
from core.costs.price_words import estimated_time
from core.costs.run_estimate import estimate
from core.llm.connections import ModelContext
from core.scoring.judge import ScoringJudge
from core.services.benchmark.queue import AT_ONCE
from core.services.benchmark.spec import BenchmarkSpec, checked_spec
from core.types import Example, LabelSet
from core.wording import and_listed, count, money_range


@dataclass(frozen=True, slots=True)
class BenchmarkEstimate:
    """Calls by role are at most about so many, were nothing in the cache and nothing shared between pairs.
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
    judge_calls: int = 0

    @property
    def calls_in_words(self) -> str:
        roles = {
            "lightweight": self.lightweight_calls,
            "heavyweight": self.heavyweight_calls,
            "judge": self.judge_calls,
        }
        named = [f"{calls:,} {role}" for role, calls in roles.items() if calls or role != "judge"]
        return f"Up to {and_listed(named)} calls."


def estimate_benchmark(
    spec: BenchmarkSpec,
    rows: Sequence[Example],
    labels: LabelSet,
    shared: ModelContext,
    judge: ScoringJudge | None = None,
) -> BenchmarkEstimate:
    """`rows` are split already; `judge` scores the answers, if one does. Raises UsageError for caps too small for one
    step, or nothing to run."""
    spec = checked_spec(spec)
    once = spec.seeds[:1]
    one_seed = [
        estimate(spec.settings_for(key), rows, labels, shared, judge)
        for key in spec.run_keys()
        if key.seed in once
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
        seeds * sum(each.judge.calls for each in one_seed if each.judge),
    )


def under_caps(expected: BenchmarkEstimate, spec: BenchmarkSpec) -> Range | None:
    """Dollars, no more than the cap on each run lets through."""
    if expected.usd is None or spec.settings.budget_usd is None:
        return expected.usd
    most = spec.settings.budget_usd * expected.runs
    return Range(min(expected.usd.low, most), min(expected.usd.high, most))


def estimate_in_words(expected: BenchmarkEstimate, spec: BenchmarkSpec, tested: int) -> dict[str, str]:
    """Sentences on its `runs`, `rows` (`tested`: of the test part), `calls`, `money` and `time`."""
    seeds = f", {count(len(spec.seeds), 'seed')} each" if len(spec.seeds) > 1 else ""
    turns = f", {AT_ONCE} at a time, all on the same rows" if expected.runs > 1 else ""
    return {
        "runs": f"{count(len(spec.pairs), 'pair')}{seeds}: {count(expected.runs, 'run')}{turns}.",
        "rows": f"Compared on {count(tested, 'test row')} that no step sees.",
        "calls": expected.calls_in_words
        + (" What pairs share is asked once." if len(spec.pairs) > 1 else ""),
        "money": _money_in_words(expected, spec),
        "time": f"About {estimated_time(expected.seconds)}."
        if expected.seconds >= 1
        else "Seconds to minutes: nothing is sent anywhere.",
    }


def _money_in_words(expected: BenchmarkEstimate, spec: BenchmarkSpec) -> str:
    usd = under_caps(expected, spec)
    unknown = f"no price is known for {and_listed(expected.unpriced)}" if expected.unpriced else ""
    if usd is None:
        return f"Money unknown: {unknown}."
    said = money_range(usd.low, usd.high)
    capped = (
        f", and no more than ${spec.settings.budget_usd * expected.runs:,.2f} in all"
        if spec.settings.budget_usd is not None
        else ""
    )
    return said[0].upper() + said[1:] + capped + (f"; {unknown}" if unknown else "") + "."


def _times(seeds: int, ranges: Sequence[Range]) -> Range:
    return Range(seeds * sum(each.low for each in ranges), seeds * sum(each.high for each in ranges))
