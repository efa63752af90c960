"""The command line's front door: parses, calls one command, turns what happened into an exit code.

0 done · 1 refused, with one clear line on stderr · 2 wrong usage · 3 stopped early by a cap or a signal,
results so far printed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click
from click.exceptions import Exit, NoArgsIsHelpError

from core.cli.output import DONE, REFUSED, STOPPED, WRONG_USAGE, complain
from core.cli.parameters import COMPLETE
from core.cli.registry import COMMANDS, GROUPS
from core.cli.shell import PROGRAM, CommandGroup, wrong_usage
from core.errors import CapReached, Stopped, UsageError, WhetstoneError
from core.version import __version__


def main(argv: Sequence[str], program: str = PROGRAM) -> int:
    """The exit code."""
    group = command_group()
    if asked := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, program, COMPLETE, asked)
    try:
        with group.make_context(program, list(argv)) as context:
            code: int = group.invoke(context)
            return code
    except Exit as ended:  # --help and --version have been answered
        return ended.exit_code
    except NoArgsIsHelpError as asked_for_help:
        print(asked_for_help.format_message(), file=sys.stderr)
        return WRONG_USAGE
    except click.UsageError as wrong:
        return _refuse(wrong_usage(wrong), WRONG_USAGE)
    except UsageError as wrong:
        return _refuse(str(wrong), WRONG_USAGE)
    except (CapReached, Stopped) as ended_early:
        return _refuse(str(ended_early), STOPPED)
    except WhetstoneError as refused:
        return _refuse(str(refused), REFUSED)
    except OSError as refused:
        return _refuse(
            f"{refused.filename or 'A file'} cannot be used: {refused.strerror or refused}.", REFUSED
        )
    except KeyboardInterrupt:
        return _refuse("Stopped.", STOPPED)


def command_group() -> CommandGroup:
    def version(context: click.Context, option: click.Parameter, wanted: bool) -> None:
        if wanted:
            print(f"whetstone {__version__}")
            raise Exit(DONE)

    shown = click.Option(
        ["--version"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=version,
        help="print the version and exit",
    )
    about = "Whetstone: sharpens the prompts of a cheap text classifier. Begin with: tune FILE"
    return CommandGroup(COMMANDS, GROUPS, name="core", params=[shown], help=about, no_args_is_help=True)


def _refuse(sentence: str, code: int) -> int:
    complain(sentence)
    return code
