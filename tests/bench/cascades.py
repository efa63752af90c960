"""Prompt alone, local model alone, cascade, and unsure answers left out, on the sealed rows of the bundled samples.

    PYTHONPATH=. .venv/bin/python tests/bench/cascades.py [SAMPLE …]

The offline pair tunes (four iterations), so nothing is spent; dollars are what as many tokens would cost with PRICED."""

from __future__ import annotations

import sys
import tempfile

from core.confidence.trial import CascadeTrial, CascadeWish
from core.costs.prompt_costs import CALLS, price_of
from core.library.tune import tune
from core.metrics.comparison import p_in_words
from core.samples import sample
from core.services.cascade import measure
from core.services.cascade.words import title_of
from core.services.compare.basis import ComparedRun, serving
from core.services.run_report import compared_run
from core.wording import percent
from core.workspace import Workspace

SAMPLES = ("github_issues", "insincere_questions", "question_pairs")
PRICED = "openai:gpt-6-luna"
TARGETS = (0.7, 0.75, 0.8, 0.85, 0.9)
SAMPLED = 5


def main(names: tuple[str, ...]) -> None:
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            run = tune(sample(name).path, iterations=4, workspace=folder, progress=False)
            workspace = Workspace.open(folder)
            try:
                of = compared_run(workspace, run.id, name)
                print(f"\n{name}", flush=True)
                report(workspace, of, CascadeWish())
                for target in TARGETS:
                    report(workspace, of, CascadeWish(target, SAMPLED, local=False))
            finally:
                workspace.close()


def report(workspace: Workspace, of: ComparedRun, wish: CascadeWish) -> None:
    trial = measure.measured_trial(workspace, of, wish)
    kind = f"{wish.samples} samples" if wish.samples else "local model"
    print(f"  {kind}, target {percent(trial.target)}: {thresholds(trial)}")
    shared = workspace.model_context()
    tokens = next(
        each.tokens for each in serving(workspace.store, of.record.id, shared) if each.step == of.step
    )
    thousand = price_of(tokens, PRICED, shared.prices)
    one = None if thousand is None else thousand / CALLS
    for each in trial.figures["test"]:
        if wish.samples and each.way != "abstaining":
            continue
        calls = measure.calls_per_thousand(each)
        line = f"    {title_of(each, trial)}: answered {each.answered} of {each.rows}, right {each.right} ({percent(each.accuracy)}, "
        line += f"{percent(each.interval[0])} to {percent(each.interval[1])}), {calls:,.0f} calls"
        line += f", ${calls * one:.4f} per 1,000 texts" if one is not None else ""
        if each.comparison:
            compared = each.comparison
            line += f"; fixed {len(compared.fixed)}, new {len(compared.broke)}, {p_in_words(compared.p)}"
        print(line, flush=True)


def thresholds(trial: CascadeTrial) -> str:
    gates = ((name, gate) for name, gate in (("local", trial.local), ("samples", trial.agreement)) if gate)
    return ", ".join(
        f"{name} from {gate.threshold}" if gate.threshold is not None else f"{name}: none holds"
        for name, gate in gates
    )


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or SAMPLES)
