"""`batch fetch`: what has come back, as the file that `classify` writes."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.options import Invocation, common_options, out_option
from core.cli.output import Output
from core.cli.parameters import BATCH
from core.cli.shell import described


@described("fetch", "batch fetch latest --out labelled.csv")
@click.argument("batch", type=BATCH)
@out_option(
    "write the rows there with their labels: .csv, .tsv, .jsonl, .parquet, .xlsx; - is standard output"
)
@common_options
def command(invocation: Invocation, batch: str, out: Path | None) -> Output:
    """Take in what has come back of BATCH, send what failed or expired again (three times at most), and write the file.

    BATCH is an id, the beginning of one, or latest. Exit code 3 while something is missing: the file then says so of its
    rows, and the same command later fills them in."""
    from core.cli.commands.batch.actions import fetch

    return fetch(invocation, batch, out)
