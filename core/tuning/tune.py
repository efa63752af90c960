"""The loop, told from start to end: measure the starting prompt, then look, show mistakes, edit, try, keep or
refuse, and repeat.

`tune` knows no store and no screen: it yields frozen steps and, last, the result. The same dataset, settings
and replies give the same steps, so a run that was killed is resumed by running it again over the cache of
model calls.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.data.splits import split
from core.errors import CapReached, Stopped
from core.metrics.comparison import compare
from core.metrics.metrics import majority_accuracy
from core.prompts.starting import starting_prompt
from core.tuning.acceptance import best_of, claim, damage
from core.tuning.few_shot import exemplify, try_similar
from core.tuning.plan import Plan, plan
from core.tuning.reflect import reflect
from core.tuning.search import Incumbent, Search
from core.tuning.session import OnProgress, Session
from core.tuning.supervision import Proposal
from core.tuning.switches import Switches
from core.tuning.trial import Trial, attempt, hypotheses_of
from core.types import (
    SPLITS,
    Dataset,
    Decision,
    Evaluation,
    Progress,
    Result,
    Scored,
    Settings,
    Step,
    Verdict,
)


def tune(
    dataset: Dataset,
    session: Session,
    settings: Settings,
    on_progress: OnProgress = lambda progress: None,
    switches: Switches = Switches(),
) -> Iterator[Step | Result]:
    """Yields step 0 (the baseline), then a step per iteration, then the Result.

    `on_progress` may raise Stopped: the run ends at once with what it has. Raises DataError for rows that
    cannot be split, UsageError for caps too small to do anything, ModelRefused when a model cannot be used at
    all.
    """
    rows = split(dataset.examples, settings.seed)
    parts = {name: tuple(row for row in rows if row.split == name and not row.excluded) for name in SPLITS}
    the_plan = plan(settings, *parts.values())
    start = settings.start or starting_prompt(dataset.labels)
    search = Search(dataset.labels, parts, the_plan, session, settings, on_progress, switches, start)
    stop_reason, done = "iterations", 0
    try:
        yield baseline(search)
        for number in range(1, the_plan.steps + 1):
            if not search.affords_a_step():
                stop_reason = "cap"
                break
            step = iterate(search, number)
            done = number
            yield step
            if step.reflection is None and not damage(step.batch):
                stop_reason = "no_mistakes"
                break
        if shown := exemplify(search, done + 1):
            yield shown
            done += 1
        yield from try_similar(search, done + 1)
    except (CapReached, Stopped) as reached:
        stop_reason = "stopped" if isinstance(reached, Stopped) else "cap"
    yield last_reading(search, the_plan, stop_reason)


def baseline(search: Search) -> Step:
    """Step 0: the starting prompt on the held-out rows."""
    read = search.read(
        search.standing.prompt, search.plan.validation, "Measuring the starting prompt", last=True
    )
    search.learn(read.predictions)
    search.standing.validation = read
    verdict = Verdict(Decision.ACCEPTED, "The starting prompt: what every candidate is compared with.")
    return search.step(0, search.standing.prompt, None, read, None, verdict)


def iterate(search: Search, number: int) -> Step:
    """One step: look at training rows, show mistakes, hear what is said of the answer, take it apart, try it,
    keep what helps."""
    batch = search.look(number)
    findings = search.findings(number)
    if not findings.mistakes:
        reason = damage(batch) or "No mistakes on the training rows: there is nothing to learn from."
        return search.step(number, None, batch, None, None, Verdict(Decision.UNDECIDED, reason))
    search.say(Progress(f"Step {number}: the heavyweight model reads {len(findings.mistakes)} mistakes"))
    reflection = reflect(search.session, findings)
    word = search.session.overseer.review(Proposal(number, search.standing.prompt, reflection))
    search.heed(word)
    hypotheses, refused = hypotheses_of(reflection, search, word)
    if not hypotheses:
        reasons = "; ".join(dict.fromkeys(trial.verdict.reason for trial in refused))
        reason = reflection.problem or reasons or "The reply holds nothing to try."
        return search.step(
            number, None, batch, None, reflection, Verdict(Decision.REJECTED, reason), tuple(refused)
        )
    trial: Trial = attempt(search, hypotheses, findings, batch, number)
    return search.step(
        number, trial.candidate, batch, trial.validation, reflection, trial.verdict, (*trial.trials, *refused)
    )


def last_reading(search: Search, the_plan: Plan, stop_reason: str) -> Result:
    """Both prompts on the same validation rows, and once, for the strict claim, on the sealed test rows."""
    first, best, test = search.first, search.standing, None
    if first.validation is not None:
        best = best_of([first, best], the_plan.validation)  # by what is known so far
    read: dict[int, dict[str, Evaluation]] = {id(standing): _readings(standing) for standing in (first, best)}
    try:
        if stop_reason != "stopped" and first.validation is not None:
            best = _confirmed(search, the_plan)
            read[id(best)] = _readings(best)
            test = _read_test(search, the_plan, first, best, read)
    except (CapReached, Stopped) as reached:
        stop_reason = "stopped" if isinstance(reached, Stopped) else "cap"
    sizes = {name: len(part) for name, part in search.parts.items()}
    majority = majority_accuracy(the_plan.test or the_plan.validation)
    baseline, winner = (
        Scored(standing.prompt, standing.step, read[id(standing)]) for standing in (first, best)
    )
    return Result(baseline, winner, test, stop_reason, sizes, majority)


def _readings(standing: Incumbent) -> dict[str, Evaluation]:
    found = {"train": standing.batch, "validation": standing.validation}
    return {name: reading for name, reading in found.items() if reading is not None}


def _confirmed(search: Search, the_plan: Plan) -> Incumbent:
    """The best prompt that the run stood on, the start included, by readings of all validation rows: the last
    one is read on them if it was not, earlier ones only where calls are not counted."""
    unlimited = the_plan.whole and search.settings.max_calls is None
    complete = [
        search.first,
        *(standing for standing in search.earlier if standing.exact or unlimited),
        search.standing,
    ]
    for standing in complete:
        if not standing.exact:
            what = "Reading the validation rows with the best prompt"
            standing.validation = search.read(standing.prompt, the_plan.validation, what, last=True)
            standing.exact = True
    return best_of(complete, the_plan.validation)


def _read_test(
    search: Search, the_plan: Plan, first: Incumbent, best: Incumbent, read: dict[int, dict[str, Evaluation]]
) -> Verdict | None:
    if not the_plan.test:
        return None
    before = search.read(
        first.prompt, the_plan.test, "Reading the test rows with the starting prompt", last=True
    )
    after = (
        before
        if best is first
        else search.read(best.prompt, the_plan.test, "Reading the test rows with the best prompt", last=True)
    )
    read[id(first)] = read[id(first)] | {"test": before}
    read[id(best)] = read[id(best)] | {"test": after}
    return claim(compare(the_plan.test, before.predictions, after.predictions), damage(before, after))
