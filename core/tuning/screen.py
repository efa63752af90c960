"""The screen before a trial: which edits of a reply become hypotheses, and which are refused without a call."""

from __future__ import annotations

from collections.abc import Sequence

from core.data.splits import HELD_OUT
from core.errors import EditRefused
from core.prompts.rules import PromptTerms, check_candidate, quotes_of
from core.tuning.hypotheses import Hypothesis, applied, hypothesis_of, proposed_edits, repeats
from core.tuning.reflect import SIZE_LIMIT
from core.tuning.search import Search
from core.tuning.supervision import VETOED, Review
from core.types import Decision, EditResult, Prompt, Reflection, Verdict


def screen(
    search: Search, reflection: Reflection, review: Review
) -> tuple[list[Hypothesis], list[EditResult]]:
    """The edits worth a trial, each on its own, and those refused with the reason. What a person wrote is tried
    unless it breaks a rule for prompts: it is not for a screen to doubt."""
    apart = search.setup.switches.take_apart and search.setup.settings.strategy == "edit"
    proposed = proposed_edits(reflection, search.prompt, apart)
    hypotheses: list[Hypothesis] = []
    refused = [
        EditResult(edit, Verdict(Decision.REJECTED, VETOED)) for edit in proposed if edit in review.vetoed
    ]
    for edit in dict.fromkeys((*review.own, *(edit for edit in proposed if edit not in review.vetoed))):
        hypothesis = hypothesis_of(edit, search.setup.labels.names)
        by_hand = edit in review.own
        why = broken_rule(hypothesis, search) if by_hand else why_not(hypothesis, hypotheses, search)
        if why:
            refused.append(EditResult(edit, Verdict(Decision.REJECTED, why)))
        else:
            hypotheses.append(hypothesis)
    return hypotheses, refused


def why_not(hypothesis: Hypothesis, beside: Sequence[Hypothesis], search: Search) -> str:
    """Why a hypothesis is not worth a call, in a sentence; empty if it is."""
    edit, setup = hypothesis.edit, search.setup
    if applied(search.prompt, [hypothesis]) == search.prompt:
        return "It changes nothing."
    if setup.switches.screen and edit.field == "system_prompt" and setup.settings.strategy == "edit":
        if not hypothesis.removes:
            train = search.knowledge.parts["train"]
            if quotes_of(Prompt(edit.replace, "", ""), [example.text for example in train]):
                return "It quotes a row word for word: an example, not a rule."
            if not hypothesis.names:
                return "It names no label, so it moves no row to any."
            lines = search.prompt.system_prompt.split("\n")
            others = [line for line in lines if line.strip() and line != edit.find]
            if repeats(edit.replace, [*others, *(other.text for other in beside)]):
                return "The prompt says so already."
        if hypothesis.text.strip() in search.knowledge.hopeless:
            return "It was refused before."
    return broken_rule(hypothesis, search)


def broken_rule(hypothesis: Hypothesis, search: Search) -> str:
    """Which rule for prompts a hypothesis would break, in a sentence; empty for none."""
    candidate = applied(search.prompt, [hypothesis])
    if candidate == search.prompt:
        return "It changes nothing."
    held_out = {example.text for name in HELD_OUT for example in search.knowledge.parts[name]}
    settings = search.setup.settings
    terms = PromptTerms(settings.locked, settings.start)
    try:
        check_candidate(candidate, search.setup.labels, held_out, SIZE_LIMIT, terms)
    except EditRefused as refused:
        return str(refused)
    return ""
