"""Before a run: about how many calls it can take. The same plan as the run's own, so that caps shrink both alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.loop.planning import plan
from core.types import SPLITS, Example, Settings


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how many calls at most, by role, were nothing in the cache; calls that fail and are tried again are not foreseen.
    `capped`: the call cap, not the work, sets the lightweight number."""

    lightweight: int
    heavyweight: int
    capped: bool


def estimate(settings: Settings, rows: Sequence[Example]) -> Estimate:
    """`rows` are split already. Raises UsageError for caps too small for one step."""
    parts = [tuple(row for row in rows if row.split == name and not row.excluded) for name in SPLITS]
    planned = plan(settings, *parts)
    # a step looks, tries its edits, reads again the rows that moved, and all of them once more where only some edits are kept
    each_step = planned.look + 2 * (planned.show + planned.attempt) + planned.show
    needed = len(planned.validation) + planned.look + planned.steps * each_step + len(planned.validation) + planned.kept_back
    allowed = needed if settings.max_calls is None else min(needed, settings.max_calls)
    return Estimate(allowed, planned.steps, allowed < needed)
