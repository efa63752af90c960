"""One decision: which of the prompts that a run stood on is its best."""

from __future__ import annotations

from collections.abc import Sequence

from core.metrics.metrics import right
from core.tuning.search import Incumbent
from core.types import Evaluation, Example, Outcome


def best_of(standings: Sequence[Incumbent], rows: Sequence[Example]) -> Incumbent:
    """The one that is right most often on those of the (validation) rows that all of them answered, the
    latest of equals. All of them have been read; with failed calls left out on every side, none gains by a
    call that failed."""
    common = set.intersection(*(_answered(standing.validation) for standing in standings))
    truth = {row.id: row.label for row in rows if row.id in common}
    return max(standings, key=lambda standing: (_right(standing.validation, truth), standing.step))


def _answered(reading: Evaluation) -> set[str]:
    return {each.example_id for each in reading.predictions if each.outcome is not Outcome.FAILED}


def _right(reading: Evaluation, truth: dict[str, str]) -> int:
    return sum(
        right(each, truth[each.example_id]) for each in reading.predictions if each.example_id in truth
    )
