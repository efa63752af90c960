"""The headroom check under caps and over the cache, with the real layers around the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from core.errors import ModelRefused
from core.llm.account import account_for
from core.llm.call_loop import CallLoop
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.layers.cached import MemoryCache
from core.llm.open_model import open_model
from core.studies.headroom import check as headroom_study
from core.studies.headroom.advice import Kind, Worth
from core.studies.headroom.check import Check
from core.tuning.session import Session
from core.tuning.tune import tune
from core.types import Reply, Request, Settings, Usage
from tests.core.studies.headroom.toy import ROWS, by_kind, dull, knowing, mumbling
from tests.core.tuning.toy import Said


@pytest.fixture
def calls() -> Iterator[CallLoop]:
    loop = CallLoop()
    yield loop
    loop.close()


class Plain:
    """A bare model that answers as told and counts."""

    def __init__(self, name: str, answer: Callable[[Request], Said]):
        self.name, self.answer, self.seen = name, answer, []

    def exact(self, request: Request) -> dict[str, object]:
        return {"model": self.name, "messages": [[each.role, each.content] for each in request.messages]}

    async def reply(self, request: Request) -> Reply:
        self.seen.append(request)
        said = self.answer(request)
        if isinstance(said, BaseException):
            raise said
        return Reply(said, usage=Usage(400, 100))


def real_crew(calls: CallLoop, settings: Settings, light: Plain, heavy: Plain, cache: MemoryCache) -> Session:
    """The layers of core/models around two bare models."""
    prices = Prices({model.name: {"input": 1.0, "output": 1.0} for model in (light, heavy)})
    shared = ModelContext(load_profiles(), prices, {}, cache)
    shared._connected.update({(light.name, "lightweight"): light, (heavy.name, "heavyweight"): heavy})
    account = account_for(settings)
    models = (
        open_model(light.name, "lightweight", account, shared),
        open_model(heavy.name, "heavyweight", account, shared),
    )
    return Session(*models, calls.ask_all, account, settings.concurrency)


PAIR = Settings(lightweight="openai-compatible:light", heavyweight="openai-compatible:heavy")


def pair(light=dull, heavy=knowing) -> tuple[Plain, Plain]:
    return Plain(PAIR.lightweight, light), Plain(PAIR.heavyweight, heavy)


def test_five_calls_are_five_calls_and_what_they_brought_is_kept(calls: CallLoop):
    settings, (light, heavy) = replace(PAIR, max_calls=5), pair()
    found = headroom_study.run(
        real_crew(calls, settings, light, heavy, MemoryCache()), ROWS, settings, Check(60)
    )
    assert len(light.seen) == 5 == by_kind(found)[Kind.STARTING].evaluation.metrics.n
    assert len(heavy.seen) == 5, "nothing is asked about rows that compare with nothing"
    assert (
        by_kind(found)[Kind.EXAMPLES].evaluation is None
        and "cap of 5" in by_kind(found)[Kind.EXAMPLES].left_out
    )
    assert "cap of 5 lightweight calls" in found.stopped
    assert found.advice.worth is Worth.UNKNOWN and "5 rows" in found.advice.sentence
    assert found.spend["lightweight"].api == 5


def test_a_cap_on_heavyweight_calls_shortens_the_ceiling_alone(calls: CallLoop):
    settings, (light, heavy) = replace(PAIR, max_heavy_calls=8), pair()
    found = headroom_study.run(
        real_crew(calls, settings, light, heavy, MemoryCache()), ROWS, settings, Check(40)
    )
    assert len(heavy.seen) == 8 == by_kind(found)[Kind.CEILING].evaluation.metrics.n
    assert by_kind(found)[Kind.EXAMPLES].evaluation.metrics.n == 40


def test_no_more_is_spent_than_the_budget(calls: CallLoop):
    settings, (light, heavy) = replace(PAIR, budget_usd=0.03), pair()
    found = headroom_study.run(
        real_crew(calls, settings, light, heavy, MemoryCache()), ROWS, settings, Check(60)
    )
    assert "$0.03" in found.stopped
    assert sum(each.cost_usd for each in found.spend.values()) <= 0.03


def test_a_second_check_pays_nothing_and_says_the_same(calls: CallLoop):
    cache, (light, heavy) = MemoryCache(), pair(light=mumbling)
    first = headroom_study.run(real_crew(calls, PAIR, light, heavy, cache), ROWS, PAIR, Check(40))
    paid = len(light.seen), len(heavy.seen)
    second = headroom_study.run(real_crew(calls, PAIR, light, heavy, cache), ROWS, PAIR, Check(40))
    assert (len(light.seen), len(heavy.seen)) == paid == (120, 40)
    assert second.advice == first.advice and second.spend["lightweight"].api == 0


def test_a_heavyweight_model_that_refuses_costs_its_own_line_only(calls: CallLoop):
    light, heavy = pair(heavy=lambda request: ModelRefused("No such model: choose another one."))
    found = headroom_study.run(real_crew(calls, PAIR, light, heavy, MemoryCache()), ROWS, PAIR, Check(40))
    assert by_kind(found)[Kind.CEILING].left_out == "No such model: choose another one."
    assert by_kind(found)[Kind.EXAMPLES].evaluation.metrics.n == 40


def test_a_lightweight_model_that_refuses_is_an_error(calls: CallLoop):
    light, heavy = pair(light=lambda request: ModelRefused("The key is wrong: correct it."))
    with pytest.raises(ModelRefused, match="The key is wrong"):
        headroom_study.run(real_crew(calls, PAIR, light, heavy, MemoryCache()), ROWS, PAIR, Check(40))


def test_a_run_that_follows_finds_the_readings_of_its_baseline(calls: CallLoop):
    cache, (light, heavy) = MemoryCache(), pair(heavy=lambda request: "I see nothing more.")
    headroom_study.run(real_crew(calls, PAIR, light, heavy, cache), ROWS, PAIR, Check(40, ceiling=False))
    asked = {str(light.exact(request)) for request in light.seen}
    light.seen.clear()
    steps = tune(ROWS, real_crew(calls, PAIR, light, heavy, cache), PAIR)
    next(steps)
    steps.close()
    assert len(asked) == 80 and not [request for request in light.seen if str(light.exact(request)) in asked]
