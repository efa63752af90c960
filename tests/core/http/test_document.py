"""What docs/http.md shows is run as it stands, against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest

from core.http.guard import Limits
from core.http.responses import STATUSES
from core.http.schemas import MOST_TEXTS
from tests.browser.serving import ROOT
from tests.core.http.serving import TOKEN, ApiServer

TEXT = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")


def run(command: str, server: ApiServer) -> dict:
    """What the shell prints, as JSON, with the port of this server in place of 8501."""
    command = command.replace("127.0.0.1:8501", f"127.0.0.1:{server.port}")
    environment = os.environ | {"WHETSTONE_API_TOKEN": TOKEN}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_command_works_in_its_turn_and_gives_what_is_shown_below_it(server: ApiServer):
    blocks = re.findall(r"```sh\n(curl.*?)```\n(?:```json\n(.*?)```)?", TEXT, re.DOTALL)
    assert len(blocks) == 6 and sum(bool(shown) for _, shown in blocks) == 3
    for command, shown in blocks:
        found = run(command, server)
        assert "error" not in found or not found["error"], (command, found)
        for name, value in (json.loads(shown) if shown else {}).items():
            assert name in found and type(found[name]) is type(value), name
            assert found[name] == value or value == "…" or name == "seconds", (name, found[name])
        assert not shown or set(json.loads(shown)) == set(found)


def test_the_limits_and_statuses_of_the_document_are_those_of_the_program():
    limits = Limits()
    assert f"{limits.body:,} bytes" in TEXT and f"{limits.requests:.0f} requests per second" in TEXT
    assert (
        f"up to {MOST_TEXTS} at once" in TEXT
        and f"more than {limits.waiting} calls wait" in TEXT
        and limits.attempts == 10
    )
    told = set(re.findall(r"\b4\d\d\b|\b5\d\d\b", TEXT[TEXT.index("## Errors") :]))
    assert {str(status) for _, status, _ in STATUSES} <= told


@pytest.mark.parametrize("target", ["run", "serve"])
def test_make_run_is_what_the_document_says(target: str):
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ".venv/bin/streamlit run streamlit_app.py" in done.stdout
