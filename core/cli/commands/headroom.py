"""`headroom`: is it worth tuning?"""

from __future__ import annotations

import click

from core.cli.options import (
    Invocation,
    ModelOptions,
    Reading,
    common_options,
    estimate_option,
    model_options,
    reading_options,
)
from core.cli.output import Output
from core.cli.parameters import ANY_WHOLE, DATA, MODEL, POSITIVE
from core.cli.shell import described, option
from core.types import Settings


@described("headroom", "headroom tickets.csv --lightweight openai:gpt-6-luna --estimate")
@click.argument("data", type=DATA)
@option("--rows", metavar="N", type=POSITIVE, default=60, help="rows to read")
@option(
    "--heavyweight",
    metavar="M",
    type=MODEL,
    show_default=Settings().heavyweight,
    help="model that shows the likely ceiling, provider:model",
)
@option("--no-ceiling", is_flag=True, help="do not ask the heavyweight model, which costs most")
@option("--seed", metavar="N", type=ANY_WHOLE, default=0, help="how rows without a split are split and drawn")
@estimate_option
@model_options
@reading_options
@common_options
def command(
    invocation: Invocation, data: str, models: ModelOptions, reading: Reading, estimate: bool, **wish: object
) -> Output:
    """Read some rows of DATA in six ways, and say how much there is to gain from tuning. Test rows stay sealed.

    DATA is a file, a folder, - (standard input) or a dataset of the workspace. Nothing is stored but the replies, which
    a run that follows finds in the cache."""
    from core.cli.actions.headroom import HeadroomWish, check_headroom

    return check_headroom(invocation, data, HeadroomWish(models, reading, estimate, **wish))  # type: ignore[arg-type]
