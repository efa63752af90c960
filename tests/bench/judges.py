"""What a judge is worth on the sample of help desk answers, for five seeds: agreement and kappa on sealed rows before and
after tuning, who is found wrong where they differ, and the pass rate of the answers that nobody has judged, against what a
person would say of them.

    PYTHONPATH=. .venv/bin/python tests/bench/judges.py
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from pathlib import Path

from core.samples import FOLDER, sample
from core.services.datasets import import_sample
from core.services.judges.disagreements import Cause, disagreements
from core.services.judges.report import judge_report
from core.services.judges.unjudged import judge_answers, judge_settings, unjudged_rows
from core.services.judges.words import kappa_in_words, rate_in_words
from core.services.runs import create_run, execute_here
from core.types import Settings
from core.workspace import Workspace

SEEDS, ITERATIONS = range(5), 6


def main() -> None:
    with (FOLDER / "help_desk_answers.truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["id"]: row for row in csv.DictReader(file)}
    unjudged = [row["verdict"] for row in truth.values() if row["kind"] == "unjudged"]
    print(f"a person would call {unjudged.count('good')} of {len(unjudged)} unjudged answers good")
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            workspace = Workspace.open(Path(folder))
            try:
                show(workspace, seed, {key for key, row in truth.items() if row["kind"] != "unjudged"})
            finally:
                workspace.close()


def show(workspace: Workspace, seed: int, planted: set[str]) -> None:
    dataset_id = import_sample(workspace, sample("help_desk_answers"))
    run_id = create_run(workspace, dataset_id, Settings(iterations=ITERATIONS, seed=seed))
    execute_here(workspace, run_id, lambda progress: None, lambda step: None)
    report = judge_report(workspace, run_id)
    found = disagreements(workspace, report)
    judged = judge_answers(workspace, report, unjudged_rows(report), judge_settings(report))
    before, after = report.before, report.after
    print(
        f"seed {seed}: agreement {before.agreed.k} -> {after.agreed.k} of {after.agreed.n}, "
        f"kappa {kappa_in_words(before)} -> {kappa_in_words(after)}, p = {report.comparison.p:.3g}"
    )
    print("  ", dict(Counter(str(each.cause) for each in found)))
    accused = [each.row.id for each in found if each.cause is Cause.PERSON]
    print(f"   person wrong: {len(accused)}, of them planted {len(planted.intersection(accused))};", end=" ")
    print(f"planted among all disagreements: {sum(each.row.id in planted for each in found)}")
    print("  ", rate_in_words(judged.rate, report.good))


if __name__ == "__main__":
    main()
