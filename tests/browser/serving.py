"""The real dashboard in a process of its own, on a workspace of its own, with everything it prints kept."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0  # seconds until the server must answer; two cores may be busy with other tests
TROUBLE = re.compile(
    r"Traceback|\b(?:error|warning|exception|critical)\b|\w+(?:Error|Warning|Exception)\b|deprecat",
    re.IGNORECASE,
)
KEPT_OUT = ("WHETSTONE_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "OLLAMA_", "STREAMLIT_")


class Server:
    """`python -m streamlit run streamlit_app.py` (`script`); `origin` is its address,
    "http://127.0.0.1:port"."""

    script = "streamlit_app.py"

    def __init__(self, workspace: Path, **environment: str):
        self.workspace = workspace
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.log = workspace.parent / f"server-{self.port}.log"
        self._environment = environment
        self._process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> Server:
        """Returns when it answers. A server that was killed can be started again: same port, same
        workspace."""
        self.launch()
        deadline = time.monotonic() + PATIENCE
        while not self._healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("The dashboard did not start:\n" + self.console())
            time.sleep(0.05)
        return self

    def launch(self) -> None:
        """Starts the process and does not wait."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(KEPT_OUT)}
        command = [sys.executable, "-m", "streamlit", "run", self.script, "--server.port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=clean
                | {"WHETSTONE_WORKSPACE": str(self.workspace), "PYTHONUNBUFFERED": "1"}
                | self._environment,
            )

    def kill(self) -> None:
        """As a crash or a power cut would: no goodbye."""
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(
                "The dashboard did not end within 15 s of being asked to.\n" + self.console()
            ) from None

    def console(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def trouble(self) -> list[str]:
        """Lines of its console that speak of something wrong."""
        return [line for line in self.console().splitlines() if TROUBLE.search(line)]

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(self.origin + "/_stcore/health", timeout=2) as answer:
                return answer.read() == b"ok"
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
