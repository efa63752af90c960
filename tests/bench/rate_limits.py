"""What "too many requests" costs, beside the vendors' own clients with eight retries. Not a test:
`python -m tests.bench.rate_limits [--calls N] [--shares 0 0.01 0.08 0.2] [--models M …]`.

A share of the calls, at random, is answered with 429, with and without `retry-after: 1`; then a quota of 100
requests a second. The server is a process of its own; both sides take turns in one run."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict
from itertools import product
from pathlib import Path

from core.llm.account import Account
from core.llm.call_loop import CallLoop
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.layers.reply_cache import ReplyCache
from core.llm.open_model import open_model
from core.types import Message, Reply, Request
from tests.fakes import acts
from tests.fakes.process import separate_server

MODELS = ("openai:gpt-6-luna", "anthropic:claude-haiku-5-5")
LATENCY, CONCURRENCY, QUOTA, RETRIES = 0.1, 50, 100, 8


def ours(url: str, name: str, calls: int, at_once: int = CONCURRENCY) -> tuple[float, int]:
    """Seconds, and calls that brought no reply."""
    keys = {
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": url + "/v1",
        "ANTHROPIC_API_KEY": "none",
        "ANTHROPIC_BASE_URL": url,
    }
    with tempfile.TemporaryDirectory() as folder:
        cache, loop, profiles = ReplyCache(Path(folder)), CallLoop(), load_profiles()
        shared = ModelContext(profiles, Prices(profiles.prices), keys, cache)
        model = open_model(name, "lightweight", Account("run"), shared)
        requests = [Request((Message("user", text),)) for text in texts(calls)]
        try:
            started = time.perf_counter()
            replies = loop.ask_all(model, requests, concurrency=at_once, on_reply=lambda done, total: None)
            return time.perf_counter() - started, sum(not isinstance(reply, Reply) for reply in replies)
        finally:
            loop.run(shared.aclose())
            loop.close()
            cache.close()


def theirs(url: str, name: str, calls: int) -> tuple[float, int]:
    """The same by the vendor's asynchronous client."""
    import anthropic
    import openai

    provider, _, model = name.partition(":")

    async def run() -> tuple[float, int]:
        lost, todo = 0, iter(texts(calls))
        client: anthropic.AsyncAnthropic | openai.AsyncOpenAI
        if provider == "anthropic":
            client = claude = anthropic.AsyncAnthropic(api_key="none", base_url=url, max_retries=RETRIES)

            async def ask(text: str) -> object:
                turns = [{"role": "user", "content": text}]
                return await claude.messages.create(model=model, max_tokens=1_000, messages=turns)  # type: ignore[arg-type]
        else:
            client = gpt = openai.AsyncOpenAI(api_key="none", base_url=url + "/v1", max_retries=RETRIES)

            async def ask(text: str) -> object:
                turns = [{"role": "user", "content": text}]
                return await gpt.chat.completions.create(model=model, messages=turns)  # type: ignore[arg-type]

        async def work() -> None:
            nonlocal lost
            for text in todo:
                try:
                    await ask(text)
                except (openai.APIError, anthropic.APIError):
                    lost += 1

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(CONCURRENCY)))
        seconds = time.perf_counter() - started
        await client.close()
        return seconds, lost

    return asyncio.run(run())


def texts(calls: int) -> list[str]:
    return [f"<text>\nIt crashes on page {number}.\n</text>" for number in range(calls)]


def steer(url: str, settings: Mapping[str, object]) -> None:
    body = json.dumps(settings).encode()
    urllib.request.urlopen(urllib.request.Request(url + "/_control", body)).read()


def main() -> None:
    import openai  # noqa: F401  # once in a process, and no part of what is measured

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000)
    parser.add_argument("--shares", type=float, nargs="*", default=[0.0, 0.01, 0.08, 0.2])
    parser.add_argument("--models", nargs="*", default=MODELS)
    given = parser.parse_args()
    print(f"{given.calls:,} calls, {LATENCY * 1000:.0f} ms, {CONCURRENCY} at once; seconds (calls lost)")
    print(f"{'model':28}{'429':>10}{'retry-after':>13}{'the SDK':>14}{'ours':>14}{'ratio':>8}")
    for name in given.models:
        for share in given.shares:
            for wait in ("1", None) if share else (None,):
                refusal = acts.status(429, "Rate limit reached", "rate_limit_exceeded")
                if wait:
                    refusal = acts.status(429, "Rate limit reached", "rate_limit_exceeded", retry_after=wait)
                with separate_server(latency=LATENCY) as url:
                    steer(url, {"failures": {"share": share, "acts": [asdict(refusal)]}})
                    their_seconds, their_lost = theirs(url, name, given.calls)
                    seconds, lost = ours(url, name, given.calls)
                print(
                    f"{name:28}{f'{share:.0%}':>10}{wait or '-':>13}{f'{their_seconds:.1f} ({their_lost})':>14}"
                    f"{f'{seconds:.1f} ({lost})':>14}{seconds / their_seconds:8.2f}"
                )
    for wait, at_once in product(("1", None), (50, 100)):
        with separate_server(latency=LATENCY, quota=QUOTA) as url:
            steer(url, {"quota_headers": {"retry-after": wait} if wait else {}})
            seconds, lost = ours(url, MODELS[0], 500, at_once)
        best = 500 / QUOTA - 1 + LATENCY
        print(
            f"quota of {QUOTA} a second, 500 calls, {at_once} at once, retry-after {wait or '-'}: best {best:.1f}, "
            f"ours {seconds:.1f} ({lost}), ratio {seconds / best:.2f}"
        )


if __name__ == "__main__":
    main()
