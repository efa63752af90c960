"""The specification of a benchmark: which models meet, on which rows, how often, under which caps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from core.errors import UsageError
from core.store.codec import decode
from core.store.records import BenchmarkRecord, RunRecord
from core.types import Objective, Settings
from core.types.objectives import AUTOMATIC

MOST_RUNS = 200


@dataclass(frozen=True, slots=True)
class RunKey:
    """One run of a benchmark."""

    lightweight: str
    heavyweight: str
    seed: int


@dataclass(frozen=True, slots=True)
class BenchmarkSpec:
    """Every lightweight model is tuned with every heavyweight one, once per seed. `settings` are those of all
    runs, caps included; their models and seed are put in for each. `incumbent` is set in a migration: the
    lightweight model that is in use, which is only measured."""

    dataset_id: str
    lightweights: tuple[str, ...]
    heavyweights: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    settings: Settings = field(default_factory=Settings)
    incumbent: str = ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(lightweight, heavyweight)."""
        return tuple((light, heavy) for light in self.lightweights for heavy in self.heavyweights)

    @property
    def objective(self) -> Objective:
        """What its pairs are judged by: accuracy in benchmarks of before there was a choice."""
        objective = self.settings.objective
        return objective if objective is not None and objective.kind != AUTOMATIC else Objective()

    def run_keys(self) -> Iterator[RunKey]:
        """In the order of their turns: every pair once, then again with the next seed."""
        return (RunKey(*pair, seed) for seed in self.seeds for pair in self.pairs)

    def settings_for(self, key: RunKey) -> Settings:
        own = replace(self.settings, lightweight=key.lightweight, heavyweight=key.heavyweight, seed=key.seed)
        return replace(own, iterations=0) if key.lightweight == self.incumbent else own


@dataclass(frozen=True, slots=True)
class BenchmarkKind:
    """Of a specification that much as tells what it is for."""

    dataset_id: str = ""
    incumbent: str = ""


def spec_of(record: BenchmarkRecord) -> BenchmarkSpec:
    return decode(record.spec, BenchmarkSpec)


def kind_of(record: BenchmarkRecord) -> BenchmarkKind:
    return decode(record.spec, BenchmarkKind)


def is_migration(record: BenchmarkRecord) -> bool:
    """Whether it is one: then it stands on the Migration page, not among the benchmarks."""
    return bool(kind_of(record).incumbent)


def run_key_of(run: RunRecord) -> RunKey:
    return RunKey(run.settings.lightweight, run.settings.heavyweight, run.settings.seed)


def checked_spec(spec: BenchmarkSpec) -> BenchmarkSpec:
    """Without blanks and repeats. UsageError where nothing is left to run, or far too much."""
    lights, heavies = _clean(spec.lightweights), _clean(spec.heavyweights)
    if not lights or not heavies:
        raise UsageError("A benchmark needs at least one lightweight and one heavyweight model: choose them.")
    if not spec.seeds:
        raise UsageError("A benchmark needs at least one seed: give it one.")
    clean = replace(spec, lightweights=lights, heavyweights=heavies, seeds=tuple(dict.fromkeys(spec.seeds)))
    runs = len(clean.pairs) * len(clean.seeds)
    if runs > MOST_RUNS:
        raise UsageError(f"That would be {runs:,} runs, more than {MOST_RUNS}: choose fewer models or seeds.")
    return clean


def _clean(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
