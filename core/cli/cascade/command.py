"""`cascade`: when a run's prompt should answer, and when a local model or nobody."""

from __future__ import annotations

import click

from core.cli.options import Invocation, common_options, estimate_option, out_option
from core.cli.output import Output
from core.cli.parameters import DOLLARS, RUN, SHARE, TEMPERATURE, WHOLE
from core.cli.shell import described, option
from core.confidence.agreement import TEMPERATURE as USUAL


@described("cascade", "cascade latest --out cascade.json")
@click.argument("run", type=RUN)
@option("--step", metavar="N", type=WHOLE, show_default="the best", help="the prompt that this step tried")
@option(
    "--target",
    metavar="SHARE",
    type=SHARE,
    show_default="the prompt's own accuracy on validation rows",
    help="how many of the given answers must be right, such as 0.95",
)
@option(
    "--samples",
    metavar="N",
    type=WHOLE,
    default=0,
    help="further replies a text; an answer that too few of them agree with is not given",
)
@option(
    "--temperature",
    metavar="T",
    type=TEMPERATURE,
    default=USUAL,
    help="of the further replies, from 0 to 2, for models that take one",
)
@option(
    "--logprobs",
    is_flag=True,
    help="instead of samples: how likely the model itself took its label, for servers that say so; one call a row",
)
@option("--no-local", is_flag=True, help="do without a local model: the prompt is always asked")
@option("--budget-usd", metavar="X", type=DOLLARS, show_default="no cap", help="dollars that may be spent")
@option(
    "--max-calls", metavar="N", type=WHOLE, show_default="no cap", help="calls that may reach the provider"
)
@out_option("write the cascade there, a file that evaluate and classify take as --prompt")
@estimate_option
@common_options
def command(invocation: Invocation, run: str, estimate: bool, **wish: object) -> Output:
    """Measure where a local model could answer instead of RUN's prompt, and which answers are better left out. Thresholds
    are chosen on validation rows and measured on test rows. Without --samples and --logprobs nothing is asked and nothing is spent.

    RUN is an id, the beginning of one, a run's name, or latest."""
    from core.cli.cascade.measure import CascadeOptions, measure_cascade

    return measure_cascade(invocation, run, CascadeOptions(**wish), estimate)  # type: ignore[arg-type]
