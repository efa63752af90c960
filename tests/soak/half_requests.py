"""Strangers who begin 1,300 requests and finish none, and what becomes of everybody else meanwhile:
`python -m tests.soak.half_requests`. The dashboard begins with 1,024 open files, as on most systems."""

from __future__ import annotations

import resource
import socket
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.core.http.serving import TOKEN, ApiServer

HALVES = 1_300
SECONDS = 10.0
HEADERS = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
BODY = (
    "POST /api/v1/classify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    f"Authorization: Bearer {TOKEN}\r\nContent-Length: 1000\r\n\r\n{{"
).encode()


def main() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    kept = True
    for name, half in (("headers", HEADERS), ("bodies", BODY)):
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
            server = ApiServer(Path(folder) / "workspace").start()
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
            try:
                answered, refused, longest = attacked(server, half)
            finally:
                server.stop()
            log = server.log.stat().st_size
        print(
            f"{HALVES:,} half {name}: {answered} of {answered + refused} others answered, "
            f"the slowest in {longest:.2f} s; {log / 1000:.1f} kB of log"
        )
        kept = kept and not refused and log < 100_000
    return 0 if kept else 1


def attacked(server: ApiServer, half: bytes) -> tuple[int, int, float]:
    """Others that were answered and were not, and the longest wait in seconds."""
    held = []
    for _ in range(HALVES):
        made = socket.socket()
        made.setblocking(False)
        made.connect_ex(("127.0.0.1", server.port))
        held.append(made)
    time.sleep(0.5)
    for made in held:
        try:
            made.send(half)
        except OSError:  # let go already
            pass
    waits, refused, end = [0.0], 0, time.monotonic() + SECONDS
    while (begun := time.monotonic()) < end:
        try:
            with urllib.request.urlopen(server.origin + "/_stcore/health", timeout=5) as answer:
                answer.read()
            waits.append(time.monotonic() - begun)
        except OSError:
            refused += 1
        time.sleep(0.2)
    for made in held:
        made.close()
    return len(waits) - 1, refused, max(waits)


if __name__ == "__main__":
    sys.exit(main())
