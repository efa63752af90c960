"""The command line's front door: parses, calls one command, turns what happened into an exit code.

0 done · 1 refused, with one clear line on stderr · 2 wrong usage · 3 stopped early by a cap or a signal,
results so far printed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from core.cli.options import parser
from core.cli.output import DONE, REFUSED, STOPPED, WRONG_USAGE, Output
from core.errors import CapReached, Stopped, UsageError, WhetstoneError
from core.version import __version__


def main(argv: Sequence[str]) -> int:
    typed = parser()
    options, rest = typed.parse_known_args(argv)
    if options.version:
        print(f"whetstone {__version__}")
        return DONE
    if rest:
        typed.error("unrecognized arguments: " + " ".join(rest))
    if options.command is None:
        typed.error("a command is needed: tune, evaluate, classify, suspects, import, runs, export or cache")
    try:
        output = _command(options.command)(options)
    except UsageError as wrong:
        return _complain(str(wrong), WRONG_USAGE)
    except (CapReached, Stopped) as ended:
        return _complain(str(ended), STOPPED)
    except WhetstoneError as refused:
        return _complain(str(refused), REFUSED)
    except OSError as refused:
        return _complain(
            f"{refused.filename or 'A file'} cannot be used: {refused.strerror or refused}.", REFUSED
        )
    except KeyboardInterrupt:
        return _complain("Stopped.", STOPPED)
    _print(_json(output.data) if options.json else output.words)
    return output.code


def _command(name: str) -> Callable[[argparse.Namespace], Output]:
    """Commands are imported when they are called, so that `--version` and mistakes answer at once."""
    from core.cli import evaluate, export, suspects, tune, workspace

    return {
        "tune": tune.tune_command,
        "evaluate": evaluate.evaluate_command,
        "classify": evaluate.classify_command,
        "suspects": suspects.suspects_command,
        "import": workspace.import_command,
        "runs": workspace.runs_command,
        "cache": workspace.cache_command,
        "export": export.export_command,
    }[name]


def _json(data: Mapping[str, object]) -> str:
    """One line; letters as they are where stdout can hold them, else escaped as JSON allows."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(data, allow_nan=False)
    return text


def _print(text: str) -> None:
    """Data may hold what no terminal can show (a lone surrogate): it is escaped rather than lost."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except BrokenPipeError:  # the reader has seen enough; Python would complain again when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(sentence: str, code: int) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return code
