"""The table of a benchmark: what each pair came to, from the stored runs and nothing else.

Accuracy is that of the test rows, which no step has seen: all readings of a pair's seeds together, with the
interval and the paired verdict of core/metrics/repeats.py, where a row counts once however many seeds have
read it. Calls, tokens and money are those each pair takes by itself (core/llm/budgeted.py, `Alone`): replies
that pairs share are asked, and paid, once, so the bill is smaller than the sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.errors import NotFound
from core.llm.base import roles_of
from core.metrics.comparison import answers_to
from core.metrics.metrics import majority_accuracy
from core.metrics.objective_guards import weakness
from core.metrics.objective_words import figure_of
from core.metrics.repeats import Marks, Share, compare_seeds, compare_seeds_by, marks_of, share_of
from core.scoring.constant import Constant, best_constant
from core.scoring.judge import is_judge
from core.scoring.registry import scorer_of
from core.services.benchmark.create import runs_by_key
from core.services.benchmark.spec import BenchmarkSpec, RunKey, spec_of
from core.store.records import RunRecord, RunStatus
from core.tuning.acceptance import claim, damage, is_withheld
from core.tuning.free_answers.run import weak_answers
from core.types import Comparison, Evaluation, Example, Objective, Spend, Verdict
from core.types.objectives import AUTOMATIC, SCORE
from core.wording import ENDED, constant_in_words, cut_off_in_words
from core.workspace import Workspace

MISSING = "missing"
# The state of a pair is the first of these that one of its runs is in.
STATES = (
    RunStatus.RUNNING,
    RunStatus.QUEUED,
    RunStatus.FAILED,
    RunStatus.INTERRUPTED,
    RunStatus.PAUSED,
    RunStatus.STOPPED,
    MISSING,
    RunStatus.FINISHED,
)
GONE = "Its run was deleted."
UNREAD = {"cap": "A cap was reached before the test rows were read."}
NO_BETTER = "it is not proven better than always giving the most frequent reference answer"
CHANGED = "Its settings were changed by hand, so its budget is not that of the others."


@dataclass(frozen=True, slots=True)
class CellRun:
    """One seed of a pair. `id` is empty where the run is missing; accuracies are of the test rows, None
    before they are read. `why` says why there is no figure, or what to know of it."""

    id: str
    seed: int
    state: str
    baseline: float | None = None
    accuracy: float | None = None
    best_step: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class BenchmarkCell:
    """One pair. `test` and `baseline` are None until a seed has read the test rows; `gain` is their
    difference, 0 to 1. `calls` by role; `usd` is None where a price is unknown; `seconds` are those spent
    running, all seeds together. `objective_values`: by the spec's objective, before and after."""

    lightweight: str
    heavyweight: str
    state: str
    runs: tuple[CellRun, ...]
    test: Share | None = None
    baseline: Share | None = None
    comparison: Comparison | None = None
    verdict: Verdict | None = None
    calls: Mapping[str, int] = field(default_factory=dict)
    tokens: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    objective_values: tuple[float, float] | None = None

    @property
    def gain(self) -> float | None:
        return self.test.accuracy - self.baseline.accuracy if self.test and self.baseline else None

    @property
    def why(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(run.why for run in self.runs if run.why))

    @property
    def seeds_read(self) -> int:
        return sum(run.accuracy is not None for run in self.runs)


@dataclass(frozen=True, slots=True)
class BenchmarkTable:
    """`cells` by (lightweight, heavyweight), in the order of the spec. `test_rows` of the dataset; a cap on
    calls lets a run read fewer. `majority`: the accuracy of the most frequent label alone; where answers are scored,
    the mean score of the best constant answer; None before a run has asked the judge about it."""

    id: str
    name: str
    created: float
    dataset: str
    spec: BenchmarkSpec
    test_rows: int
    majority: float | None
    cells: Mapping[tuple[str, str], BenchmarkCell]

    @property
    def graded(self) -> bool:
        """Whether its shares are mean scores."""
        return self.spec.objective.kind == SCORE

    @property
    def counted(self) -> str:
        """What its shares are of."""
        return "mean score" if self.graded else "accuracy"

    @property
    def constant(self) -> str:
        """What `majority` is the share of, in words."""
        return constant_in_words(self.spec.settings.scorer)


@dataclass(frozen=True, slots=True)
class _Rules:
    """How its pairs are judged: on which `rows`, and which constant answer is the floor, None where answers are single
    labels or a judge scores them."""

    spec: BenchmarkSpec
    rows: Sequence[Example]
    constant: Constant | None


@dataclass(frozen=True, slots=True)
class _TestResult:
    """What a run's result says of the test rows. `floor`: the accuracy of the constant answer."""

    before: Evaluation
    after: Evaluation
    best_step: int
    verdict: Verdict | None
    floor: float


def table(workspace: Workspace, benchmark_id: str) -> BenchmarkTable:
    """As it stands now, whoever carries it on. Raises NotFound."""
    store = workspace.store
    record = store.benchmarks.get(benchmark_id)
    spec, runs = spec_of(record), runs_by_key(store, benchmark_id)
    rows = store.runs.snapshot(next(iter(runs.values())).id).examples if runs else ()
    rows = tuple(row for row in rows if row.split == "test" and not row.excluded)
    read = {key: result for key, run in runs.items() if (result := _test_result(workspace, run))}
    by = spec.settings.scorer
    constant = best_constant(scorer_of(by, workspace.scorers), rows) if by and not is_judge(by) else None
    rules = _Rules(spec, rows, constant)
    cells = {
        pair: _cell(rules, [RunKey(*pair, seed) for seed in spec.seeds], runs, read) for pair in spec.pairs
    }
    dataset = next((run.dataset_name for run in runs.values()), "")
    majority: float | None = constant.score if constant else majority_accuracy(rows)
    if is_judge(by):  # whose scores are 1 or 0
        majority = next((each.floor for each in read.values()), None)
    return BenchmarkTable(record.id, record.name, record.created, dataset, spec, len(rows), majority, cells)


