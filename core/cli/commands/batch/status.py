"""`batch status`: how far batches are."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import BATCH
from core.cli.shell import described


@described("status", "batch status latest")
@click.argument("batch", type=BATCH, required=False)
@common_options
def command(invocation: Invocation, batch: str | None) -> Output:
    """Ask the provider how far BATCH is, or all that are under way; nothing is taken in or sent.

    BATCH is an id, the beginning of one, or latest."""
    from core.cli.commands.batch.actions import status

    return status(invocation, batch)
