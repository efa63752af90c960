"""`completion`: a script for a shell, which then completes commands, options, formats, datasets and runs."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import COMPLETE, Choice
from core.cli.shell import described

NAME = "whetstone"


@described("completion", "completion bash >> ~/.bashrc")
@click.argument("shell", type=Choice(("bash", "zsh", "fish")))
@common_options
def command(invocation: Invocation, shell: str) -> Output:
    """Print what makes a shell complete `whetstone`: commands, options, formats, datasets, runs.

    Where there is no such program, the script defines it, for the Python and the folder of this one."""
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(click.Group(NAME), {}, NAME, COMPLETE).source()
    if shutil.which(NAME) is None:
        script = _function(shell) + "\n" + _asking_python(shell, script)
    return Output({"shell": shell, "script": script}, script)


def _function(shell: str) -> str:
    call = f"env PYTHONPATH={shlex.quote(_folder())} {shlex.quote(sys.executable)} -m core"
    if shell == "fish":
        return f"function {NAME}\n    {call} $argv\nend\n"
    return f'{NAME}() {{\n    {call} "$@"\n}}\n'


def _asking_python(shell: str, script: str) -> str:
    """The script calls the program by its name through `env`, which knows no functions."""
    call = f"PYTHONPATH={shlex.quote(_folder())} {shlex.quote(sys.executable)} -m core"
    asked = {"bash": "complete $1", "zsh": f"complete {NAME}", "fish": f"(commandline -t) {NAME}"}[shell]
    assert asked in script
    is_there = f"(( ! $+commands[{NAME}] )) && return 1"
    return script.replace(asked, asked.rpartition(" ")[0] + " " + call).replace(is_there, "")


def _folder() -> str:
    return str(Path(__file__).resolve().parents[3])
