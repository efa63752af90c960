"""What a run has used of its caps, and what it has to go: exact where it can be, "not known yet" where it
cannot."""

from __future__ import annotations

import pytest

from core.costs.cap_usage import Finished, to_go, used_of_caps
from core.types import Settings, Spend


def spent(light: int, heavy: int = 0, usd: float | None = 0.0, cached: int = 0) -> dict[str, Spend]:
    """100 tokens and 1 cent a lightweight call unless a price is given; 1,000 tokens a heavyweight one."""
    return {
        "lightweight": Spend(light, cached, 0, 80 * light, 20 * light, usd),
        "heavyweight": Spend(heavy, 0, 0, 800 * heavy, 200 * heavy, usd),
    }


def steps(*totals: tuple[int, int], every: float = 10.0) -> list[Finished]:
    return [Finished(spent(*total), 1_000.0 + every * place) for place, total in enumerate(totals)]


EIGHT = Settings(iterations=8)


def test_every_cap_that_is_set_is_told_with_what_is_used_of_it():
    capped = Settings(max_calls=200, max_heavy_calls=4, budget_usd=0.5, max_tokens=20_000)
    found = {
        each.what: (each.used, each.cap, each.share) for each in used_of_caps(capped, spent(100, 2, 0.2))
    }
    assert found == {
        "lightweight calls": (100, 200, 0.5),
        "heavyweight calls": (2, 4, 0.5),
        "tokens": (12_000, 20_000, 0.6),
        "dollars": (0.4, 0.5, 0.8),
    }
    assert used_of_caps(Settings(), spent(100)) == ()
    assert used_of_caps(Settings(max_heavy_calls=0), {})[0].share == 1.0


@pytest.mark.parametrize(
    "finished",
    [[], steps((50, 0)), steps((50, 0), (50, 0), (50, 0))],
    ids=["none", "baseline", "all from cache"],
)
def test_before_a_step_has_cost_anything_nothing_is_known(finished):
    assert to_go(EIGHT, finished, spent(50), 100) is None


def test_the_steps_to_come_take_what_the_steps_so_far_took_on_the_mean():
    left = to_go(EIGHT, steps((50, 0), (150, 1), (350, 2)), spent(350, 2), reserved=100)
    assert left.steps == 6
    assert (left.roles["lightweight"].calls, left.roles["heavyweight"].calls) == (6 * 150 + 100, 6)
    assert left.roles["lightweight"].tokens == 100 * 1_000 and left.roles["heavyweight"].tokens == 6_000


def test_what_the_step_under_way_has_taken_already_is_not_to_go_any_more():
    whole = to_go(EIGHT, steps((50, 0), (150, 1)), spent(150, 1), 0)
    half_way = to_go(EIGHT, steps((50, 0), (150, 1)), spent(200, 2), 0)
    assert whole.roles["lightweight"].calls - half_way.roles["lightweight"].calls == 50
    assert whole.roles["heavyweight"].calls - half_way.roles["heavyweight"].calls == 1


def test_after_the_last_step_only_the_last_reading_is_left():
    done = steps((50, 0), (150, 1), (250, 2))
    left = to_go(Settings(iterations=2), done, spent(310, 2), reserved=100)
    assert (left.steps, left.roles["lightweight"].calls, left.roles["heavyweight"].calls) == (0, 40, 0)
    assert to_go(Settings(iterations=2), done, spent(500, 2), reserved=100).roles["lightweight"].calls == 0


def test_no_more_is_to_go_than_the_caps_allow():
    capped = Settings(iterations=8, max_calls=400, max_heavy_calls=3)
    left = to_go(capped, steps((50, 0), (150, 1)), spent(150, 1), 100)
    assert (left.roles["lightweight"].calls, left.roles["heavyweight"].calls) == (250, 2)


@pytest.mark.parametrize(
    "capped",
    [Settings(iterations=8, budget_usd=0.5), Settings(iterations=8, max_tokens=32_000)],
    ids=["usd", "tokens"],
)
def test_a_cap_on_money_or_tokens_bounds_both_roles_together(capped):
    left = to_go(
        capped, [Finished(spent(50, 0, 0.05), 0), Finished(spent(150, 1, 0.15), 10)], spent(150, 1, 0.15), 0
    )
    money, tokens = (sum(getattr(each, what) for each in left.roles.values()) for what in ("usd", "tokens"))
    assert (
        money == pytest.approx(0.5 - 0.3)
        if capped.budget_usd
        else tokens == pytest.approx(32_000 - 16_000, abs=2)
    )


def test_money_is_unknown_where_a_price_is():
    left = to_go(EIGHT, steps((50, 0), (150, 1)), spent(150, 1, None), 0)
    assert left.roles["lightweight"].usd is None and left.roles["lightweight"].calls == 700


def test_steps_that_came_from_the_cache_do_not_make_the_pace_slower():
    left = to_go(EIGHT, steps((50, 0), (50, 0), (150, 1)), spent(150, 1), 0)
    assert left.roles["lightweight"].calls == 6 * 100


def test_what_a_resumed_run_had_paid_before_its_caps_were_changed_is_no_pace():
    resumed = Settings(iterations=8, paid_before=spent(500, 5))
    left = to_go(resumed, steps((50, 0), (150, 1)), spent(650, 6), 0)
    assert left.roles["lightweight"].calls == 700 and left.roles["heavyweight"].calls == 7


def test_time_is_by_the_middle_step_so_that_a_pause_is_no_work():
    done = [Finished(spent(50 + 100 * n, n), saved) for n, saved in enumerate((0, 10, 20, 5_020, 5_030))]
    left = to_go(EIGHT, done, spent(450, 4), reserved=0)
    assert left.seconds == 4 * 10
    assert to_go(EIGHT, done, spent(450, 4), reserved=50).seconds == 4 * 10 + 5
    assert to_go(EIGHT, done, spent(450, 4), reserved=0, waited=15).seconds == 25
    assert to_go(EIGHT, done, spent(450, 4), reserved=0, waited=500).seconds == 0


def test_steps_stored_at_one_moment_tell_no_time():
    assert to_go(EIGHT, steps((50, 0), (150, 1), every=0), spent(150, 1), 0).seconds is None
