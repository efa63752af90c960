"""What can be typed: the commands and options of docs/contracts.md section 2."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from core.types import SPLITS, NeighbourSource, Settings
from core.types.runs import MOST_REPLY_TOKENS, REPLY_TOKENS

EXPORTS = ("html", "json", "md", "promptfoo", "python", "openai-batch", "anthropic-batch")
STDERR = Path("-")  # of an option that names a file and was given none
Number = TypeVar("Number", int, float)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="python -m core", description="Whetstone: sharpens the prompts of a cheap text classifier."
    )
    whole.add_argument("--version", action="store_true", help="print the version and exit")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND")
    _tune(commands.add_parser("tune", help="find a better prompt for a labelled file"))
    _evaluate(commands.add_parser("evaluate", help="measure a prompt on a labelled file"))
    _classify(commands.add_parser("classify", help="label the texts of a file"))
    _suspects(commands.add_parser("suspects", help="rank the labels of a file by how doubtful they are"))
    _import(commands.add_parser("import", help="put a labelled file into the workspace"))
    _common(commands.add_parser("runs", help="list the runs of the workspace"))
    _export(commands.add_parser("export", help="a report of a run, or its prompt for other tools"))
    cache = commands.add_parser("cache", help="show or clear the kept model replies")
    cache.add_argument("--clear", action="store_true", help="forget every kept reply")
    _common(cache)
    return whole


def settings_from(options: argparse.Namespace, defaults: Settings) -> dict[str, Any]:
    """The settings that were typed, by name; what was left out is left out."""
    names = {
        "lightweight": "lightweight",
        "heavyweight": "heavyweight",
        "strategy": "strategy",
        "iterations": "iterations",
        "seed": "seed",
        "concurrency": "concurrency",
        "max_calls": "max_calls",
        "max_heavy_calls": "max_heavy_calls",
        "budget_usd": "budget_usd",
        "structured_output": "structured_output",
        "allow_canonical_breaks": "allow_canonical_breaks",
        "definitions_first": "definitions_first",
        "rows_per_label": "rows_per_label",
        "mistakes_per_label": "mistakes_per_label",
        "correct_per_label": "correct_per_label",
        "purpose": "purpose",
        "reply_tokens": "reply_tokens",
    }
    typed = {field: getattr(options, name, None) for name, field in names.items()}
    return {field: value for field, value in typed.items() if value is not None and hasattr(defaults, field)}


def _tune(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "data", metavar="DATA", nargs="?", type=Path, help="labelled file; may be left out with --resume"
    )
    command.add_argument(
        "--heavyweight", metavar="M", help="model that edits, provider:model (default: offline:editor)"
    )
    command.add_argument("--iterations", metavar="N", type=_positive)
    command.add_argument("--max-heavy-calls", metavar="N", type=_whole)
    command.add_argument("--strategy", choices=("edit", "rewrite"))
    command.add_argument("--prompt", metavar="FILE", type=Path, help="start from this prompt file")
    command.add_argument("--from-run", metavar="RUN_ID", help="start from the prompt of this run instead")
    command.add_argument(
        "--from-step", metavar="N", type=_whole, help="of this step of it (default: its best prompt)"
    )
    command.add_argument(
        "--purpose",
        metavar="TEXT",
        help="what the texts are and what the labels are for, for the heavyweight model",
    )
    command.add_argument(
        "--show-requests",
        metavar="FILE",
        nargs="?",
        type=Path,
        const=STDERR,
        help="write every request to the heavyweight model as it is sent, to stderr or, a JSON object a line, to FILE",
    )
    command.add_argument(
        "--lock",
        metavar="LINE",
        action="append",
        help="a line of the starting prompt that no edit may touch (may be repeated)",
    )
    command.add_argument(
        "--lock-file", metavar="FILE", type=Path, help="lock every line of this file, too: UTF-8 text"
    )
    command.add_argument(
        "--rows-per-label", metavar="N", type=_positive, help="training rows of each label read in a step"
    )
    command.add_argument(
        "--mistakes-per-label", metavar="N", type=_positive, help="mistakes of each label in a request"
    )
    command.add_argument(
        "--correct-per-label", metavar="N", type=_whole, help="rows read rightly of each label in a request"
    )
    command.add_argument(
        "--no-definitions",
        dest="definitions_first",
        action="store_const",
        const=False,
        help="do not begin by writing what the labels mean, where they have no definitions",
    )
    command.add_argument("--out", metavar="PROMPT.json", type=Path, help="write the best prompt there")
    command.add_argument(
        "--resume", metavar="RUN_ID", help="go on with a run that was interrupted or stopped"
    )
    command.add_argument("--seed", metavar="N", type=_any_whole)
    command.add_argument(
        "--allow-canonical-breaks",
        action="store_true",
        default=None,
        help="go on with a prompt that gets a canonical row wrong which was right before",
    )
    _objective_options(command)
    command.add_argument(
        "--recall-floor",
        metavar="LABEL=0.6",
        action="append",
        help="refuse what lets this label's recall fall below so much (may be repeated)",
    )
    _model_options(command)


def _evaluate(command: argparse.ArgumentParser) -> None:
    command.add_argument("data", metavar="DATA", type=Path)
    command.add_argument("--prompt", metavar="FILE", type=Path, required=True)
    command.add_argument("--split", choices=("all", *SPLITS), default="all")
    command.add_argument(
        "--seed", metavar="N", type=_any_whole, default=0, help="how rows without a split are split"
    )
    _objective_options(command)
    _model_options(command)


def _classify(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="IN", type=Path, help="file with a text column")
    command.add_argument("target", metavar="OUT", type=Path, help="CSV to write")
    command.add_argument("--prompt", metavar="FILE", type=Path, required=True)
    command.add_argument(
        "--label",
        metavar="LABEL",
        action="append",
        help="a label of a prompt that is text or a chat, which names none itself (repeat for each)",
    )
    command.add_argument(
        "--neighbours",
        choices=tuple(NeighbourSource),
        default=NeighbourSource.PROMPT,
        help="where the examples of a prompt that shows similar ones come from (default: the prompt's own)",
    )
    command.add_argument(
        "--dataset",
        metavar="NAME",
        help="whose rows, with --neighbours dataset (default: the one named like the prompt file)",
    )
    _model_options(command)


def _suspects(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "data", metavar="DATA", type=Path, help="labelled file; nothing of it is sent or stored"
    )
    command.add_argument(
        "--limit",
        metavar="N",
        type=_positive,
        help="list so many at most (default: 20 in words, every row as JSON)",
    )
    command.add_argument("--seed", metavar="N", type=_any_whole, default=0, help="how large files are folded")
    _common(command)


def _import(command: argparse.ArgumentParser) -> None:
    command.add_argument("data", metavar="FILE", type=Path)
    command.add_argument("--as", dest="name", metavar="NAME", required=True)
    _common(command)


def _export(command: argparse.ArgumentParser) -> None:
    command.add_argument("run_id", metavar="RUN_ID")
    command.add_argument(
        "--format", required=True, choices=EXPORTS, help="html is the report; the others hold a prompt"
    )
    command.add_argument("--out", metavar="FILE", type=Path, help="write it there (default: print it)")
    command.add_argument(
        "--step", metavar="N", type=_whole, help="the prompt of this step (default: the best)"
    )
    command.add_argument(
        "--split", choices=("all", *SPLITS), help="rows for tests and batch files (default: validation)"
    )
    command.add_argument(
        "--rows", metavar="FILE", type=Path, help="rows for batch files from a file with a text column"
    )
    command.add_argument(
        "--lightweight", metavar="M", help="for this model instead of the run's, provider:model"
    )
    _common(command)


def _objective_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--objective",
        metavar="WHAT",
        help="what counts: accuracy, balanced, macro-f1, f1:LABEL, recall:LABEL@PRECISION, costs:FILE (default: "
        "auto, which is balanced where labels are uneven, else accuracy)",
    )


def _model_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--lightweight", metavar="M", help="model that classifies, provider:model (default: offline:reader)"
    )
    command.add_argument(
        "--max-calls", metavar="N", type=_whole, help="lightweight calls that may reach the provider"
    )
    command.add_argument("--budget-usd", metavar="X", type=_money)
    command.add_argument("--concurrency", metavar="N", type=_positive)
    command.add_argument(
        "--reply-tokens",
        metavar="N",
        type=_reply_tokens,
        help=f"how long a reply of the lightweight model may be (default: {REPLY_TOKENS} tokens)",
    )
    command.add_argument(
        "--structured-output", action="store_true", default=None, help="hold replies to the labels, if it can"
    )
    _common(command)


def _common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--workspace", metavar="DIR", type=Path, help="folder that holds everything (default: data/local)"
    )
    command.add_argument("--json", action="store_true", help="print exactly one JSON object on stdout")


def _whole(text: str) -> int:
    return _number(text, int, "a whole number, 0 or more", lambda number: number >= 0)


def _positive(text: str) -> int:
    return _number(text, int, "a whole number, 1 or more", lambda number: number >= 1)


def _reply_tokens(text: str) -> int:
    return _number(
        text,
        int,
        f"a whole number of tokens from 1 to {MOST_REPLY_TOKENS:,}",
        lambda number: 1 <= number <= MOST_REPLY_TOKENS,
    )


def _any_whole(text: str) -> int:
    return _number(text, int, "a whole number", lambda number: True)


def _money(text: str) -> float:
    return _number(
        text, float, "an amount of dollars, such as 0.50", lambda amount: 0 <= amount < float("inf")
    )


def _number(text: str, kind: Callable[[str], Number], wanted: str, fits: Callable[[Number], bool]) -> Number:
    try:
        number = kind(text)
    except ValueError:
        number = None
    if number is None or not fits(number):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
    return number
