"""The table of a migration: what each model makes of the champion's prompt, beside the model in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from core.costs.prompt_costs import price_of
from core.errors import WhetstoneError
from core.llm.catalogue.model_list import ModelEntry, list_model
from core.llm.connections import ModelContext
from core.metrics.changed_labels import changed_rows_in_words
from core.metrics.comparison import BETTER, WORSE, comparison_in_words, luck_in_words, verdict_of
from core.metrics.objective_words import rank_of
from core.metrics.paired_difference import difference_interval, difference_range_in_words
from core.services.benchmark.create import runs_by_key
from core.services.benchmark.spec import BenchmarkSpec, spec_of
from core.services.benchmark.table import MISSING
from core.services.compare.basis import ComparedRun, ComparisonBasis, ground, serving_of
from core.services.evaluation.rescored import rows_since
from core.services.run_report import compared_run, kept_replies
from core.store.records import ACTIVE, BenchmarkRecord, RunRecord, RunStatus
from core.types import Comparison, Metrics
from core.wording import ENDED, count, right_in_words
from core.workspace import Workspace

_UNTUNED = "Tuning found no better prompt for it."


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """A model with the champion's prompt as it is, or `tuned` for it. `test` and all after it are None until the test
    rows are read; `comparison` is with the model in use on the same rows; `usd` is what a thousand texts cost,
    `seconds` how long a reply takes, both None where not known; `why`: why there is no figure, or no prompt tuned for it."""

    model: ModelEntry
    tuned: bool
    in_use: bool
    state: str
    run_id: str = ""
    step: int = 0
    why: str = ""
    test: Metrics | None = None
    comparison: Comparison | None = None
    usd: float | None = None
    seconds: float | None = None
    drawback: str = ""

    @property
    def verdict(self) -> str:
        """Against the model in use, in words, with what a change could cost at worst; "" where they cannot be
        compared."""
        return "; ".join(filter(None, [self.moves, self.spread and self.spread + " of 100 right"]))

    @property
    def moves(self) -> str:
        """Mistakes fixed and new, and whether that may be luck."""
        return comparison_in_words(self.comparison) if self.comparison else ""

    @property
    def spread(self) -> str:
        """The interval of the difference, of 100 texts."""
        return difference_range_in_words(self.comparison) if self.comparison else ""

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 %, of the difference to the model in use, -1 to 1."""
        return difference_interval(self.comparison) if self.comparison else None

    @property
    def adoptable(self) -> bool:
        return self.test is not None and not self.in_use


@dataclass(frozen=True, slots=True)
class MigrationTable:
    """`rows`: the model in use first, then each successor, and behind it the prompt tuned for it. `notices` say
    where rows have changed in between."""

    id: str
    name: str
    created: float
    dataset_id: str
    spec: BenchmarkSpec
    rows: tuple[MigrationRow, ...]
    test_rows: int
    notices: tuple[str, ...] = ()

    @property
    def best(self) -> MigrationRow | None:
        """The successor that does best; None before one was measured."""
        ranks = self._ranks
        return max(ranks, key=lambda each: each[0])[1] if ranks else None

    @property
    def _ranks(self) -> list[tuple[float, MigrationRow]]:
        objective = self.spec.objective
        return [(rank_of(objective, row.test), row) for row in self.rows if row.test and row.adoptable]

    @property
    def _equals(self) -> int:
        """Rows as good as the best one, beside it."""
        ranks = [rank for rank, _ in self._ranks]
        return ranks.count(max(ranks)) - 1

    @property
    def headline(self) -> str:
        """Whether to change, and what came of it."""
        best = self.best
        if best is None or best.comparison is None:
            return self.finding
        if best.comparison.balance >= 0:
            better = verdict_of(best.comparison) == BETTER
            advice = "" if best.drawback else "Worth changing. " if better else "No loss to be seen. "
            return advice + self.finding
        tuned = any(row.tuned or row.why for row in self.rows if row.model == best.model)
        return f"Do not change yet. {self.finding}{'' if tuned else ' Tuning the prompt for it may help.'}"

    @property
    def finding(self) -> str:
        """What came of it, in a sentence."""
        before, best = self.rows[0], self.best
        if best is None:
            active = any(row.state in ACTIVE for row in self.rows)
            return "No successor has been measured yet" + (": it is under way." if active else ".")
        name = best.model.name + (" with its own tuned prompt" if best.tuned else "")
        right = right_in_words(before.test, best.test) if before.test else right_in_words(best.test)
        if best.comparison is None:
            return f"{name} does best: {right}. {before.model.name} could not be measured beside it."
        spread = f"; {best.spread} of 100 right" if best.spread else ""
        figures = f"{right}; {luck_in_words(best.comparison)}{spread}."
        if best.comparison.balance >= 0:
            equals = self._equals
            level = f", as {'does' if equals == 1 else 'do'} {count(equals, 'other')}" if equals else ""
            does = "does best" if best.comparison.balance else f"does as well as {before.model.name}"
            return f"{name} {does}{level}: {figures}"
        worse = verdict_of(best.comparison) == WORSE
        ahead = "No successor does as well as" if worse else "No successor is ahead of"
        return f"{ahead} {before.model.name}; {name} comes closest: {figures}"

    def warning(self, row: MigrationRow) -> str:
        """What speaks against the change to the row, a sentence; "" where it does as well as the model in use."""
        before = self.rows[0]
        if row.comparison is None or row.comparison.balance >= 0:
            return ""
        worse = verdict_of(row.comparison) == WORSE
        words = "Worse than {}, and not by luck" if worse else "Behind {}, which may be luck"
        apart = f" ({row.spread} of 100)" if row.spread else ""
        return f"{words.format(before.model.name)}: {right_in_words(before.test, row.test)}{apart}."


