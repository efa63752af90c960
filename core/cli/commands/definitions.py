"""`definitions`: what the labels of a dataset mean."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options, estimate_option, out_option
from core.cli.output import Output
from core.cli.parameters import DATASET, DOLLARS, FILE, MODEL
from core.cli.shell import described, option


@described(
    "definitions", 'definitions "My tickets" --from-model anthropic:claude-sonnet-5-5 --out labels.json'
)
@click.argument("dataset", type=DATASET)
@option(
    "--from-model",
    metavar="M",
    type=MODEL,
    show_default="none is asked",
    help="have this heavyweight model draft them from a few training rows; nothing is stored",
)
@option(
    "--budget-usd", metavar="X", type=DOLLARS, show_default="no cap", help="dollars that a draft may cost"
)
@option(
    "--set",
    "source",
    metavar="FILE",
    type=FILE,
    show_default="nothing is stored",
    help='store those of this file: JSON, {"label": "what it means"}, or a table with the columns label and definition',
)
@out_option("write them there as JSON, to be corrected and read by --set", default="they are printed")
@estimate_option
@common_options
def command(invocation: Invocation, dataset: str, **wish: object) -> Output:
    """Show what the labels of DATASET mean, have a model draft it, or store it from a file.

    DATASET is a name, an id, or the beginning of either. Definitions go into starting prompts and to the heavyweight
    model. What --set stores can be undone on the Dataset page."""
    from core.cli.actions.definitions import DefinitionsWish, definitions

    return definitions(invocation, dataset, DefinitionsWish(**wish))  # type: ignore[arg-type]
