"""`adopt`: the prompt of a run becomes the champion of its dataset; which ones there were, and the way back."""

from __future__ import annotations

import click

from core.cli.actions.requests import AdoptionWish
from core.cli.options import Invocation, common_options, record_of
from core.cli.output import Output
from core.cli.parameters import DATASET, POSITIVE, RUN, WHOLE
from core.cli.shell import described, option


@described("adopt", 'adopt latest --why "better on refunds"')
@click.argument("run", metavar="[RUN]", type=RUN, required=False)
@record_of(
    "wish",
    AdoptionWish,
    option(
        "--step", metavar="N", type=WHOLE, show_default="the best", help="the prompt that this step tried"
    ),
    option("--why", metavar="TEXT", default="", show_default="no reason", help="a sentence for the history"),
    option(
        "--history", metavar="DATASET", type=DATASET, help="list the champions of DATASET: who, when, why"
    ),
    option("--back", metavar="DATASET", type=DATASET, help="adopt the champion of DATASET before this one"),
    option(
        "--to",
        metavar="NUMBER",
        type=POSITIVE,
        show_default="the one before",
        help="with --back: the champion with this number in the history",
    ),
    option("--cascade", is_flag=True, help="answer with the cascade that was measured last for this prompt"),
)
@common_options
def command(invocation: Invocation, run: str | None, wish: AdoptionWish) -> Output:
    """Make the prompt of RUN the champion of its dataset: playground, HTTP API and exports then use it.

    RUN is an id, the beginning of one, a run's name, or latest. Earlier champions are kept: --history lists them, and
    --back DATASET adopts one of them again. With --cascade the local model answers where it is sure, and unsure answers are
    not given, as `cascade RUN` has measured it; without it the prompt answers alone."""
    from core.cli.actions.adopt import adoption

    return adoption(invocation, run, wish)
