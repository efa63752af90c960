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
@option(
    "--webhook",
    metavar="ADDRESS",
    show_default="as it is set",
    help="post feedback on DATASET there from now on, “off” ends that; WHETSTONE_WEBHOOKS lists the addresses that may be chosen",
)
@option("--retry", is_flag=True, help="post again what the webhook did not take")
@common_options
def command(
    invocation: Invocation,
    dataset: str,
    out: Path | None,
    state: str | None,
    webhook: str | None,
    retry: bool,
) -> Output:
    """Count and hand over what people said of served predictions of DATASET, with the predictions.

    DATASET is a name, an id, or the beginning of either. Nothing is changed but what --webhook sets."""
    from core.cli.actions.feedback import feedback
    from core.cli.actions.serving.webhooks import webhook as set_up

    if webhook is not None or retry:
        return set_up(invocation, dataset, webhook, retry)
    return feedback(invocation, dataset, out, state)
