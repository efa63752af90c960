"""`import`: labelled texts put into the workspace."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import click

from core.cli.options import Invocation, Reading, common_options, reading_options, scorer_option
from core.cli.output import Output
from core.cli.parameters import DATA
from core.cli.shell import described, option, program


@described("import", 'import tickets.csv --as "My tickets"')
@click.argument("data", metavar="FILE", type=DATA)
@option("--as", "name", metavar="NAME", show_default="that of the file", help="name of the dataset")
@scorer_option
@reading_options
@common_options
def command(
    invocation: Invocation, data: str, name: str | None, scorer: str | None, reading: Reading
) -> Output:
    """Put the labelled texts of FILE into the workspace as a dataset.

    FILE is a file, a folder or - (standard input). A name that is taken gets a number."""
    from core.cli.inputs.data_source import Wanted, labelled_file
    from core.services.evaluation.scorers import checked_scorer

    rows = labelled_file(data, reading, Wanted(not reading.keep_unlabelled, bool(scorer)))
    with invocation.workspace() as workspace:
        workspace.check_writable()
        dataset = rows.dataset if name is None else replace(rows.dataset, name=name)
        scorer = checked_scorer(workspace, scorer or "", dataset.examples)
        dataset_id = workspace.store.datasets.add(dataset, rows.origin(data), scorer)
        info = workspace.store.datasets.info(dataset_id)
    labels = dict(Counter(row.label for row in rows.dataset.examples if row.label).most_common())
    result = {
        "dataset": info.name,
        "dataset_id": info.id,
        "name": info.name,
        "rows": info.rows,
        "unlabelled": info.unlabelled,
        "labels": labels,
        "left_out": dict(rows.left_out),
        "notices": list(rows.notices),
    } | ({"scorer": scorer} if scorer else {})
    without = f", {info.unlabelled:,} of them without a label" if info.unlabelled else ""
    what = f"answers scored by {scorer}" if scorer else f"labels: {', '.join(labels) or 'none yet'}"
    words = f"{info.rows:,} rows imported as {info.name!r}{without}, {what}"
    return Output(result, "\n".join([*rows.notices, words, f'Next: {program()} tune "{info.name}"']))
