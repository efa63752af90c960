"""The real server as a process of its own, and the command line against it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.serving import KEPT_OUT, ROOT, _free_port

PYTHON = ROOT / ".venv-real" / "bin" / "python"
MODEL = "openai-compatible:gemma-3-270m"
START_SECONDS = 180.0


@dataclass(frozen=True)
class LlamaServer:
    url: str
    log: Path

    def requests(self) -> int:
        """That it has carried out or was stopped in, by its own log."""
        return len(re.findall(r"slot +release: id", self.log.read_text(errors="replace")))

    def post(self, path: str, body: object) -> tuple[int, str]:
        """Status and body as they came."""
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=600) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait(self, loaded: bool = True) -> None:
        """Until it has loaded its model, or only listens: then it answers 503 to everything."""
        health, started = self.url.removesuffix("/v1") + "/health", time.monotonic()
        while time.monotonic() < started + START_SECONDS:
            try:
                with urllib.request.urlopen(health, timeout=5):
                    return
            except urllib.error.HTTPError:
                if not loaded:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("The server did not start:\n" + self.log.read_text(errors="replace")[-2000:])


@contextmanager
def llama_server(folder: Path, *options: str) -> Iterator[LlamaServer]:
    """It listens, and is still loading its model, as a user's is when the first call comes."""
    port = _free_port()
    log = folder / f"llama-{port}.log"
    command = ["nice", "-n", "5", str(PYTHON), str(Path(__file__).with_name("llama.py")), "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, *options], stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT
        )
    server = LlamaServer(f"http://127.0.0.1:{port}/v1", log)
    try:
        server.wait(loaded=False)
        yield server
    finally:
        process.kill()
        process.wait(10)


def environment(server: LlamaServer, workspace: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(KEPT_OUT)}
    return clean | {"WHETSTONE_WORKSPACE": str(workspace), "OPENAI_COMPATIBLE_BASE_URL": server.url}


@dataclass(frozen=True)
class CommandLine:
    server: LlamaServer
    workspace: Path

    def start(self, *words: object, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "core", *map(str, words)],
            cwd=ROOT,
            env=environment(self.server, self.workspace) | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: object, exits: tuple[int, ...] = (0,), **more: str) -> dict:
        """The one JSON object of a command; {} for a command without --json."""
        process = self.start(*words, **more)
        try:
            out, err = process.communicate(timeout=1800)
        except BaseException:
            process.kill()
            raise
        assert process.returncode in exits, f"exit {process.returncode}: {err[-2000:]}"
        return json.loads(out) if out.lstrip().startswith("{") else {}
