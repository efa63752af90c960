"""Runs on sets with a rare label, by accuracy and by balanced accuracy: what the verdict says, and what becomes of
the rare label.

    python tests/bench/rare_labels.py [--shares 5 10 20] [--seeds 0 1 2] [--iterations 4]

Each sample set is thinned, by a seed, until its rarest label has that share of the rows, and tuned with the offline
pair. Figures are of the test rows.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from core.data.importing.mapping import import_dataset
from core.metrics.comparison import EVIDENCE
from core.services.runs import create_run, execute_here
from core.types import Dataset, Decision, Objective, Settings
from core.workspace import Workspace

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
SETS = ("insincere_questions", "question_pairs", "github_issues")
OBJECTIVES = ("accuracy", "balanced")


@dataclass(frozen=True, slots=True)
class RareRun:
    """What a run on a thinned set came to; recalls are of the rare label, before and after."""

    rows: int
    decision: Decision
    recall: tuple[float, float]
    accuracy: float
    balanced: float
    lost: bool  # a label that the test rows have is never right
    significant: bool  # better than the starting prompt by the paired test alone


def thinned(dataset: Dataset, share: float, seed: int) -> tuple[Dataset, str]:
    """With as many rows of the rarest label, by chance, as make that share; all rows where it has no more."""
    counts = Counter(row.label for row in dataset.examples)
    rare = min(counts, key=lambda label: (counts[label], label))
    others = len(dataset.examples) - counts[rare]
    wanted = min(round(others * share / (1 - share)), counts[rare])
    mine = [row.id for row in dataset.examples if row.label == rare]
    chosen = set(random.Random(f"rare/{seed}").sample(mine, wanted))
    rows = tuple(row for row in dataset.examples if row.label != rare or row.id in chosen)
    return replace(dataset, examples=rows), rare


def run_one(name: str, share: float, kind: str, seed: int, iterations: int) -> RareRun:
    dataset, rare = thinned(import_dataset((SAMPLES / f"{name}.csv").read_bytes(), name).dataset, share, seed)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Path(folder))
        try:
            dataset_id = workspace.store.datasets.add(dataset, name)
            settings = Settings(seed=seed, iterations=iterations, objective=Objective(kind))
            run_id = create_run(workspace, dataset_id, settings)
            result = execute_here(workspace, run_id, lambda progress: None, lambda step: None).result
        finally:
            workspace.close()
    assert result is not None and result.test is not None
    before, after = (each.evaluations["test"].metrics for each in (result.baseline, result.best))
    recalls = [next(row.recall for row in each.per_label if row.label == rare) for each in (before, after)]
    present = [row.recall for row in after.per_label if row.support]
    return RareRun(
        len(dataset.examples),
        result.test.decision,
        (recalls[0], recalls[1]),
        after.accuracy or 0.0,
        statistics.mean(present),
        0.0 in present,
        result.test.comparison is not None
        and result.test.comparison.p < EVIDENCE
        and result.test.comparison.balance > 0,
    )


def table(results: dict[tuple[str, float, str], list[RareRun]]) -> str:
    columns = [
        "set, rare label",
        "rows",
        "objective",
        "recall of the rare label",
        "accuracy",
        "balanced accuracy",
    ]
    columns += ["called better (with a recall of 0)", "by the paired test alone"]
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for (name, share, kind), runs in results.items():
        start, end = (100 * statistics.mean(run.recall[at] for run in runs) for at in (0, 1))
        cells = [
            f"{name}, {100 * share:.0f} %",
            f"{statistics.mean(run.rows for run in runs):.0f}",
            kind,
            f"{start:.0f} % → {end:.0f} %",
            f"{100 * statistics.mean(run.accuracy for run in runs):.1f} %",
            f"{100 * statistics.mean(run.balanced for run in runs):.1f} %",
            _counts([run for run in runs if run.decision is Decision.ACCEPTED]),
            _counts([run for run in runs if run.significant]),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _counts(runs: Sequence[RareRun]) -> str:
    return f"{len(runs)} ({sum(run.lost for run in runs)})"


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shares", nargs="+", type=float, default=[5, 10, 20], help="in percent")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--iterations", type=int, default=4)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    keys = [
        (name, share / 100, kind) for name in options.sets for share in options.shares for kind in OBJECTIVES
    ]
    with ProcessPoolExecutor(options.workers) as pool:
        waiting = {
            key: [pool.submit(run_one, *key, seed, options.iterations) for seed in options.seeds]
            for key in keys
        }
        print(table({key: [each.result() for each in runs] for key, runs in waiting.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
