"""`ablation`: what each rule of a prompt is worth."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options, estimate_option
from core.cli.output import Output
from core.cli.parameters import DOLLARS, POSITIVE, RUN, WHOLE
from core.cli.shell import described, option


@described("ablation", "ablation latest --budget-usd 0.20")
@click.argument("run", type=RUN)
@option("--step", metavar="N", type=WHOLE, show_default="the best", help="the prompt that this step tried")
@option(
    "--rule",
    "numbers",
    metavar="N",
    type=POSITIVE,
    multiple=True,
    show_default="all",
    help="only this rule, by its number in `ledger` (may be repeated)",
)
@option(
    "--rows",
    metavar="N",
    type=POSITIVE,
    show_default="all",
    help="read so many of the validation rows, the same ones every time",
)
@option("--budget-usd", metavar="X", type=DOLLARS, show_default="no cap", help="dollars that may be spent")
@option(
    "--max-calls",
    metavar="N",
    type=WHOLE,
    show_default="as many as estimated",
    help="calls that may reach the provider",
)
@estimate_option
@common_options
def command(invocation: Invocation, run: str, estimate: bool, **wish: object) -> Output:
    """Leave out each rule of RUN's prompt in turn and read the validation rows again: what goes wrong without it is what
    it is there for. Test rows are not read. What is measured is kept and shown by `ledger`.

    RUN is an id, the beginning of one, a run's name, or latest."""
    from core.cli.actions.rules import AblationWish, measure_rules

    return measure_rules(invocation, run, AblationWish(**wish), estimate)  # type: ignore[arg-type]
