"""`compare`: two runs beside each other."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.options import Invocation, common_options, out_option
from core.cli.output import Output
from core.cli.parameters import RUN, WHOLE
from core.cli.shell import described, option


@described("compare", "compare RUN_A RUN_B --out flips.csv")
@click.argument("first", metavar="RUN_A", type=RUN)
@click.argument("second", metavar="RUN_B", type=RUN)
@option("--step-a", metavar="N", type=WHOLE, show_default="the best", help="RUN_A at this step")
@option("--step-b", metavar="N", type=WHOLE, show_default="the best", help="RUN_B at this step")
@out_option("write the validation rows that they answer differently there: .csv, .jsonl, .parquet, .xlsx")
@common_options
def command(
    invocation: Invocation,
    first: str,
    second: str,
    step_a: int | None,
    step_b: int | None,
    out: Path | None,
) -> Output:
    """Say whether RUN_B is better than RUN_A, by the rows that both have read, and on which rows they part.

    Runs are ids, beginnings of one, names, or latest. Nothing is asked or changed."""
    from core.cli.actions.compare import compare_two

    return compare_two(invocation, ((first, step_a), (second, step_b)), out)
