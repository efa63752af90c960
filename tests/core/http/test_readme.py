"""The worked example of README.md is run as it stands: the story of the first seed, through the library and
with curl."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.serving import KEPT_OUT, ROOT
from tests.core.cli.trade import rows
from tests.core.http.serving import TOKEN, serving
from whetstone import Run

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(heading: str, kind: str) -> list[str]:
    """The code of this kind below the heading."""
    section = TEXT[TEXT.index(heading) :].split("\n## ")[0]
    return re.findall(r"```" + kind + r"\n(.*?)```", section, re.DOTALL)


def test_the_lines_for_a_notebook_are_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    [lines] = blocks("## In a notebook", "python")
    known: dict[str, object] = {"issues": rows(40)}
    exec(lines, known)
    assert isinstance(known["run"], Run)


def test_the_worked_example_is_true(tmp_path: Path):
    python, shell = (blocks("## In your program, and back", kind) for kind in ("python", "sh"))
    code, said = re.subn(
        r"^(classifier\.classify.*\.label)  # (\w+).*$",
        r"assert \1 == '\2', \1",
        "\n".join(python),
        flags=re.M,
    )
    assert said == 3
    clean = {name: value for name, value in os.environ.items() if not name.startswith(KEPT_OUT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=clean | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    with serving(tmp_path / "data" / "local") as server:
        command = shell[-1].replace("127.0.0.1:8501", f"127.0.0.1:{server.port}")
        done = subprocess.run(
            ["sh", "-c", command],
            env=clean | {"WHETSTONE_API_TOKEN": TOKEN},
            capture_output=True,
            text=True,
            timeout=60,
        )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each.get("label") or each.get("state") for each in found] == [
        "bug",
        "applied",
        "bug",
        "applied",
        "documentation",
    ]
