"""What is left of a run's caps once they were changed."""

import pytest

from core.errors import UsageError
from core.jobs.resumed_caps import account_name, total_spend, with_caps_left, with_changed_caps, with_lost
from core.llm.journal.call_journal import LostCalls
from core.types import Settings, Spend

PAID = {"lightweight": Spend(100, 20, 3, 5_000, 500, 0.25), "heavyweight": Spend(2, 0, 0, 3_000, 900, 0.5)}
OLD = Settings("openai:x", "openai:y", max_calls=100, max_heavy_calls=2, budget_usd=1.0)


def test_what_was_typed_takes_its_place_and_what_was_spent_counts():
    new = with_changed_caps(OLD, {"max_calls": 300, "concurrency": 5}, PAID)
    assert (new.max_calls, new.concurrency, new.max_heavy_calls, new.paid_before) == (300, 5, 2, PAID)
    left = with_caps_left(new)
    assert (left.max_calls, left.max_heavy_calls, left.budget_usd) == (200, 0, 0.25)
    assert (
        with_caps_left(with_changed_caps(OLD, {"max_heavy_calls": 9, "max_calls": 500}, PAID)).max_heavy_calls
        == 7
    )


def test_tokens_count_over_both_models():
    new = with_changed_caps(Settings("openai:x", "openai:y", max_tokens=20_000), {"max_calls": 500}, PAID)
    assert with_caps_left(new).max_tokens == 20_000 - 9_400


def test_caps_that_stay_as_they_were_leave_the_run_as_it_was():
    assert with_changed_caps(OLD, {}, PAID) == OLD
    assert with_changed_caps(OLD, {"max_calls": 100, "concurrency": 99}, PAID).paid_before == {}
    assert with_caps_left(OLD) is OLD
    assert account_name("run", OLD) == "run"
    assert total_spend(OLD, PAID) == PAID


def test_changed_again_everything_since_the_beginning_counts():
    first = with_changed_caps(OLD, {"max_calls": 300}, PAID)
    spent = total_spend(first, {"lightweight": Spend(50, 1, 0, 100, 10, 0.125)})
    assert (
        spent["lightweight"] == Spend(150, 21, 3, 5_100, 510, 0.375)
        and spent["heavyweight"] == PAID["heavyweight"]
    )
    second = with_changed_caps(first, {"max_calls": 400}, spent)
    assert with_caps_left(second).max_calls == 250
    assert len({account_name("run", each) for each in (OLD, first, second)}) == 3, (
        "what an earlier leg paid for is a kept reply like any other"
    )
    assert account_name("run", first) == account_name("run", first)


def test_the_number_of_steps_stays_that_of_the_whole():
    assert (
        with_caps_left(
            with_changed_caps(Settings("openai:x", max_heavy_calls=2), {"max_heavy_calls": 9}, PAID)
        ).iterations
        == 9
    )
    assert (
        with_caps_left(
            with_changed_caps(Settings("openai:x", max_calls=120), {"max_calls": 600}, PAID)
        ).iterations
        == 10
    )
    assert (
        with_caps_left(
            with_changed_caps(Settings("openai:x", max_calls=120, iterations=3), {"max_calls": 600}, PAID)
        ).iterations
        == 3
    )


def test_what_an_offline_model_said_is_said_again_and_counted_again():
    settings = Settings("offline:reader", "openai:y", max_calls=100)
    new = with_changed_caps(settings, {"max_calls": 150}, PAID)
    assert new.paid_before == {"heavyweight": PAID["heavyweight"]} and with_caps_left(new).max_calls == 150


@pytest.mark.parametrize("cap", [0, 50, 99, 139])
def test_a_cap_that_leaves_too_little_is_refused_with_what_would_do(cap: int):
    with pytest.raises(UsageError, match="has made 100 lightweight calls: type a cap of at least 140"):
        with_changed_caps(OLD, {"max_calls": cap}, PAID)
    assert with_changed_caps(OLD, {"max_calls": 140}, PAID).max_calls == 140


def test_a_cap_below_what_is_spent_leaves_nothing_and_an_unknown_cost_stays_unknown():
    assert (
        with_caps_left(
            with_changed_caps(OLD, {"budget_usd": 0.5}, PAID | {"lightweight": Spend(10)})
        ).budget_usd
        == 0
    )
    unknown = {"lightweight": Spend(1, cost_usd=None)}
    new = with_changed_caps(OLD, {"max_calls": 300}, unknown)
    assert total_spend(new, {"lightweight": Spend(1)})["lightweight"].cost_usd is None


def test_calls_that_a_kill_cut_off_count_once_towards_new_caps():
    spend = {"lightweight": Spend(20, uncertain=1, cost_usd=0.5)}
    lost = [LostCalls("lightweight", 3, 300, 0.03), LostCalls("heavyweight", 1, 0, 0.0)]
    whole = with_lost(OLD, spend, lost)
    light = whole["lightweight"]
    assert (light.api, light.uncertain, light.input_tokens) == (22, 3, 200), "one of them was counted before"
    assert light.cost_usd == pytest.approx(0.52) and whole["heavyweight"].api == 1
    assert with_lost(OLD, whole, lost) == whole
    settings = with_changed_caps(OLD, {"max_calls": 300}, whole)
    assert with_lost(settings, whole, ()) == whole and with_caps_left(settings).max_calls == 278
