"""The prompt of a run's step put to use: another run begins with it, or its dataset adopts it."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import UsageError
from core.prompts.rules import field_lines
from core.services.champions import adopt_prompt
from core.store.records import Champion
from core.types import Branch, Prompt
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
