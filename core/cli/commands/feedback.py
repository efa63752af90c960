"""`feedback`: what people said of predictions."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.options import Invocation, common_options, out_option
from core.cli.output import Output
from core.cli.parameters import DATASET, Choice
from core.cli.shell import described, option
from core.store.feedback.records import State


@described("feedback", 'feedback "My tickets" --out feedback.csv')
@click.argument("dataset", type=DATASET)
@out_option("write it there: .csv, .jsonl, .parquet, .xlsx", default="it is counted, the newest is printed")
@option(
    "--state",
    type=Choice(tuple(str(state) for state in State)),
    show_default="all",
    help="only what came to this: waiting (its prediction is not known yet), new (no rule took it), inbox, applied, discarded",
)
@common_options
def command(invocation: Invocation, dataset: str, out: Path | None, state: str | None) -> Output:
    """Count and hand over what people said of served predictions of DATASET, with the predictions.

    DATASET is a name, an id, or the beginning of either. Nothing is changed."""
    from core.cli.actions.feedback import feedback

    return feedback(invocation, dataset, out, state)
