"""Strangers can make the server complain, but not without end."""

from __future__ import annotations

import logging

import pytest

from core.http.log_limit import LogLimit


def test_so_many_lines_a_minute_and_then_how_many_were_left_out(caplog: pytest.LogCaptureFixture):
    now = [0.0]
    log = logging.getLogger("tests.log_limit")
    log.addFilter(limit := LogLimit(most=3, seconds=60.0, clock=lambda: now[0]))
    try:
        for _ in range(1000):
            log.warning("Invalid %s received.", "request")
        now[0] = 59.9
        log.warning("still left out")
        now[0] = 60.0
        log.warning("Invalid %s received.", "request")
        log.warning("and the next")
    finally:
        log.removeFilter(limit)
    assert caplog.messages == [
        *["Invalid request received."] * 3,
        "(after 998 more that were left out) Invalid request received.",
        "and the next",
    ]
