"""A migration: the champion's prompt measured on the models that could follow its own, and if wanted tuned there.

It is a benchmark of the store (core/services/benchmark) whose runs begin with the champion: one for the model in use,
which is only measured, and one for each successor. So it goes on in the background, keeps to its caps, is resumed, and
every run of it can be opened, compared and adopted like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.costs.price_words import estimated_time
from core.errors import DataError, UsageError
from core.llm.connections import ModelContext
from core.services.benchmark.create import NO_TEST, create
from core.services.benchmark.estimate import BenchmarkEstimate, estimate_benchmark, estimate_in_words
from core.services.benchmark.spec import BenchmarkSpec, checked_spec, kind_of
from core.services.branches import locked_in
from core.services.champions import branch_of, champion_settings
from core.services.datasets import split_rows
from core.services.evaluation.scorers import judge_named
from core.services.migration.end_dates import MOST_SUCCESSORS
from core.store.records import BenchmarkRecord, Champion
from core.types import Settings
from core.wording import and_listed, count
from core.workspace import NO_KEYS, Workspace

OFFLINE_EDITOR = "offline:editor"  # free, and asked nothing where nothing is tuned


@dataclass(frozen=True, slots=True)
class MigrationWish:
    """What is wanted: the `successors`, and whether the prompt is tuned on each of them, by which `heavyweight`
    model, in how many steps. Caps are of each run; None is no cap."""

    successors: tuple[str, ...]
    tune: bool = False
    heavyweight: str = OFFLINE_EDITOR
    iterations: int | None = None
    budget_usd: float | None = None
    max_calls: int | None = None
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class MigrationPrice:
    """`rows`: those read with each model, `tested` of them by which models are compared."""

    models: tuple[str, ...]
    rows: int
    tested: int
    expected: BenchmarkEstimate
    money: str

    @property
    def in_words(self) -> str:
        calls = f"up to {count(self.expected.lightweight_calls, 'call')}"
        heavy = self.expected.heavyweight_calls
        calls += f" and {count(heavy, 'call')} of the heavyweight model" if heavy else ""
        judge = self.expected.judge_calls
        calls += f", and {count(judge, 'call')} of the judge that scores the answers" if judge else ""
        tuning = ", then the prompt is tuned for the new ones" if heavy else ""
        seconds = self.expected.seconds
        time = f" About {estimated_time(seconds)}." if seconds >= 1 else ""
        return (
            f"{and_listed(self.models)} classify {count(self.rows, 'row')} each, {self.tested:,} of them test rows that decide"
            f"{tuning}: {calls}. {self.money}{time}"
        )


def migration_spec(workspace: Workspace, dataset_id: str, wish: MigrationWish) -> BenchmarkSpec:
    """UsageError without a champion or a successor, and with more than five."""
    champion = workspace.store.champions.current(dataset_id)
    if champion is None:
        raise UsageError(
            "No prompt has been adopted for this dataset yet: adopt one, then see how other models do."
        )
    names = tuple(dict.fromkeys(name.strip() for name in wish.successors if name.strip()))
    names = tuple(name for name in names if name != champion.model)
    if not names:
        raise UsageError(f"Name at least one other model than {champion.model}, which is in use.")
    if len(names) > MOST_SUCCESSORS:
        raise UsageError(
            f"{len(names)} models are more than can be compared at once: choose up to {MOST_SUCCESSORS}."
        )
    settings = _settings(workspace, champion, wish)
    models = (champion.model, *names)
    heavyweights = (wish.heavyweight if wish.tune else OFFLINE_EDITOR,)
    return checked_spec(
        BenchmarkSpec(dataset_id, models, heavyweights, (settings.seed,), settings, champion.model)
    )


def _settings(workspace: Workspace, champion: Champion, wish: MigrationWish) -> Settings:
    """As the run of the champion was told, where it is still there."""
    before = champion_settings(workspace.store, champion)
    return Settings(
        strategy=before.strategy,
        iterations=wish.iterations if wish.tune else 0,
        seed=before.seed,
        concurrency=wish.concurrency or before.concurrency,
        max_calls=wish.max_calls,
        budget_usd=wish.budget_usd,
        structured_output=before.structured_output,
        start=champion.prompt,
        locked=locked_in(champion.prompt, before.locked),
        branch=branch_of(champion),
        objective=before.objective,
        purpose=before.purpose,
        reply_tokens=before.reply_tokens,
        scorer=before.scorer,
    )


def migration_price(workspace: Workspace, spec: BenchmarkSpec, shared: ModelContext) -> MigrationPrice:
    """What `start_migration` would take, were nothing in the cache. DataError without test rows, UsageError for a
    cap in dollars on a model whose price is not known."""
    settings = spec.settings
    rows = split_rows(workspace, spec.dataset_id, settings.seed, bool(settings.scorer))
    parts = [row.split for row in rows if not row.excluded]
    if "test" not in parts:
        raise DataError(NO_TEST)
    labels = workspace.store.datasets.info(spec.dataset_id).labels
    judge = judge_named(workspace, settings.scorer)
    expected = estimate_benchmark(spec, rows, labels, shared, judge)
    if expected.unpriced and settings.budget_usd is not None:
        raise UsageError(
            f"There is no price for {' and '.join(expected.unpriced)}, so a cap in dollars cannot be kept: leave it out, "
            "cap the calls, or enter a price on the Settings page."
        )
    read = [part for part in parts if part in ("validation", "test")]
    money = estimate_in_words(expected, spec, len(read))["money"]
    return MigrationPrice(spec.lightweights, len(read), parts.count("test"), expected, money)


def create_migration(workspace: Workspace, spec: BenchmarkSpec, keys: Mapping[str, str] = NO_KEYS) -> str:
    """The id of a new migration, whose runs wait to be carried out (`queue.resume`). UsageError for a successor that
    cannot be opened; the model in use may be gone already. DataError, Conflict."""
    workspace.check_spendable()
    for key in spec.run_keys():
        if key.lightweight != spec.incumbent:
            workspace.session(spec.settings_for(key), keys=keys)
    present = len(migrations_of(workspace, spec.dataset_id))
    return create(workspace, f"Migration {present + 1}", spec)


def migrations_of(workspace: Workspace, dataset_id: str) -> tuple[BenchmarkRecord, ...]:
    """The newest first."""
    records = ((record, kind_of(record)) for record in workspace.store.benchmarks.all())
    return tuple(record for record, kind in records if kind.incumbent and kind.dataset_id == dataset_id)
