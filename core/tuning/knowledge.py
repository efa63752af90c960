"""What a run knows: the latest prediction of every row, the edits that were refused, and what follows from both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.data.splits import HELD_OUT
from core.label_errors.in_doubt import labels_in_doubt, vouched
from core.label_errors.suspects import Suspect
from core.metrics.metrics import is_mistake, right
from core.similarity.tfidf import Similarity
from core.tuning.mistake_selection import noted_twins
from core.tuning.reflection_request import Refusal
from core.tuning.session import OnProgress
from core.tuning.setup import Switches
from core.tuning.supervision import with_notes
from core.types import Edit, Example, HeldBack, Outcome, Prediction, Progress


@dataclass
class Knowledge:
    """`parts`: the rows by split; `predictions`: of the current prompt, by row id, the latest; `displayed`: by
    row id, how often it was in a request to the heavyweight model; `attempted`: ids of rows that were read, even in
    vain; `hopeless`: lines not worth another trial."""

    parts: Mapping[str, tuple[Example, ...]]
    seed: int
    switches: Switches
    predictions: dict[str, Prediction] = field(default_factory=dict)
    displayed: Counter[str] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    hopeless: set[str] = field(default_factory=set)
    attempted: set[str] = field(default_factory=set)

    # ---- what changes it

    def learn(self, predictions: Iterable[Prediction]) -> None:
        """Takes predictions of the current prompt as what is known of their rows. A failed call teaches
        nothing."""
        for each in predictions:
            self.attempted.add(each.example_id)
            if each.outcome is not Outcome.FAILED:
                self.predictions[each.example_id] = each

    def add_notes(self, notes: Mapping[str, str]) -> None:
        """Notes on training rows, by row id, for the reflections to come."""
        self.parts = {**self.parts, "train": with_notes(self.parts["train"], notes)}
        self.__dict__.pop("twins", None)
        self.__dict__.pop("share_in_doubt", None)

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
    def in_doubt(self) -> Mapping[str, Suspect]:
        """By row id, the training and validation rows whose labels are not believed; empty with the idea left
        out."""
        return labels_in_doubt(self._searchable(), self.seed) if self.switches.hold_back_doubtful else {}

    def find_doubt(self, on_progress: OnProgress, looking: str = "Looking") -> None:
        """Finds what is in doubt, and says so first: at 20,000 rows it takes seconds. Raises what `on_progress` does."""
        if self.switches.hold_back_doubtful and "in_doubt" not in self.__dict__:
            on_progress(Progress(f"{looking} for labels in doubt among {len(self._searchable()):,} rows"))
            _ = self.in_doubt

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
        return tuple(example.id for example in self._wrong(self.canonical()))

    def classified(self) -> list[Example]:
        """Training rows with a prediction."""
        return [example for example in self.parts["train"] if example.id in self.predictions]

    def mistakes(self) -> list[Example]:
        """Training rows whose latest prediction is wrong and that are not held back."""
        return [example for example in self._wrong(self.parts["train"]) if not self._doubtful(example)]

    def losses(self) -> dict[str, float]:
        """By row id, what the latest predictions of free answers lack of the full score."""
        return {identity: 1.0 - (known.score or 0.0) for identity, known in self.predictions.items()}

    def held_back(self) -> list[Example]:
        """Training rows whose latest prediction is wrong, but is what the other rows say, too."""
        return [example for example in self._wrong(self.parts["train"]) if self._doubtful(example)]

    def set_aside(self) -> tuple[HeldBack, ...]:
        """The mistakes that are held back, and those of the validation part that prove nothing, the most
        doubtful first."""
        held_out = [
            example
            for example in self._wrong(self.parts["validation"])
            if example.id in self.in_doubt and not vouched(example)
        ]
        suspects = [self.in_doubt[example.id] for example in (*self.held_back(), *held_out)]
        return tuple(
            HeldBack(each.example_id, each.label, each.suggested, each.doubt, each.reasons)
            for each in sorted(suspects, key=lambda each: -each.doubt)
        )

    def unread(self) -> list[Example]:
        """Training rows that were not read yet."""
        return [example for example in self.parts["train"] if example.id not in self.attempted]

    def trusted(self, examples: Iterable[Example]) -> list[Example]:
        """The rows whose labels the other rows do not contradict: what an edit does to the others proves
        nothing."""
        return [example for example in examples if example.id not in self.in_doubt or vouched(example)]

    def train_and_held_out(self) -> tuple[list[Example], list[Example]]:
        """Training rows that may be examples, and the rows of which none may be a near duplicate."""
        return self.trusted(self.parts["train"]), [row for name in HELD_OUT for row in self.parts[name]]

    def _wrong(self, examples: Iterable[Example]) -> list[Example]:
        """Those whose latest prediction is a mistake."""
        return [
            example
            for example in examples
            if (known := self.predictions.get(example.id)) is not None and is_mistake(known, example.label)
        ]

    @cached_property
    def share_in_doubt(self) -> float:
        """Of the training labels, those that are not believed; 0 with the idea left out."""
        train = self.parts["train"]
        doubted = [each for each in train if each.id in self.in_doubt and not vouched(each)]
        return len(doubted) / max(len(train), 1)

    def _doubtful(self, example: Example) -> bool:
        suspect = self.in_doubt.get(example.id)
        agreed = suspect is not None and suspect.suggested == self.predictions[example.id].label
        return agreed and not vouched(example)

    def _searchable(self) -> list[Example]:
        return [*self.parts["train"], *self.parts["validation"]]
