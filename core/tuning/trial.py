"""A trial: the edits of one reply as hypotheses, evaluated together, judged one by one, accepted or refused.

On which rows stands in attribution.py, the decisions are those of acceptance.py; here is what follows from
them for the prompt and for what is known.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from core.metrics.comparison import compare
from core.tuning.acceptance import (
    damage,
    disputed,
    fallen_below,
    hopeless,
    judge_candidate,
    judge_edit,
    keeps_canonical,
)
from core.tuning.attribution import Attribution, could_break, could_fix, examples_to_try, moves_of
from core.tuning.hypotheses import Hypothesis, applied
from core.tuning.incumbents import Incumbent
from core.tuning.search import Candidate, Search, TrialOutcome
from core.types import Decision, EditResult, Evaluation, Example, Outcome, Prediction, Verdict


def attempt(
    search: Search,
    number: int,
    hypotheses: Sequence[Hypothesis],
    mistakes: Sequence[Example],
    batch: Evaluation,
) -> TrialOutcome:
    """Step `number`'s trial of the hypotheses, which a reflection on these mistakes brought. `batch` is the
    step's evaluation of training rows: its failed calls count towards damage. Raises CapReached, ModelRefused,
    Stopped."""
    before = dict(search.knowledge.predictions)
    candidate = applied(search.prompt, hypotheses)
    about = [
        example
        for example in mistakes
        if any(could_fix(each, example, before[example.id]) for each in hypotheses)
    ]
    tried = (*about, *_held_out(search, hypotheses, number), *_canonical(search, hypotheses))
    examples = list({example.id: example for example in tried if example.id in before}.values())
    what = f"Step {number}: measuring {_count(len(hypotheses), 'edit')}"
    evaluation = search.setup.evaluate(candidate, examples, what)
    after = _answered(evaluation, before)
    if damaged := damage(evaluation, batch):
        verdict = Verdict(Decision.UNDECIDED, damaged)
        return TrialOutcome(verdict, Candidate(candidate, search.validation_after(after)))
    in_request = tuple(example.id for example in about)
    trial = Trial(search, number, hypotheses, examples, in_request, before, after)
    return trial.settle(trial.judge())


def _held_out(search: Search, hypotheses: Sequence[Hypothesis], number: int) -> list[Example]:
    plan = search.setup.plan
    if plan.whole:
        return list(plan.validation)
    rng = random.Random(f"try/{search.setup.settings.seed}/{number}")
    pool = search.knowledge.trusted(plan.validation)
    return examples_to_try(hypotheses, pool, search.knowledge, search.attempt_size(number), rng)


def _canonical(search: Search, hypotheses: Sequence[Hypothesis]) -> list[Example]:
    """The canonical rows that the hypotheses may break."""
    known = search.knowledge.predictions
    return [
        example
        for example in search.knowledge.canonical_right()
        if any(could_break(each, example, known[example.id]) for each in hypotheses)
    ]


@dataclass(frozen=True, slots=True)
class EditJudgement:
    """What a trial shows of one hypothesis. `canonical`: ids of canonical rows that it may not break and
    did."""

    hypothesis: Hypothesis
    moves: Attribution
    decision: Decision
    canonical: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Without figures."""
        return keeps_canonical(Verdict(self.decision, self.moves.in_words()), self.canonical)