def migration_table(
    workspace: Workspace, record: BenchmarkRecord, shared: ModelContext, today: date
) -> MigrationTable:
    """As it stands now. UsageError where the user's file of prices is wrong."""
    spec, runs = spec_of(record), runs_by_key(workspace.store, record.id)
    by_model = {key.lightweight: run for key, run in runs.items()}
    slots = [slot for name in spec.lightweights for slot in _slots(workspace, spec, name, by_model.get(name))]
    sides = [slot.side for slot in slots if slot.side is not None]
    on = ground(sides) if sides else None
    rows = tuple(_row(workspace, slot, slots[0], (sides, on), (shared, today)) for slot in slots)
    tested = len([row for row in on.rows if row.split == "test"]) if on else 0
    notices = (*on.notices, *_since(workspace, sides)) if on else ()
    return MigrationTable(
        record.id, record.name, record.created, spec.dataset_id, spec, rows, tested, notices
    )


def _since(workspace: Workspace, sides: Sequence[ComparedRun]) -> Sequence[str]:
    """By which labels the figures are, where rows have changed since they were measured."""
    latest = max(sides, key=lambda each: each.record.dataset_version)
    since = rows_since(workspace, latest.record)
    if since is None:
        return ()
    read = {each.example_id for each in latest.readings["test"].predictions}
    changed = changed_rows_in_words(since.changes, read, "test")
    return (f"Changed since these were measured: {changed}. The figures are by the labels of then.",)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A row to be; `side` is None where the test rows were not read."""

    name: str
    tuned: bool
    in_use: bool
    run: RunRecord | None
    side: ComparedRun | None
    why: str = ""


def _slots(workspace: Workspace, spec: BenchmarkSpec, name: str, run: RunRecord | None) -> list[_Slot]:
    in_use = name == spec.incumbent
    side = _side(workspace, run, 0)
    if side is None and in_use:
        side = _side_of_champion(workspace, spec)
    result = side.record.result if side and not in_use else None
    best_step = result.best.step if result else 0
    tuning = not in_use and run is not None and run.settings.iterations != 0
    why = _why(run) if side is None else _UNTUNED if tuning and not best_step else ""
    slots = [_Slot(name, False, in_use, run, side, why)]
    if best_step:
        slots.append(_Slot(name, True, False, run, _side(workspace, run, best_step)))
    elif tuning and run is not None and run.active:
        slots.append(_Slot(name, True, False, run, None))
    return slots


def _side(workspace: Workspace, run: RunRecord | None, step: int) -> ComparedRun | None:
    if run is None or run.status is not RunStatus.FINISHED:
        return None
    side = compared_run(workspace, run.id, run.settings.lightweight, step)
    return side if "test" in side.readings else None


def _side_of_champion(workspace: Workspace, spec: BenchmarkSpec) -> ComparedRun | None:
    """What the run that the champion came from read, for a model that no longer answers."""
    branch, start = spec.settings.branch, spec.settings.start
    try:
        side = compared_run(workspace, branch.run, spec.incumbent, branch.step) if branch else None
    except WhetstoneError:  # deleted since
        return None
    same = side is not None and (side.prompt, side.record.settings.lightweight) == (start, spec.incumbent)
    return side if same and side and "test" in side.readings else None


def _why(run: RunRecord | None) -> str:
    if run is None:
        return "Its run was deleted."
    if run.status in (RunStatus.FAILED, RunStatus.STOPPED, RunStatus.INTERRUPTED):
        return run.error or ENDED.get(run.stop_reason, run.stop_reason)
    if run.status is RunStatus.FINISHED:
        return "A cap was reached before the test rows were read."
    return ""


def _row(
    workspace: Workspace,
    slot: _Slot,
    first: _Slot,
    basis: tuple[Sequence[ComparedRun], ComparisonBasis | None],
    context: tuple[ModelContext, date],
) -> MigrationRow:
    (sides, on), (shared, today) = basis, context
    entry = list_model(slot.name, shared.profiles, shared.prices, today)
    state = str(slot.run.status) if slot.run else MISSING
    run_id, side = slot.run.id if slot.run else "", slot.side
    if side is None or on is None:
        return MigrationRow(entry, slot.tuned, slot.in_use, state, run_id, why=slot.why)
    at = _place(sides, side)
    known = first.side is not None and side is not first.side
    return MigrationRow(
        entry,
        slot.tuned,
        slot.in_use,
        state,
        side.record.id,
        side.step,
        slot.why,
        on.figures("test", at),
        on.compared("test", _place(sides, first.side), at) if known and first.side else None,
        _usd(workspace, side, shared),
        _seconds(workspace, side),
        on.drawback("test", at),
    )


def _place(sides: Sequence[ComparedRun], side: ComparedRun) -> int:
    return next(at for at, each in enumerate(sides) if each is side)


def _usd(workspace: Workspace, side: ComparedRun, shared: ModelContext) -> float | None:
    """Of a thousand texts."""
    points = serving_of(workspace, side.record, shared)
    point = next((each for each in points if each.step == side.step), None)
    return price_of(point.tokens, side.record.settings.lightweight, shared.prices) if point else None


def _seconds(workspace: Workspace, side: ComparedRun) -> float | None:
    """The median of its replies, as they are kept; None where none is."""
    tested = {each.example_id for each in side.readings["test"].predictions}
    texts = [row.text for row in side.dataset.examples if row.id in tested]
    replies = kept_replies(workspace, side.record.settings, side.dataset.labels.names)(side.prompt, texts)
    seconds = [each.seconds for each in replies if each is not None and each.seconds > 0]
    return median(seconds) if seconds else None
