"""Planted wrong labels where rows have several: how many of the most doubtful rows had one planted. Not a test:

    PYTHONPATH=. .venv/bin/python tests/bench/set_suspects.py [--seeds N] [--share SHARE]

Of the labels of the sample the share is planted, half by adding a label to a row and half by taking one away, one a row.
Three lists: by the texts alone; by the texts and what five prompts of a run with the offline pair predicted for these very
rows; by these predictions alone. Then what Triage takes for mislabelled after that run. Chance is the share of rows with a planted label.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import statistics
from collections.abc import Iterator, Sequence
from contextlib import closing, redirect_stdout
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from core.cli.main import main as command_line
from core.data.fields import ColumnMap
from core.data.importing.mapping import import_dataset
from core.label_errors.evidence import ModelEvidence
from core.label_errors.set_suspects import find_set_suspects
from core.label_errors.triage import TriageKind
from core.label_sets.sets import label_names, names_of, set_label
from core.samples import FOLDER
from core.services.review import evidence_for, find, triaged
from core.types import Example
from core.workspace import Workspace

FIRST = (10, 20, 40)
SAMPLE = FOLDER / "help_desk_labels.csv"


def planted(rows: Sequence[Example], share: float, seed: int) -> tuple[list[Example], set[str]]:
    """The rows, and the ids of those with another set than before; no row is left without a label."""
    rng, names = random.Random(seed), names_of(row.label for row in rows)
    wanted = round(share * sum(len(label_names(row.label)) for row in rows))
    made, order = list(rows), rng.sample(range(len(rows)), len(rows))
    for number in range(wanted):
        added = number % 2 == 0
        at = next(each for each in order if added or len(label_names(rows[each].label)) > 1)
        order.remove(at)
        own = set(label_names(rows[at].label))
        changed = {rng.choice(sorted({*names} - own if added else own))}
        made[at] = replace(rows[at], label=set_label(own ^ changed))
    return made, {row.id for row, before in zip(made, rows, strict=True) if row.label != before.label}


def read_by_a_run(rows: Sequence[Example]) -> tuple[ModelEvidence, list[str]]:
    """What five prompts predicted, and the ids of what Triage takes for mislabelled after it."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "planted.csv"
        with file.open("w", encoding="utf-8", newline="") as lines:
            csv.writer(lines).writerows([("text", "label"), *((row.text, row.label) for row in rows)])
        os.environ["WHETSTONE_WORKSPACE"] = folder
        with redirect_stdout(io.StringIO()):
            command_line(["tune", str(file), "--several", "keep", "--iterations", "4", "-q"])
        with closing(Workspace(Path(folder))) as workspace:
            dataset = workspace.store.datasets.all()[0].id
            find(workspace, dataset)
            sorted_rows = triaged(workspace, dataset)
            mislabelled = [each.example_id for each in sorted_rows if each.kind is TriageKind.MISLABELLED]
            return evidence_for(workspace, rows), mislabelled


def by_predictions(rows: Sequence[Example], evidence: ModelEvidence, seed: int) -> list[str]:
    """Ids, first the rows of which most prompts contradict the same label; drawn by lot where as many do."""
    rng = random.Random(f"lot {seed}")  # not the order in which rows were planted

    def against(row: Example) -> float:
        said, own = evidence.missed.get(row.id, ()), set(label_names(row.label))
        contradicted = [name for version in said for name in own ^ set(label_names(version))]
        return max((contradicted.count(name) / len(said) for name in contradicted), default=0.0)

    return [row.id for row in sorted(rng.sample(list(rows), len(rows)), key=against, reverse=True)]


def lists(rows: Sequence[Example], evidence: ModelEvidence, seed: int) -> Iterator[tuple[str, list[str]]]:
    yield "texts", [each.example_id for each in find_set_suspects(rows, seed)]
    yield (
        "texts and predictions",
        [each.example_id for each in find_set_suspects(rows, seed, evidence)],
    )
    yield "predictions alone", by_predictions(rows, evidence, seed)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.08)
    given = parser.parse_args()
    rows = import_dataset(SAMPLE.read_bytes(), SAMPLE.stem, ColumnMap(("text",), "label", several="keep"))
    precision: dict[str, list[list[float]]] = {}
    chance, mislabelled = [], []
    for seed in range(given.seeds):
        made, wrong = planted(rows.dataset.examples, given.share, seed)
        chance.append(len(wrong) / len(made))
        evidence, said = read_by_a_run(made)
        mislabelled += [each in wrong for each in said]
        for name, ids in lists(made, evidence, seed):
            precision.setdefault(name, []).append([sum(each in wrong for each in ids[:n]) / n for n in FIRST])
    print(f"{len(made)} rows, {len(wrong)} planted, {given.seeds} seeds: precision of the first {FIRST}")
    for name, figures in precision.items():
        cells = [
            f"{statistics.fmean(each):.2f} ({min(each):.2f} to {max(each):.2f})"
            for each in zip(*figures, strict=True)
        ]
        print(f"{name:24}{'   '.join(cells)}")
    print(f"{'chance':24}{statistics.fmean(chance):.2f}")
    print(f"mislabelled by Triage: {len(mislabelled)} rows, {sum(mislabelled)} of them planted")


if __name__ == "__main__":
    main()
