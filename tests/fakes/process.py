"""The fake server in a process of its own, for benchmarks and for tests that kill the client."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def separate_server(latency: float = 0.0, quota: int | None = None, keep: bool = False) -> Iterator[str]:
    """Yields the URL, such as "http://127.0.0.1:40123"."""
    command = [sys.executable, "-m", "tests.fakes.process", "--latency", str(latency)]
    command += ["--quota", str(quota)] if quota else []
    command += ["--keep"] if keep else []
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        yield child.stdout.readline().strip()
    finally:
        child.terminate()
        child.wait(10)


async def serve(arguments: argparse.Namespace) -> None:
    from tests.fakes.server import FakeServer

    server = FakeServer(
        latency=arguments.latency, quota=arguments.quota, keep=arguments.keep, port=arguments.port
    )
    await server.start()
    print(server.url, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--quota", type=int)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))
