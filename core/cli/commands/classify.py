"""`classify`: texts labelled with a prompt."""

from __future__ import annotations

import click

from core.cli.actions.requests import Engine, LabelFiles, Labelling, LabelRequest
from core.cli.options import (
    Invocation,
    ModelOptions,
    Reading,
    common_options,
    model_options,
    prompt_option,
    reading_options,
    record_of,
)
from core.cli.output import Output
from core.cli.parameters import DATA, DATASET, FILE, POSITIVE, Choice
from core.cli.shell import described, option
from core.types import NeighbourSource

labelling_options = record_of(
    "labelling",
    Labelling,
    prompt_option,
    option(
        "--labels",
        metavar="LABEL,…",
        multiple=True,
        show_default="the prompt's own",
        help="the labels of a prompt that is text or a chat, which names none itself (comma separated, or repeated)",
    ),
    option(
        "--neighbours",
        type=Choice(tuple(str(source) for source in NeighbourSource)),
        default=str(NeighbourSource.PROMPT),
        help="where the examples of a prompt that shows similar ones come from",
    ),
    option(
        "--dataset",
        metavar="NAME",
        type=DATASET,
        show_default="the one named like the prompt file",
        help="whose rows, with --neighbours dataset",
    ),
)


@described("classify", "classify texts.csv labelled.csv --prompt prompt.json")
@record_of(
    "files",
    LabelFiles,
    click.argument("source", metavar="IN", type=DATA),
    click.argument("target", metavar="OUT", type=FILE),
)
@labelling_options
@record_of(
    "engine",
    Engine,
    option(
        "--engine",
        "name",
        type=Choice(("local", "ray")),
        default="local",
        help="ray: by many workers, here or on a cluster (docs/ray.md); IN and OUT are CSV, JSONL or Parquet files",
    ),
    option(
        "--workers",
        metavar="N",
        type=POSITIVE,
        show_default="one a processor of this machine",
        help="how many, with --engine ray; --concurrency is that of each",
    ),
)
@model_options
@reading_options
@common_options
def command(
    invocation: Invocation,
    files: LabelFiles,
    labelling: Labelling,
    models: ModelOptions,
    reading: Reading,
    engine: Engine,
) -> Output:
    """Label the texts of IN and write them to OUT, with every other column of IN.

    IN is a file, a folder, - (standard input) or a dataset of the workspace. The ending of OUT decides its format: .csv,
    .tsv, .jsonl, .parquet, .xlsx, each also with .gz where that makes sense; - is standard output."""
    from core.cli.actions.classify import classify

    return classify(invocation, LabelRequest(files.source, files.target, labelling, models, reading, engine))
