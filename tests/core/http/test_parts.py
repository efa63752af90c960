"""What is quicker to look at without a server: rates, threads, tokens that are too short, errors that nobody
foresaw."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from starlette.datastructures import Headers

from core.errors import StoreError, UsageError
from core.http import guard
from core.http.app import api_app
from core.http.guard import Buckets, Guard, Limits, check_origin
from core.http.responses import Refused, refusal
from core.http.routes import Threads


def test_a_bucket_fills_again_with_time_and_everybody_has_one():
    now = [0.0]
    buckets = Buckets(2.0, 3.0, lambda: now[0])
    assert [buckets.wait("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5] and buckets.wait("b") == 0.0
    now[0] = 0.5
    assert buckets.wait("a") == 0.0 and buckets.wait("a") == 0.5
    now[0] = 100.0
    assert [buckets.wait("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5], "never more than at first"


def test_wrong_tokens_run_out_however_many_addresses_send_them():
    asked, statuses = Guard(lambda *_: None, "the right token!", Limits(), tuple), []  # type: ignore[arg-type]
    for number in range(110):
        with pytest.raises(Refused) as refused:
            asked.check(Headers({"host": "localhost", "authorization": "Bearer wrong"}), f"10.0.0.{number}")
        statuses.append(refused.value.status)
    assert statuses == [401] * 100 + [429] * 10
    asked.check(Headers({"host": "localhost", "authorization": "Bearer the right token!"}), "10.0.0.1")


def test_rates_of_many_addresses_take_no_more_room_than_they_may(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guard, "MOST_CALLERS", 10)
    now = [0.0]
    buckets = Buckets(1.0, 2.0, lambda: now[0])
    for number in range(100):
        now[0] += 0.01
        buckets.wait(str(number))
    assert len(buckets._levels) <= 10


def test_more_than_may_wait_are_sent_away_and_the_event_loop_stays_free():
    release, others = threading.Event(), []

    def work() -> str:
        others.append(threading.current_thread())
        assert release.wait(60)
        return "done"

    async def story() -> list:
        threads = Threads(at_once=2, waiting=1)
        tasks = [asyncio.create_task(threads.run(work)) for _ in range(3)]
        while len(others) < 2:
            await asyncio.sleep(0.01)
        with pytest.raises(Refused) as refused:
            await threads.run(work)
        assert refused.value.status == 503 and len(others) == 2
        release.set()
        assert await asyncio.gather(*tasks) == ["done"] * 3
        return [await threads.run(lambda: "again")]

    assert asyncio.run(story()) == ["again"] and threading.main_thread() not in others


def test_an_error_that_nobody_foresaw_tells_the_caller_nothing_of_the_inside():
    told = refusal(ZeroDivisionError("secret /home/ada"))
    assert (
        told.status_code == 500
        and "secret" not in told.body.decode()
        and set(json.loads(told.body)) == {"error", "kind"}
    )
    assert refusal(StoreError("The disk is full.")).status_code == 503


@pytest.mark.parametrize(
    ("environment", "part"),
    [
        ({"WHETSTONE_API_TOKEN": "short"}, "16 characters"),
        ({"WHETSTONE_API_TOKEN": "x" * 16, "WHETSTONE_API_RATE": "fast"}, "a number"),
        ({"WHETSTONE_API_TOKEN": "x" * 16, "WHETSTONE_API_RATE": "0"}, "a number"),
    ],
)
def test_a_door_that_cannot_be_meant_is_not_opened(environment: dict[str, str], part: str):
    with pytest.raises(UsageError, match=part):
        api_app(lambda: pytest.fail("opened"), environment)


@pytest.mark.parametrize(
    ("host", "hosts", "fine"),
    [
        ("a.example.org:80", ["*.example.org"], True),
        ("example.org", ["*.example.org"], False),
        ("any", ["*"], True),
        ("any", [], True),
        ("LOCALHOST.:8501", ["localhost"], True),
        ("", ["localhost"], False),
        ("[::1]:8501", ["::1"], True),
        ("[", ["localhost"], False),
    ],
)
def test_hosts_are_read_as_streamlit_reads_them(host: str, hosts: list[str], fine: bool):
    if fine:
        check_origin(Headers({"host": host}), hosts)
    else:
        with pytest.raises(Refused):
            check_origin(Headers({"host": host}), hosts)
