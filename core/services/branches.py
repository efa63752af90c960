"""The prompt of a run's step put to use: another run begins with it, or its dataset adopts it; and the tree of the runs
that began so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.splits import HELD_OUT
from core.errors import UsageError
from core.prompts.rules import field_lines
from core.services.champions import adopt_prompt
from core.store.records import Champion, RunRecord
from core.types import Branch, Metrics, Prompt
from core.wording import percent
from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class BranchStart:
    """What a branch takes along: the prompt, where it comes from, and those lines that its run had locked."""

    prompt: Prompt
    branch: Branch
    locked: tuple[str, ...]


def branch_start(workspace: Workspace, run_id: str, step: int | None = None) -> BranchStart:
    """Of a step: what it tried, or where nothing could be tried what its run went on with. Without a step: the
    best prompt, of a run that has not ended the one it went on with last. NotFound, UsageError."""
    record = workspace.store.runs.get(run_id)
    result = record.result
    if result is not None and step in (None, result.best.step):
        number, prompt = result.best.step, result.best.prompt
    else:
        figures = workspace.store.steps.figures(run_id)
        if not figures:
            raise UsageError("This run has no step yet: wait for its first, or start from another run.")
        number = figures[-1].number if step is None else step
        loaded = workspace.store.steps.get(run_id, number)
        prompt = loaded.prompt if step is None else loaded.candidate or loaded.prompt
    return BranchStart(prompt, Branch(run_id, number), locked_in(prompt, record.settings.locked))


def locked_in(prompt: Prompt, locked: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the lines that the prompt has."""
    lines = field_lines(prompt)
    return tuple(line for line in locked if line in lines)


def adopt_step(workspace: Workspace, run_id: str, step: int | None = None, why: str = "") -> Champion:
    """The prompt of a step of the run, or its best one, becomes the champion of the run's dataset. Nothing is
    stored anew where it is that already. UsageError in a workspace that is only shown and for a run without a
    step; NotFound for a run, a step or a dataset that is gone."""
    workspace.check_writable()
    begun, record = branch_start(workspace, run_id, step), workspace.store.runs.get(run_id)
    model = record.settings.lightweight
    return adopt_prompt(workspace, record.dataset_id, begun.prompt, model, begun.branch, why)


# ---- the tree


@dataclass(frozen=True, slots=True)
class RunNode:
    """A run and those that began with the prompt of one of its steps, oldest first. `part` is the part of the rows that
    counts ("test", or "validation" where no test rows were read), `score` what its best prompt had there; "" and None
    before the end. Where it began is in its settings (`branch`); a root may have begun with a run that is gone."""

    run: RunRecord
    part: str
    score: Metrics | None
    branches: tuple[RunNode, ...] = ()


def run_trees(workspace: Workspace, dataset_id: str | None = None) -> tuple[RunNode, ...]:
    """The runs of the dataset, or of all of them, by where they began: a root for each that began with no run of the
    workspace. Those with branches first, then the newest."""
    runs = workspace.store.runs.all(dataset_id)
    key = (dataset_id, tuple((run.id, run.name, run.status, run.steps) for run in runs))
    return workspace.cached("run trees", key, lambda: _trees(workspace, runs))


def node_in_words(node: RunNode, root: bool = False) -> str:
    """Such as "Run 2, from step 3: 84 of 100 test rows right, by Ann"."""
    run, branch, began = node.run, node.run.settings.branch, ""
    if branch is not None:
        step = f"step {branch.step}" if branch.step else "the starting prompt"
        began = f", from {step}" + (" of a run that is gone" if root else "")
    words = str(run.status)
    if node.score is not None:
        graded = f"mean score {percent(node.score.score)} on {node.score.n:,} {node.part} rows"
        right = f"{node.score.correct:,} of {node.score.n:,} {node.part} rows right"
        words = graded if node.score.graded else right
    return f"{run.name}{began}: {words}" + (f", by {run.who}" if run.who else "")


def _trees(workspace: Workspace, runs: Sequence[RunRecord]) -> tuple[RunNode, ...]:
    known, begun_with = {run.id for run in runs}, defaultdict[str, list[RunRecord]](list)
    for run in reversed(runs):  # oldest first
        branch = run.settings.branch
        begun_with[branch.run if branch is not None and branch.run in known else ""].append(run)

    def node(run: RunRecord) -> RunNode:
        return RunNode(run, *_score(workspace, run), tuple(map(node, begun_with[run.id])))

    roots = [node(run) for run in reversed(begun_with[""])]
    return tuple(sorted(roots, key=lambda root: not root.branches))


def _score(workspace: Workspace, run: RunRecord) -> tuple[str, Metrics | None]:
    """`run` comes from a list, without its result."""
    result = None if run.active else workspace.store.runs.get(run.id).result
    for part in reversed(HELD_OUT):
        if result is not None and part in result.best.evaluations:
            return part, result.best.evaluations[part].metrics
    return "", None
