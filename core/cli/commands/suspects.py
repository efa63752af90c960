"""`suspects`: the labels that are in doubt."""

from __future__ import annotations

import click

from core.cli.options import Invocation, Reading, common_options, reading_options
from core.cli.output import Output
from core.cli.parameters import ANY_WHOLE, DATA, POSITIVE
from core.cli.shell import described, option


@described("suspects", "suspects tickets.csv --limit 50")
@click.argument("data", type=DATA)
@option(
    "--limit",
    metavar="N",
    type=POSITIVE,
    show_default="20 in words, every row as JSON",
    help="list so many at most",
)
@option("--seed", metavar="N", type=ANY_WHOLE, default=0, help="how large files are folded")
@reading_options
@common_options
def command(invocation: Invocation, data: str, limit: int | None, seed: int, reading: Reading) -> Output:
    """Rank the labels of DATA by how doubtful they are, with reasons. Nothing of it is sent or stored.

    DATA is a file, a folder, - (standard input) or a dataset of the workspace. As JSON every row that is not excluded
    is listed, in words those worth a look."""
    from core.cli.actions.suspects import suspects

    return suspects(invocation, data, reading, limit, seed)
