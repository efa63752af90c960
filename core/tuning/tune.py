"""The loop from start to end: evaluate the starting prompt, then look, show mistakes, edit, try, accept or refuse,
and repeat.

`tune` knows no store and no screen: it yields frozen steps and, last, the result. The same dataset, settings
and replies give the same steps, so a run that was killed is resumed by running it again over the cache of
model calls.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from core.data.parts import run_parts
from core.errors import CapReached, FinishedEarly, ModelRefused, Stopped
from core.metrics.comparison import compare
from core.metrics.metrics import majority_accuracy
from core.metrics.objective_choice import check_objective, objective_for
from core.metrics.objective_guards import below_floors, floor_in_words, weakness
from core.prompts.starting_prompt import starting_prompt
from core.scoring.constant import Constant
from core.tuning.acceptance import STARTING_PROMPT, best_of, claim, damage
from core.tuning.definitions import definitions_reply, lacks_definitions
from core.tuning.few_shot import try_fixed, try_similar, with_shortlist
from core.tuning.free_answers.judged import constant_answer
from core.tuning.free_answers.run import free_run, rows_in_parts, weak_answers
from core.tuning.incumbents import Incumbent, Incumbents
from core.tuning.knowledge import Knowledge
from core.tuning.plan import plan
from core.tuning.reflect import reflect
from core.tuning.screen import screen
from core.tuning.search import Candidate, Search, TrialOutcome
from core.tuning.session import OnProgress, Session
from core.tuning.setup import Setup, Switches
from core.tuning.supervision import Proposal
from core.tuning.trial import attempt
from core.types import (
    Dataset,
    Decision,
    Evaluation,
    Example,
    Objective,
    Progress,
    Prompt,
    Reflection,
    Result,
    Scored,
    Settings,
    Step,
    Verdict,
)

NONE_TO_SHOW = {
    "no_mistakes": "No mistakes on the training rows: there is nothing to learn from.",
    "held_back": "Every mistake on the training rows is held back, since its label is in doubt, and was shown once in vain.",
    "": "No mistakes on the training rows that were read: the next step reads others.",
}
REFUSED = "error"  # a model refuses every call
LAST_RESORT = "Every mistake that is left has a label in doubt, so such rows were shown"


def tune(
    dataset: Dataset,
    session: Session,
    settings: Settings,
    on_progress: OnProgress = lambda progress: None,
    switches: Switches = Switches(),
) -> Iterator[Step | Result]:
    """Yields step 0 (the baseline), then a step per iteration, then the Result.

    `on_progress` may raise Stopped: the run ends at once with what it has; FinishedEarly: no further step is tried,
    and the test rows are read. Raises DataError for rows that
    cannot be split, UsageError for caps too small to do anything, ModelRefused when a model cannot be used any
    more: after the Result of what was measured until then, if anything was.
    """
    if session.scorer is not None:
        dataset, settings, switches = free_run(dataset, settings, switches, session.scorer)
    rows = rows_in_parts(dataset.examples, settings)
    start = settings.start or starting_prompt(dataset.labels, settings.purpose)
    parts = run_parts(rows, start)
    the_plan = plan(settings, *parts.rows.values())
    check_objective(settings.objective, dataset.labels.names)
    objective = objective_for(settings.objective or Objective(), rows)
    setup = Setup(
        dataset.labels, session, settings, the_plan, switches, on_progress, objective, parts.left_out
    )
    knowledge = Knowledge(parts.rows, settings.seed, switches)
    try:
        search = baseline(setup, knowledge, start)
    except (CapReached, Stopped) as reached:
        unmeasured = Scored(start, 0, {})
        yield _result(setup, knowledge, (unmeasured, unmeasured), NOT_CLAIMED, _reason(reached))
        return
    try:
        stop_reason = yield from steps(search)
        result = last_evaluation(search, stop_reason)
    except ModelRefused:
        yield last_evaluation(search, REFUSED)
        raise
    yield result


def baseline(setup: Setup, knowledge: Knowledge, start: Prompt) -> Search:
    """The search that begins with this prompt, or with its shortlist of labels, evaluated on the held-out rows."""
    if size := setup.settings.shortlist or start.shortlist:
        knowledge.find_doubt(setup.on_progress)
        setup.on_progress(Progress("Choosing the rows that pick the labels of each request"))
        start = with_shortlist(start, size, *knowledge.train_and_held_out(), setup.settings.seed)
    what = "Measuring the starting prompt"
    validation = setup.evaluate(start, setup.plan.validation, what, last=True)
    knowledge.learn(validation.predictions)
    return Search(setup, knowledge, Incumbents(Incumbent(start, 0, validation)))


def steps(search: Search) -> Generator[Step, None, str]:
    """Step 0, then definitions where there are none, edits step by step, then examples. Returns why it ended."""
    stop_reason, done = "iterations", 0
    try:
        left_out = f" {search.setup.left_out}." if search.setup.left_out else ""
        verdict = Verdict(Decision.ACCEPTED, STARTING_PROMPT + left_out)
        yield search.step(
            0, TrialOutcome(verdict, Candidate(search.prompt, search.incumbents.first.validation))
        )
        if search.setup.settings.iterations == 0:  # the starting prompt is only measured
            return stop_reason
        for number in range(1, search.setup.plan.steps + 1):
            if not search.affords_a_step():
                stop_reason = "cap"
                break
            defining = number == 1 and lacks_definitions(search)
            step = define_labels(search, number) if defining else iterate(search, number)
            done = number
            yield step
            if step.reflection is None and step.batch and not damage(step.batch):
                stop_reason = search.why_none_to_show()
                if stop_reason:
                    break
                stop_reason = "iterations"
        if step_with_examples := try_fixed(search, done + 1):
            yield step_with_examples
            done += 1
        yield from try_similar(search, done + 1)
    except (CapReached, Stopped) as reached:
        return _reason(reached)
    return stop_reason


def iterate(search: Search, number: int) -> Step:
    """One step: look at training rows, show mistakes, hear a person's review of the answer, take it apart, try it,
    go on with what helps."""
    batch = search.look(number)
    inputs = search.reflection_inputs(number)
    if not inputs.mistakes:
        reason = damage(batch) or NONE_TO_SHOW[search.why_none_to_show()]
        return search.step(number, TrialOutcome(Verdict(Decision.UNDECIDED, reason)), batch)
    what = f"Step {number}: the heavyweight model reads {len(inputs.mistakes)} mistakes"
    search.setup.on_progress(Progress(what))
    reflection = reflect(search.setup.session, inputs)
    return _heard(search, number, reflection, inputs.mistakes, batch)


def define_labels(search: Search, number: int) -> Step:
    """A step that reads rows of each label instead of mistakes: what the labels mean, each definition an edit
    like any other. Canonical rows are read first, so that none is broken unnoticed."""
    if canonical := [row for row in search.knowledge.parts["train"] if row.canonical]:
        what = f"Step {number}: classifying {len(canonical)} canonical rows"
        search.knowledge.learn(search.setup.evaluate(search.prompt, canonical, what).predictions)
    search.knowledge.find_doubt(search.setup.on_progress, f"Step {number}: looking")
    return _heard(search, number, definitions_reply(search, number))


def _heard(
    search: Search,
    number: int,
    reflection: Reflection,
    mistakes: Sequence[Example] = (),
    batch: Evaluation | None = None,
) -> Step:
    """The step that comes of a reply."""
    last_resort = bool(mistakes) and not search.knowledge.mistakes()
    review = search.setup.session.overseer.review(Proposal(number, search.prompt, reflection))
    search.heed(review)
    edit_plan, refused = screen(search, reflection, review)
    if edit_plan.hypotheses:
        entered_with = batch or search.incumbents.current.validation
        outcome = attempt(search, number, edit_plan, mistakes, entered_with)
        outcome = replace(outcome, edits=(*outcome.edits, *refused))
    else:
        reasons = "; ".join(dict.fromkeys(result.verdict.reason for result in refused))
        reason = reflection.problem or reasons or "The reply holds nothing to try."
        outcome = TrialOutcome(Verdict(Decision.REJECTED, reason), edits=tuple(refused))
    if last_resort:
        verdict = replace(outcome.verdict, reason=f"{LAST_RESORT}; {outcome.verdict.reason}")
        outcome = replace(outcome, verdict=verdict)
    return search.step(number, outcome, batch, reflection)


Claimed = tuple[Verdict | None, Constant | None]  # and the constant answer that it was made against
NOT_CLAIMED: Claimed = (None, None)


def last_evaluation(search: Search, stop_reason: str) -> Result:
    """Both prompts on the same validation rows, and once, for the strict claim, on the sealed test rows."""
    search = replace(search, setup=_to_the_end(search.setup))
    setup, first = search.setup, search.incumbents.first
    both = [first, search.incumbents.current]
    best = best_of(both, setup.plan.validation, setup.objective)  # by what is known so far
    scored, claimed = (_scored(first), _scored(best)), NOT_CLAIMED
    try:
        if stop_reason not in ("stopped", REFUSED):
            best = _confirmed(search)
            scored = _scored(first), _scored(best)
            if setup.plan.test:
                before, after = _test_evaluations(setup, first, best)
                scored = _scored(first, before), _scored(best, after)
                claimed = _claim(setup, before, after, best)
    except (CapReached, Stopped) as reached:
        stop_reason = _reason(reached)
    return _result(setup, search.knowledge, scored, claimed, stop_reason)


def _to_the_end(setup: Setup) -> Setup:
    """Who asks only now for an early end has it already: FinishedEarly changes nothing any more."""

    def on_progress(progress: Progress) -> None:
        with suppress(FinishedEarly):
            setup.on_progress(progress)

    return replace(setup, on_progress=on_progress)


def _confirmed(search: Search) -> Incumbent:
    """The best of all incumbents by exact evaluations of all validation rows: the current one gets one if it had
    none, earlier ones only where calls are not counted."""
    unlimited = search.setup.plan.whole and search.setup.settings.max_calls is None
    candidates = [
        search.confirm(each)
        for each in list(search.incumbents)
        if each.exact or unlimited or each is search.incumbents.current
    ]
    return best_of(candidates, search.setup.plan.validation, search.setup.objective)


def _claim(setup: Setup, before: Evaluation, after: Evaluation, best: Incumbent) -> Claimed:
    objective = setup.objective
    comparison = compare(setup.plan.test, before.predictions, after.predictions, objective)
    missed = floor_in_words(objective, after.metrics, below_floors(objective, after.metrics))
    weak = weakness(objective, after.metrics, best.validation.metrics) if setup.settings.objective else ""
    constant = None
    if setup.session.scorer is not None:
        constant = constant_answer(setup.session, setup.plan.test)
        weak = weak_answers(constant, setup.plan.test, after.predictions)
    return claim(comparison, damage(before, after), weak, missed), constant


def _test_evaluations(setup: Setup, first: Incumbent, best: Incumbent) -> tuple[Evaluation, Evaluation]:
    test, what = setup.plan.test, "Classifying the test rows with the "
    before = setup.evaluate(first.prompt, test, what + "starting prompt", last=True)
    if best.step == first.step:
        return before, before
    return before, setup.evaluate(best.prompt, test, what + "best prompt", last=True)


def _scored(incumbent: Incumbent, test: Evaluation | None = None) -> Scored:
    evaluations = {"train": incumbent.batch, "validation": incumbent.validation, "test": test}
    present = {name: each for name, each in evaluations.items() if each is not None}
    return Scored(incumbent.prompt, incumbent.step, present)


def _result(
    setup: Setup,
    knowledge: Knowledge,
    scored: tuple[Scored, Scored],
    claimed: Claimed,
    stop_reason: str,
) -> Result:
    sizes = {name: len(part) for name, part in knowledge.parts.items()}
    test, constant = claimed
    majority = _floor(setup, constant)
    return Result(*scored, test, stop_reason, sizes, majority, setup.settings.objective and setup.objective)


def _floor(setup: Setup, constant: Constant | None) -> float:
    """Accuracy of the answer that costs no reading: of `constant`, where the claim was made against it. A judge is asked
    about nothing else; 0: not known."""
    rows = setup.plan.test or setup.plan.validation
    if setup.session.scorer is None:
        return majority_accuracy(rows)
    if constant is None and setup.session.judge is None:
        constant = constant_answer(setup.session, rows)
    return constant.accuracy if constant else 0.0


def _reason(reached: CapReached | Stopped) -> str:
    if isinstance(reached, FinishedEarly):
        return "finish"
    return "stopped" if isinstance(reached, Stopped) else "cap"
