"""What the attacks share: a model provider on this machine that counts what it answers, commands and a dashboard in
processes of their own, and what is in a workspace afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.workspace import Workspace
from tests.core.cli.trade import KEY, PAIR, answer, rows, write_csv, write_prompt
from tests.fakes.server import FakeServer

ROOT = Path(__file__).resolve().parents[2]
CONCURRENCY = 8
LATENCY = 0.15
TUNE = (*PAIR, "--iterations", "4", "--concurrency", str(CONCURRENCY), "--json")


@dataclass
class World:
    """A server and an empty folder. `rng` says when the blows fall."""

    server: FakeServer
    folder: Path
    rng: random.Random
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.folder / "ws"

    @property
    def asked(self) -> int:
        return self.server.counts["requests"]

    @property
    def distinct(self) -> int:
        return len(Counter(json.dumps(seen.body, sort_keys=True) for seen in self.server.seen))

    def data(self, count: int) -> Path:
        return write_csv(self.folder / f"tickets-{count}.csv", rows(count))

    def prompt(self) -> Path:
        return write_prompt(self.folder / "prompt.json")

    def start(self, *words: object) -> subprocess.Popen[bytes]:
        """A command of Whetstone's."""
        return self.child("core", *words, "--workspace", self.workspace)

    def child(self, module: str, *words: object) -> subprocess.Popen[bytes]:
        out = (self.folder / "out.txt").open("ab")
        environment = {
            **os.environ,
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": self.server.openai_url,
            "WHETSTONE_WORKSPACE": str(self.workspace),
        }
        command = [sys.executable, "-m", module, *(str(word) for word in words)]
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        self.children.append(child)
        return child

    def strike(self, child: subprocess.Popen[bytes], how: signal.Signals, after: int) -> bool:
        """Sends the signal when so many more requests have come. False if the child had ended by itself before."""
        due = self.asked + after
        if not until(lambda: self.asked >= due or child.poll() is not None, 400) or child.poll() is not None:
            return False
        time.sleep(self.rng.uniform(0, LATENCY))
        child.send_signal(how)
        child.wait(60)
        return True

    def said(self) -> str:
        path = self.folder / "out.txt"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def world(folder: Path, seed: int, latency: float = LATENCY) -> Iterator[World]:
    """Ends the processes that it started, and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    with FakeServer(answer=answer, key=KEY, latency=latency) as server:
        made = World(server, folder, random.Random(seed))
        try:
            yield made
        finally:
            for child in made.children:
                if child.poll() is None:
                    child.kill()
                    child.wait(10)


@contextmanager
def opened(here: World) -> Iterator[Workspace]:
    """The workspace, as another process sees it. It asks nothing."""
    space = Workspace(here.workspace, {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": here.server.openai_url})
    try:
        yield space
    finally:
        space.close()


def until(ready: Callable[[], object], seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
