"""One decision: which rows go into the prompt as examples.

What no rule has fixed can still be shown: the middle row of each group of mistakes that look alike, with its correct label, as a turn before
the text. Examples and rules together beat either alone where labels follow house rules; they make every call longer, so they must earn it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.data.similarity import Similarity
from core.loop.acceptance import damage
from core.loop.search import Search
from core.loop.showing import KIN
from core.measure.comparison import compare, in_words
from core.types import Decision, Example, FewShot, Shot, Step, Verdict

MOST_EXAMPLES = 8


def exemplify(search: Search, number: int) -> Step | None:
    """Tries the prompt with examples of what it still gets wrong, on all held-out rows; None where there is nothing to show or no call
    left for it."""
    wanted = search.ideas.examples and search.settings.strategy == "edit" and search.standing.prompt.few_shot.strategy == "none"
    if not wanted or not search.crew.account.affords("lightweight", search.plan.kept_back + len(search.plan.validation)):
        return None
    chosen = middles(search.mistakes(), search.likeness, MOST_EXAMPLES)
    if not chosen:
        return None
    search.make_exact()
    shots = tuple(Shot(row.text, row.label) for row in chosen)
    candidate = replace(search.standing.prompt, few_shot=FewShot("fixed", len(shots), shots))
    before = search.standing.validation
    read = search.read(candidate, search.plan.validation, f"Measuring the prompt with {len(shots)} examples")
    damaged = damage(read, before)
    comparison = compare(search.plan.validation, before.predictions, read.predictions)
    better = len(comparison.fixed) > len(comparison.broke)
    decision = Decision.UNDECIDED if damaged else Decision.ACCEPTED if better else Decision.REJECTED
    if decision is Decision.ACCEPTED:
        search.go_on_with(candidate, number, {each.example_id: each for each in read.predictions}, exact=True)
    return search.step(number, candidate, None, read, None, Verdict(decision, damaged or f"With {len(shots)} examples: {in_words(comparison)}", comparison))


def middles(mistakes: Sequence[Example], likeness: Similarity, most: int) -> list[Example]:
    """Per group of mistakes with one correct label that look alike, the row most like the others; largest groups first. A row that is
    like no other mistake is no pattern."""
    if not mistakes:
        return []
    alike = likeness.among([row.id for row in mistakes], [row.id for row in mistakes])
    left = set(range(len(mistakes)))
    chosen: list[Example] = []
    while len(chosen) < most:
        kin = {i: [j for j in left if j != i and mistakes[j].label == mistakes[i].label and alike[i, j] >= KIN] for i in left}
        middle = max(left, key=lambda i: (sum(alike[i, j] for j in kin[i]), mistakes[i].id), default=None)
        if middle is None or not kin[middle]:
            break
        chosen.append(mistakes[middle])
        left -= {middle, *kin[middle]}
    return chosen
