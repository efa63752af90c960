"""What a run has taken and has to go, as it stands on the page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from core.costs.cap_usage import Left, ToGo
from core.store.records import RunRecord, RunStatus
from core.types import Progress, Settings, Spend
from pages.ui.runs.spend import UNKNOWN, spend_html

SPEND = {
    "lightweight": Spend(1_068, 29, 2, 170_541, 22_156, 0.12),
    "heavyweight": Spend(3, 0, 0, 12_345, 2_345, None),
}
RUN = RunRecord(
    id="r",
    dataset_id="d",
    dataset_name="D",
    dataset_version=1,
    name="Run 1",
    status=RunStatus.RUNNING,
    stop_reason="",
    error="",
    stop_requested=False,
    settings=Settings(),
    progress=Progress("Reading"),
    spend=SPEND,
    created=0.0,
    started=0.0,
    finished=None,
    seconds=125.0,
    steps=3,
    baseline_accuracy=None,
    best_accuracy=None,
)
LEFT = ToGo(5, {"lightweight": Left(900, 150_000, 0.1), "heavyweight": Left(5, 20_000, None)}, 61.0)


def lines(html: str) -> list[list[str]]:
    """The cells of the table, line by line."""
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]


def test_each_role_has_its_calls_tokens_money_and_what_is_to_go():
    head, light, heavy, time = lines(spend_html(RUN, LEFT))
    assert head == ["", "Calls", "Cached", "Failed", "Tokens in", "Tokens out", "Cost", "To go"]
    assert light == ["Lightweight", "1,068", "29", "2", "170,541", "22,156", "$0.1200", "about 900 · $0.1000"]
    assert heavy == ["Heavyweight", "3", "0", "0", "12,345", "2,345", "price unknown", "about 5"]
    assert (time[0], time[-2:]) == ("Time", ["2 min 5 s", "about 1 min 1 s"])


def test_what_is_not_known_yet_is_said_to_be_so():
    assert [line[-1] for line in lines(spend_html(RUN, None))[1:]] == [UNKNOWN] * 3


def test_money_that_is_a_guess_is_said_to_be_one():
    spend = {"lightweight": replace(RUN.spend["lightweight"], estimated=1)}
    assert lines(spend_html(replace(RUN, spend=spend), LEFT))[1][6] == "$0.1200 (estimated)"


def test_a_run_that_has_ended_has_nothing_to_go():
    told = lines(spend_html(replace(RUN, status=RunStatus.FINISHED), None))
    assert "To go" not in told[0] and UNKNOWN not in str(told)


def test_a_paused_run_still_has_something_to_go():
    assert lines(spend_html(replace(RUN, status=RunStatus.PAUSED), LEFT))[1][-1] == "about 900 · $0.1000"


@pytest.mark.parametrize(
    ("cap", "width", "much"), [(2_136, "50.0%", False), (1_335, "80.0%", True), (1_000, "100.0%", True)]
)
def test_each_cap_has_a_bar_with_marks_at_half_and_at_four_fifths(cap: int, width: str, much: bool):
    told = spend_html(replace(RUN, settings=Settings(max_calls=cap)), LEFT).split('class="caps"')[1]
    assert f"width:{width}" in told and ('class="much"' in told) == much
    assert re.findall(r'<u style="left:(\d+)%"', told) == ["50", "80"]
    assert f"1,068 of {cap:,}" in told and told.count('role="img"') == 1


def test_without_caps_there_are_no_bars():
    assert 'class="caps"' not in spend_html(RUN, LEFT)
