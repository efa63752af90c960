"""`import`: labelled texts put into the workspace."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from core.cli.options import Invocation, Reading, common_options, reading_options, scorer_option
from core.cli.output import Output
from core.cli.parameters import DATA
from core.cli.shell import described, option, program

if TYPE_CHECKING:
    from core.cli.inputs.data_source import LabelledData


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

    FILE is a file, a folder or - (standard input). A name that is taken gets a number. Several columns of labels make
    a dataset each, whose rows are held out alike."""
    from core.cli.inputs.data_source import Wanted, labelled_columns

    columns = labelled_columns(data, reading, Wanted(not reading.keep_unlabelled, bool(scorer)))
    if len(columns) == 1:
        return _stored(invocation, data, columns[0], (name, scorer or ""))
    if name is not None:
        columns = [
            replace(rows, dataset=replace(rows.dataset, name=f"{name}: {label}"))
            for rows, label in zip(columns, dict.fromkeys(reading.label), strict=True)
        ]
    made = [_stored(invocation, data, rows, (None, scorer or "")) for rows in columns]
    return Output({"datasets": [each.data for each in made]}, "\n".join(each.words for each in made))


def _stored(invocation: Invocation, data: str, rows: LabelledData, wish: tuple[str | None, str]) -> Output:
    """`wish`: the name and the scorer that were typed."""
    from core.label_sets.sets import single_labels
    from core.services.evaluation.scorers import checked_scorer, scorer_notices

    name, scorer = wish
    with invocation.workspace() as workspace:
        workspace.check_writable()
        dataset = rows.dataset if name is None else replace(rows.dataset, name=name)
        scorer = checked_scorer(workspace, scorer, dataset.examples)
        dataset_id = workspace.store.datasets.add(dataset, rows.origin(data), scorer)
        info = workspace.store.datasets.info(dataset_id)
        notices = (*rows.notices, *scorer_notices(workspace, scorer, dataset.examples))
    labels = dict(Counter(single_labels(rows.dataset)).most_common())
    result = {
        "dataset": info.name,
        "dataset_id": info.id,
        "name": info.name,
        "rows": info.rows,
        "unlabelled": info.unlabelled,
        "labels": labels,
        "left_out": dict(rows.left_out),
        "notices": list(notices),
    } | {name: value for name, value in (("scorer", scorer), ("bins", rows.bins)) if value}
    without = f", {info.unlabelled:,} of them without a label" if info.unlabelled else ""
    what = f"answers scored by {scorer}" if scorer else f"labels: {', '.join(labels) or 'none yet'}"
    words = f"{info.rows:,} rows imported as {info.name!r}{without}, {what}"
    return Output(result, "\n".join([*notices, words, f'Next: {program()} tune "{info.name}"']))
