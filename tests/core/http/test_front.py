"""What the real dashboard says and does to whoever reaches its port."""

from __future__ import annotations

import http.client
import json
import os
import socket
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from core.http.security_headers import HEADERS
from tests.core.http.serving import TOKEN, ApiServer

ROOT = Path(__file__).resolve().parents[3]
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


def test_started_from_another_folder_it_has_the_same_settings_and_secrets(tmp_path: Path):
    """As uvicorn imports it: `uvicorn --app-dir FOLDER streamlit_app:app`."""
    told = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import streamlit_app, streamlit as st, json; "
        "print(json.dumps([st.get_option(name) for name in sys.argv[1:]]))"
    )
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    names = [
        f"{part}.{name}"
        for part, options in config.items()
        for name, value in options.items()
        if not isinstance(value, dict)
    ]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    done = subprocess.run(
        [sys.executable, "-c", told, "secrets.files", *names],
        cwd=tmp_path,
        env=clean | {"WHETSTONE_WORKSPACE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    secrets, *settings = json.loads(done.stdout.splitlines()[-1])
    assert str(ROOT / ".streamlit" / "secrets.toml") in secrets
    expected = {name: config[name.partition(".")[0]][name.partition(".")[2]] for name in names}
    assert dict(zip(names, settings, strict=True)) == expected


def test_no_drawing_of_a_page_changes_where_modules_are_found(tmp_path: Path):
    """An import of another thread looks nowhere twice, and leaves no folder out."""
    told = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import streamlit_app; "
        "from streamlit.runtime.scriptrunner.exec_code import modified_sys_path; before = list(sys.path)\n"
        "with modified_sys_path(str(streamlit_app.app.script_path)): assert sys.path == before, sys.path[0]"
    )
    subprocess.run(
        [sys.executable, "-c", told],
        cwd=tmp_path,
        env=os.environ | {"WHETSTONE_WORKSPACE": str(tmp_path)},
        check=True,
    )


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
