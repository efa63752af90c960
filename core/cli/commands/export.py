"""`export`: a run as a report or a prompt for other tools, a dataset as a file of rows."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.options import Invocation, Reading, common_options, out_option, reading_options
from core.cli.output import Output
from core.cli.parameters import DATA, MODEL, RUN_OR_DATASET, WHOLE, Choice
from core.cli.shell import described, option
from core.data.formats.registry import export_formats
from core.types import SPLITS

RUN_FORMATS = tuple(
    (
        "html prompt markdown text python-openai python-anthropic curl promptfoo langchain dspy llm-rubric openai-batch anthropic-batch "
        "predictions csv json md python"
    ).split()
)


@described("export", "export latest --format html --out report.html")
@click.argument("what", metavar="RUN|DATASET", type=RUN_OR_DATASET)
@option(
    "--format",
    type=Choice(tuple(dict.fromkeys((*RUN_FORMATS, *export_formats())))),
    show_default="that of the ending of --out",
    help=f"of a run {', '.join(RUN_FORMATS)} (html is the report, predictions are those of every step: .csv, .jsonl, .parquet, .xlsx, "
    "the others hold a prompt; json is prompt, md markdown, csv predictions); the others of a dataset",
)
@out_option("write it there, - for standard output", default="it is printed")
@option("--step", metavar="N", type=WHOLE, show_default="the best", help="of a run, the prompt of this step")
@option(
    "--split",
    type=Choice(("all", *SPLITS)),
    show_default="validation; all of predictions",
    help="of a run, rows for tests and batch files, or whose predictions",
)
@option(
    "--rows",
    metavar="DATA",
    type=DATA,
    show_default="those of --split",
    help="rows for batch files from a file with a text column, or a dataset",
)
@option(
    "--lightweight",
    metavar="M",
    type=MODEL,
    show_default="the run's",
    help="for this model instead, provider:model",
)
@reading_options
@common_options
def command(
    invocation: Invocation, what: str, out: Path | None, reading: Reading, **wish: str | int | None
) -> Output:
    """Hand over a run as a report or its prompt in the form of another tool, or a dataset as a file of rows.

    RUN is an id, the beginning of one, or latest; DATASET a name, an id, or the beginning of one. Needs no key and
    changes nothing."""
    from core.cli.actions.export import ExportWish, export

    return export(invocation, ExportWish(what=what, out=out, **wish), reading, RUN_FORMATS)  # type: ignore[arg-type]
