"""A shortlist of labels for each text: with many labels, a request names only those of the examples most like its
text, and leaves out what the prompt says of the others.

The prompt stays whole: it is edited, stored and shown as it is, and shortened request by request. Only labels that
the examples know are ever left out, so a label that has none is named in every request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from core.similarity.neighbours import neighbours_from_prompt
from core.similarity.shortener import FieldShortener, likeliest
from core.types import FewShot, Prompt, Shot

T = TypeVar("T")

VOTERS = 200  # examples that choose a shortlist: 100 did as well, 50 lost one right label in 100
SHORTENED_FIELDS = ("system_prompt", "user_prompt_prefix", "user_prompt_suffix")


def examples_read(prompt: Prompt) -> FewShot:
    """The prompt's few-shot choice with as many neighbours as a request is made from: those that are shown, and
    those that choose the labels."""
    few_shot = prompt.few_shot
    return replace(few_shot, k=max(few_shot.k, VOTERS)) if prompt.shortlist else few_shot


def neighbours_read(prompt: Prompt, texts: Sequence[str]) -> list[tuple[Shot, ...]]:
    """Per text the prompt's own examples that its request is made from, least similar first."""
    return neighbours_from_prompt(examples_read(prompt), texts)


def shown_of(prompt: Prompt, neighbours: Sequence[T]) -> tuple[T, ...]:
    """Those of the neighbours that a request shows."""
    hidden = max(0, len(neighbours) - prompt.few_shot.k) if prompt.shortlist else 0
    return tuple(neighbours[hidden:])


def shows_examples(prompt: Prompt) -> bool:
    """Whether a request shows examples; those of a shortlist alone choose labels unseen."""
    few_shot = prompt.few_shot
    return few_shot.strategy != "none" and not (prompt.shortlist and few_shot.k == 0)


def with_few_shot(prompt: Prompt, few_shot: FewShot) -> Prompt:
    """The prompt with another few-shot choice; its shortlist goes on being chosen by its own examples."""
    if not prompt.shortlist or few_shot.strategy == "fixed":
        return replace(prompt, few_shot=few_shot, shortlist=0)
    return replace(prompt, few_shot=replace(prompt.few_shot, k=few_shot.k))


def shortlisted(neighbours: Sequence[Shot], size: int) -> tuple[str, ...]:
    """The likeliest labels, best first: each neighbour (least similar first) votes for its own by its rank."""
    return likeliest([shot.label for shot in neighbours], size)


def on_shortlist(prompt: Prompt, labels: Sequence[str], neighbours: Sequence[Sequence[Shot]]) -> int:
    """For how many texts the right label is named, given theirs and the neighbours that their requests are made from;
    a label without examples always is."""
    known = {shot.label for shot in prompt.few_shot.examples}
    return sum(
        label not in known or label in shortlisted(nearest, prompt.shortlist)
        for label, nearest in zip(labels, neighbours, strict=True)
    )


def shortlist_notice(prompt: Prompt) -> str:
    """What the heavyweight model is told of it; empty where every request names all labels, as most do."""
    if not prompt.shortlist:
        return ""
    return (
        f"In each request the small model is shown only the {prompt.shortlist:,} labels likeliest for its text: items, lines and sections "
        "of the prompt that speak of other labels alone are left out of it. So name in each rule the labels that it is about, and let no "
        "rule need another one about other labels."
    )


class Shortener:
    """One prompt, read once, to be shortened for many texts."""

    def __init__(self, prompt: Prompt):
        known = {shot.label for shot in prompt.few_shot.examples} if prompt.shortlist else set()
        self._prompt, self._known = prompt, frozenset(known)
        fields = {name: getattr(prompt, name) for name in SHORTENED_FIELDS} if known else {}
        self._shortener = FieldShortener(fields, known)
        self._made: dict[frozenset[str], Prompt] = {}

    def prompt_for(self, neighbours: Sequence[Shot]) -> Prompt:
        """The prompt without the labels that are not likely, and without what it says of these alone."""
        if not self._known or not neighbours:
            return self._prompt
        left_out = self._known - set(shortlisted(neighbours, self._prompt.shortlist))
        if left_out not in self._made:
            fields: dict[str, Any] = {**self._shortener.without(left_out)}
            self._made[left_out] = replace(self._prompt, **fields)
        return self._made[left_out]
