"""`migrate`: what other models make of the champion, before its own is switched off."""

from __future__ import annotations

import click

from core.cli.migration.wish import MigrationOptions
from core.cli.options import Invocation, common_options, estimate_option, record_of
from core.cli.output import Output
from core.cli.parameters import DATASET, DOLLARS, MODEL, POSITIVE, WHOLE
from core.cli.shell import described, option
from core.types import Settings


@described(
    "migrate", "migrate tickets --to openai:gpt-6-luna --to anthropic:claude-haiku-5-5 --budget-usd 0.50"
)
@click.argument("dataset", type=DATASET)
@record_of(
    "options",
    MigrationOptions,
    option(
        "--to",
        metavar="M",
        type=MODEL,
        multiple=True,
        show_default="nothing is measured: what is known is shown",
        help="model that could follow the one in use (may be repeated, up to five, or several with commas)",
    ),
    option("--tune", is_flag=True, help="also tune the champion on each of them"),
    option(
        "--heavyweight",
        metavar="M",
        type=MODEL,
        show_default=Settings().heavyweight,
        help="with --tune: model that edits the prompt",
    ),
    option(
        "--iterations",
        metavar="N",
        type=POSITIVE,
        show_default="as many as the caps allow",
        help="with --tune: steps on each model",
    ),
    option("--budget-usd", metavar="X", type=DOLLARS, show_default="no cap", help="dollars for each model"),
    option("--max-calls", metavar="N", type=WHOLE, show_default="no cap", help="calls of each model"),
    option(
        "--concurrency",
        metavar="N",
        type=POSITIVE,
        show_default="as the champion's run",
        help="calls at a time",
    ),
    estimate_option,
)
@common_options
def command(invocation: Invocation, dataset: str, options: MigrationOptions) -> Output:
    """Measure the champion of DATASET on other models, beside the model in use, on test rows that no step has seen.

    DATASET is a name, an id, or the beginning of either. Every model's run can be opened, and adopted with adopt.
    Interrupted, it goes on from the Migration page; begun again, it pays for no call twice."""
    from core.cli.migration.action import migrate_dataset

    return migrate_dataset(invocation, dataset, options)
