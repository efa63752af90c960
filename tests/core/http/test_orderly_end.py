"""A server that is told to end: what works in it is closed once, and a second signal does not wait for that."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.http.orderly_end import OrderlyEnd

ROOT = Path(__file__).parents[3]
CHILD = """
import asyncio, signal, sys, time
from core.http.orderly_end import OrderlyEnd

async def serve(seconds):
    over = asyncio.Event()
    signal.signal(signal.SIGTERM, lambda *ignored: over.set())
    signal.signal(signal.SIGINT, lambda *ignored: over.set())
    def close():
        print("closing", flush=True)
        time.sleep(seconds)
        print("closed", flush=True)
    async with OrderlyEnd(close)(None):
        print("ready", flush=True)
        while not over.is_set():
            await asyncio.sleep(0.01)

asyncio.run(serve(float(sys.argv[1])))
"""


def child(seconds: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(seconds)]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None and started.stdout.readline() == "ready\n"
    return started


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_closes_what_works_in_it_and_dies_of_the_signal(how: signal.Signals):
    ended = child(0.1)
    ended.send_signal(how)
    assert ended.communicate(timeout=60)[0] == "closing\nclosed\n" and ended.returncode == -how


def test_a_second_signal_ends_it_at_once():
    ended = child(3600)
    ended.send_signal(signal.SIGTERM)
    assert ended.stdout is not None and ended.stdout.readline() == "closing\n"
    ended.send_signal(signal.SIGTERM)
    assert ended.communicate(timeout=60)[0] == "" and ended.returncode == -signal.SIGTERM


def test_without_a_signal_it_closes_at_the_end_and_leaves_the_process_alone():
    closed: list[str] = []

    async def serve() -> None:
        async with OrderlyEnd(lambda: closed.append("once"))(None):
            assert not closed

    other = threading.Thread(target=lambda: asyncio.run(serve()))  # signals come to the main thread only
    other.start()
    other.join(60)
    assert closed == ["once"]
