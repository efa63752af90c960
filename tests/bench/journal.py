"""What it takes to write a call down before it leaves and to keep its answer before it is used: the calls of a pass with
and without that, in turns, against a server in a process of its own. Not a test: `python -m tests.bench.journal`.

CPU is this process's own time for a call: the machine is shared."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from unittest import mock

from core.llm.account import Account
from core.llm.call_loop import CallLoop
from core.llm.catalogue.prices import Prices
from core.llm.catalogue.profiles import load_profiles
from core.llm.connections import ModelContext
from core.llm.layers.reply_cache import ReplyCache
from core.llm.layers.sent_calls import SentCalls
from core.llm.open_model import open_model
from core.types import Message, Request
from tests.fakes.process import separate_server

CALLS, ROUNDS, CONCURRENCY = 400, 5, 16


def pass_of(url: str, written_down: bool) -> tuple[float, float]:
    """Seconds of the clock and of the processor for a call."""
    with tempfile.TemporaryDirectory() as folder:
        profiles, cache = load_profiles(Path(folder)), ReplyCache(Path(folder) / "cache")
        keys = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": url + "/v1"}
        shared = ModelContext(profiles, Prices(profiles.prices, profiles.endpoints), keys, cache)
        calls = CallLoop()
        sent_calls = SentCalls if written_down else lambda cache: None
        with mock.patch("core.llm.open_model.SentCalls", sent_calls):
            model = open_model("openai:gpt-6-luna", "lightweight", Account("run"), shared)
        requests = [Request((Message("user", f"Text {number}"),)) for number in range(CALLS)]
        calls.ask_all(model, requests[:1], concurrency=1)
        clock, processor = time.perf_counter(), time.process_time()
        calls.ask_all(model, requests[1:], concurrency=CONCURRENCY)
        took = time.perf_counter() - clock, time.process_time() - processor
        calls.run(shared.aclose())
        cache.close()
        calls.close()
        return took[0] / (CALLS - 1), took[1] / (CALLS - 1)


def main() -> None:
    with separate_server() as url:
        pass_of(url, True)
        rounds = [(pass_of(url, False), pass_of(url, True)) for _ in range(ROUNDS)]
    for name, which in (("clock", 0), ("CPU", 1)):
        plain = min(without[which] for without, _ in rounds)
        written = min(with_it[which] for _, with_it in rounds)
        ratio = statistics.median(with_it[which] / without[which] for without, with_it in rounds)
        print(f"{name}: {1e3 * plain:.2f} ms a call without, {1e3 * written:.2f} ms with; ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
