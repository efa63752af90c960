"""Where a dataset stands, and the one step that is worth taking next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from core.metrics.comparison import reason_in_words
from core.metrics.objective_guards import weakness
from core.metrics.objective_words import rank_of
from core.store.records import Champion, DatasetInfo, RowCounts, RunRecord, RunStatus, own_runs
from core.store.store import Store
from core.types import Decision, Evaluation, Objective, Result
from core.types.objectives import ACCURACY
from core.wording import right_in_words

MOST_WEIGHED = 5  # runs whose results are looked at, best first
Read = Callable[[str], RunRecord]
FEWEST_LABELLED = 20  # below, other rows that wait for a label come first


class NextStep(StrEnum):
    LABEL = "label"  # too few rows have a label to be tuned on, and others wait for one
    TUNE = "tune"  # never tuned
    WATCH = "watch"  # a run is under way
    RESUME = "resume"  # the latest run ended early
    ADOPT = "adopt"  # a better prompt was found and is not in use
    CORRECT = "correct"  # the run found nothing better: look at the mistakes and the labels
    TRY = "try"  # the best known prompt is adopted


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """`latest` is the newest run, of whatever status, those of benchmarks aside; `finished` the newest one with a result, which it
    carries. `run` is the run that `next` is about, None for LABEL, TUNE and TRY."""

    info: DatasetInfo
    counts: RowCounts
    runs: tuple[RunRecord, ...]
    latest: RunRecord | None
    finished: RunRecord | None
    champion: Champion | None
    next: NextStep
    run: RunRecord | None


def dataset_status(store: Store, dataset_id: str) -> DatasetStatus:
    """Raises NotFound."""
    info, counts = store.datasets.info(dataset_id), store.rows.counts(dataset_id)
    runs, champion = store.runs.all(dataset_id), store.champions.current(dataset_id)
    own = own_runs(runs)
    latest, read = (
        own[0] if own else None,
        cache(store.runs.get),
    )  # whole, with all predictions: each run once
    finished = _newest_finished(read, own)
    source = read(champion.run_id) if champion and _is_there(champion, runs) else None
    best = _best(read, runs, finished) if finished else None
    step, run = _next(latest, best or finished, champion, source)
    if step is NextStep.TUNE and info.unlabelled and not _can_be_tuned(counts):
        step = NextStep.LABEL
    return DatasetStatus(info, counts, runs, latest, finished, champion, step, run)


def best_run(store: Store, dataset_id: str) -> RunRecord | None:
    """The finished run whose prompt is the one to recommend; None where none is worth adopting."""
    runs, read = store.runs.all(dataset_id), cache(store.runs.get)
    finished = _newest_finished(read, own_runs(runs))
    return _best(read, runs, finished) if finished else None


def _newest_finished(read: Read, runs: Sequence[RunRecord]) -> RunRecord | None:
    """With its result."""
    done = next((run for run in runs if run.status is RunStatus.FINISHED), None)
    return read(done.id) if done else None


def _best(read: Read, runs: tuple[RunRecord, ...], newest: RunRecord) -> RunRecord | None:
    """Of the finished runs with the newest one's objective, the one that is best on its validation rows and worth
    adopting; runs of a benchmark only where they are better. Runs that measured on far fewer rows do not count."""
    if newest.result is None or (newest.result.objective or Objective()).kind != ACCURACY:
        return None
    same = [
        run
        for run in runs
        if run.status is RunStatus.FINISHED and run.settings.objective == newest.settings.objective
    ]
    same.sort(key=lambda run: (run.best_accuracy or 0.0, not run.benchmark), reverse=True)
    for run in same[:MOST_WEIGHED]:
        full = read(run.id)
        if full.result and worth_adopting(full.result) and _rows(full) >= 0.8 * _rows(newest):
            return full
    return None


def _rows(run: RunRecord) -> int:
    """How many validation rows its best prompt was measured on."""
    read = run.result.best.evaluations.get("validation") if run.result else None
    return read.metrics.n if read else 0


def _can_be_tuned(counts: RowCounts) -> bool:
    used = [rows for rows in counts.labels.values() if rows]
    return len(used) > 1 and sum(used) >= FEWEST_LABELLED


def worth_adopting(result: Result) -> bool:
    """Whether the run found another prompt, the test rows, where there are any, prove it better, and nothing
    speaks against it."""
    proven = result.test is None or result.test.decision is Decision.ACCEPTED
    return result.best.step > 0 and proven and not drawback(result)


def drawback(result: Result) -> str:
    """Why the best prompt is not to be recommended whatever its figures, as the end of a sentence: a label that
    it never gives, or that always giving the most frequent one does as well. Empty where there is nothing."""
    best = result.best.evaluations
    readings = [best[split].metrics for split in ("test", "validation") if split in best]
    return weakness(result.objective or Objective(), *readings)


def outcome(result: Result) -> str:
    """What came of a run, in a sentence."""
    if result.best.step == 0:
        return "No improvement found: the starting prompt is still the best."
    if weak := drawback(result):
        return f"Not called an improvement, since {weak}."
    split, before, after = headline(result)
    right = right_in_words(*(each.metrics if each is not None else None for each in (before, after)))
    on_rows = f" on the {split} rows: {right}" if right else f" on the {split} rows"
    if result.test is None:
        return f"Better{on_rows}. No test rows were read to prove it."
    words = {
        Decision.ACCEPTED: "Better",
        Decision.REJECTED: "Worse",
        Decision.UNDECIDED: "Improvement not proven",
    }
    return f"{words[result.test.decision]}{on_rows}; {reason_in_words(result.test)}."


def headline(result: Result) -> tuple[str, Evaluation | None, Evaluation | None]:
    """The split that counts (test where there is one), and the evaluations of baseline and best on it."""
    for split in ("test", "validation"):
        before, after = result.baseline.evaluations.get(split), result.best.evaluations.get(split)
        if before and after:
            return split, before, after
    return "validation", None, None


def _next(
    latest: RunRecord | None,
    finished: RunRecord | None,
    champion: Champion | None,
    source: RunRecord | None,
) -> tuple[NextStep, RunRecord | None]:
    if latest is None:
        return (NextStep.TRY if champion else NextStep.TUNE), None
    if latest.active:
        return NextStep.WATCH, latest
    if latest.status is not RunStatus.FINISHED:
        return NextStep.RESUME, latest
    if finished is None or finished.result is None:
        return NextStep.TUNE, None
    if worth_adopting(finished.result) and _beats(finished, champion, source):
        return NextStep.ADOPT, finished
    return (NextStep.TRY, None) if champion else (NextStep.CORRECT, finished)


def _is_there(champion: Champion, runs: tuple[RunRecord, ...]) -> bool:
    return any(run.id == champion.run_id for run in runs)


def _beats(run: RunRecord, champion: Champion | None, source: RunRecord | None) -> bool:
    """Better on validation rows, by the run's objective, than the run that brought the champion, its `source`; a
    champion of unknown worth is beaten by news only."""
    if champion is None:
        return True
    if champion.run_id == run.id or (run.result and champion.prompt == run.result.best.prompt):
        return False
    objective = (run.result.objective if run.result else None) or Objective()
    news, known = _worth(run, objective), _worth(source, objective) if source else None
    if known is None or news is None:
        return (run.finished or 0) > champion.adopted
    return news > known


def _worth(run: RunRecord, objective: Objective) -> float | None:
    """The higher the better, on validation rows."""
    if objective.kind == ACCURACY or run.result is None:
        return run.best_accuracy
    validation = run.result.best.evaluations.get("validation")
    return rank_of(objective, validation.metrics) if validation else None
