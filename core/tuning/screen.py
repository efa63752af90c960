"""The screen before a trial: which edits of a reply become hypotheses, and which are refused without a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.data.splits import HELD_OUT
from core.errors import EditRefused
from core.prompts.blocks import blocks
from core.prompts.rules import PromptTerms, check_candidate, quotes_of, usual_size
from core.tuning.hypotheses import EditPlan, Hypothesis, applied, hypothesis_of, repeats
from core.tuning.search import Search
from core.tuning.supervision import VETOED, Review
from core.types import Decision, EditResult, Prompt, Reflection, Verdict

NO_CHANGE, SAID, HOPELESS = "It changes nothing.", "The prompt says so already.", "It was refused before."
DISPLACED = (
    "It moves rules away from the heading that says their label: what it adds is tried without its new order."
)


def screen(search: Search, reflection: Reflection, review: Review) -> tuple[EditPlan, list[EditResult]]:
    """The edits worth a trial, each on its own, and those refused with the reason. What a person wrote is tried
    unless it breaks a rule for prompts: it is not for a screen to doubt."""
    labels = search.setup.labels.names
    plan = _plan(search, reflection)
    own = [hypothesis_of(edit, labels) for edit in review.own]
    hypotheses: list[Hypothesis] = []
    refused: list[EditResult] = []
    for hypothesis in (*own, *plan.hypotheses):
        if hypothesis in own:
            why = broken_rule(applied(search.prompt, [hypothesis]), search)
        elif hypothesis.edit in review.vetoed:
            why = VETOED
        else:
            why = why_not(hypothesis, hypotheses, search)
        if why:
            refused.append(EditResult(hypothesis.edit, Verdict(Decision.REJECTED, why)))
        else:
            hypotheses.append(hypothesis)
    if plan.keeps_form:
        refused += [EditResult(edit, Verdict(Decision.REJECTED, DISPLACED)) for edit in reflection.edits]
    lawful, unlawful = _lawful(hypotheses, plan, search)
    return plan.only(lawful), [*refused, *unlawful]


def _plan(search: Search, reflection: Reflection) -> EditPlan:
    """The reply's edits; in one group where one of them keeps the rules for prompts only beside the others."""
    setup = search.setup
    plan = EditPlan(search.prompt, reflection.edits, setup.labels.names, setup.switches.take_apart)
    alone = [applied(search.prompt, [each]) for each in plan.hypotheses if not each.group]
    leans = any(broken_rule(each, search) for each in alone if each != search.prompt)
    if leans and len(plan.hypotheses) > 1 and not broken_rule(plan.prompt_with(plan.hypotheses), search):
        return plan.only([replace(each, group=1) for each in plan.hypotheses])
    return plan


def _lawful(
    hypotheses: Sequence[Hypothesis], plan: EditPlan, search: Search
) -> tuple[list[Hypothesis], list[EditResult]]:
    """The hypotheses that keep the rules for prompts together, and those refused: what breaks a rule alone falls
    first, and if that is not enough all."""
    refused: list[EditResult] = []
    for alone in (True, False):
        why = broken_rule(plan.prompt_with(hypotheses), search) if hypotheses else ""
        if not why:
            break
        whys = {
            each: broken_rule(applied(search.prompt, [each]), search) if alone else why for each in hypotheses
        }
        refused += [
            EditResult(each.edit, Verdict(Decision.REJECTED, why)) for each, why in whys.items() if why
        ]
        hypotheses = [each for each in hypotheses if not whys[each]]
    return list(hypotheses), refused


def why_not(hypothesis: Hypothesis, beside: Sequence[Hypothesis], search: Search) -> str:
    """Why a hypothesis is not worth a call, in a sentence; empty if it is. What breaks a rule for prompts when
    it is alone may keep it together with the others of its group."""
    edit, setup = hypothesis.edit, search.setup
    candidate = applied(search.prompt, [hypothesis])
    if candidate == search.prompt:
        return NO_CHANGE
    if setup.switches.screen and edit.field == "system_prompt":
        if not hypothesis.removes:
            train = search.knowledge.parts["train"]
            if quotes_of(Prompt(hypothesis.text, "", ""), [example.text for example in train]):
                return "It quotes a row word for word: an example, not a rule."
            others = [block.text for block in blocks(search.prompt.system_prompt) if block.text != edit.find]
            if repeats(hypothesis.text, [*others, *(other.text for other in beside)]):
                return SAID
        if (edit.replace.strip() or edit.find.strip()) in search.knowledge.hopeless:
            return HOPELESS
    return "" if hypothesis.group else broken_rule(candidate, search)


def broken_rule(candidate: Prompt, search: Search) -> str:
    """Which rule for prompts a candidate breaks, in a sentence; empty for none."""
    if candidate == search.prompt:
        return NO_CHANGE
    held_out = {example.text for name in HELD_OUT for example in search.knowledge.parts[name]}
    settings = search.setup.settings
    terms = PromptTerms(settings.locked, settings.start)
    try:
        size = usual_size(search.setup.labels.names)
        check_candidate(candidate, search.setup.labels, held_out, size, terms)
    except EditRefused as refused:
        return str(refused)
    return ""
