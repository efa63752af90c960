"""One decision: which rules are taken out again.

Rules pile up, and a wrong one that slipped in costs rows for good. With what calls are left, each rule, the least proven first, is left out
and the rows that it could have moved are read again: where the prompt is better without it, it goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.loop.hypotheses import Hypothesis, without
from core.loop.search import Rule, Search
from core.loop.trying import Moves, could_break, could_fix, moves_of
from core.types import Edit, Example, Step

ROWS_PER_RULE = 16


def prune(search: Search) -> Iterator[Step]:
    """Takes out what hurts. Yields nothing: the result holds the pruned prompt."""
    if not search.ideas.prune or not search.plan.prune or search.settings.strategy != "edit":
        return
    for rule in sorted(search.rules, key=_proof):
        rows = rows_about(rule, search)
        if not rows or not search.crew.account.affords("lightweight", len(rows) + search.plan.kept_back):
            continue
        prompt = without(search.standing.prompt, rule.line)
        if prompt == search.standing.prompt:
            continue
        read = search.read(prompt, rows, "Leaving out one rule at a time")
        removal = Hypothesis(Edit("system_prompt", rule.line, ""), rule.names)
        after = {each.example_id: each for each in read.predictions}
        moves = moves_of(removal, rows, (), search.known, after)
        if len(moves.fixed) > len(moves.broke):
            search.rules.remove(rule)
            search.go_on_with(prompt, search.standing.step, after, exact=False)
    yield from ()


def rows_about(rule: Rule, search: Search, size: int = ROWS_PER_RULE) -> list[Example]:
    """Rows whose reading may change without the rule: those now given its label, most like its words first."""
    removal = Hypothesis(Edit("system_prompt", rule.line, ""), rule.names)
    rows = [*search.plan.validation, *search.parts["train"]]
    apt = [
        row for row in rows
        if row.id in search.known and (could_fix(removal, row, search.known[row.id]) or could_break(removal, row, search.known[row.id]))
    ]
    if not apt:
        return []
    alike = search.likeness.to_texts([rule.line], [row.id for row in apt])[0]
    return [apt[i] for i in sorted(range(len(apt)), key=lambda i: (-alike[i], apt[i].id))[:size]]


def _proof(rule: Rule) -> int:
    return len(rule.moves.fixed) + len(rule.moves.fixed_shown) - 2 * len(rule.moves.broke)
