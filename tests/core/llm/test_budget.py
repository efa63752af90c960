from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import CallFailed, CapReached, UsageError
from core.llm.account import Account, Meter
from core.llm.budget import Budget, Caps
from core.llm.catalogue.limits import CallLimits
from core.llm.layers.budgeted import Budgeted, CallCost, Metered
from core.llm.layers.rate_limited import RateLimited
from core.llm.layers.rate_limiter import RateLimiter
from core.llm.layers.retry import Retrying
from core.types import Reply, Request, Spend, Usage
from tests.core.llm.scripted import Flat, Scripted, ask, in_no_time

PRICES = Flat(input=1e-6, output=5e-6)


@dataclass
class Bill:
    """What a provider that charges would charge."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0


class Charging(Scripted):
    """Takes its time, and as many tokens as the request allows at most; some calls fail."""

    def __init__(self, bill: Bill, rng: Random, failures: float = 0.0):
        super().__init__()
        self.bill, self.rng, self.failures = bill, rng, failures

    async def reply(self, request: Request) -> Reply:
        self.bill.calls += 1
        await asyncio.sleep(self.rng.random())
        if self.rng.random() < self.failures:
            raise CallFailed("failed", transient=True)
        usage = Usage(
            self.rng.randint(1, len(request.messages[-1].content)), self.rng.randint(0, request.max_tokens)
        )
        self.bill.tokens += usage.input + usage.output
        self.bill.usd += PRICES.cost("", usage)
        return Reply("x", usage=usage)


def spend_all(
    caps: Caps, *, concurrency: int, seed: int = 0, failures: float = 0.0, requests: int = 300
) -> tuple[Bill, Budget, list]:
    bill, budget, rng = Bill(), Budget(caps), Random(seed)
    paid = Budgeted(
        Charging(bill, rng, failures), Account("run", budget), "lightweight", CallCost("test:model", PRICES)
    )
    model = Retrying(RateLimited(paid, RateLimiter(CallLimits())), CallLimits(), Random(seed))
    todo, results = iter(range(requests)), []

    async def work():
        for number in todo:
            try:
                results.append(
                    (
                        number,
                        await model.reply(ask(f"text {number} " + "x" * rng.randint(0, 50), max_tokens=100)),
                    )
                )
            except CapReached as refusal:
                results.append((number, refusal))
                return

    async def run():
        await asyncio.gather(*(work() for _ in range(concurrency)))

    in_no_time(run())
    return bill, budget, results


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    concurrency=st.integers(1, 60),
    failures=st.sampled_from([0.0, 0.3]),
    calls=st.none() | st.integers(0, 200),
    tokens=st.none() | st.integers(0, 20_000),
    usd=st.none() | st.floats(0.0, 0.05),
)
def test_no_cap_is_ever_passed_whatever_the_order_of_replies(seed, concurrency, failures, calls, tokens, usd):
    bill, budget, _ = spend_all(
        Caps({"lightweight": calls}, usd, tokens), concurrency=concurrency, seed=seed, failures=failures
    )
    assert calls is None or bill.calls <= calls
    assert tokens is None or bill.tokens <= tokens
    assert usd is None or bill.usd <= usd
    assert calls is None or budget.remaining_calls("lightweight") == calls - bill.calls


@pytest.mark.parametrize("concurrency", [1, 7, 50, 200])
def test_a_cap_of_a_hundred_calls_makes_a_hundred_calls(concurrency):
    bill, _, results = spend_all(Caps({"lightweight": 100}), concurrency=concurrency)
    assert bill.calls == 100
    assert "cap of 100 lightweight calls" in str(
        next(result for _, result in results if isinstance(result, CapReached))
    )


def test_a_retry_is_a_call_too():
    bill, _, results = spend_all(Caps({"lightweight": 100}), concurrency=20, failures=0.3)
    assert bill.calls == 100
    assert 50 < sum(isinstance(result, Reply) for _, result in results) < 90


def test_the_money_is_used_up_but_for_less_than_one_call():
    bill, _, _ = spend_all(Caps(usd=0.02), concurrency=50)
    dearest = PRICES.ceiling("", 200, 100)
    assert 0.02 - dearest < bill.usd <= 0.02, "calls under way are waited for, not counted at their worst"


@pytest.mark.parametrize("caps", [Caps(usd=0.02), Caps(tokens=6_000), Caps({"lightweight": 77})])
def test_where_a_run_stops_does_not_depend_on_the_concurrency(caps):
    """Costs are those of the request alone here, so the run must get equally far."""

    def served(concurrency: int) -> list[int]:
        budget = Budget(caps)
        model = Scripted(
            always=lambda request: Reply("x", usage=Usage(50, 10 + len(request.messages[-1].content) % 7)),
            latency=1.0,
        )
        paid = Budgeted(model, Account("run", budget), "lightweight", CallCost("test:model", PRICES))
        done, todo = [], iter(range(400))

        async def work():
            for number in todo:
                try:
                    await paid.reply(ask("x" * (number % 13), max_tokens=100))
                except CapReached:
                    return
                done.append(number)

        async def run():
            await asyncio.gather(*(work() for _ in range(concurrency)))

        in_no_time(run())
        return sorted(done)

    assert served(1) == served(5) == served(50)
    assert 10 < len(served(1)) < 390


def test_caps_are_over_all_roles_and_calls_are_by_role():
    budget = Budget(Caps({"lightweight": 1, "heavyweight": None}, tokens=10))

    async def run():
        budget.settle(await budget.reserve("heavyweight", 5, 0.0), 5, 0.0)
        budget.settle(await budget.reserve("lightweight", 4, 0.0), 4, 0.0)
        with pytest.raises(CapReached, match="1 lightweight calls"):
            await budget.reserve("lightweight", 0, 0.0)
        with pytest.raises(CapReached, match="cap of 10 tokens"):
            await budget.reserve("heavyweight", 2, 0.0)

    in_no_time(run())
    assert budget.remaining_calls("heavyweight") is None and budget.remaining_calls("lightweight") == 0


def test_the_message_of_a_money_cap_says_what_was_spent():
    budget = Budget(Caps(usd=0.05))

    async def run():
        budget.settle(await budget.reserve("lightweight", 0, 0.04), 0, 0.04)
        with pytest.raises(
            CapReached, match=r"cap of \$0.05 \(spent: \$0.0400, this call: up to \$0.0200\): raise the cap"
        ):
            await budget.reserve("lightweight", 0, 0.02)

    in_no_time(run())


def test_a_waiter_that_is_cancelled_holds_nothing():
    budget = Budget(Caps(tokens=10))

    async def run():
        first = await budget.reserve("lightweight", 8, 0.0)
        waiters = [asyncio.create_task(budget.reserve("lightweight", 8, 0.0)) for _ in range(3)]
        await asyncio.sleep(1)
        waiters[0].cancel()
        budget.settle(first, 1, 0.0)
        waiters[1].cancel()  # just after its hold was given
        results = await asyncio.gather(*waiters, return_exceptions=True)
        return results[2]

    assert in_no_time(run()).tokens == 8


def test_a_call_that_was_cut_off_counts_at_its_most():
    budget, meter = Budget(Caps(usd=1.0)), Meter()
    cut_off = Scripted([CallFailed("cut off", transient=True, lost=True)])
    model = Budgeted(cut_off, Account("run", budget, meter), "lightweight", CallCost("m", Flat(0.0, 0.01)))

    async def run():
        with pytest.raises(CallFailed):
            await model.reply(ask(max_tokens=60))
        with pytest.raises(CapReached):
            await model.reply(ask(max_tokens=60))

    in_no_time(run())


def test_a_call_that_the_provider_refused_costs_nothing_but_counts():
    budget, meter = Budget(Caps({"lightweight": 2}, usd=1.0)), Meter()
    busy = Scripted([CallFailed("busy (503)", transient=True)])
    model = Budgeted(busy, Account("run", budget, meter), "lightweight", CallCost("m", Flat(0.0, 0.01)))

    async def run():
        with pytest.raises(CallFailed):
            await model.reply(ask(max_tokens=60))
        return await model.reply(ask(max_tokens=60))

    assert in_no_time(run()).cost_usd == pytest.approx(0.2)
    assert budget.remaining_calls("lightweight") == 0
    assert meter.spend("lightweight") == Spend(api=1), "the reply is counted where it comes out"


def test_a_call_that_never_left_does_not_count():
    budget, meter = Budget(Caps({"lightweight": 1})), Meter()
    model = Budgeted(
        Scripted([CallFailed("nobody listens", transient=True, unreached=True)]),
        Account("run", budget, meter),
        "lightweight",
        CallCost("m", Flat()),
    )

    async def run():
        with pytest.raises(CallFailed):
            await model.reply(ask())

    in_no_time(run())
    assert budget.remaining_calls("lightweight") == 1 and meter.spends() == {}


def test_a_cancelled_call_stays_counted():
    budget, meter = Budget(Caps({"lightweight": 5}, tokens=10_000)), Meter()
    model = Budgeted(
        Scripted(latency=100.0), Account("run", budget, meter), "lightweight", CallCost("m", Flat())
    )

    async def run():
        task = asyncio.create_task(model.reply(ask()))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    in_no_time(run())
    assert budget.remaining_calls("lightweight") == 4 and meter.spend("lightweight").api == 1


def test_the_tokens_of_an_empty_reply_are_counted():
    meter = Meter()
    model = Budgeted(
        Scripted([Reply("", usage=Usage(50, 5))]),
        Account("run", meter=meter),
        "lightweight",
        CallCost("m", Flat(0.01, 0.1)),
    )
    in_no_time(model.reply(ask()))
    assert meter.spend("lightweight") == Spend(api=1, input_tokens=50, output_tokens=5, cost_usd=1.0)


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        (Usage(estimated=True), Usage(0, 20, estimated=True)),
        (Usage(7, estimated=True), Usage(7, 20, estimated=True)),
        (Usage(0, 3, estimated=True), Usage(0, 3, estimated=True)),
    ],
)
def test_tokens_that_the_provider_does_not_say_are_those_reserved(said, counted):
    account = Account("run", Budget(Caps(tokens=10_000, usd=10.0)))
    call_cost = CallCost("m", Flat(0.001, 0.01))
    request = ask(max_tokens=20)
    reserved = call_cost.tokens(request)[0]
    model = Budgeted(Scripted([Reply("x", usage=said)]), account, "lightweight", call_cost)
    reply = in_no_time(Metered(model, account.meter, "lightweight").reply(request))
    whole = replace(counted, input=counted.input or reserved)
    spend = account.meter.spend("lightweight")
    assert reply.usage == whole
    assert (spend.input_tokens, spend.output_tokens, spend.estimated) == (whole.input, whole.output, 1)
    assert reply.cost_usd == pytest.approx(whole.input * 0.001 + whole.output * 0.01)
    assert account.budget._used.usd == pytest.approx(reply.cost_usd), "the cap acts on it"
    assert call_cost.tokens(request)[0] == reserved, "nothing is learnt from a guess"


def test_what_was_paid_before_an_interruption_is_counted_once():
    budget = Budget(Caps({"lightweight": 3}, usd=1.0))
    budget.already("lightweight", Usage(10, 10), 0.9)
    assert budget.remaining_calls("lightweight") == 2

    async def run():
        with pytest.raises(CapReached, match=r"0\.9000"):
            await budget.reserve("lightweight", 0, 0.2)

    in_no_time(run())


def test_a_money_cap_without_a_price_says_what_to_do():
    with pytest.raises(UsageError, match=r"price of test:model is unknown.*models\.toml"):
        CallCost("test:model", Flat(None, None)).ceiling(ask())


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_a_request_is_never_taken_for_shorter_than_its_bytes(text):
    tokens, output = CallCost("m", Flat(), lambda asked: asked + 7).tokens(ask(text, max_tokens=3))
    assert tokens >= len(text.encode("utf-8", "surrogatepass")) and output == 10


@pytest.mark.parametrize("concurrency", [1, 50])
def test_a_provider_that_counts_more_tokens_than_there_are_bytes_does_not_pass_the_cap(concurrency):
    model = Scripted(always=Reply("x", usage=Usage(900, 150)), latency=1.0)
    paid = Budgeted(
        model, Account("run", Budget(Caps(usd=0.05))), "lightweight", CallCost("test:model", PRICES)
    )
    limited, todo = RateLimited(paid, RateLimiter(CallLimits())), iter(range(300))

    async def work():
        for number in todo:
            try:
                await limited.reply(ask("x" * (number % 60), max_tokens=100))
            except CapReached:
                return

    async def run():
        await asyncio.gather(*(work() for _ in range(concurrency)))

    in_no_time(run())
    assert 20 <= len(model.seen) and len(model.seen) * PRICES.cost("", Usage(900, 150)) <= 0.05
