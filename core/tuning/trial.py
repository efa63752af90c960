"""A trial: the edits of one reply as hypotheses, evaluated together, judged one by one, accepted or refused.

On which rows stands in attribution.py, the decisions are those of acceptance.py; here is what follows from
them for the prompt and for what is known.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.metrics.comparison import compare, comparison_in_requests
from core.tuning.acceptance import (
    BETTER_WITHOUT,
    WITH_PARTS,
    damage,
    disputed,
    fallen_below,
    gain_in_rows,
    hopeless,
    judge_candidate,
    judge_edit,
    keeps_canonical,
    rows_required,
    with_canonical,
)
from core.tuning.attribution import Attribution, could_break, could_fix, examples_to_try, moves_of
from core.tuning.hypotheses import EditPlan, Hypothesis, applied
from core.tuning.incumbents import Incumbent
from core.tuning.screen import broken_rule
from core.tuning.search import Candidate, Search, TrialOutcome
from core.types import Decision, EditResult, Evaluation, Example, Outcome, Prediction, Prompt, Verdict
from core.wording import counted


def attempt(
    search: Search, number: int, plan: EditPlan, mistakes: Sequence[Example], batch: Evaluation
) -> TrialOutcome:
    """Step `number`'s trial of the plan's hypotheses, which a reflection on these mistakes brought. `batch` is
    the step's evaluation of training rows: its failed calls count towards damage. Raises CapReached,
    ModelRefused, Stopped."""
    before = dict(search.knowledge.predictions)
    candidate = plan.prompt_with(plan.hypotheses)
    about = [
        example
        for example in mistakes
        if any(could_fix(each, example, before[example.id]) for each in plan.hypotheses)
    ]
    tried = (*about, *_held_out(search, plan.hypotheses, number), *_canonical(search, plan.hypotheses))
    examples = list({example.id: example for example in tried if example.id in before}.values())
    edits = counted(len(plan.hypotheses), "edit")
    evaluation = search.setup.evaluate(candidate, examples, f"Step {number}: measuring {edits}")
    after = _answered(evaluation, before)
    if damaged := damage(evaluation, batch):
        verdict = Verdict(Decision.UNDECIDED, damaged)
        return TrialOutcome(verdict, Candidate(candidate, search.validation_after(after)))
    trial = Trial(search, number, plan, examples, tuple(row.id for row in about), before, after)
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

    @property
    def in_requests(self) -> str:
        """The reason as the next reflections read it."""
        return with_canonical(self.moves.in_requests(), self.canonical)


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the hypotheses, `leaning` with what leans on those accepted one by one, in the `new_form` of a
    restructured prompt or the old one, and the predictions of the prompt that holds them."""

    hypotheses: tuple[Hypothesis, ...]
    prompt: Prompt
    leaning: bool
    new_form: bool = False
    after: Mapping[str, Prediction] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """What was evaluated: `examples`, of which those `in_request` are mistakes that the heavyweight model saw,
    with their predictions by row id `before` and `after` all hypotheses were put into the prompt."""

    search: Search
    number: int
    plan: EditPlan
    examples: Sequence[Example]
    in_request: Collection[str]
    before: Mapping[str, Prediction]
    after: Mapping[str, Prediction]

    @property
    def _trusted(self) -> list[Example]:
        """Rows in doubt speak for and against nothing."""
        return self.search.knowledge.trusted(self.examples)

    def judge(self) -> list[EditJudgement]:
        """Each hypothesis by the rows that it answers for."""
        examples = self._trusted
        rules, judgements = len(self.search.incumbents.rules), []
        stakes = self.search.stakes(self.after)
        broken = self.search.canonical_broken(self.after)
        for each in self.plan.hypotheses:
            moves = self._moves_of(each, examples)
            canonical = tuple(row for row in moves.broke if row in broken)
            decision = judge_edit(moves, rules, stakes, each.is_specific)
            judgements.append(EditJudgement(each, moves, decision, canonical))
        return judgements

    def _moves_of(self, hypothesis: Hypothesis, examples: Sequence[Example]) -> Attribution:
        switches = self.search.setup.switches
        alone = len(self.plan.hypotheses) == 1 or not switches.judge_apart
        tried = Hypothesis(hypothesis.edit, frozenset()) if alone else hypothesis
        moves = moves_of(tried, examples, self.in_request, self.before, self.after)
        others = [other for other in self.plan.hypotheses if other is not hypothesis]
        rivals = any(tried.may_move_rows_of(other) for other in others)
        free = rivals and self.search.setup.session.scorer is not None  # no label tells whose rows moved
        if not switches.confirm or not (free or disputed(moves, rivals)):
            return moves
        moved = [example for example in examples if free or example.id in set(moves.all)]
        what = f"Step {self.number}: reading {counted(len(moved), 'row')} again"
        again = self.search.setup.evaluate(applied(self.search.prompt, [hypothesis]), moved, what)
        return moves_of(tried, moved, self.in_request, self.before, _answered(again, self.before))

    def settle(self, judgements: Sequence[EditJudgement]) -> TrialOutcome:
        """Goes on with the prompt that holds what is kept, and remembers what was refused."""
        best = self._best_selection(judgements)
        kept = best.hypotheses if best else ()
        n = len(self._trusted)
        results = tuple(self._result(each, each.hypothesis in kept, best, n) for each in judgements)
        stakes = self.search.stakes(self.after)
        for each in judgements:
            if each.hypothesis not in kept and each.verdict.decision is not Decision.ACCEPTED:
                edit = each.hypothesis.edit
                self.search.knowledge.refuse(edit, each.in_requests, hopeless(each.moves, stakes))
        return self._with_kept(best, results) if best else self._all_refused(results)

    def _result(self, each: EditJudgement, kept: bool, best: Selection | None, n: int) -> EditResult:
        """The verdict on one edit. One that its group keeps says so, and so does one that falls with the rest."""
        reason, decision = each.verdict.reason, each.verdict.decision
        if kept and best and decision is not Decision.ACCEPTED:
            whole = self._moves(best.after)
            decision, reason = (
                Decision.ACCEPTED,
                f"{reason}; {WITH_PARTS}, together: {whole.in_words()}",
            )
        elif not kept and decision is Decision.ACCEPTED:
            decision, reason = Decision.REJECTED, f"{reason}, {BETTER_WITHOUT}"
        required = rows_required(len(self.search.incumbents.rules), each.hypothesis.is_specific)
        return EditResult(each.hypothesis.edit, Verdict(decision, reason, each.moves.comparison(n)), required)

    # ---- whole or apart

    def _best_selection(self, judgements: Sequence[EditJudgement]) -> Selection | None:
        """Of what was accepted one by one, and that with all that leans on it, what gains most on the rows of
        the trial. On a tie a prompt keeps its form, and parts that lean on each other stay together."""
        selections = [self._measured(each) for each in self._selections(judgements)]
        if not selections:
            return None
        return max(selections, key=self._rank)

    def _rank(self, selection: Selection) -> tuple[bool, float, bool, bool]:
        keeps = not self.search.canonical_broken(selection.after)
        return keeps, self._net(selection.after), not selection.new_form, selection.leaning

    def _selections(self, judgements: Sequence[EditJudgement]) -> list[Selection]:
        apart = tuple(each.hypothesis for each in judgements if each.verdict.decision is Decision.ACCEPTED)
        groups = {each.group for each in self.plan.hypotheses if each.group}
        whole = [group for group in sorted(groups) if self._is_accepted(group)]
        together = tuple(each for each in self.plan.hypotheses if each in apart or each.group in whole)
        options = [
            Selection(each, self.plan.prompt_with(each), each is together, self.plan.is_restructured)
            for each in (together, apart)
            if each
        ]
        if apart and self.plan.is_restructured:  # the same rules, without the new order of the prompt
            options.append(Selection(apart, applied(self.search.prompt, apart), False))
        unique = {option.prompt: option for option in reversed(options)}
        return [option for option in unique.values() if not broken_rule(option.prompt, self.search)]

    def _is_accepted(self, group: int) -> bool:
        """Whether the parts of a group, judged as one, are accepted."""
        parts = [each for each in self.plan.hypotheses if each.group == group]
        about = [each.about if each.names else frozenset[str]() for each in parts]
        names = frozenset[str]().union(*about) if all(about) else frozenset[str]()
        rules = len(self.search.incumbents.rules)
        adds = next((each.edit for each in parts if not each.removes), parts[0].edit)
        moves = moves_of(
            Hypothesis(adds, names, names), self._trusted, self.in_request, self.before, self.after
        )
        return judge_edit(moves, rules, self.search.stakes(self.after)) is Decision.ACCEPTED

    def _measured(self, selection: Selection) -> Selection:
        """With its predictions: all rows are classified again where the plan allows, else those that had moved
        with all hypotheses; and every canonical row (which the next look has for free then)."""
        whole = selection.prompt == self.plan.prompt_with(self.plan.hypotheses)
        again = [] if whole else [example for example in self.examples if self._is_open(example)]
        known = {example.id for example in (self.examples if whole else again)}
        again += [row for row in self.search.knowledge.canonical_right() if row.id not in known]
        if not again:
            return replace(selection, after=self.after)
        what = f"Step {self.number}: measuring what is kept"
        evaluation = self.search.setup.evaluate(selection.prompt, again, what)
        return replace(selection, after={**self.after, **_answered(evaluation, self.before)})

    def _is_open(self, example: Example) -> bool:
        moved = self.before[example.id].label != self.after[example.id].label
        return moved or self.search.setup.plan.whole

    def _moves(self, after: Mapping[str, Prediction]) -> Attribution:
        every = Hypothesis(self.plan.hypotheses[0].edit, frozenset())
        return moves_of(every, self._trusted, self.in_request, self.before, after)

    def _net(self, after: Mapping[str, Prediction]) -> float:
        return round(gain_in_rows(self._moves(after), self.search.stakes(after)), 6)

    # ---- what follows

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
        prompt = self.plan.prompt_with(self.plan.hypotheses)
        return TrialOutcome(verdict, Candidate(prompt, self.search.validation_after(self.after)), results)

    def _with_kept(self, kept: Selection, results: tuple[EditResult, ...]) -> TrialOutcome:
        search, plan = self.search, self.search.setup.plan
        validation = search.validation_after(kept.after)
        before = search.incumbents.current.validation
        objective = search.setup.objective
        comparison = compare(plan.validation, before.predictions, validation.predictions, objective)
        floors, broken = fallen_below(objective, before, validation), search.canonical_broken(kept.after)
        verdict = keeps_canonical(judge_candidate(comparison, plan.whole, floors), broken)
        edits = [each.edit for each in kept.hypotheses]
        if verdict.decision is Decision.ACCEPTED:
            incumbent = Incumbent(kept.prompt, self.number, validation, self._exact(kept.after))
            search.advance(incumbent, kept.after.values(), edits)
        else:
            why = comparison_in_requests(comparison) + (f"; {floors}" if floors else "")
            for edit in edits:
                search.knowledge.refuse(edit, with_canonical(why, broken))
        return TrialOutcome(verdict, Candidate(kept.prompt, validation), results)

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
