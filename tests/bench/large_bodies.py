"""What a hostile server costs in memory and time: `python -m tests.bench.large_bodies`. Each body is asked for in a
process of its own, through the real SDK; the server is a thread that sends without end."""

from __future__ import annotations

import gzip
import multiprocessing
import socketserver
import threading
import time
import zlib
from pathlib import Path

HEAD = "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{more}\r\n"
BOMB, PACKED_BOMB = "1 GB of spaces", "and packed again"
BODIES = {
    "a reply": (200, b'{"choices": [{"message": {"content": "ok"}}]}', ""),
    "200 MB": (200, None, "content-length: 200000000\r\n"),
    "without end": (200, None, ""),
    "an error without end": (400, None, ""),
    "1 GB packed twice": (200, PACKED_BOMB, "content-encoding: gzip, gzip\r\n"),
    "1 GB packed, an error": (400, BOMB, "content-encoding: gzip\r\n"),
    "an error of 60 kB": (500, b'{"error": {"message": "' + b"x" * 60_000 + b'"}}', ""),
    "brackets, 7 MB": (200, b"[" * 7_000_000, ""),
}


def bomb(name: str) -> bytes:
    packer = zlib.compressobj(wbits=31)
    packed = b"".join(packer.compress(b" " * 1_000_000) for _ in range(1_000)) + packer.flush()
    return packed if name == BOMB else gzip.compress(packed)


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        name = self.server.body  # type: ignore[attr-defined]
        status, content, more = BODIES[name]
        self.request.recv(100_000)
        try:
            self.request.sendall(HEAD.format(status=status, more=more + "connection: close\r\n").encode())
            if content is not None:
                self.request.sendall(content if isinstance(content, bytes) else bomb(content))
                return
            for _ in range(3_000):
                self.request.sendall(b"x" * 65_536)
        except OSError:
            pass


def serve(name: str) -> str:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.body = True, name  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"


def ask(name: str, url: str) -> None:
    """Prints what came back, in how long, and the most memory that it took."""
    import asyncio

    from core.errors import WhetstoneError
    from core.llm.catalogue.profiles import load_profiles
    from core.llm.providers.connect_model import connect_model
    from core.types import Message, Request

    async def once() -> str:
        keys = {"OPENAI_API_KEY": "sk-none-0000000000", "OPENAI_BASE_URL": url + "/v1"}
        model = connect_model("openai:gpt-6-luna", keys, load_profiles())
        try:
            return (await model.reply(Request((Message("user", "x"),)))).text
        except WhetstoneError as error:
            return str(error)
        finally:
            await model.aclose()  # type: ignore[attr-defined]

    import openai  # noqa: F401

    started = time.perf_counter()
    said = asyncio.run(once())
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    memory = int(peak.split()[1]) / 1024
    print(f"{name:24}{time.perf_counter() - started:8.2f} s{memory:8.0f} MB   {said[:90]}", flush=True)


if __name__ == "__main__":
    ways = multiprocessing.get_context("spawn")
    for body in BODIES:
        process = ways.Process(target=ask, args=(body, serve(body)))
        process.start()
        process.join()
