"""A trial: the edits of one reply as hypotheses, read together, judged one by one, kept or refused.

The rows are chosen in trying.py, the decisions are those of acceptance.py; here is what follows from them for
the prompt and the books.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.data.splits import HELD_OUT
from core.errors import EditRefused
from core.metrics.comparison import compare
from core.prompts.rules import check_candidate, quotes_of
from core.tuning.acceptance import damage, disputed, hopeless, judge_candidate, judge_edit
from core.tuning.attribution import Attribution, could_fix, moves_of, rows_to_try
from core.tuning.hypotheses import Hypothesis, applied, hypothesis_of, said_already, take_apart
from core.tuning.reflect import Findings
from core.tuning.search import SIZE_LIMIT, VETOED, Search
from core.tuning.supervision import Review
from core.types import (
    Decision,
    Edit,
    EditResult,
    Evaluation,
    Example,
    Outcome,
    Prediction,
    Prompt,
    Reflection,
    Verdict,
)


@dataclass(frozen=True, slots=True)
class Trial:
    """`candidate` is what was measured, or what was kept of it; `validation` has the validation rows as it
    leaves them; `trials` says of each edit what it moved."""

    candidate: Prompt
    validation: Evaluation
    verdict: Verdict
    trials: tuple[EditResult, ...]


def hypotheses_of(
    reflection: Reflection, search: Search, word: Review
) -> tuple[list[Hypothesis], list[EditResult]]:
    """The edits worth measuring, each on its own, and those refused unmeasured with the reason. Costs no
    call. What a person wrote is measured unless it breaks a rule: it is not for a screen to doubt."""
    proposed = proposals_of(
        reflection, search.standing.prompt, search.switches.take_apart and search.settings.strategy == "edit"
    )
    kept: list[Hypothesis] = []
    refused: list[EditResult] = [
        EditResult(edit, Verdict(Decision.REJECTED, VETOED)) for edit in proposed if edit in word.vetoed
    ]
    for edit in dict.fromkeys((*word.own, *(edit for edit in proposed if edit not in word.vetoed))):
        hypothesis = hypothesis_of(edit, search.labels.names)
        why = broken_rule(hypothesis, search) if edit in word.own else why_not(hypothesis, kept, search)
        if why:
            refused.append(EditResult(edit, Verdict(Decision.REJECTED, why)))
        else:
            kept.append(hypothesis)
    return kept, refused


def proposals_of(reflection: Reflection, prompt: Prompt, apart: bool = True) -> tuple[Edit, ...]:
    """The edits of a reflection as they are tried: each line on its own, if they are taken apart."""
    return tuple(take_apart(reflection.edits, prompt)) if apart else reflection.edits


def why_not(hypothesis: Hypothesis, beside: Sequence[Hypothesis], search: Search) -> str:
    """Why a hypothesis is not worth a call, in a sentence; empty if it is."""
    prompt, edit = search.standing.prompt, hypothesis.edit
    candidate = applied(prompt, [hypothesis])
    if candidate == prompt:
        return "It changes nothing."
    if search.switches.screen and edit.field == "system_prompt" and search.settings.strategy == "edit":
        if not hypothesis.removes:
            if quotes_of(Prompt(edit.replace, "", ""), [row.text for row in search.parts["train"]]):
                return "It quotes a row word for word: an example, not a rule."
            if not hypothesis.names:
                return "It names no label, so it moves no row to any."
            others = [line for line in prompt.system_prompt.split("\n") if line.strip() and line != edit.find]
            if said_already(edit.replace, [*others, *(other.text for other in beside)]):
                return "The prompt says so already."
        if edit.replace.strip() in search.refused_lines or (
            hypothesis.removes and edit.find.strip() in search.refused_lines
        ):
            return "It was refused before."
    return broken_rule(hypothesis, search)


def broken_rule(hypothesis: Hypothesis, search: Search) -> str:
    """Which rule for prompts a hypothesis would break, in a sentence; empty for none."""
    candidate = applied(search.standing.prompt, [hypothesis])
    if candidate == search.standing.prompt:
        return "It changes nothing."
    held_out = {row.text for name in HELD_OUT for row in search.parts[name]}
    try:
        check_candidate(candidate, search.labels, held_out, SIZE_LIMIT)
    except EditRefused as refused:
        return str(refused)
    return ""


def attempt(
    search: Search, hypotheses: Sequence[Hypothesis], findings: Findings, batch: Evaluation, number: int
) -> Trial:
    """Reads the hypotheses together, judges each by the rows that moved, and goes on with the prompt that
    holds the kept ones.

    `batch` is the step's reading of training rows: its failed calls count towards damage. Raises CapReached,
    ModelRefused, Stopped."""
    before = dict(search.known)
    candidate = applied(search.standing.prompt, hypotheses)
    shown = [
        row for row in findings.mistakes if any(could_fix(each, row, before[row.id]) for each in hypotheses)
    ]
    rows = [row for row in (*shown, *_held_out(search, hypotheses, number)) if row.id in before]
    read = search.read(candidate, rows, f"Step {number}: measuring {_some(len(hypotheses), 'edit')}")
    damaged = damage(read, batch)
    if damaged:
        return Trial(
            candidate, search.carried(_answers(read, before)), Verdict(Decision.UNDECIDED, damaged), ()
        )
    after = _answers(read, before)
    ids, counted = tuple(row.id for row in shown), search.trusted(rows)
    decided = {
        each: _judged(search, each, hypotheses, counted, ids, before, after, number) for each in hypotheses
    }
    kept = [each for each in hypotheses if decided[each][0] is Decision.ACCEPTED]
    trials = tuple(
        EditResult(each.edit, Verdict(decision, moves.in_words(), moves.comparison(len(counted))))
        for each, (decision, moves) in decided.items()
    )
    for each in hypotheses:
        if each not in kept:
            if hopeless(decided[each][1]):
                search.refused_lines.add(each.text.strip())
            search.refuse(each.edit, decided[each][1].in_words())
    return _settled(search, kept, hypotheses, decided, rows, before, after, trials, candidate, number)


def _held_out(search: Search, hypotheses: Sequence[Hypothesis], number: int) -> list[Example]:
    if search.plan.whole:
        return list(search.plan.validation)
    rng = random.Random(f"try/{search.settings.seed}/{number}")
    return rows_to_try(
        hypotheses,
        search.trusted(search.plan.validation),
        search.known,
        search.likeness,
        search.attempt_size(number),
        rng,
    )


def _judged(
    search: Search,
    hypothesis: Hypothesis,
    all_of: Sequence[Hypothesis],
    rows: Sequence[Example],
    shown: Sequence[str],
    before: Mapping[str, Prediction],
    after: Mapping[str, Prediction],
    number: int,
) -> tuple[Decision, Attribution]:
    alone = len(all_of) == 1 or not search.switches.judge_apart
    asked = Hypothesis(hypothesis.edit, frozenset()) if alone else hypothesis
    moves = moves_of(asked, rows, shown, before, after)
    rivals = [
        other
        for other in all_of
        if other is not hypothesis and (not other.names or not asked.names or other.about & asked.about)
    ]
    if search.switches.confirm and disputed(moves, bool(rivals)):
        moved = [row for row in rows if row.id in set(moves.all)]
        what = f"Step {number}: reading {_some(len(moved), 'row')} again"
        again = search.read(applied(search.standing.prompt, [hypothesis]), moved, what)
        moves = moves_of(asked, moved, shown, before, _answers(again, before))
    return judge_edit(moves, len(search.rules)), moves


def _settled(
    search: Search,
    kept: Sequence[Hypothesis],
    hypotheses: Sequence[Hypothesis],
    decided: Mapping[Hypothesis, tuple[Decision, Attribution]],
    rows: Sequence[Example],
    before: Mapping[str, Prediction],
    after: Mapping[str, Prediction],
    trials: tuple[EditResult, ...],
    candidate: Prompt,
    number: int,
) -> Trial:
    if not kept:
        reason = "; ".join(dict.fromkeys(trial.verdict.reason for trial in trials))
        measured = search.carried(after)
        comparison = compare(search.plan.validation, list(before.values()), list(after.values()))
        return Trial(candidate, measured, Verdict(Decision.REJECTED, reason, comparison), trials)
    chosen = applied(search.standing.prompt, kept)
    if len(kept) < len(hypotheses):
        after = _without_the_refused(search, chosen, rows, before, after, number)
    measured = search.carried(after)
    comparison = compare(search.plan.validation, search.standing.validation.predictions, measured.predictions)
    verdict = judge_candidate(comparison, search.plan.whole)
    if verdict.decision is Decision.REJECTED:
        for each in kept:
            search.refuse(each.edit, verdict.reason)
        return Trial(chosen, measured, verdict, trials)
    search.go_on_with(chosen, number, after, exact=_exact(search, before, after))
    for each in kept:
        _enter(search, each)
    return Trial(chosen, measured, verdict, trials)


def _without_the_refused(
    search: Search,
    chosen: Prompt,
    rows: Sequence[Example],
    before: Mapping[str, Prediction],
    after: Mapping[str, Prediction],
    number: int,
) -> dict[str, Prediction]:
    """What the kept ones alone make of the rows: all are read again where the plan allows, else those that
    had moved."""
    moved = (
        list(rows)
        if search.plan.whole
        else [row for row in rows if before[row.id].label != after[row.id].label]
    )
    read = search.read(chosen, moved, f"Step {number}: measuring what is kept")
    return {**after, **_answers(read, before)}


def _exact(search: Search, before: Mapping[str, Prediction], after: Mapping[str, Prediction]) -> bool:
    """Whether every validation row was read and answered with the prompt gone on with; where a call failed,
    what was known stands."""
    return search.plan.whole and all(
        row.id in after and after[row.id] is not before.get(row.id) for row in search.plan.validation
    )


def _enter(search: Search, hypothesis: Hypothesis) -> None:
    """Keeps the list of rules in step with the prompt."""
    search.rules = [line for line in search.rules if line.strip() != hypothesis.edit.find.strip()]
    if hypothesis.edit.field == "system_prompt" and not hypothesis.removes:
        search.rules.append(hypothesis.edit.replace)


def _answers(read: Evaluation, before: Mapping[str, Prediction]) -> dict[str, Prediction]:
    """Predictions by row; a failed call leaves what was known."""
    return {
        each.example_id: before[each.example_id]
        if each.outcome is Outcome.FAILED and each.example_id in before
        else each
        for each in read.predictions
    }


def _some(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")
