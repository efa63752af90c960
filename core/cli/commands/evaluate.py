"""`evaluate`: a prompt measured on labelled texts."""

from __future__ import annotations

import click

from core.cli.actions.requests import MeasureRequest, Measuring
from core.cli.options import (
    Invocation,
    ModelOptions,
    Reading,
    common_options,
    model_options,
    objective_option,
    out_option,
    prompt_option,
    reading_options,
    record_of,
    scorer_option,
)
from core.cli.output import Output
from core.cli.parameters import ANY_WHOLE, DATA, SHARE, Choice
from core.cli.shell import described, option
from core.types import SPLITS


@described("evaluate", "evaluate tickets.csv --prompt prompt.json --split test")
@click.argument("data", type=DATA)
@record_of(
    "measuring",
    Measuring,
    prompt_option,
    option("--split", type=Choice(("all", *SPLITS)), default="all", help="the part to measure"),
    option("--seed", metavar="N", type=ANY_WHOLE, default=0, help="how rows without a split are split"),
    objective_option,
    scorer_option,
    option(
        "--fail-under",
        metavar="SHARE",
        type=SHARE,
        show_default="never",
        help="end with exit code 1 where accuracy, or the value of --objective, is below, such as 0.8",
    ),
    out_option("write every row with its prediction there, in the format of its ending"),
)
@model_options
@reading_options
@common_options
def command(
    invocation: Invocation, data: str, measuring: Measuring, models: ModelOptions, reading: Reading
) -> Output:
    """Measure a prompt on the labelled texts in DATA: accuracy with its interval, every label's precision and recall,
    what is confused with what.

    DATA is a file, a folder, - (standard input) or a dataset of the workspace."""
    from core.cli.actions.evaluate import evaluate_rows

    return evaluate_rows(invocation, MeasureRequest(data, measuring, models, reading))
