"""One account, one rate and one pause for all workers, whatever becomes of one of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.distributed.permits import ELSEWHERE, Demand, Permits, Settled
from core.llm.budget import Caps
from core.llm.catalogue.limits import CallLimits
from core.types import Spend

CALL = (0, 0.0)
USED = Settled(0, 0.0, (10, 0.0))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def permits(calls: int | None = None, usd: float | None = None, **limits: float) -> tuple[Permits, Clock]:
    clock = Clock()
    made = Permits(Caps({"lightweight": calls}, usd), CallLimits(**limits), clock)
    for block in (1, 2):
        assert made.begin(block, f"w{block}") == ""
    return made, clock


def test_the_cap_on_calls_holds_for_all_together():
    office, _ = permits(calls=5)
    assert office.exchange(Demand("w1", (CALL,) * 3)).granted == 3
    more = office.exchange(Demand("w2", (CALL,) * 4))
    assert (more.granted, more.refusal) == (2, ""), "one under way may yet turn out not to be a call"
    assert office.exchange(Demand("w1", settled=(Settled(0, 0.0, None),))).granted == 0
    assert office.exchange(Demand("w2", (CALL,) * 2, (USED,) * 2)).granted == 1
    last = office.exchange(Demand("w2", (CALL,), (USED,)))
    assert last.granted == 0 and not last.refusal
    office.exchange(Demand("w1", settled=(USED,) * 2))
    assert "cap of 5 lightweight calls is reached" in office.exchange(Demand("w2", (CALL,))).refusal


def test_a_killed_worker_keeps_nothing_waiting_and_what_it_had_under_way_counts():
    office, _ = permits(calls=4, usd=1.0)
    held = (0, 0.2)
    assert office.exchange(Demand("w1", (held,) * 3)).granted == 3
    office.exchange(Demand("w1", settled=(Settled(0, 0.2, (10, 0.05)),)))
    assert office.exchange(Demand("w2", (held,) * 2)).granted == 1
    office.exchange(Demand("w2", settled=(Settled(0, 0.2, (10, 0.05)),)))
    assert office.exchange(Demand("w2", (held,))).refusal == "", "waits for the killed one's calls"
    assert office.begin(1, "again") == ""
    assert "cap of 4" in office.exchange(Demand("w2", (held,))).refusal
    state = office.state()
    assert (state.killed, state.repeated, state.running) == (1, 3, 2)
    assert state.spend == Spend(3, input_tokens=10, cost_usd=pytest.approx(0.05), uncertain=2)
    assert office.exchange(Demand("w1", (held,))).stop == ELSEWHERE, "it was not dead after all"
    office.end("w1", Spend(99))
    assert office.state().spend.api == 3


def test_requests_and_tokens_a_minute_are_those_of_the_cluster():
    office, clock = permits(requests_per_minute=60)
    first = office.exchange(Demand("w1", turns=(1, 1))).turns
    second = office.exchange(Demand("w2", turns=(1, 1))).turns
    assert [*first, *second] == pytest.approx([0.0, 0.9, 1.9, 2.9])
    clock.now += 10
    office, clock = permits(tokens_per_minute=600)
    office.exchange(Demand("w1", turns=(100,)))
    assert office.exchange(Demand("w2", turns=(1,))).turns == pytest.approx([9.9])
    office.exchange(Demand("w1", excess=-50))
    assert office.exchange(Demand("w2", turns=(1,))).turns == pytest.approx([5.0])


def test_a_pause_is_for_everybody():
    office, clock = permits()
    office.exchange(Demand("w1", pause=5.0))
    assert office.exchange(Demand("w2")).closed == 5.0
    clock.now += 3
    office.exchange(Demand("w1", pause=1.0))
    assert office.exchange(Demand("w2")).closed == 2.0
    clock.now += 3
    assert office.exchange(Demand("w2")).closed == 0.0


def test_a_stop_reaches_who_works_and_who_would_begin():
    office, _ = permits()
    office.stop("Enough.", refused=True)
    office.stop("Something else.")
    assert office.exchange(Demand("w1", (CALL,))).stop == "Enough." == office.begin(3, "w3")
    office.end("w1", Spend(7, cost_usd=0.5))
    assert (office.state().stopped, office.state().refused, office.state().running) == ("Enough.", True, 1)
    office.close()
    assert office.state().spend == Spend(7, cost_usd=0.5)


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["ask", "use", "back", "kill"])), max_size=60))
def test_no_order_of_events_passes_a_cap(events: list[tuple[int, str]]):
    office = Permits(Caps({"lightweight": 6}, 1.0), CallLimits(), Clock())
    flying, made, usd = {1: 0, 2: 0, 3: 0}, 0, 0.0
    for worker in flying:
        office.begin(worker, f"{worker} 0")
    lives = dict.fromkeys(flying, 0)
    for worker, event in events:
        name = f"{worker} {lives[worker]}"
        if event == "ask":
            flying[worker] += office.exchange(Demand(name, ((0, 0.15),) * 2)).granted
        elif event == "kill":
            made, usd = made + flying[worker], usd + 0.15 * flying[worker]
            flying[worker], lives[worker] = 0, lives[worker] + 1
            office.begin(worker, f"{worker} {lives[worker]}")
        elif flying[worker]:
            flying[worker] -= 1
            office.exchange(Demand(name, settled=(Settled(0, 0.15, (1, 0.1) if event == "use" else None),)))
            made, usd = made + (event == "use"), usd + 0.1 * (event == "use")
        assert made + sum(flying.values()) <= 6
        assert usd + 0.15 * sum(flying.values()) <= 1.0 + 1e-9
