"""`predictions`: what was classified for people and programs."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options, out_option
from core.cli.output import Output
from core.cli.parameters import DATASET, POSITIVE, WHOLE
from core.cli.shell import described, option


@described("predictions", 'predictions "My tickets" --search "login"')
@click.argument("dataset", type=DATASET, required=False)
@option("--show", metavar="ID", show_default="none", help="all that is known of the prediction with this id")
@option("--search", metavar="TEXT", default="", show_default="all", help="only those with this text or id")
@out_option(
    "write them there: .csv, .jsonl, .parquet, .xlsx", default="they are counted, the newest are printed"
)
@option(
    "--keep-days",
    metavar="N",
    type=WHOLE,
    show_default="as it is set",
    help="keep predictions for N days from now on, 0 for ever; what is older goes at once",
)
@option("--clean", is_flag=True, help="take away what is older than is set, or than --older-than")
@option(
    "--older-than",
    metavar="DAYS",
    type=POSITIVE,
    show_default="as it is set",
    help="with --clean: from this age on",
)
@common_options
def command(invocation: Invocation, **wish: object) -> Output:
    """List served predictions of DATASET, show one with its request and reply, or clean up.

    DATASET is a name, an id, or the beginning of either. Rows that were made of feedback stay, whatever is cleaned up."""
    from core.cli.actions.serving.predictions import PredictionsWish, predictions

    return predictions(invocation, PredictionsWish(**wish))  # type: ignore[arg-type]
