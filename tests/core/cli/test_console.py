"""What is said on stderr while a command works, and what a shell completes."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from core.cli.commands.batch.command import SUBCOMMANDS
from core.cli.console import Console
from core.cli.main import main
from core.cli.registry import COMMANDS, GROUPS
from core.types import Progress
from tests.core.cli.conftest import Shell
from tests.core.cli.trade import rows, write_csv

STEPS = [Progress("Reading", n, 4, "slowed" if n == 3 else "") for n in range(5)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def written(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, quiet: bool = False) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    with Console(quiet) as console:
        for progress in STEPS:
            console(progress)
        console.say("A step.")
        console.warn("A cap.")
    return stream.getvalue()


def test_a_terminal_has_one_line_that_clears_itself(monkeypatch: pytest.MonkeyPatch):
    drawn = written(Terminal(), monkeypatch)
    assert drawn.count("\n") == 2, "the lines that stay"
    assert "Reading" in drawn and "slowed" in drawn
    assert drawn.endswith("A step.\nA cap.\n") or drawn.rpartition("\r")[2].strip() == ""


def test_elsewhere_there_are_few_plain_lines_and_with_quiet_only_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch,
):
    assert written(io.StringIO(), monkeypatch) == "Reading\nReading 3/4 (slowed)\nReading\nA step.\nA cap.\n"
    assert written(Terminal(), monkeypatch, quiet=True) == "A cap.\n"


def test_quiet_commands_say_nothing_on_stderr(shell: Shell, tmp_path: Path):
    done = shell("tune", write_csv(tmp_path / "a.csv", rows(24)), "--iterations", 1, "-q")
    assert (done.code, done.err) == (0, "") and "validation:" in done.out


# ---- help and completion


def test_help_has_every_command_in_a_group_and_on_a_line_of_its_own(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    help_ = shell("--help").out
    for title, commands in GROUPS.items():
        section = help_.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        assert len(section.splitlines()) == len(commands)
        assert all(f"  {name:<11}  {what}" in section for name, (_, what) in commands.items())


@pytest.mark.parametrize(
    "name", [name for name in COMMANDS if name != "batch"] + [f"batch {name}" for name in SUBCOMMANDS]
)
def test_every_option_has_help_and_every_command_an_example(name: str):
    from core.cli.main import command_group

    command = command_group()
    for word in name.split():
        command = command.get_command(None, word)
    assert command.example.startswith(name) and command.help
    for param in command.params:
        if param.param_type_name == "option":
            assert param.help, param.name
            flag = param.is_flag or param.multiple or param.required
            assert flag or param.show_default or param.default is not None, f"{param.name} says no default"


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: Shell, kind: str):
    done = shell("completion", kind)
    assert done.code == 0 and "_WHETSTONE_COMPLETE" in done.out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ev", {"evaluate"}),
        ("tune --max-h", {"--max-heavy-calls"}),
        ("tune --strategy ", {"edit", "rewrite"}),
        ("export latest --format open", {"openai-batch", "openai_chat", "openai_evals"}),
        ("tune My", {"My\\ tickets"}),
        ("classify a.csv b.csv --neighbours dataset --dataset M", {"My\\ tickets"}),
        ("runs la", {"latest"}),
        ("batch s", {"submit", "status"}),
        ("batch fetch la", {"latest"}),
        ("tune a.csv --lightweight offline:r", {"offline:reader"}),
    ],
)
def test_names_of_all_kinds_are_completed(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, typed: str, offered: set[str]
):
    shell("import", write_csv(tmp_path / "a.csv", rows(12)), "--as", "My tickets")
    monkeypatch.chdir(tmp_path)
    words = f"whetstone {typed}"
    monkeypatch.setenv("_WHETSTONE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    assert main([]) == 0
    assert {line.partition(",")[2] for line in capsys.readouterr().out.splitlines()} == offered
