"""Would neighbour examples help the prompt of a run? Priced first, then measured on the rows that it has
read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.costs.call_price import CallPrice
from core.llm.connections import ModelContext
from core.services.compare.basis import ComparedRun, rows_read
from core.studies import neighbour_trial
from core.studies.neighbour_trial import Tried
from core.tuning.few_shot import pool_of, with_neighbours
from core.tuning.free_answers.run import rows_in_parts
from core.tuning.session import OnProgress, reading_settings
from core.types import Prompt
from core.workspace import NO_KEYS, Workspace


def neighbour_prompts(of: ComparedRun, counts: Sequence[int]) -> tuple[Prompt, ...]:
    """The side's prompt with so many neighbours each, out of the training rows of its run. Takes seconds for
    20,000 rows."""
    rows = rows_in_parts(of.dataset.examples, of.record.settings)
    train, held_out = (
        [row for row in rows if (row.split == "train") == wanted and not row.excluded]
        for wanted in (True, False)
    )
    pool = pool_of(train, held_out, of.record.settings.seed)
    return tuple(with_neighbours(of.prompt, count, pool) for count in counts)


def run(
    workspace: Workspace,
    of: ComparedRun,
    prompts: Sequence[Prompt],
    keys: Mapping[str, str] = NO_KEYS,
    on_progress: OnProgress = lambda progress: None,
) -> tuple[Tried, ...]:
    """Reads the side's validation rows with each of its `neighbour_prompts`; the lightweight model is asked
    and paid. Raises ModelRefused, and UsageError for a model that cannot be opened and where nothing may be
    spent."""
    workspace.check_spendable()
    session = workspace.session(reading_settings(of.record.settings), keys=keys)
    return neighbour_trial.run(
        session, prompts, rows_read(of), of.readings["validation"], of.dataset.labels.names, on_progress
    )


def price(of: ComparedRun, prompts: Sequence[Prompt], shared: ModelContext) -> CallPrice:
    """What `run` would take, were nothing in the cache."""
    return neighbour_trial.price(reading_settings(of.record.settings), prompts, rows_read(of), shared)
