"""How long 2,000 calls take, beside a thread pool and bare aiohttp. Not a test: `python -m tests.bench.calls
[--calls N] [--rounds N]`.

The server is a process of its own. A row is the best of the rounds (the machine is shared); CPU is this
process's own time."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.llm.account import Account
from core.llm.call_loop import CallLoop
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.layers.reply_cache import ReplyCache
from core.llm.open_model import open_model
from core.types import LabelSet, Message, Reply, Request
from tests.fakes.process import separate_server

MODEL = "openai:gpt-6-luna"
LABELS = LabelSet(("bug", "improvement"))
SYSTEM = (
    "Classify the text into exactly one of these labels: bug, improvement.\n\nWhat the labels mean:\n"
    + "- bug: it is broken\n" * 30
)


@dataclass(frozen=True)
class Setting:
    """Latency in seconds."""

    calls: int
    latency: float
    concurrency: int
    url: str

    @property
    def ideal(self) -> float:
        return self.calls / self.concurrency * self.latency

    def requests(self) -> list[Request]:
        return [
            Request(
                (
                    Message("system", SYSTEM),
                    Message(
                        "user",
                        f"Classify this text.\n<text>\nIt crashes on page {i}.\n</text>\n"
                        "End with <label>the label</label>",
                    ),
                )
            )
            for i in range(self.calls)
        ]

    def bodies(self) -> list[dict]:
        return [
            {
                "model": "gpt-6-luna",
                "max_completion_tokens": 1_000,
                "messages": [{"role": one.role, "content": one.content} for one in request.messages],
            }
            for request in self.requests()
        ]


@contextmanager
def ours(setting: Setting, folder: Path) -> Iterator[Callable[[], float]]:
    """A pass through the whole stack, by a new run each time; over the same folder the second pass is
    answered by the cache."""
    cache = ReplyCache(folder)
    profiles = load_profiles()
    shared = ModelContext(
        profiles,
        Prices(profiles.prices),
        {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": setting.url + "/v1"},
        cache,
    )
    calls, requests = CallLoop(), setting.requests()
    runs = iter(range(10**6))

    def run() -> float:
        model = open_model(MODEL, "lightweight", Account(f"run {next(runs)}"), shared)
        started = time.perf_counter()
        replies = calls.ask_all(
            model, requests, concurrency=setting.concurrency, on_reply=lambda done, total: None
        )
        seconds = time.perf_counter() - started
        assert all(isinstance(reply, Reply) for reply in replies), replies[0]
        return seconds

    try:
        yield run
    finally:
        calls.run(shared.aclose())
        calls.close()
        cache.close()


def thread_pool(setting: Setting) -> float:
    """What people write: the synchronous SDK in a pool of threads."""
    import openai

    client = openai.OpenAI(api_key="none", base_url=setting.url + "/v1", max_retries=0)
    bodies = setting.bodies()
    started = time.perf_counter()
    with ThreadPoolExecutor(setting.concurrency) as pool:
        list(pool.map(lambda body: client.chat.completions.create(**body).choices[0].message.content, bodies))
    return time.perf_counter() - started


def bare_aiohttp(setting: Setting) -> float:
    """The least that can be done: post and read JSON."""
    import aiohttp

    async def run() -> None:
        bodies = iter(setting.bodies())
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def work() -> None:
                for body in bodies:
                    async with session.post(setting.url + "/v1/chat/completions", json=body) as response:
                        (await response.json())["choices"][0]["message"]["content"]

            await asyncio.gather(*(work() for _ in range(setting.concurrency)))

    started = time.perf_counter()
    asyncio.run(run())
    return time.perf_counter() - started


def cold(setting: Setting) -> float:
    with tempfile.TemporaryDirectory() as folder, ours(setting, Path(folder)) as run:
        return run()


def cold_connected(setting: Setting) -> float:
    """Without the SDK's import, which happens once in a process."""
    import openai  # noqa: F401

    return cold(setting)


def warm(setting: Setting) -> float:
    with tempfile.TemporaryDirectory() as folder, ours(setting, Path(folder)) as run:
        run()
        return min(run() for _ in range(5))


def best(measure: Callable[[Setting], float], setting: Setting, rounds: int) -> tuple[float, float]:
    """Seconds on the wall and of CPU, of the fastest round."""
    found = []
    for _ in range(rounds):
        before = time.process_time()
        wall = measure(setting)
        found.append((wall, time.process_time() - before))
    return min(found)


def table(setting: Setting, rounds: int) -> None:
    print(
        f"\n{setting.calls:,} calls, {setting.latency * 1000:.0f} ms, concurrency {setting.concurrency}: ideal {setting.ideal:.2f} s"
    )
    print(f"{'':28}{'seconds':>9}{'x ideal':>9}{'x pool':>8}{'CPU s':>8}")
    rows = (
        ("thread pool, sync SDK", thread_pool),
        ("bare aiohttp", bare_aiohttp),
        ("ours, cold", cold_connected),
        ("ours, warm cache", warm),
    )
    pool = None
    for name, measure in rows:
        wall, cpu = best(measure, setting, rounds)
        pool = pool or wall
        print(f"{name:28}{wall:9.3f}{wall / setting.ideal:9.2f}{wall / pool:8.2f}{cpu:8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for latency, concurrency in ((0.05, 100), (0.4, 32)):
        with separate_server(latency=latency) as url:
            table(Setting(given.calls, latency, concurrency, url), given.rounds if latency < 0.1 else 1)


if __name__ == "__main__":
    main()
