"""`adopt`: the prompt of a run becomes the champion of its dataset."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import RUN, WHOLE
from core.cli.shell import described, option


@described("adopt", "adopt latest")
@click.argument("run", type=RUN)
@option("--step", metavar="N", type=WHOLE, show_default="the best", help="the prompt that this step tried")
@common_options
def command(invocation: Invocation, run: str, step: int | None) -> Output:
    """Make the prompt of RUN the champion of its dataset: playground, HTTP API and exports then use it.

    RUN is an id, the beginning of one, a run's name, or latest. Earlier champions are kept: adopt them again."""
    from core.cli.actions.adopt import adopt

    return adopt(invocation, run, step)
