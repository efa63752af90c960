"""The runs of a workspace as a list, and one of them, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from core.cli import json_output
from core.cli.output import Output
from core.cli.shell import program
from core.label_sets.figures import run_set_figures
from core.services.branches import RunNode, node_in_words, run_trees
from core.services.versions.versions import version_of_run
from core.store.records import RunRecord
from core.wording import count, percent
from core.workspace import Workspace


def list_output(workspace: Workspace) -> Output:
    records = workspace.store.runs.all()
    lines = [
        f"{each.id}  {each.status:<11}  {each.steps:>2} steps  {_share(each.baseline_share)} -> {_share(each.best_share)}  "
        + each.dataset_name
        for each in records
    ]
    words = "\n".join(lines) or f"No runs yet: {program()} tune FILE starts one."
    return Output({"runs": [listed_run(record) for record in records]}, words)


def tree_output(workspace: Workspace) -> Output:
    """The same list, and beside it the tree: the id of a run, where it began, its score and its own branches."""
    trees = run_trees(workspace)
    listed = list_output(workspace)
    lines = [line for root in trees for line in _branch_lines(root)]
    data = {**listed.data, "tree": [_node(root) for root in trees]}
    return Output(data, "\n".join(lines) or listed.words)


def _node(node: RunNode) -> dict[str, object]:
    branch = node.run.settings.branch
    return {
        "run_id": node.run.id,
        "name": node.run.name,
        "who": node.run.who,
        "began_with": None if branch is None else {"run_id": branch.run, "step": branch.step},
        "part": node.part or None,
        "correct": node.score.correct if node.score else None,
        "n": node.score.n if node.score else None,
        "branches": [_node(each) for each in node.branches],
    }


def _branch_lines(node: RunNode, depth: int = 0) -> Iterator[str]:
    yield "   " * depth + ("└─ " if depth else "") + node_in_words(node, root=not depth)
    for branch in node.branches:
        yield from _branch_lines(branch, depth + 1)


def run_output(workspace: Workspace, record: RunRecord) -> Output:
    """`record` is whole. Figures, verdict and prompt, as far as it has come."""
    from core.cli.words.run import (  # knows what a run is made of: slow to import
        prompt_in_words,
        run_in_words,
    )

    dataset = workspace.store.runs.snapshot(record.id)
    version = version_of_run(workspace, record)
    named: dict[str, object] = {"dataset_version": version.name if version else None}
    steps = workspace.store.steps.all(record.id)
    title = record.dataset_name + (f", version {version.name}" if version else "")
    about = f"{title}: {record.settings.lightweight} tuned by {record.settings.heavyweight}"
    if record.result is not None:
        several = record.result.best.prompt.several
        sets = run_set_figures(dataset.examples, record.result)
        labels = several or dataset.labels.names
        data = listed_run(record) | named | json_output.tuned(record, record.result, labels, steps)
        data |= {"label_sets": json_output.compared_sets(sets)} if sets else {}
        return Output(data, f"{about}\n{run_in_words(record, record.result, sets=sets)}")
    lines = [about, f"run {record.id}: {record.status}, {count(record.steps, 'step')} so far"]
    lines += [record.error] if record.error else []
    name = "validation" if record.best_score is None else "validation, mean score"
    lines.append(f"{name}: {percent(record.baseline_share)} -> {percent(record.best_share)}")
    lines += prompt_in_words(steps[-1].prompt, "The prompt it went on with:") if steps else []
    lines.append(f"Next: {program()} tune --resume {record.id}")
    return Output(listed_run(record) | named, "\n".join(lines))


def listed_run(record: RunRecord) -> dict[str, object]:
    settings = record.settings
    return {
        "run_id": record.id,
        "name": record.name,
        "dataset": record.dataset_name,
        "status": record.status,
        "stop_reason": record.stop_reason,
        "steps": record.steps,
        "baseline_accuracy": record.baseline_accuracy,
        "best_accuracy": record.best_accuracy,
        "lightweight": settings.lightweight,
        "heavyweight": settings.heavyweight,
        "seed": settings.seed,
        "created": record.created,
        "seconds": record.seconds,
        **json_output.spent(record.spend),
    } | _scores(record)


def _scores(record: RunRecord) -> dict[str, object]:
    """Mean scores on validation rows, of runs that go by them."""
    if record.best_score is None:
        return {}
    return {"baseline_score": record.baseline_score, "best_score": record.best_score}


def _share(accuracy: float | None) -> str:
    return "    –" if accuracy is None else f"{100 * accuracy:4.1f}%"
