"""`tune --estimate`: what a run would take, by role. No call is made and nothing is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from core.cli.actions.tune_start import PlannedRun, TuneRequest, planned_run
from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.paid import ends, price_fields, whole_ends
from core.costs.call_price import CallPrice
from core.costs.price_words import run_calls_in_words, run_money_in_words, run_time_in_words
from core.costs.run_estimate import Estimate, estimate
from core.errors import UsageError
from core.services.evaluation.scorers import judge_named
from core.services.evaluation.shortlist import shortlist_figures
from core.tuning.free_answers.run import rows_in_parts
from core.types import SPLITS
from core.wording import count, money_range


def run_estimate(invocation: Invocation, request: TuneRequest) -> Output:
    if request.tuning.resume:
        raise UsageError("--estimate is about a new run: leave --resume out.")
    with invocation.workspace() as workspace:
        planned = planned_run(invocation, workspace, request)
        settings, dataset = planned.settings, planned.rows.dataset
        rows = rows_in_parts(dataset.examples, settings)
        judge = judge_named(workspace, settings.scorer)
        expected = estimate(settings, rows, planned.labels, workspace.model_context(), judge)
        size = settings.shortlist or (settings.start.shortlist if settings.start else 0)
        short = shortlist_figures(rows, planned.labels, settings, [size]) if size else []
    parts = Counter(row.split for row in rows if not row.excluded)
    sizes = {part: parts[part] for part in SPLITS}
    *lines, next_step = _lines(expected, planned, sizes)
    fields = _fields(expected, planned, sizes) | ({"shortlist": asdict(short[0])} if short else {})
    return Output(fields, "\n".join([*lines, *(each.in_words for each in short), next_step]))


def _fields(expected: Estimate, planned: PlannedRun, sizes: dict[str, int]) -> dict[str, object]:
    """`usd` and `tokens` are of all roles; `paid_steps`: those that the caps pay for, null without such a cap."""
    return {
        "dataset": planned.rows.dataset.name,
        "split_sizes": sizes,
        "estimate": {
            "lightweight": _role_fields(expected, expected.lightweight),
            "heavyweight": _role_fields(expected, expected.heavyweight),
            **({"judge": _role_fields(expected, expected.judge)} if expected.judge else {}),
            "usd": ends(expected.usd),
            "tokens": whole_ends(expected.tokens),
            "unpriced": list(expected.unpriced),
            "seconds": expected.seconds,
            "steps": expected.steps,
            "paid_steps": expected.paid_steps,
            "capped": expected.capped,
        },
    }


def _role_fields(expected: Estimate, part: CallPrice) -> dict[str, object]:
    return price_fields(part) | {
        "usd": ends(expected.usd_of(part)),
        "tokens": whole_ends(expected.tokens_of(part)),
    }


def _lines(expected: Estimate, planned: PlannedRun, sizes: dict[str, int]) -> list[str]:
    settings = planned.settings
    rows = ", ".join(f"{number:,} {part}" for part, number in sizes.items())
    lines = [
        f"{planned.rows.dataset.name!r}: {count(sum(sizes.values()), 'row')} ({rows})",
        run_calls_in_words(expected, settings),
        f"lightweight {settings.lightweight}: {_money(expected, expected.lightweight)}",
        f"heavyweight {settings.heavyweight}: {_money(expected, expected.heavyweight)}",
        *([f"judge {expected.judge.model}: {_money(expected, expected.judge)}"] if expected.judge else []),
        run_money_in_words(expected),
        run_time_in_words(expected, settings),
    ]
    if expected.paid_steps == 0:
        lines.append("These caps are likely to end the run before its first step is done.")
    elif expected.paid_steps is not None:
        lines.append(f"This buys about {expected.paid_steps:,} of {count(expected.steps, 'step')}.")
    lines += [each for each in (expected.cut, expected.cap_leaves) if each]
    capped = (
        ""
        if settings.budget_usd is not None or not (expected.usd and expected.usd.high)
        else ", with --budget-usd X to cap it"
    )
    return [*lines, f"Next: the same without --estimate{capped}"]


def _money(expected: Estimate, part: CallPrice) -> str:
    usd = expected.usd_of(part)
    return f"{count(part.calls, 'call')}, " + (
        "price unknown" if usd is None else money_range(usd.low, usd.high)
    )
