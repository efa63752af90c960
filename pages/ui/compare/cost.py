"""What each prompt costs in use, beside its accuracy: in dollars where every price is known and one is paid,
else in tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from core.costs.prompt_costs import CALLS, PromptCost, price_of
from core.llm.connections import ModelContext
from core.metrics.call_tokens import front, knee
from core.services.compare.basis import rows_read, serving
from core.studies.neighbour_trial import point_of
from pages.ui.charts import FIGURE
from pages.ui.compare.charts import Point, cost_in_words, serving_chart, worth_using
from pages.ui.compare.choice import Beside, step_key
from pages.ui.compare.neighbours import tried_of
from pages.ui.keys import shared
from pages.ui.shell import workspace
from pages.ui.wording import count, escape_md, percent, points

CHART = "serving"


@dataclass(frozen=True, slots=True)
class Costs:
    """`unit` is "$" or "tokens"; `why` says why it is not money, "" where it is."""

    points: tuple[Point, ...]
    unit: str
    why: str

    def of(self, beside: Beside) -> str:
        """What the chosen step of the run costs in use, in words."""
        matching = [
            point
            for point in self.points
            if point.beside.index == beside.index and point.served.step == beside.side.step
        ]
        return (
            cost_in_words(matching[0].cost, self.unit)
            if matching
            else "Cost in use not known: this step was not measured."
        )


@st.cache_resource(max_entries=24, show_spinner="Weighing accuracy against cost …")
def _served(run_id: str, stamp: tuple, _shared: ModelContext) -> tuple[PromptCost, ...]:
    """`stamp` changes when the run has another step or has ended."""
    return serving(workspace().store, run_id, _shared)


def costs_of(runs: Sequence[Beside], stamps: dict[str, tuple]) -> Costs:
    """Raises UsageError where the user's file of prices is wrong."""
    now = shared()
    served = [
        (run, each)
        for run in runs
        for each in _of_run(run, _served(run.record.id, stamps[run.record.id], now))
    ]
    prices = [price_of(each.tokens, run.record.settings.lightweight, now.prices) for run, each in served]
    unknown = list(
        dict.fromkeys(
            run.record.settings.lightweight
            for (run, _), price in zip(served, prices, strict=True)
            if price is None
        )
    )
    if unknown:
        why = f"The price of {', '.join(unknown)} is not known, so this is tokens, not money: type it under Settings."
    else:
        why = "" if any(prices) else "These models cost nothing, so this is tokens, not money."
    amounts = [CALLS * each.tokens.both for _, each in served] if why else prices
    made = tuple(Point(run, each, amount) for (run, each), amount in zip(served, amounts, strict=True))
    return Costs(made, "tokens" if why else "$", why)


def _of_run(run: Beside, measured: tuple[PromptCost, ...]) -> tuple[PromptCost, ...]:
    """Its steps, and the chosen step with as many neighbours as were tried."""
    base, plain = (
        next((each for each in measured if each.step == run.side.step), None),
        run.side.readings.get("validation"),
    )
    if base is None or plain is None:
        return measured
    texts = [row.text for row in rows_read(run.side)]
    return *measured, *(point_of(tried, base, (run.side.prompt, plain), texts) for tried in tried_of(run))


def show_costs(costs: Costs, counted: str) -> None:
    """The chart: a click on a mark shows that step in the cards. The knee in words."""
    if not costs.points:
        st.caption("No prompt has been measured yet.")
        return
    st.plotly_chart(
        serving_chart(costs.points, costs.unit, counted),
        config=FIGURE,
        key=CHART,
        on_select=_choose,
        selection_mode="points",
        alt=f"Validation {counted} of every measured prompt against its cost per 1,000 classifications. "
        + knee_in_words(costs),
    )
    st.caption(
        escape_md(
            " ".join(
                part for part in (knee_in_words(costs), costs.why, _method(costs), _uneven(costs)) if part
            )
        )
    )


def knee_in_words(costs: Costs) -> str:
    """Best value: Rewrite, step 3, 69.2 % at $0.12 …; the best one, …, is 1.1 points better at 2.3 times the
    cost."""
    kept = worth_using(costs.points)
    worths = [point.worth for point in kept]
    bend = knee(worths)
    edge = [kept[index] for index in front(worths)]
    best = edge[-1]
    if bend is None:
        only = (
            "is both cheapest and best" if len(edge) == 1 else "is the best; no prompt in between stands out"
        )
        return f"{_named(best)}, {percent(best.served.accuracy)} at {cost_in_words(best.cost, costs.unit)}, {only}."
    bent = kept[bend]
    more, times = (
        points(bent.served.accuracy, best.served.accuracy),
        best.cost / bent.cost if bent.cost else 0.0,
    )
    text = f"Best value: {_named(bent)}, {percent(bent.served.accuracy)} at {cost_in_words(bent.cost, costs.unit)}"
    text += f"; the most accurate, {_named(best)}, gives {more}"
    return text + (f" for {times:.1f} times the cost." if times else ".")


def _named(point: Point) -> str:
    more = f" with {count(point.served.examples, 'example')}" if point.served.examples else ""
    return f"{point.beside.letter} step {point.served.step}{more}"


def _method(costs: Costs) -> str:
    unmeasured = list(
        dict.fromkeys(point.beside.letter for point in costs.points if not point.served.measured)
    )
    how = "Lengths of prompt, text and reply, at the tokens per byte that the run's own calls took"
    return how + (f" ({', '.join(unmeasured)}: four bytes a token assumed)." if unmeasured else ".")


def _uneven(costs: Costs) -> str:
    """Under a cap on calls a run measures on fewer rows."""
    sizes = sorted({point.served.n for point in costs.points})
    few = len(sizes) > 1 and sizes[-1] >= 1.2 * sizes[0]
    return (
        f"Accuracies are of {sizes[0]:,} to {sizes[-1]:,} rows: the fewer, the more luck is in them."
        if few
        else ""
    )


def _choose() -> None:
    for point in st.session_state[CHART].selection.points:
        data = point.get("customdata")
        if data:
            st.session_state[step_key(data[0])] = int(data[1])
