"""What a headroom check is said to cost, against what it then asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.data.splits import split
from core.llm.catalogue.limits import CallLimits
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.studies.headroom import check as headroom_study
from core.studies.headroom import price as headroom_price
from core.studies.headroom.check import Check
from core.studies.headroom.price import HeadroomPrice
from core.types import Request, Settings
from tests.core.studies.headroom.toy import ROWS, dull, knowing, mumbling, recorded
from tests.core.tuning.toy import session_of

PAIR = Settings(lightweight="openai:gpt-6-luna", heavyweight="openai:gpt-6.1-sol")


def price(
    settings: Settings = PAIR, check: Check = Check(), prices: Prices | None = None, **limits: CallLimits
) -> HeadroomPrice:
    shared = ModelContext(
        load_profiles(), prices or Prices(), {}, limits={"": limits["all"]} if limits else {}
    )
    return headroom_price.price(settings, split(ROWS.examples, settings.seed), ROWS.labels, shared, check)


@pytest.mark.parametrize(("light", "broken"), [(dull, 0), (mumbling, 40)])
def test_calls_are_those_that_are_made(light, broken: int):
    foreseen = price(check=Check(40))
    found = headroom_study.run(session_of(knowing, light), ROWS, Settings(), Check(40))
    made = found.spend["lightweight"].api
    assert foreseen.lightweight == (80, 120) and made == 80 + broken
    assert foreseen.heavyweight == found.spend["heavyweight"].api == 40


def test_input_is_close_to_what_is_sent():
    sent: list[Request] = []
    headroom_study.run(session_of(knowing, recorded(mumbling, sent)), ROWS, Settings(), Check(40))
    foreseen = price(check=Check(40))
    bytes_sent = sum(len(message.content.encode()) for request in sent for message in request.messages)
    parts = (foreseen.starting, foreseen.repairs, foreseen.examples)
    assert 4 * sum(part.of_all(part.input).low for part in parts) == pytest.approx(bytes_sent, rel=0.1)


def test_money_goes_from_no_repairs_to_all_and_is_a_few_cents_without_the_heavyweight_model():
    foreseen, alone = price(check=Check(60)), price(check=Check(60, ceiling=False))
    assert alone.ceiling is None and 0 < alone.usd.low < alone.usd.high < 0.05
    assert foreseen.usd.low == pytest.approx(
        alone.usd.low + foreseen.ceiling.of_all(foreseen.ceiling.usd).low
    )
    assert alone.usd.high == pytest.approx(
        sum(part.of_all(part.usd).high for part in (alone.starting, alone.repairs, alone.examples))
    )


def test_a_price_that_is_not_known_is_named():
    foreseen = price(replace(PAIR, heavyweight="openai-compatible:mine"))
    assert foreseen.usd is None and foreseen.unpriced == ("openai-compatible:mine",)
    assert (
        price(replace(PAIR, heavyweight="openai-compatible:mine"), Check(40, ceiling=False)).usd is not None
    )


def test_the_offline_pair_is_free_takes_no_time_and_has_no_ceiling():
    foreseen = price(Settings())
    assert foreseen.ceiling is None and foreseen.usd.high == 0 and foreseen.seconds == 0


def test_seconds_follow_the_calls_at_a_time_and_the_limits():
    assert price(check=Check(40)).seconds == pytest.approx(2 * 40 * 1.0 / 16 + 40 * 5.0 / 16)
    assert price(check=Check(40), all=CallLimits(requests_per_minute=20)).seconds == pytest.approx(3 * 120)


def test_no_more_rows_are_priced_than_there_are():
    assert price(check=Check(1_000)).rows == len(
        [row for row in split(ROWS.examples, 0) if row.split != "test"]
    )
