"""`ledger`: the rules of a run's prompt, one by one."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options
from core.cli.output import Output
from core.cli.parameters import RUN, WHOLE
from core.cli.shell import described, option


@described("ledger", "ledger latest")
@click.argument("run", type=RUN)
@option("--step", metavar="N", type=WHOLE, show_default="the best", help="the prompt that this step tried")
@common_options
def command(invocation: Invocation, run: str, step: int | None) -> Output:
    """List the rules of RUN's prompt: where each came from, what it fixed and broke when it was tried, what it adds to
    every call, and what it is worth as far as `ablation` has measured it.

    RUN is an id, the beginning of one, a run's name, or latest. Nothing is asked or changed."""
    from core.cli.actions.rules import show_ledger

    return show_ledger(invocation, run, step)
