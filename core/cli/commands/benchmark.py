"""`benchmark`: which pair of models is worth its money?"""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.options import (
    Invocation,
    Reading,
    common_options,
    estimate_option,
    out_option,
    reading_options,
)
from core.cli.output import Output
from core.cli.parameters import DATA, DOLLARS, MODEL, POSITIVE, REPLY_LENGTH, WHOLE, Choice, WholeNumber
from core.cli.shell import described, option
from core.types import Settings


@described(
    "benchmark",
    "benchmark tickets.csv --models openai:gpt-6-luna --models anthropic:claude-haiku-5-5 --budget-usd 0.50",
)
@click.argument("data", type=DATA, nargs=-1, required=True)
@option(
    "--models",
    metavar="M",
    type=MODEL,
    multiple=True,
    show_default=Settings().lightweight,
    help="lightweight model to compare (may be repeated, or several with commas)",
)
@option(
    "--heavyweights",
    metavar="M",
    type=MODEL,
    multiple=True,
    show_default=Settings().heavyweight,
    help="heavyweight model to compare: every pair is tuned (as --models)",
)
@option(
    "--strategies",
    type=Choice(("edit", "rewrite")),
    multiple=True,
    show_default=Settings().strategy,
    help="a benchmark for each (may be repeated)",
)
@option("--seeds", metavar="N", type=WholeNumber(1, 10), default=1, help="how often every pair is tuned")
@option(
    "--iterations",
    metavar="N",
    type=POSITIVE,
    show_default="as many as the caps allow",
    help="steps of every run",
)
@option(
    "--budget-usd", metavar="X", type=DOLLARS, show_default="no cap", help="dollars that each run may spend"
)
@option("--max-calls", metavar="N", type=WHOLE, show_default="no cap", help="lightweight calls of each run")
@option(
    "--max-heavy-calls", metavar="N", type=WHOLE, show_default="no cap", help="heavyweight calls of each run"
)
@option(
    "--concurrency",
    metavar="N",
    type=POSITIVE,
    show_default=str(Settings().concurrency),
    help="calls at a time",
)
@option(
    "--reply-tokens",
    metavar="N",
    type=REPLY_LENGTH,
    show_default=str(Settings().reply_tokens),
    help="how long a reply of a lightweight model may be",
)
@option(
    "--purpose",
    metavar="TEXT",
    show_default="none",
    help="what the texts are and what the answers are for: read by the heavyweight models, of scored answers by both",
)
@option(
    "--name",
    metavar="NAME",
    default="",
    show_default="Benchmark 1, 2, …",
    help="how it is called on the Benchmark page",
)
@out_option("write a line for each pair there: .csv or .json")
@estimate_option
@reading_options
@common_options
def command(
    invocation: Invocation,
    data: tuple[str, ...],
    out: Path | None,
    reading: Reading,
    estimate: bool,
    **wish: object,
) -> Output:
    """Tune every pair of models on DATA under the same caps, and compare them on test rows that no step has seen.

    DATA are files or datasets of the workspace, each a benchmark of its own. Interrupted, its runs go on from the
    Benchmark page."""
    from core.cli.actions.benchmark import BenchmarkWish, benchmark

    return benchmark(invocation, data, BenchmarkWish(reading, out, estimate, **wish))  # type: ignore[arg-type]
