"""What agents read is true of the program: every command and option in the skill file is there, and the skill can be
printed."""

from __future__ import annotations

import re
from pathlib import Path

import click
import yaml
from click.testing import CliRunner

from core.cli.commands import app
from core.cli.main import command_group
from tests.core.cli.conftest import Shell

ROOT = Path(__file__).resolve().parents[3]
SKILL = ROOT / ".agents" / "skills" / "whetstone" / "SKILL.md"


def test_the_skill_names_commands_and_options_that_are_there():
    text = SKILL.read_text(encoding="utf-8")
    lines = re.findall(r"whetstone ([a-z]+)\b([^\n#`]*)", text)
    group = command_group()
    assert len({name for name, _ in lines}) >= 8
    for name, rest in lines:
        if name not in group.list_commands(None):
            assert name in ("is",), f"whetstone {name}"
            continue
        command, words = group.get_command(None, name), rest.split()
        if isinstance(command, click.Group):
            command = command.get_command(None, words[0])
        options = {flag for each in command.params for flag in each.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options, name


def test_its_head_is_what_agents_look_for():
    head = yaml.safe_load(SKILL.read_text(encoding="utf-8").split("---")[1])
    assert head["name"] == SKILL.parent.name and len(head["description"]) <= 1024


def test_the_skill_is_printed_and_written(shell: Shell, tmp_path: Path):
    target = tmp_path / "new" / "SKILL.md"
    assert shell("skill").out == SKILL.read_text(encoding="utf-8")
    assert shell("skill", "--out", str(target)).code == 0
    assert target.read_text(encoding="utf-8") == SKILL.read_text(encoding="utf-8")


def test_agents_find_what_agents_md_points_to():
    for link in re.findall(r"\]\(([^)]+)\)", (ROOT / "AGENTS.md").read_text(encoding="utf-8")):
        assert (ROOT / link).is_file(), link


def test_app_starts_streamlit_where_the_package_stands(monkeypatch):
    started: list[list[str]] = []
    monkeypatch.setattr(app, "run", lambda words: started.append(words) or 0)
    monkeypatch.setattr(app, "os", type("Os", (), {"environ": {}}))
    assert CliRunner().invoke(app.command, ["--port", "8600", "--", "--server.headless=true"]).exit_code == 0
    assert started[0][1:4] == ["-m", "streamlit", "run"] and Path(started[0][4]) == ROOT / "streamlit_app.py"
    assert started[0][5:] == ["--server.port", "8600", "--server.headless=true"]
    monkeypatch.setattr(app, "find_spec", lambda name: None)
    assert 'pip install "whetstone[app]"' in str(CliRunner().invoke(app.command, []).exception)
