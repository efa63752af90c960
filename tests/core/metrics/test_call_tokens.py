"""What a prompt costs in use, and which one is worth its price."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.call_tokens import (
    LEAST_BULGE,
    Density,
    density,
    examples_in,
    front,
    knee,
    request_bytes,
    tokens,
)
from core.prompts.render import render
from core.similarity.neighbours import neighbours_from_prompt
from core.types import FewShot, Prompt, Shot, Spend

TEXTS = ["The app crashes on start", "Please add dark mode", "Größe ist falsch 🙂"]
SHOTS = tuple(Shot(f"example number {n} about {'crashes' if n % 2 else 'modes'}", "bug") for n in range(6))
PLAIN = Prompt("You sort texts.", "Text: ", " Answer:", "<label>")
ASSUMED = Density(0.25, 0.25, measured=False)


@pytest.mark.parametrize("few_shot", [FewShot(), FewShot("fixed", 6, SHOTS), FewShot("similar", 2, SHOTS)])
def test_the_size_is_that_of_the_requests_that_would_be_sent(few_shot: FewShot):
    prompt = Prompt(
        PLAIN.system_prompt,
        PLAIN.user_prompt_prefix,
        PLAIN.user_prompt_suffix,
        PLAIN.bot_reply_prefix,
        few_shot,
    )
    sent = [
        render(prompt, text, shots)
        for text, shots in zip(TEXTS, neighbours_from_prompt(few_shot, TEXTS), strict=True)
    ]
    wanted = sum(len(message.content.encode()) for messages in sent for message in messages) / len(TEXTS)
    assert request_bytes(prompt, TEXTS) == pytest.approx(wanted)


def test_nothing_is_asked_without_texts():
    assert request_bytes(PLAIN, []) == 0.0


def test_more_texts_than_are_looked_up_still_give_their_average():
    prompt = Prompt("", "", "", "", FewShot("similar", 2, SHOTS))
    assert request_bytes(prompt, TEXTS * 300) == pytest.approx(request_bytes(prompt, TEXTS), rel=0.02)


def test_tokens_per_byte_are_measured_where_calls_were_paid_for():
    rate = density(Spend(api=100, input_tokens=20_000, output_tokens=3_000), 800.0, 60.0, ASSUMED)
    assert rate == Density(0.25, 0.5, measured=True)
    assert tokens(rate, 800.0, 60.0, hidden=375.0).both == pytest.approx(230.0), (
        "reasoning is in what was measured"
    )
    assert tokens(rate, 1_600.0, 60.0).input == pytest.approx(400.0)


@pytest.mark.parametrize(
    "spend",
    [
        Spend(),
        Spend(cached=100),
        Spend(api=9, input_tokens=900, output_tokens=90),
        Spend(api=50, input_tokens=900),
    ],
)
def test_too_few_calls_measure_nothing(spend: Spend):
    assert density(spend, 800.0, 60.0, ASSUMED) is ASSUMED
    assert tokens(ASSUMED, 800.0, 60.0, hidden=375.0).output == pytest.approx(15.0 + 375.0)


@pytest.mark.parametrize(
    ("few_shot", "shown"),
    [
        (FewShot(), 0),
        (FewShot("fixed", 0, SHOTS), 6),
        (FewShot("similar", 4, SHOTS), 4),
        (FewShot("similar", 40, SHOTS), 6),
    ],
)
def test_examples_are_counted_as_they_are_shown(few_shot: FewShot, shown: int):
    assert examples_in(Prompt("", "", "", "", few_shot)) == shown


# ---- front and knee

POINTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=30)


@given(POINTS)
def test_the_front_holds_what_nothing_beats(points: list[tuple[int, int]]):
    edge = front(points)

    def beaten(place: int) -> bool:
        cost, worth = points[place]
        return any((c <= cost and w > worth) or (c < cost and w >= worth) for c, w in points)

    assert {points[place] for place in edge} == {
        points[place] for place in range(len(points)) if not beaten(place)
    }
    assert len({points[place] for place in edge}) == len(edge)
    assert [points[place] for place in edge] == sorted(points[place] for place in edge)


def test_the_knee_is_where_worth_stops_coming_cheap():
    assert knee([(1, 0.20), (2, 0.70), (3, 0.74), (10, 0.80), (9, 0.50)]) == 1
    assert knee([(10, 0.80), (1, 0.20), (2, 0.70)]) == 2


def test_a_straight_front_has_no_knee_nor_has_a_short_one():
    assert knee([(1, 0.1), (2, 0.2), (3, 0.3)]) is None
    assert knee([(1, 0.1), (2, 0.2)]) is None and knee([]) is None
    assert knee([(1, 0.5), (2, 0.4), (3, 0.3)]) is None, "one point is both cheapest and best"
    assert knee([(0, 0.0), (1, 0.1), (10, 1.0)]) is None and knee([(0, 0.0), (5, 0.45), (10, 1.0)]) is None


@given(POINTS, st.floats(0.001, 1000), st.floats(0.001, 1000))
def test_the_knee_is_the_point_farthest_from_the_chord_in_any_units(
    points: list[tuple[int, int]], dollars: float, percent: float
):
    found, edge = knee(points), front(points)
    if found is None:
        return
    (x1, y1), (x2, y2) = points[edge[0]], points[edge[-1]]
    scaled = [((points[place][0] - x1) / (x2 - x1), (points[place][1] - y1) / (y2 - y1)) for place in edge]
    away = {place: (y - x) / math.sqrt(2) for place, (x, y) in zip(edge, scaled, strict=True)}
    assert (
        away[found] == pytest.approx(max(away.values())) and away[found] * math.sqrt(2) >= LEAST_BULGE - 1e-9
    )
    again = knee([(cost * dollars, worth * percent) for cost, worth in points])
    assert again is None or away[again] == pytest.approx(away[found])
