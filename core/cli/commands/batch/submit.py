"""`batch submit`: the texts of a file on their way."""

from __future__ import annotations

import click

from core.cli.actions.requests import Labelling
from core.cli.commands.classify import labelling_options
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
from core.cli.parameters import DATA
from core.cli.shell import described


@described("submit", "batch submit texts.csv --prompt prompt.json --budget-usd 5")
@click.argument("source", metavar="IN", type=DATA)
@labelling_options
@model_options
@estimate_option
@reading_options
@common_options
def command(
    invocation: Invocation,
    source: str,
    labelling: Labelling,
    models: ModelOptions,
    reading: Reading,
    estimate: bool,
) -> Output:
    """Send the texts of IN to the batch service of the model's provider, OpenAI or Anthropic.

    IN is a file, a folder, - (standard input) or a dataset of the workspace. What was answered before is not sent; what a cap does
    not allow waits, and batch fetch sends it as others turn out cheaper."""
    from core.cli.commands.batch.actions import submit

    return submit(invocation, source, (labelling, models, reading), estimate)
