"""`adopt`."""

from __future__ import annotations

from core.cli import json_output
from core.cli.inputs.names import run_named
from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.shell import program
from core.services.branches import adopt_step


def adopt(invocation: Invocation, typed: str, step: int | None) -> Output:
    with invocation.workspace() as workspace:
        record = run_named(workspace, typed)
        before = workspace.store.champions.current(record.dataset_id)
        champion = adopt_step(workspace, record.id, step)
    data = {
        "dataset": record.dataset_name,
        "dataset_id": record.dataset_id,
        "run_id": champion.run_id,
        "step": champion.step,
        "model": champion.model,
        "prompt": json_output.prompt_fields(champion.prompt),
        "changed": champion != before,
    }
    did = "is now" if champion != before else "was already"
    words = f"The prompt of run {record.id}, step {champion.step}, {did} the champion of {record.dataset_name!r} ({champion.model})."
    return Output(data, f"{words}\nNext: {program()} export {record.id} --format python --out classify.py")
