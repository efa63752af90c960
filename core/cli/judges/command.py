"""`judge`: a run whose labels are verdicts on answers."""

from __future__ import annotations

from pathlib import Path

import click

from core.cli.options import (
    Invocation,
    ModelOptions,
    Reading,
    common_options,
    estimate_option,
    model_options,
    out_option,
    reading_options,
)
from core.cli.output import Output
from core.cli.parameters import DATA, RUN
from core.cli.shell import described, option


@described("judge", 'judge latest --good good --answers "Help desk answers"')
@click.argument("run", type=RUN)
@option(
    "--good",
    metavar="LABEL",
    default="",
    show_default="the one marked in the dataset",
    help="the verdict that says an answer is good; it is marked in the dataset",
)
@option(
    "--answers",
    metavar="DATA",
    type=DATA,
    show_default="none are judged",
    help="judge these, and say how many are good: a file, or a dataset, of which rows without a verdict are taken",
)
@estimate_option
@out_option("write the disagreements there: .csv, .jsonl, .parquet, .xlsx")
@model_options
@reading_options
@common_options
def command(
    invocation: Invocation,
    run: str,
    models: ModelOptions,
    reading: Reading,
    out: Path | None,
    **wish: str | bool | None,
) -> Output:
    """Say how far the judge that RUN has tuned agrees with people, where it does not, and who is probably wrong.

    RUN is an id, the beginning of one, a run's name, or latest; its labels are verdicts on answers. Nothing is asked
    but with --answers: how many of them are good is corrected for the errors that the judge makes."""
    from core.cli.judges.action import JudgeWish, judge_run

    return judge_run(invocation, run, JudgeWish(models, reading, out, **wish))  # type: ignore[arg-type]
