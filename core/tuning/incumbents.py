"""The prompts that a run goes on with, one after the other, each with its evaluation on validation rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from core.types import Edit, Evaluation, Prompt


@dataclass(frozen=True, slots=True)
class Incumbent:
    """`validation` is exact when every row was classified with this very prompt; otherwise rows that its edits
    are not about keep the prediction they had. `batch`: the latest evaluation on training rows."""

    prompt: Prompt
    step: int
    validation: Evaluation
    exact: bool = True
    batch: Evaluation | None = None


class Incumbents:
    """From the starting prompt to the current one. `rules`: lines that the run added to the system prompt."""

    def __init__(self, first: Incumbent):
        self._all = [first]
        self.rules: list[str] = []

    def __iter__(self) -> Iterator[Incumbent]:
        return iter(self._all)

    @property
    def first(self) -> Incumbent:
        return self._all[0]

    @property
    def current(self) -> Incumbent:
        return self._all[-1]

    def advance(self, incumbent: Incumbent, edits: Sequence[Edit] = ()) -> None:
        """Makes it the current one; `edits` are those that led to it."""
        self._all.append(incumbent)
        for edit in edits:
            self.rules = [line for line in self.rules if line.strip() != edit.find.strip()]
            if edit.field == "system_prompt" and edit.replace.strip():
                self.rules.append(edit.replace)

    def add_batch(self, batch: Evaluation) -> None:
        """The current prompt's evaluation on training rows."""
        self._all[-1] = replace(self.current, batch=batch)

    def confirm(self, incumbent: Incumbent, validation: Evaluation) -> Incumbent:
        """The incumbent with an exact evaluation in place of the one it had."""
        index = self._all.index(incumbent)
        self._all[index] = replace(incumbent, validation=validation, exact=True)
        return self._all[index]
