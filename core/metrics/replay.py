"""The past by today's labels: every reply was kept, so other labels and exclusions re-score a run at once and
for nothing.

Rows are joined by id. Left out of today's figures: rows that are excluded or deleted now, whose text has
changed since it was read, or whose label is not in the label set. Predictions that a step under a call cap
carried over count as they did then; failed calls never. Answers that have a score (a Rescore) are scored again where
the reference of their row has changed, and need no label set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.metrics.changed_labels import (
    Changes,
    CorrectCount,
    RunCount,
    changed_rows_in_words,
    changes_since,
    read_by,
)
from core.metrics.comparison import compare
from core.metrics.metrics import evaluation, right
from core.types import (
    Comparison,
    Decision,
    Evaluation,
    Example,
    Objective,
    Outcome,
    Prediction,
    Result,
    Step,
)
from core.types.objectives import SCORE
from core.wording import SPLITS

Rescore = Callable[
    [Example, Prediction], Prediction
]  # of a row with its new reference, and the stored answer


@dataclass(frozen=True, slots=True)
class Rescored:
    """One evaluation as it was judged then, and by the labels now."""

    then: CorrectCount
    now: CorrectCount


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """`kept`: the run went on with it. `validation` is of its candidate, `batch` of the prompt that entered
    it; None where nothing was read. `comparison` is by the labels now, against the baseline on the validation
    rows; None for the baseline itself."""

    number: int
    kept: bool
    validation: Rescored | None
    batch: Rescored | None
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class Replay:
    """`winner_then` and `winner_now` are numbers of steps, 0 the starting prompt, None where nothing was
    measured. `champion` is the winner of then on the part that counts (`split`: test where it was read, else
    validation), `comparison` the same against the baseline, by the labels now. `in_words` is what pages say of it:
    how many rows have changed, and the result with its verdict, by today's labels and by those of the run."""

    changes: Changes
    steps: tuple[ReplayedStep, ...]
    winner_then: int | None
    winner_now: int | None
    split: str
    champion: Rescored | None
    comparison: Comparison | None
    in_words: str


@dataclass(frozen=True, slots=True)
class _Judge:
    """Labels by row id, as they were and as they are; `rows` are those that can be scored now, `rows_then` all of then."""

    then: Mapping[str, str]
    now: Mapping[str, str]
    rows: tuple[Example, ...]
    read: Callable[[Prediction], Prediction]
    rows_then: tuple[Example, ...]

    def rescored(self, evaluation: Evaluation) -> Rescored:
        return Rescored(
            CorrectCount(evaluation.metrics.correct, evaluation.metrics.n),
            _score(self.readings(evaluation), self.now),
        )

    def readings(self, evaluation: Evaluation) -> list[Prediction]:
        """By today's label set."""
        return [self.read(each) for each in evaluation.predictions]

    def compared(self, before: Evaluation, after: Evaluation) -> Comparison:
        return compare(self.rows, self.readings(before), self.readings(after))


def replay(
    steps: Sequence[Step],
    result: Result | None,
    then: Sequence[Example],
    now: Sequence[Example],
    labels: Sequence[str],
    rescore: Rescore | None = None,
) -> Replay:
    """`then`: the rows that the run was started on; `now`: the same rows as they are; `labels`: the label set
    now; `rescore` where answers are scored. Nothing is called.

    A step wins now if it is right more often than the winner of then, on rows that both answered, and was not
    by the labels then: it is today's labels that put it first. That may be a step that was refused. With
    unchanged labels the winner stays the winner.
    """
    changes = changes_since(then, now, labels)
    judge = _judge(then, now, labels, rescore)
    measured = _measured(steps, result)
    replayed = tuple(_replayed(step, judge, measured.get(0)) for step in steps)
    winner = (
        result.best.step
        if result is not None and result.best.step in measured
        else _best(steps, measured, judge)
    )
    ahead = None if winner is None else _overtaken(winner, steps, measured, judge)
    split, first, last = _headline(result, measured, winner)
    champion = judge.rescored(last) if last is not None else None
    comparison = judge.compared(first, last) if first is not None and last is not None else None
    words = "No label and no exclusion has changed since this run started."
    if changes.count:
        read = {each.example_id for each in last.predictions} if last is not None else set()
        words = f"Changed since this run began: {changed_rows_in_words(changes, read, SPLITS[split])}. "
        words += _outcome(result, judge, winner, (first, last), SPLITS[split])
        if ahead != winner and ahead is not None:
            words += f" By today's labels {_named(ahead)} would have won."
    return Replay(changes, replayed, winner, ahead, split, champion, comparison, words)


def evaluation_now(
    read: Evaluation,
    then: Sequence[Example],
    now: Sequence[Example],
    labels: Sequence[str],
    rescore: Rescore | None = None,
) -> Evaluation:
    """The evaluation with the labels of today, over the rows that can be scored now; arguments as for
    `replay`."""
    judge = _judge(then, now, labels, rescore)
    readings = [each for each in judge.readings(read) if each.example_id in judge.now]
    return evaluation(judge.rows, readings, () if rescore else labels)


# ---- what was read