def _test_result(workspace: Workspace, run: RunRecord) -> _TestResult | None:
    if run.status is not RunStatus.FINISHED:
        return None
    try:
        result = workspace.store.runs.get(run.id).result
    except NotFound:  # deleted this moment
        return None
    if result is None or not {"test"} <= result.baseline.evaluations.keys() & result.best.evaluations.keys():
        return None
    return _TestResult(
        result.baseline.evaluations["test"],
        result.best.evaluations["test"],
        result.best.step,
        result.test,
        result.majority_accuracy,
    )


def _cell(
    rules: _Rules,
    keys: Sequence[RunKey],
    runs: Mapping[RunKey, RunRecord],
    read: Mapping[RunKey, _TestResult],
) -> BenchmarkCell:
    spec, rows = rules.spec, rules.rows
    cell_runs = tuple(_run(spec, key, runs.get(key), read.get(key), rows) for key in keys)
    present = [runs[key] for key in keys if key in runs]
    state = next(state for state in STATES if any(run.state == state for run in cell_runs))
    spends = [spend for run in present for spend in run.spend.values()]
    costs = [spend.cost_usd for spend in spends if spend.cost_usd is not None]
    cell = BenchmarkCell(
        keys[0].lightweight,
        keys[0].heavyweight,
        str(state),
        cell_runs,
        calls={
            role: sum(run.spend.get(role, Spend()).api for run in present)
            for role in roles_of({role: 0 for run in present for role in run.spend})
        },
        tokens=sum(spend.input_tokens + spend.output_tokens for spend in spends),
        usd=None if len(costs) < len(spends) else sum(costs),
        seconds=sum(run.seconds for run in present),
    )
    results = [read[key] for key in keys if key in read]
    if not results:
        return cell
    before, after = (
        [marks_of(rows, getattr(each, side).predictions) for each in results] for side in ("before", "after")
    )
    if spec.objective.kind == SCORE:
        comparison = compare_seeds(before, after)
    else:
        paired = [answers_to(rows, each.before.predictions, each.after.predictions) for each in results]
        comparison = compare_seeds_by(spec.objective, paired)
    damaged = damage(*(each for both in results for each in (both.before, both.after)))
    return replace(
        cell,
        test=share_of(after),
        baseline=share_of(before),
        comparison=comparison,
        verdict=claim(comparison, damaged, _weakness(rules, results)),
        objective_values=_values(spec.objective, results),
    )


def _weakness(rules: _Rules, results: Sequence[_TestResult]) -> str:
    """What speaks against the best prompt of a seed, of the first that has something; benchmarks of before there
    was a choice of objectives keep their verdicts."""
    spec = rules.spec
    if is_judge(spec.settings.scorer):
        return NO_BETTER if any(is_withheld(each.verdict) for each in results) else ""
    if rules.constant is not None:
        words = (weak_answers(rules.constant, rules.rows, each.after.predictions) for each in results)
        return next(filter(None, words), "")
    if spec.settings.objective is None or spec.settings.objective.kind == AUTOMATIC:
        return ""
    return next(filter(None, (weakness(spec.objective, each.after.metrics) for each in results)), "")


def _values(objective: Objective, results: Sequence[_TestResult]) -> tuple[float, float] | None:
    """The means over the seeds of the objective's figure, of the starting prompts and of the best ones."""
    figures = [[figure_of(objective, each.metrics) for each in (both.before, both.after)] for both in results]
    pairs = [(old, new) for old, new in figures if old is not None and new is not None]
    if not pairs:
        return None
    return sum(old for old, _ in pairs) / len(pairs), sum(new for _, new in pairs) / len(pairs)


def _run(
    spec: BenchmarkSpec, key: RunKey, run: RunRecord | None, read: _TestResult | None, rows: Sequence[Example]
) -> CellRun:
    if run is None:
        return CellRun("", key.seed, MISSING, why=GONE)
    cell_run = CellRun(run.id, key.seed, str(run.status), why=_why(spec, key, run, read))
    if read is None:
        return cell_run
    before, after = (_accuracy(marks_of(rows, each.predictions)) for each in (read.before, read.after))
    return replace(cell_run, baseline=before, accuracy=after, best_step=read.best_step)


def _why(spec: BenchmarkSpec, key: RunKey, run: RunRecord, read: _TestResult | None) -> str:
    if run.status is RunStatus.FINISHED and read is None:
        return UNREAD.get(run.stop_reason, "The test rows were not read.")
    if run.status in (RunStatus.FAILED, RunStatus.STOPPED, RunStatus.INTERRUPTED):
        return run.error or ENDED.get(run.stop_reason, run.stop_reason)
    if read is not None and (words := cut_off_in_words(read.after.metrics, run.settings.reply_tokens)):
        return words + "."
    return CHANGED if run.settings != spec.settings_for(key) else ""


def _accuracy(marks: Marks) -> float | None:
    return sum(marks.values()) / len(marks) if marks else None
