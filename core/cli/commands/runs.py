"""`runs`: what was tuned, and what came of it."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import RUN
from core.cli.shell import described, option
from core.errors import UsageError


@described("runs", "runs latest")
@click.argument("run", metavar="[RUN]", type=RUN, required=False)
@option("--tree", is_flag=True, help="show which run began with the prompt of which")
@common_options
def command(invocation: Invocation, run: str | None, tree: bool) -> Output:
    """List the runs of the workspace, the newest first; or show one with its figures, verdict and prompt.

    RUN is an id, the beginning of one, or latest."""
    from core.cli.inputs.names import run_named
    from core.cli.words.runs import list_output, run_output, tree_output

    if tree and run is not None:
        raise UsageError("--tree shows all runs: leave RUN out.")

    with invocation.workspace() as workspace:
        if not workspace.read_only:
            workspace.store.leases.mark_interrupted()
        if tree:
            return tree_output(workspace)
        return list_output(workspace) if run is None else run_output(workspace, run_named(workspace, run))
