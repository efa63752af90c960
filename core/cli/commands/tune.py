"""`tune`: from labelled texts to a better prompt."""

from __future__ import annotations

import click

from core.cli.actions.tune_options import TuneOptions, tune_options
from core.cli.options import (
    Invocation,
    ModelOptions,
    Reading,
    common_options,
    model_options,
    reading_options,
)
from core.cli.output import Output
from core.cli.parameters import DATA
from core.cli.shell import described


@described("tune", "tune tickets.csv --budget-usd 0.50 --out prompt.json")
@click.argument("data", type=DATA, required=False)
@tune_options
@model_options
@reading_options
@common_options
def command(
    invocation: Invocation,
    data: str | None,
    tuning: TuneOptions,
    models: ModelOptions,
    reading: Reading,
) -> Output:
    """Find a better prompt for the labelled texts in DATA.

    DATA is a file, a folder, - (standard input) or a dataset of the workspace; it may be left out with --resume and
    --from-run. Without --lightweight and --heavyweight the offline pair does the work, for nothing."""
    from core.cli.actions.tune import tune_here
    from core.cli.actions.tune_start import TuneRequest

    return tune_here(invocation, TuneRequest(data, tuning, models, reading))
