"""The prompt that a dataset stands by: adopted once, whoever asks."""

from __future__ import annotations

from core.store.records import Champion
from core.types import Branch, Prompt
from core.workspace import Workspace


def adopt_prompt(
    workspace: Workspace, dataset_id: str, prompt: Prompt, model: str, branch: Branch | None = None
) -> Champion:
    """Makes the prompt, read by this lightweight model, the dataset's champion; `branch`: the step that it is of,
    if one has it. Nothing is stored anew where it is that already. UsageError in a workspace that is only shown,
    NotFound for a dataset that is gone."""
    workspace.check_writable()
    champions = workspace.store.champions
    current = champions.current(dataset_id)
    if current is None or (current.prompt, current.model) != (prompt, model):
        run_id, step = (branch.run, branch.step) if branch else ("", 0)
        champions.adopt(dataset_id, prompt, model, run_id, step)
        current = champions.current(dataset_id)
    assert current is not None
    return current
