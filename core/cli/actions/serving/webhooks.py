"""`feedback --webhook` and `--retry`."""

from __future__ import annotations

from core.cli.inputs.names import dataset_named
from core.cli.options import Invocation
from core.cli.output import Output
from core.services.serving.webhooks import retry_deliveries, send_due, set_webhook

OFF = "off"


def webhook(invocation: Invocation, typed: str, address: str | None, retry: bool) -> Output:
    """Sets the address, or posts what was given up; then says how it stands. UsageError, NotFound."""
    with invocation.workspace() as workspace:
        info = dataset_named(workspace, typed)
        if address is not None:
            set_webhook(workspace, info.id, "" if address == OFF else address)
        if retry:
            retry_deliveries(workspace, info.id)
            send_due(workspace)
        deliveries = workspace.store.deliveries
        now, counts = deliveries.webhook(info.id), deliveries.counts(info.id)
        problem = next((each.problem for each in deliveries.recent(info.id) if each.problem), "")
    data: dict[str, object] = {
        "dataset": info.name,
        "dataset_id": info.id,
        "webhook": now or None,
        "deliveries": counts,
    }
    lines = [
        f"Feedback on {info.name!r} is posted to {now}" if now else f"Feedback on {info.name!r} is not posted"
    ]
    lines.append(", ".join(f"{number:,} {state}" for state, number in counts.items()))
    return Output(data, "\n".join([*lines, *([f"Last problem: {problem}"] if problem else [])]))