@dataclass(frozen=True, slots=True)
class Trial:
    """What was evaluated: `examples`, of which those `in_request` are mistakes that the heavyweight model saw,
    with their predictions by row id `before` and `after` all hypotheses were put into the prompt."""

    search: Search
    number: int
    hypotheses: Sequence[Hypothesis]
    examples: Sequence[Example]
    in_request: Collection[str]
    before: Mapping[str, Prediction]
    after: Mapping[str, Prediction]

    def judge(self) -> list[EditJudgement]:
        """Each hypothesis by the rows that it answers for; rows in doubt speak for and against nothing."""
        examples = self.search.knowledge.trusted(self.examples)
        rules, judgements = len(self.search.incumbents.rules), []
        stakes = self.search.stakes(self.after)
        broken = self.search.canonical_broken(self.after)
        for each in self.hypotheses:
            moves = self._moves_of(each, examples)
            canonical = tuple(row for row in moves.broke if row in broken)
            judgements.append(EditJudgement(each, moves, judge_edit(moves, rules, stakes), canonical))
        return judgements

    def _moves_of(self, hypothesis: Hypothesis, examples: Sequence[Example]) -> Attribution:
        switches = self.search.setup.switches
        alone = len(self.hypotheses) == 1 or not switches.judge_apart
        tried = Hypothesis(hypothesis.edit, frozenset()) if alone else hypothesis
        moves = moves_of(tried, examples, self.in_request, self.before, self.after)
        others = [other for other in self.hypotheses if other is not hypothesis]
        rivals = any(tried.may_move_rows_of(other) for other in others)
        if not switches.confirm or not disputed(moves, rivals):
            return moves
        moved = [example for example in examples if example.id in set(moves.all)]
        what = f"Step {self.number}: reading {_count(len(moved), 'row')} again"
        again = self.search.setup.evaluate(applied(self.search.prompt, [hypothesis]), moved, what)
        return moves_of(tried, moved, self.in_request, self.before, _answered(again, self.before))

    def settle(self, judgements: Sequence[EditJudgement]) -> TrialOutcome:
        """Goes on with the prompt that holds what was accepted, and remembers what was refused."""
        n = len(self.search.knowledge.trusted(self.examples))
        results = tuple(
            EditResult(each.hypothesis.edit, replace(each.verdict, comparison=each.moves.comparison(n)))
            for each in judgements
        )
        stakes = self.search.stakes(self.after)
        for each in judgements:
            if each.verdict.decision is not Decision.ACCEPTED:
                edit, why = each.hypothesis.edit, each.verdict.reason
                self.search.knowledge.refuse(edit, why, hopeless(each.moves, stakes))
        accepted = [each.hypothesis for each in judgements if each.verdict.decision is Decision.ACCEPTED]
        return self._with_accepted(accepted, results) if accepted else self._all_refused(results)

    def _all_refused(self, results: tuple[EditResult, ...]) -> TrialOutcome:
        reason = "; ".join(dict.fromkeys(result.verdict.reason for result in results))
        plan = self.search.setup.plan
        comparison = compare(
            plan.validation,
            list(self.before.values()),
            list(self.after.values()),
            self.search.setup.objective,
        )
        verdict = Verdict(Decision.REJECTED, reason, comparison)
        prompt = applied(self.search.prompt, self.hypotheses)
        return TrialOutcome(verdict, Candidate(prompt, self.search.validation_after(self.after)), results)

    def _with_accepted(self, accepted: Sequence[Hypothesis], results: tuple[EditResult, ...]) -> TrialOutcome:
        search, plan = self.search, self.search.setup.plan
        candidate = applied(search.prompt, accepted)
        after = self._predictions_with(accepted)
        validation = search.validation_after(after)
        before = search.incumbents.current.validation
        objective = search.setup.objective
        comparison = compare(plan.validation, before.predictions, validation.predictions, objective)
        verdict = judge_candidate(comparison, plan.whole, fallen_below(objective, before, validation))
        verdict = keeps_canonical(verdict, search.canonical_broken(after))
        edits = [each.edit for each in accepted]
        if verdict.decision is Decision.ACCEPTED:
            incumbent = Incumbent(candidate, self.number, validation, self._exact(after))
            search.advance(incumbent, after.values(), edits)
        else:
            for edit in edits:
                search.knowledge.refuse(edit, verdict.reason)
        return TrialOutcome(verdict, Candidate(candidate, validation), results)

    def _predictions_with(self, accepted: Sequence[Hypothesis]) -> Mapping[str, Prediction]:
        """What the accepted ones alone make of the rows: all are classified again where the plan allows, else
        those that had moved, and every canonical row (which the next look has for free then)."""
        every = len(accepted) == len(self.hypotheses)
        again = [
            example
            for example in self.examples
            if not every
            and (
                self.search.setup.plan.whole or self.before[example.id].label != self.after[example.id].label
            )
        ]
        known = {example.id for example in (self.examples if every else again)}
        again += [row for row in self.search.knowledge.canonical_right() if row.id not in known]
        if not again:
            return self.after
        candidate = applied(self.search.prompt, accepted)
        what = f"Step {self.number}: measuring what is kept"
        evaluation = self.search.setup.evaluate(candidate, again, what)
        return {**self.after, **_answered(evaluation, self.before)}

    def _exact(self, after: Mapping[str, Prediction]) -> bool:
        """Whether every validation row was classified and answered with the prompt gone on with; where a call
        failed, what was known stands."""
        plan = self.search.setup.plan
        return plan.whole and all(
            example.id in after and after[example.id] is not self.before.get(example.id)
            for example in plan.validation
        )


def _answered(evaluation: Evaluation, before: Mapping[str, Prediction]) -> dict[str, Prediction]:
    """Predictions by row; a failed call leaves what was known."""
    return {
        each.example_id: before.get(each.example_id, each) if each.outcome is Outcome.FAILED else each
        for each in evaluation.predictions
    }


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
