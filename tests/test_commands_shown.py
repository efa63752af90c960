"""Every command that README and docs show is run as it stands, in a scratch folder, with the offline pair in the place
of paid models."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.cli.main import main
from tests.core.cli.trade import rows, write_csv
from tests.fakes.server import FakeServer

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAM = "python -m core "
PAID = re.compile(r"(--(?:lightweight|heavyweights?|models|from-model)) \S+")
HEAVY = ("--heavyweight", "--heavyweights", "--from-model")
OFFLINE = {"--lightweight": "offline:reader", "--models": "offline:reader"} | dict.fromkeys(
    HEAVY, "offline:editor"
)
SHELL = re.compile(r"[|>]")  # pipes and redirections need one


def commands_of(page: Path) -> list[str]:
    """Those in fenced and indented code, without their comments. A name in capitals alone (DATA) stands for
    something, and … for more."""
    lines = (line.strip() for line in page.read_text(encoding="utf-8").splitlines())
    commands = [
        re.sub(r"\s+# .*", "", line) for line in lines if PROGRAM in line and not line.startswith("#")
    ]
    return [
        each for each in commands if re.match(rf"(?:\w+ \S+ \| )?{PROGRAM}[a-z]", each) and "…" not in each
    ]


def scratch(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "samples").symlink_to(ROOT / "data" / "samples")
    (folder / "docs").symlink_to(ROOT / "docs")
    table = rows(48)
    for name in ("tickets.csv", "mine.csv", "data.csv", "questions.csv", "more.csv"):
        write_csv(folder / name, table)
    write_csv(folder / "texts.csv", [[text] for text, _ in table[:6]], ["text"])
    write_csv(folder / "bare.csv", [[text] for text, _ in table[:6]], [table[6][0]])
    two = [[text, label, ("high", "low")[number % 2]] for number, (text, label) in enumerate(table)]
    write_csv(folder / "routed.csv", two, ["text", "topic", "urgency"])
    head = "key;body;topic;why\n"
    lines = [f"k{number};{text};{label};so\n" for number, (text, label) in enumerate(table)]
    (folder / "odd.csv").write_text(head + "".join(lines), encoding="cp1252")


def run(command: str, folder: Path, latest: str) -> int:
    if not command.startswith(f"{PROGRAM}batch"):  # which a server of this machine takes
        command = PAID.sub(lambda match: f"{match[1]} {OFFLINE[match[1]]}", command)
    command = command.replace("RUN_ID", latest)
    if not SHELL.search(command):
        return main(shlex.split(command)[3:])
    command = command.replace(
        "python -m", f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m"
    )
    return subprocess.run(["bash", "-c", command], cwd=folder, env=os.environ.copy(), timeout=120).returncode


@pytest.mark.parametrize("page", [page for page in PAGES if commands_of(page)], ids=lambda page: page.stem)
def test_every_command_shown_works(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHETSTONE_WORKSPACE", str(tmp_path / "workspace"))
    scratch(tmp_path)
    with FakeServer() as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0000000000000000")
        monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
        for command in commands_of(page):
            if "--engine ray" in command and find_spec("ray") is None:
                continue
            code = run(command, tmp_path, "latest")
            assert code == 0, f"{command}\n{capfd.readouterr().err}"
