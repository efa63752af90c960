"""A person's review of a step's proposal, before anything of it is measured.

Reviews are stored with the run, by step. So a run that was paused, or killed, comes to the same again: a
review is one more input, beside the rows, the settings and the replies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from core.types import Edit, Example, Prompt, Reflection

VETOED = "Vetoed by hand."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What waits to be tried in step `number`: the edits of the reflection, for this prompt."""

    number: int
    prompt: Prompt
    reflection: Reflection


@dataclass(frozen=True, slots=True)
class Review:
    """What a person made of a proposal. `vetoed` edits are not tried, now or later; `own` ones are
    tried beside the others; `notes`, by row id, are what the next reflections read beside these rows."""

    step: int
    vetoed: tuple[Edit, ...] = ()
    own: tuple[Edit, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


class Overseer(Protocol):
    def review(self, proposal: Proposal) -> Review:
        """May raise Stopped: the run waits for a review."""


@dataclass(frozen=True, slots=True)
class NoReview:
    """Nobody looks: everything is tried as it was proposed."""

    def review(self, proposal: Proposal) -> Review:
        return Review(proposal.number)


def review_of(
    step: int, decided: Sequence[tuple[Edit, str | None]], more: Sequence[str], notes: Mapping[str, str]
) -> Review:
    """The review that follows from decisions: each proposed edit with the text that it is to put in, None for
    one that is not to be tried. `more` are lines to add to the system prompt."""
    changed = [(edit, text) for edit, text in decided if text is None or text.strip() != edit.replace.strip()]
    own = [
        replace(edit, replace=text)
        for edit, text in changed
        if text is not None and (text.strip() or edit.find)
    ]
    own += [Edit("system_prompt", "", line.strip()) for line in more if line.strip()]
    return Review(step, tuple(edit for edit, _ in changed), tuple(own), dict(notes))


def with_notes(examples: Sequence[Example], notes: Mapping[str, str]) -> tuple[Example, ...]:
    """The rows, those that were noted with their new notes."""
    return tuple(
        replace(example, note=notes[example.id]) if example.id in notes else example for example in examples
    )
