"""What a run knows while it searches: the prompt it stands on, the rules in it, and the latest reading of
every row."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from core.data.sampling import choose_shown, draw_batch
from core.errors import CapReached
from core.metrics.metrics import evaluation, is_mistake
from core.similarity.tfidf import Similarity, label_odds
from core.tuning.evaluate import evaluate
from core.tuning.mistake_selection import (
    NOTED,
    contradicted,
    doubtful,
    first,
    noted_near,
    noted_twins,
    systematic,
)
from core.tuning.plan import Plan
from core.tuning.reflect import Findings, Refused
from core.tuning.session import OnProgress, Session
from core.tuning.supervision import Review, with_notes
from core.tuning.switches import Switches
from core.types import (
    Edit,
    EditResult,
    Evaluation,
    Example,
    LabelSet,
    Outcome,
    Prediction,
    Progress,
    Prompt,
    Reflection,
    Settings,
    Step,
    Verdict,
)

SIZE_LIMIT = 12_000  # characters over all fields of a prompt
VETOED = "Vetoed by hand."
REMEMBERED = 6  # refused edits that the next reflection is told of


@dataclass(slots=True)
class Incumbent:
    """A prompt that the run went on with. `validation` is exact when every row was read with this very
    prompt; otherwise rows that its edits are not about keep the prediction they had."""

    prompt: Prompt
    step: int
    validation: Evaluation | None = None
    batch: Evaluation | None = None
    exact: bool = True


@dataclass
class Search:
    """`rules`: lines added to the system prompt; `known`: by row id, the latest reading; `shown`: by row id,
    how often it was shown; `refused_lines`: what is not worth another trial."""

    labels: LabelSet
    parts: Mapping[str, tuple[Example, ...]]
    plan: Plan
    session: Session
    settings: Settings
    say: OnProgress
    switches: Switches
    start: Prompt
    first: Incumbent = field(init=False)
    standing: Incumbent = field(init=False)
    earlier: list[Incumbent] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    known: dict[str, Prediction] = field(default_factory=dict)
    shown: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    refused_lines: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.first = self.standing = Incumbent(self.start, 0)

    # ---- reading rows

    def read(self, prompt: Prompt, rows: Sequence[Example], what: str, last: bool = False) -> Evaluation:
        """The rows with a prompt, progress reported as `what`. Raises CapReached rather than spend what is
        kept for the `last` reading."""
        if not last and not self.session.account.affords("lightweight", len(rows) + self.plan.kept_back):
            raise CapReached("The calls that are left are kept for the last reading: raise the cap to go on.")
        self.say(Progress(what, 0, len(rows)))
        return evaluate(
            self.session,
            prompt,
            rows,
            self.labels.names,
            lambda done, total: self.say(Progress(what, done, total)),
        )

    def learn(self, predictions: Iterable[Prediction]) -> None:
        """Takes predictions of the standing prompt as what is known of their rows. A failed call teaches
        nothing."""
        self.known.update(
            {each.example_id: each for each in predictions if each.outcome is not Outcome.FAILED}
        )

    def look(self, number: int) -> Evaluation:
        """Reads training rows with the standing prompt: a balanced draw, rows not seen before first."""
        rng = random.Random(f"batch/{self.settings.seed}/{number}")
        rows = self._to_look_at(number, rng)
        read = self.read(self.standing.prompt, rows, f"Step {number}: classifying {len(rows)} training rows")
        self.learn(read.predictions)
        self.standing.batch = read
        return read

    def _to_look_at(self, number: int, rng: random.Random) -> tuple[Example, ...]:
        train, size = self.parts["train"], self.plan.look
        if self.plan.whole:
            drawn = draw_batch(train, size, rng, [row.id for row in self.mistakes()])
        else:
            size *= 2 if number == 1 else 1
            drawn = draw_batch([row for row in train if row.id not in self.known] or list(train), size, rng)
        return (
            drawn if self.settings.max_calls is None else drawn[:size]
        )  # a draw holds every canonical row, a cap may not

    # ---- what is known

    @cached_property
    def likeness(self) -> Similarity:
        """Of the training and validation rows; made when it is first asked for."""
        return Similarity([row for name in ("train", "validation") for row in self.parts[name]])

    @cached_property
    def odds(self) -> dict[str, dict[str, float]]:
        """By row id, how likely the other training and validation rows make each label; empty with the idea
        left out."""
        rows = [row for name in ("train", "validation") for row in self.parts[name]]
        return label_odds(rows, self.settings.seed) if self.switches.hold_back_doubtful else {}

    @cached_property
    def twins(self) -> frozenset[str]:
        """Ids of training rows whose note tells two labels of one text apart."""
        return noted_twins(self.parts["train"]) if self.switches.show_notes else frozenset()

    def mistakes(self) -> list[Example]:
        """Training rows that were last read wrong and whose label is not in doubt (canonical ones always)."""
        wrong = [
            row
            for row in self.parts["train"]
            if row.id in self.known and is_mistake(self.known[row.id], row.label)
        ]
        return [
            row
            for row in wrong
            if row.canonical or row.note or not doubtful(row, self.known[row.id], self.odds)
        ]

    def trusted(self, rows: Iterable[Example]) -> list[Example]:
        """The rows whose labels the other rows do not contradict: what a hypothesis does to the others proves
        nothing."""
        return [row for row in rows if row.canonical or row.note or not contradicted(row, self.odds)]

    def findings(self, number: int) -> Findings:
        """What the next reflection is shown."""
        rng = random.Random(f"shown/{self.settings.seed}/{number}")
        pool, train = self.mistakes(), self.parts["train"]
        mistakes, correct = choose_shown(
            [row for row in train if row.id in self.known],
            list(self.known.values()),
            rng,
            self.plan.show,
            self.settings.shown_correct,
        )
        if self.switches.group_mistakes:
            mistakes = systematic(pool, self.likeness, self.shown, self.plan.show)
        elif self.switches.hold_back_doubtful:
            mistakes = [row for row in mistakes if row in pool]
        self.shown.update(row.id for row in mistakes)
        told = {row.id for row in (*mistakes, *correct)}
        noted = (
            self._noted([row for row in train if row.note and row.id not in told], mistakes)
            if self.switches.show_notes
            else []
        )
        mistakes, correct = first(mistakes, self.twins), first(correct, self.twins)
        refused = self.refused[-REMEMBERED:]
        return Findings(
            self.standing.prompt,
            self.labels,
            mistakes,
            correct,
            self.known,
            noted,
            refused,
            self.settings.strategy,
            SIZE_LIMIT,
        )

    def _noted(self, rows: Sequence[Example], mistakes: Sequence[Example]) -> list[Example]:
        """Noted rows to show: those of conflicting twins, then the ones nearest to the mistakes."""
        twins = [row for row in rows if row.id in self.twins][:NOTED]
        others = [row for row in rows if row.id not in self.twins]
        return [*twins, *noted_near(others, mistakes, self.likeness, NOTED - len(twins))]

    def attempt_size(self, number: int) -> int:
        """Held-out rows to try a candidate on: what the step's fair share of the calls left leaves for it."""
        left = self.session.account.left("lightweight")
        if left is None:
            return self.plan.attempt
        share = (left - self.plan.kept_back) // (self.plan.steps - number + 1)
        return max(self.plan.attempt, share - self.plan.look - self.plan.show // 2)

    def affords_a_step(self) -> bool:
        """Whether the caps leave a heavyweight call and enough lightweight ones to be worth it."""
        calls = self.plan.per_step + self.plan.kept_back
        if not self.plan.whole:
            calls = self.plan.show + self.plan.kept_back
        return self.session.account.affords("lightweight", calls) and self.session.account.affords(
            "heavyweight", 1
        )

    # ---- going on

    def make_exact(self) -> None:
        """Reads all validation rows with the standing prompt, unless they have been."""
        if self.standing.exact and self.standing.validation is not None:
            return
        what = "Reading the validation rows with the best prompt"
        self.standing.validation = self.read(self.standing.prompt, self.plan.validation, what, last=True)
        self.standing.exact = True
        self.learn(self.standing.validation.predictions)

    def go_on_with(
        self, prompt: Prompt, number: int, predictions: Mapping[str, Prediction], exact: bool
    ) -> None:
        """Makes the prompt the standing one. `predictions` are, by row id, what is now known of rows that
        were read with it."""
        self.learn(predictions.values())
        self.earlier.append(self.standing)
        self.standing = Incumbent(prompt, number, self.carried(predictions), None, exact)

    def carried(self, after: Mapping[str, Prediction]) -> Evaluation:
        """The validation rows as a prompt left them: rows that were read again, the others as they are
        known."""
        found = [after.get(row.id) or self.known.get(row.id) for row in self.plan.validation]
        return evaluation(
            self.plan.validation, [each for each in found if each is not None], self.labels.names
        )

    def heed(self, word: Review) -> None:
        """Takes what was said of a step to heart: notes for the reflections to come, and what they are not to
        propose again."""
        if word.notes:
            self.parts = {**self.parts, "train": with_notes(self.parts["train"], word.notes)}
            self.__dict__.pop("twins", None)
        for edit in word.vetoed:
            self.refuse(edit, VETOED)
            self.refused_lines.add((edit.replace or edit.find).strip())

    def refuse(self, edit: Edit, why: str) -> None:
        """Remembers the edit for the next reflections, which are told of it."""
        self.refused.append(Refused((edit,), why))

    def step(
        self,
        number: int,
        candidate: Prompt | None,
        batch: Evaluation | None,
        validation: Evaluation | None,
        reflection: Reflection | None,
        verdict: Verdict,
        trials: Sequence[EditResult] = (),
    ) -> Step:
        return Step(
            number,
            self.standing.prompt,
            candidate,
            batch,
            validation,
            reflection,
            verdict,
            tuple(trials),
            self.session.account.spends(),
        )
