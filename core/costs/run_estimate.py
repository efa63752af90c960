"""Before a run: about how many calls it takes, the tokens, the money, the minutes, and how many steps the
caps pay for.

The plan is the run's own, so that caps shrink both alike. Whatever a plan cannot know is assumed, and the
constants here say what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

from core.costs.call_price import CallPrice, Range, mean_size, price_of_calls, text_size
from core.data.parts import run_parts
from core.llm.connections import ModelContext
from core.prompts.render import render
from core.prompts.starting_prompt import starting_prompt
from core.scoring.judge import ScoringJudge
from core.tuning.plan import Plan, left_by_cap, plan
from core.types import Example, LabelSet, Prompt, Settings

LEAST_SHARE = 0.6  # of the planned calls: edits that are refused early and rows read before take fewer
MEASURED = 50  # answers, to tell what a judge is sent
GROWTH = 1_500  # bytes that rules add to the prompt, on the average over a long run
AROUND_MISTAKE, AROUND_CORRECT, INSTRUCTIONS = (
    300,
    100,
    3_000,
)  # bytes of a reflection besides texts and prompt


@dataclass(frozen=True, slots=True)
class Estimate:
    """`capped`: the call cap, not the work, sets the lightweight number. `steps` are planned, `paid_steps`
    those that the caps on money and tokens pay for (None: there is no such cap, or no price to tell by). `cut`:
    the plan's sentence on numbers that the call cap does not pay for. `held_out`: rows that are read of the
    validation and the test part; `cap_leaves` says what a cap on calls leaves of them, "" where it is all."""

    lightweight: CallPrice
    heavyweight: CallPrice
    capped: bool
    steps: int
    paid_steps: int | None
    cut: str = ""
    held_out: Mapping[str, int] = field(default_factory=dict)
    cap_leaves: str = ""
    judge: CallPrice | None = None

    @property
    def parts(self) -> tuple[CallPrice, ...]:
        return tuple(part for part in (self.lightweight, self.heavyweight, self.judge) if part is not None)

    @property
    def unpriced(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(part.model for part in self.parts if part.usd is None))

    @property
    def usd(self) -> Range | None:
        """For the whole run; None where a price is unknown."""
        return None if self.unpriced else _sum(_total(part, part.usd) for part in self.parts)

    def usd_of(self, part: CallPrice) -> Range | None:
        """Of one role, as it is part of `usd`."""
        return None if part.usd is None else _total(part, part.usd)

    def tokens_of(self, part: CallPrice) -> Range:
        """Of one role, as they are part of `tokens`."""
        return _total(part, part.tokens)

    @property
    def tokens(self) -> Range:
        return _sum(self.tokens_of(part) for part in self.parts)

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)


def estimate(
    settings: Settings,
    rows: Sequence[Example],
    labels: LabelSet,
    shared: ModelContext,
    judge: ScoringJudge | None = None,
) -> Estimate:
    """`rows` are split already; `judge` scores the answers, if one does. Raises UsageError for caps too small for one
    step, DataError where all rows are examples of the starting prompt."""
    parts = run_parts(rows, settings.start).rows
    used = [row for part in parts.values() for row in part]
    planned = plan(settings, *parts.values())
    steps = (
        planned.steps if settings.max_heavy_calls is None else min(planned.steps, settings.max_heavy_calls)
    )
    once, each = (
        _once(planned) + len(set(settings.neighbours) - {0}) * len(planned.validation),
        _each_step(planned, bool(settings.scorer)),
    )
    if settings.iterations == 0:  # the starting prompt is only measured
        once = len(planned.validation) + len(planned.test)
    needed = once + steps * each
    calls = needed if settings.max_calls is None else min(needed, settings.max_calls)
    text = sum(text_size(row.text) for row in used) / max(len(used), 1)
    start = settings.start or starting_prompt(labels, settings.purpose)
    request = _request_size(start, text)
    short = request - _left_out(start, settings.shortlist or start.shortlist, labels)
    light = price_of_calls(settings, "lightweight", calls, Range(short + text, short + text + GROWTH), shared)
    reflection = (
        request
        + INSTRUCTIONS
        + planned.show * (text + AROUND_MISTAKE)
        + planned.correct * (text + AROUND_CORRECT)
    )
    heavy = price_of_calls(
        settings, "heavyweight", steps, Range(reflection * LEAST_SHARE, reflection + GROWTH), shared
    )
    by = _price_of_judge(settings, judge, used, needed + len(planned.test), shared) if judge else None
    shares = (
        _caps_over(settings, (light, heavy, by), (once, 0, once + len(planned.test))),
        _caps_over(settings, (light, heavy, by), (each, 1, each)),
    )
    return Estimate(
        light,
        heavy,
        calls < needed,
        steps,
        _paid(steps, *shares),
        planned.cut,
        {"validation": len(planned.validation), "test": len(planned.test)},
        left_by_cap(planned, len(parts["validation"]), len(parts["test"])),
        by,
    )


def _price_of_judge(
    settings: Settings, judge: ScoringJudge, rows: Sequence[Example], calls: int, shared: ModelContext
) -> CallPrice:
    """A call for every answer, which is taken to be as long as the reference."""
    size = mean_size(judge.requests([(row, row.label) for row in rows[:MEASURED]]))
    calls = calls if settings.max_calls is None else min(calls, settings.max_calls)
    return price_of_calls(replace(settings, lightweight=judge.model), "lightweight", calls, size, shared)


def _once(planned: Plan) -> int:
    """Lightweight calls of a run besides its steps: the baseline, the longer first look, a try with examples,
    the last reading."""
    return 3 * len(planned.validation) + planned.look + planned.reserved


def _each_step(planned: Plan, free: bool) -> int:
    """A step looks, tries its edits, reads again the rows that each moved, and all rows once more where only
    some are kept. Where answers are `free` each of them, some four, is read on all rows of the trial."""
    return planned.look + (6 if free else 3) * (planned.show + planned.attempt)


def _request_size(prompt: Prompt, text: float) -> float:
    """Bytes of a request without its text; neighbours shown with it are as long as other texts."""
    without = sum(text_size(message.content) for message in render(prompt, ""))
    around = text_size(prompt.user_prompt_prefix + prompt.user_prompt_suffix)
    return without + (prompt.few_shot.k * (text + around) if prompt.few_shot.strategy == "similar" else 0)


def _left_out(start: Prompt, shortlist: int, labels: LabelSet) -> float:
    """Bytes that a shortlist of so many labels spares a request: the share of its labels in the system prompt, which
    is taken to speak of nothing else."""
    share = 1 - shortlist / len(labels.names) if 0 < shortlist < len(labels.names) else 0.0
    return share * text_size(start.system_prompt)


def _total(part: CallPrice, one: Range | None) -> Range:
    """All calls of a part; lightweight ones may be fewer than planned."""
    if one is None:
        return Range(0.0, 0.0)
    least = LEAST_SHARE if part.calls > 1 else 1.0
    return Range(part.calls * least * one.low, part.calls * one.high)


def _sum(ranges: Iterable[Range]) -> Range:
    return reduce(add, ranges)


def _caps_over(settings: Settings, parts: Sequence[CallPrice | None], calls: Sequence[int]) -> list[float]:
    """Which share of each cap, money and tokens, so many calls of each part take."""
    asked = [(part, number) for part, number in zip(parts, calls, strict=True) if part is not None]
    usd = [number * part.usd.middle for part, number in asked if part.usd is not None]
    shares = [sum(usd) / settings.budget_usd] if settings.budget_usd and len(usd) == len(asked) else []
    if settings.max_tokens:
        shares.append(sum(number * part.tokens.middle for part, number in asked) / settings.max_tokens)
    return shares


def _paid(steps: int, once: list[float], each: list[float]) -> int | None:
    """Steps that fit under every cap, beside what a run takes once."""
    fits = [
        steps if step == 0 else int(max(0.0, 1 - before) / step)
        for before, step in zip(once, each, strict=True)
    ]
    return min(steps, *fits) if fits else None
