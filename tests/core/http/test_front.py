"""What the real dashboard says and does to whoever reaches its port."""

from __future__ import annotations

import http.client
import socket
import struct

import pytest

from core.http.security_headers import HEADERS
from tests.core.http.serving import TOKEN, ApiServer

PATHS = [
    "/",
    "/runs",
    "/_stcore/health",
    "/_stcore/metrics",
    "/_stcore/stream",
    "/media/none.csv",
    "/static/none.js",
    "/api/v1/champion",
    "/api",
    "/..%2fetc",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["localhost", "evil.test"])
def test_every_response_carries_the_headers_and_a_foreign_name_gets_nothing(
    server: ApiServer, path: str, host: str
):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", path, headers={"Host": host, "Authorization": "Bearer " + TOKEN})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert {name: answer.getheader(name) for name in HEADERS} == HEADERS
    assert (answer.status == 403) == (host == "evil.test" and path != "/_stcore/health")


def test_callers_that_hang_up_leave_no_trace_in_the_log(server: ApiServer):
    token = f"Host: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    for call in ("classify", "feedback"):
        for rest in ("Content-Length: 1000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\nabc"):
            for abruptly in (False, True):
                _hang_up(server, f"POST /api/v1/{call} HTTP/1.1\r\n{token}{rest}".encode(), abruptly)
    _hang_up(server, b"GET /static HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", True)
    assert server.client().get("/v1/health").status == 200
    assert server.trouble() == []


def _hang_up(server: ApiServer, data: bytes, abruptly: bool) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(data)
        if abruptly:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
