"""`batch cancel`: nothing more of it is sent or carried out."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import BATCH
from core.cli.shell import described


@described("cancel", "batch cancel latest")
@click.argument("batch", type=BATCH)
@click.option(
    "--give-up",
    is_flag=True,
    help="also end what the provider does not stop, as where the key is lost; it may have been paid",
)
@common_options
def command(invocation: Invocation, batch: str, give_up: bool) -> Output:
    """Stop BATCH. What the provider has answered by then is paid, and batch fetch takes it in.

    BATCH is an id, the beginning of one, or latest. What is missing is sent by the same batch submit again."""
    from core.cli.commands.batch.actions import cancel

    return cancel(invocation, batch, give_up)
