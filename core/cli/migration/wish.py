"""What was typed for `migrate`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MigrationOptions:
    """Without `to` nothing is measured: it is said when the model in use ends, and what came of migrations so far."""

    to: tuple[str, ...]
    tune: bool
    heavyweight: str | None
    iterations: int | None
    budget_usd: float | None
    max_calls: int | None
    concurrency: int | None
    estimate: bool
