"""What a run knows: the latest prediction of every row, the edits that were refused, and what follows from both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.label_errors.leave_one_out import label_odds
from core.metrics.metrics import is_mistake, right
from core.similarity.tfidf import Similarity
from core.tuning.mistake_selection import contradicted, doubtful, noted_twins
from core.tuning.reflect import Refusal
from core.tuning.setup import Switches
from core.tuning.supervision import with_notes
from core.types import Edit, Example, Outcome, Prediction


@dataclass
class Knowledge:
    """`parts`: the rows by split; `predictions`: of the current prompt, by row id, the latest; `displayed`: by
    row id, how often it was in a request to the heavyweight model; `hopeless`: lines not worth another trial."""

    parts: Mapping[str, tuple[Example, ...]]
    seed: int
    switches: Switches
    predictions: dict[str, Prediction] = field(default_factory=dict)
    displayed: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    hopeless: set[str] = field(default_factory=set)

    # ---- what changes it

    def learn(self, predictions: Iterable[Prediction]) -> None:
        """Takes predictions of the current prompt as what is known of their rows. A failed call teaches
        nothing."""
        self.predictions.update(
            {each.example_id: each for each in predictions if each.outcome is not Outcome.FAILED}
        )

    def add_notes(self, notes: Mapping[str, str]) -> None:
        """Notes on training rows, by row id, for the reflections to come."""
        self.parts = {**self.parts, "train": with_notes(self.parts["train"], notes)}
        self.__dict__.pop("twins", None)

    def count_displayed(self, examples: Iterable[Example]) -> None:
        self.displayed.update(example.id for example in examples)

    def refuse(self, edit: Edit, why: str, for_good: bool = False) -> None:
        """Remembers the edit for the next reflections; `for_good`: it is not worth another trial."""
        self.refusals.append(Refusal((edit,), why))
        if for_good:
            self.hopeless.add(edit.replace.strip() or edit.find.strip())

    # ---- questions

    @cached_property
    def similarity(self) -> Similarity:
        """Of the training and validation rows."""
        return Similarity(self._searchable())

    @cached_property
    def odds(self) -> Mapping[str, Mapping[str, float]]:
        """By row id, how likely the other training and validation rows make each label; empty with the idea
        left out."""
        return label_odds(self._searchable(), self.seed) if self.switches.hold_back_doubtful else {}

    @cached_property
    def twins(self) -> frozenset[str]:
        """Ids of training rows whose note tells two labels of one text apart."""
        return noted_twins(self.parts["train"]) if self.switches.show_notes else frozenset()

    def canonical(self) -> list[Example]:
        """The canonical rows of training and validation: those of the test part stay sealed."""
        return [example for example in self._searchable() if example.canonical]

    def canonical_right(self) -> list[Example]:
        """Those that the current prompt gets right, as far as they were read: what a step must not break."""
        return [
            example
            for example in self.canonical()
            if (known := self.predictions.get(example.id)) is not None and right(known, example.label)
        ]

    def canonical_wrong(self) -> tuple[str, ...]:
        """Ids of those that the current prompt gets wrong."""
        return tuple(
            example.id
            for example in self.canonical()
            if (known := self.predictions.get(example.id)) is not None and is_mistake(known, example.label)
        )

    def classified(self) -> list[Example]:
        """Training rows with a prediction."""
        return [example for example in self.parts["train"] if example.id in self.predictions]

    def mistakes(self) -> list[Example]:
        """Training rows whose latest prediction is wrong and whose label is not in doubt (that of a canonical or
        noted row never is)."""
        return [
            example
            for example in self.classified()
            if is_mistake(self.predictions[example.id], example.label)
            and (
                example.canonical
                or example.note
                or not doubtful(example, self.predictions[example.id], self.odds)
            )
        ]

    def trusted(self, examples: Iterable[Example]) -> list[Example]:
        """The rows whose labels the other rows do not contradict: what an edit does to the others proves
        nothing."""
        return [
            example
            for example in examples
            if example.canonical or example.note or not contradicted(example, self.odds)
        ]

    def _searchable(self) -> list[Example]:
        return [*self.parts["train"], *self.parts["validation"]]
