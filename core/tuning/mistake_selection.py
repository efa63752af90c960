"""Which mistakes and which notes the heavyweight model is shown.

Rules are found in groups: a mistake alone says little, several of one kind say what they have in common. So
mistakes are grouped by correct label and likeness, the densest groups come first, and groups that were shown
in vain step back. A mistake whose label the other rows contradict is held back, so that noise is not written
into rules. Notes are worth more than rows: the nearest noted rows are shown too. A note on one of two rows
that say the same under different labels is the rule that separates them: it comes before all else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from core.similarity.duplicates import comparables, group_near_duplicates
from core.similarity.tfidf import Similarity
from core.types import Example

GROUP_SIZE = 4  # rows of one kind that are shown together
KIN = 0.12  # likeness from which on two mistakes may have one cause
TIRED = 0.6  # what a group's weight is multiplied with each time it was shown
NOTED = 12  # rows with notes in one request


def systematic(
    mistakes: Sequence[Example],
    similarity: Similarity,
    displayed: Counter[str],
    size: int,
    losses: Mapping[str, float] | None = None,
) -> list[Example]:
    """Up to `size` mistakes, in groups of one correct label that look alike, the densest first; `displayed`
    counts, by id, how often a row was in a request before. `losses`, by id, are what free answers lack of the full
    score: their groups are of any answers, and those that lose most come first."""
    if not mistakes:
        return []
    alike = similarity.among([example.id for example in mistakes], [example.id for example in mistakes])
    near = (alike >= KIN).nonzero()
    kin: list[list[int]] = [[] for _ in mistakes]
    for i, j in zip(*map(list, near), strict=True):
        if i != j and (losses is not None or mistakes[i].label == mistakes[j].label):
            kin[i].append(int(j))
    for i, others in enumerate(kin):
        others.sort(key=(-alike[i]).__getitem__)
    weight = [
        (1 + sum(alike[i, j] for j in kin[i][: GROUP_SIZE - 1]))
        * TIRED ** displayed[example.id]
        * (1.0 if losses is None else losses[example.id])
        for i, example in enumerate(mistakes)
    ]
    twins, chosen = _twins(mistakes), dict[tuple[int, str], int]()  # of near duplicates one is enough
    for i in sorted(range(len(mistakes)), key=lambda i: (-weight[i], mistakes[i].id)):
        if twins[i] in chosen:
            continue
        group: dict[tuple[int, str], int] = {}
        for j in (i, *kin[i]):
            if twins[j] not in chosen:
                group.setdefault(twins[j], j)
        chosen.update(list(group.items())[: min(GROUP_SIZE, size - len(chosen))])
        if len(chosen) >= size:
            break
    return [mistakes[i] for i in chosen.values()]


def without_near_duplicates(mistakes: Sequence[Example]) -> list[Example]:
    """The mistakes in their order, the first one of those that say nearly the same under one label."""
    first: dict[tuple[int, str], Example] = {}
    for example, twin in zip(mistakes, _twins(mistakes), strict=True):
        first.setdefault(twin, example)
    return list(first.values())


def _twins(mistakes: Sequence[Example]) -> list[tuple[int, str]]:
    """Equal for rows that say nearly the same under one label."""
    groups = group_near_duplicates([example.text for example in mistakes])
    return [(group, example.label) for group, example in zip(groups, mistakes, strict=True)]


def noted_near(
    noted: Sequence[Example], mistakes: Sequence[Example], similarity: Similarity, size: int = NOTED
) -> list[Example]:
    """Noted rows to show beside the mistakes: in turn the nearest one to each mistake."""
    if not noted or not mistakes:
        return list(noted[:size])
    alike = similarity.among([example.id for example in mistakes], [example.id for example in noted])
    best = sorted(range(len(noted)), key=lambda j: (-alike[:, j].max(), noted[j].id))
    nearest = dict.fromkeys(int(alike[i].argmax()) for i in range(len(mistakes)) if alike[i].max() > 0)
    return [noted[j] for j in dict.fromkeys([*nearest, *best])][:size]


def noted_twins(examples: Sequence[Example]) -> frozenset[str]:
    """Ids of rows with a note whose text another of the rows has under a different label; case, punctuation
    and spaces aside."""
    if not any(example.note for example in examples):
        return frozenset()
    texts = comparables(example.text for example in examples)
    labels: dict[str, set[str]] = {}
    for text, example in zip(texts, examples, strict=True):
        labels.setdefault(text, set()).add(example.label)
    return frozenset(
        example.id
        for text, example in zip(texts, examples, strict=True)
        if example.note and len(labels[text]) > 1
    )


def to_the_front(examples: Sequence[Example], ids: Collection[str]) -> list[Example]:
    """The rows of these ids before the others, else in their order."""
    return sorted(examples, key=lambda example: example.id not in ids)
