"""`datasets`: what the workspace holds to tune on."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import DATASET
from core.cli.shell import described


@described("datasets", 'datasets "My tickets"')
@click.argument("name", metavar="[NAME]", type=DATASET, required=False)
@common_options
def command(invocation: Invocation, name: str | None) -> Output:
    """List the datasets of the workspace; or show one, by its name, its id, or the beginning of either."""
    from core.cli.inputs.names import dataset_named
    from core.cli.words.datasets import dataset_output, list_output

    with invocation.workspace() as workspace:
        if name is None:
            return list_output(workspace)
        return dataset_output(workspace, dataset_named(workspace, name))
