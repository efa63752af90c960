"""`versions`: names for the states of a dataset, and what changed between two."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import DATASET
from core.cli.shell import described, option


@described("versions", 'versions "My tickets" --name gold --why "Checked by two people"')
@click.argument("dataset", type=DATASET)
@option("--name", metavar="NAME", help="give the dataset as it is this name")
@option("--why", metavar="WORDS", default="", help="what the named version is for", show_default="nothing")
@option(
    "--compare",
    nargs=2,
    metavar="NAME NAME",
    help="say what changed between two versions; now is the dataset as it is",
)
@option(
    "--rescore",
    metavar="NAME",
    help="score the past runs by the labels of this version, from kept predictions: nothing is asked",
)
@option("--remove", metavar="NAME", help="take this name away; the rows stay as they are")
@common_options
def command(invocation: Invocation, dataset: str, **wish: object) -> Output:
    """List the named versions of DATASET, name the present state, or compare two.

    DATASET is a name, an id, or the beginning of either. Where a command takes DATA, DATASET@NAME is the dataset as it
    was: tune, evaluate, suspects, classify and export take it."""
    from core.cli.commands.versions.output import VersionsWish, versions_output

    return versions_output(invocation, dataset, VersionsWish(**wish))  # type: ignore[arg-type]