def _judge(
    then: Sequence[Example], now: Sequence[Example], labels: Sequence[str], rescore: Rescore | None
) -> _Judge:
    changes, known = changes_since(then, now, labels), frozenset(labels)
    unread, renamed = {*changes.reworded, *changes.added}, dict(changes.renamed)
    able = [row for row in now if not row.excluded and row.label and row.id not in unread]
    rows = tuple(row for row in able if rescore or row.label in known)
    again = {row.id: row for row in rows if row.id in changes.relabelled} if rescore else {}

    def read(prediction: Prediction) -> Prediction:
        row = again.get(prediction.example_id)
        if row is None or rescore is None or prediction.outcome is not Outcome.LABEL:
            return read_by(prediction, known, renamed)
        return rescore(row, prediction)

    return _Judge(
        {row.id: row.label for row in then}, {row.id: row.label for row in rows}, rows, read, tuple(then)
    )


def _measured(steps: Sequence[Step], result: Result | None) -> dict[int, Evaluation]:
    """By step, the validation rows with its candidate; where the end of the run read them again, that
    reading."""
    measured = {
        step.number: step.validation
        for step in steps
        if step.validation is not None and step.candidate is not None
    }
    for scored in (result.baseline, result.best) if result is not None else ():
        if "validation" in scored.evaluations:
            measured[scored.step] = scored.evaluations["validation"]
    return measured


def _headline(
    result: Result | None, measured: Mapping[int, Evaluation], winner: int | None
) -> tuple[str, Evaluation | None, Evaluation | None]:
    """The part that counts, with baseline and winner on it."""
    if result is not None and "test" in result.baseline.evaluations and "test" in result.best.evaluations:
        return "test", result.baseline.evaluations["test"], result.best.evaluations["test"]
    return "validation", measured.get(0), None if winner is None else measured[winner]


def _replayed(step: Step, judge: _Judge, baseline: Evaluation | None) -> ReplayedStep:
    validation = step.validation if step.candidate is not None else None
    compared = judge.compared(baseline, validation) if step.number and baseline and validation else None
    return ReplayedStep(
        step.number,
        _accepted(step),
        judge.rescored(validation) if validation else None,
        judge.rescored(step.batch) if step.batch else None,
        compared,
    )


def _accepted(step: Step) -> bool:
    return step.candidate is not None and step.prompt == step.candidate


# ---- who wins


def _best(steps: Sequence[Step], measured: Mapping[int, Evaluation], judge: _Judge) -> int | None:
    """Of a run without a result: the best of the prompts it went on with so far, as core/tuning/acceptance.py
    would choose."""
    accepted = [step.number for step in steps if _accepted(step) and step.number in measured]
    if not accepted:
        return None
    common = set.intersection(*(_answered(measured[number].predictions) for number in accepted))
    truth = {row: label for row, label in judge.then.items() if row in common}
    return max(accepted, key=lambda number: (_score(measured[number].predictions, truth).correct, number))


def _overtaken(winner: int, steps: Sequence[Step], measured: Mapping[int, Evaluation], judge: _Judge) -> int:
    """The step that is furthest ahead of the winner by today's labels; among equals one that was kept, then
    the latest. Damaged steps, of which too many calls failed, never took part."""
    rank, best = (0, False, -1), winner
    for step in steps:
        rival = measured.get(step.number)
        if rival is None or step.number == winner or step.verdict.decision is Decision.UNDECIDED:
            continue
        was = _lead(rival.predictions, measured[winner].predictions, judge.then)
        lead = _lead(judge.readings(rival), judge.readings(measured[winner]), judge.now)
        if was <= 0 < lead and (lead, _accepted(step), step.number) > rank:
            rank, best = (lead, _accepted(step), step.number), step.number
    return best


def _lead(one: Iterable[Prediction], other: Iterable[Prediction], truth: Mapping[str, str]) -> int:
    """How many more rows `one` has right, of those that both answered."""
    mine, theirs = list(one), list(other)
    both = _answered(mine) & _answered(theirs)
    common = {row: label for row, label in truth.items() if row in both}
    return _score(mine, common).correct - _score(theirs, common).correct


def _answered(predictions: Iterable[Prediction]) -> set[str]:
    return {each.example_id for each in predictions if each.outcome is not Outcome.FAILED}


def _score(predictions: Iterable[Prediction], truth: Mapping[str, str]) -> CorrectCount:
    scored = [each for each in predictions if each.outcome is not Outcome.FAILED and each.example_id in truth]
    return CorrectCount(sum(right(each, truth[each.example_id]) for each in scored), len(scored))


# ---- in words


def _outcome(
    result: Result | None,
    judge: _Judge,
    winner: int | None,
    read: tuple[Evaluation | None, Evaluation | None],
    part: str,
) -> str:
    """The result by today's labels and by those of the run, each with its verdict: `read` with the starting prompt and
    with the winner of then. Without a verdict where the score hangs on more than a label."""
    first, last = read
    if last is None:
        return "There is nothing to score again: no prompt was measured."
    objective = (result.objective if result is not None else None) or Objective()
    after = judge.rescored(last)
    before: Rescored | None = None
    now: Comparison | None = None
    was: Comparison | None = None
    if first is not None and winner and objective.kind != SCORE:
        before = judge.rescored(first)
        now = compare(judge.rows, judge.readings(first), judge.readings(last), objective)
        was = compare(judge.rows_then, first.predictions, last.predictions, objective)
    today = RunCount(before.now if before else None, after.now, now, part, last.metrics.graded)
    then = RunCount(before.then if before else None, after.then, was, part, last.metrics.graded)
    if today == then:
        return f"The result stands: {then.in_words()}."
    return f"By today's labels {today.in_words()}. By the labels of the run {then.in_words(named=False)}."


def _named(step: int) -> str:
    return f"step {step}" if step else "the starting prompt"
