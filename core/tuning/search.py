"""A run while it searches: which rows it classifies, what the heavyweight model is shown, what the caps leave."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.data.sampling import (
    draw_batch,
    draw_of_each_label,
    first_of_each_label,
    select_for_reflection,
)
from core.metrics.metrics import evaluation, measure
from core.metrics.stakes import Stakes
from core.prompts.rules import size_limit_from, usual_size
from core.tuning.acceptance import breaks_canonical, damage
from core.tuning.incumbents import Incumbent, Incumbents
from core.tuning.knowledge import Knowledge
from core.tuning.mistake_selection import NOTED, noted_near, systematic, to_the_front, without_near_duplicates
from core.tuning.reflection_request import ReflectionInputs
from core.tuning.setup import Setup
from core.tuning.supervision import VETOED, Review
from core.types import (
    Edit,
    EditResult,
    Evaluation,
    Example,
    Prediction,
    Prompt,
    Reflection,
    Step,
    Verdict,
)

REMEMBERED = 6  # refused edits that the next reflection reads of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A prompt that was evaluated, or what was accepted of it, with the validation rows as it leaves them."""

    prompt: Prompt
    validation: Evaluation


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What came of a step. `candidate`: None where everything was refused unmeasured; `edits` says of each edit
    what it moved."""

    verdict: Verdict
    candidate: Candidate | None = None
    edits: tuple[EditResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """Changed only through its methods and those of its parts."""

    setup: Setup
    knowledge: Knowledge
    incumbents: Incumbents

    @property
    def prompt(self) -> Prompt:
        """The prompt that the run goes on with."""
        return self.incumbents.current.prompt

    # ---- classifying rows

    def look(self, number: int) -> Evaluation:
        """The current prompt on training rows: a balanced draw, rows not seen before first. While nothing is wrong
        that could be shown, more of them, up to what a trial may take."""
        rng = random.Random(f"batch/{self.setup.settings.seed}/{number}")
        examples, room = self._to_look_at(number, rng), self.setup.plan.show + self.setup.plan.attempt
        batch = self._read(number, examples)
        while not self.knowledge.mistakes() and not damage(batch) and room > 0:
            more = draw_batch(self.knowledge.unread(), min(room, self.setup.plan.look), rng)
            if not more or not self.setup.affords(len(more) + self.setup.plan.show):
                break
            examples, room = (*examples, *more), room - len(more)
            read = (*batch.predictions, *self._read(number, more).predictions)
            batch = evaluation(examples, read, self.setup.labels.names)
        self.incumbents.add_batch(batch)
        return batch

    def _read(self, number: int, examples: Sequence[Example]) -> Evaluation:
        what = f"Step {number}: classifying {len(examples)} training rows"
        read = self.setup.evaluate(self.prompt, examples, what)
        self.knowledge.learn(read.predictions)
        if read.metrics.correct < read.metrics.n:
            self.knowledge.find_doubt(self.setup.on_progress, f"Step {number}: looking")
        return read

    def _to_look_at(self, number: int, rng: random.Random) -> tuple[Example, ...]:
        """Every canonical row is among them, whatever the caps: read again with the same prompt it costs
        nothing."""
        train, size = self.knowledge.parts["train"], self.setup.plan.look
        if self.setup.plan.of_each.rows is not None:
            return self._of_each_label(self.setup.plan.of_each.rows, rng)
        if self.setup.plan.whole:
            return draw_batch(train, size, rng, [example.id for example in self.knowledge.mistakes()])
        canonical = [example for example in train if example.canonical]
        size = max(2 * size - len(canonical), size) if number == 1 else size
        others = [example for example in train if not example.canonical]
        unseen = [example for example in others if example.id not in self.knowledge.predictions]
        return (*canonical, *draw_batch(unseen or others, size, rng))

    def _of_each_label(self, each: int, rng: random.Random) -> tuple[Example, ...]:
        """So many rows of each label; under a cap those not seen before come first, and as many as the plan
        allows."""
        train, plan, known = self.knowledge.parts["train"], self.setup.plan, self.knowledge.predictions
        if self.setup.settings.max_calls is None:
            return draw_of_each_label(train, each, rng, [example.id for example in self.knowledge.mistakes()])
        canonical = [example for example in train if example.canonical]
        seen = {example.label for example in train} - {row.label for row in train if row.id not in known}
        fresh = [row for row in train if not row.canonical and (row.id not in known or row.label in seen)]
        return (*canonical, *draw_of_each_label(fresh, each, rng)[: plan.look])

    def confirm(self, incumbent: Incumbent) -> Incumbent:
        """With an exact evaluation of all validation rows, made now unless it has one."""
        if incumbent.exact:
            return incumbent
        what = "Classifying the validation rows with the best prompt"
        validation = self.setup.evaluate(incumbent.prompt, self.setup.plan.validation, what, last=True)
        return self.incumbents.confirm(incumbent, validation)

    def confirm_current(self) -> Evaluation:
        """The exact evaluation of the current prompt, which is known from then on."""
        current = self.incumbents.current
        if not current.exact:
            current = self.confirm(current)
            self.knowledge.learn(current.validation.predictions)
        return current.validation

    def validation_after(self, predictions: Mapping[str, Prediction]) -> Evaluation:
        """The validation rows as a prompt leaves them: those with new predictions, by row id, the others as they
        are known."""
        examples, known = self.setup.plan.validation, self.knowledge.predictions
        merged = [predictions.get(example.id) or known.get(example.id) for example in examples]
        return evaluation(examples, [each for each in merged if each is not None], self.setup.labels.names)

    def canonical_broken(self, after: Mapping[str, Prediction]) -> tuple[str, ...]:
        """Ids of canonical rows that these predictions, by row id, break where none may."""
        if self.setup.settings.allow_canonical_breaks:
            return ()
        return breaks_canonical(self.knowledge.canonical(), self.knowledge.predictions, after)

    def stakes(self, after: Mapping[str, Prediction]) -> Stakes:
        """What rows are worth that `after` has moved from what is known of them."""
        parts = self.knowledge.parts
        known = (*parts["train"], *parts["validation"])
        return Stakes(self.setup.objective, known, dict(self.knowledge.predictions), after)

    # ---- what the heavyweight model is shown

    def reflection_inputs(self, number: int) -> ReflectionInputs:
        """What the next reflection reads."""
        setup, knowledge = self.setup, self.knowledge
        rng = random.Random(f"shown/{setup.settings.seed}/{number}")
        predictions, pool = list(knowledge.predictions.values()), self._to_show()
        of_each, everything = setup.plan.of_each, len(predictions)
        limits = (
            setup.plan.show if of_each.mistakes is None else everything,
            setup.settings.shown_correct if of_each.correct is None else everything,
        )
        mistakes, correct = select_for_reflection(knowledge.classified(), predictions, rng, *limits)
        canonical, others = (
            [each for each in pool if each.canonical],
            [each for each in pool if not each.canonical],
        )
        room = max(
            setup.plan.show - len(canonical), setup.plan.show // 2
        )  # many of them leave half to others
        if setup.switches.group_mistakes:
            most = room if of_each.mistakes is None else everything
            losses = knowledge.losses() if setup.session.scorer else None
            mistakes = systematic(others, knowledge.similarity, knowledge.displayed, most, losses)
        else:
            mistakes = without_near_duplicates([each for each in mistakes if each in others])
        if of_each.mistakes is not None:
            mistakes = first_of_each_label(mistakes, of_each.mistakes)
        if of_each.correct is not None:
            correct = first_of_each_label(correct, of_each.correct)
        mistakes = mistakes[:room]
        mistakes = [*canonical, *to_the_front(mistakes, knowledge.twins)]
        knowledge.count_displayed(mistakes)
        return ReflectionInputs(
            self.prompt,
            setup.labels,
            mistakes,
            to_the_front(correct, knowledge.twins),
            knowledge.predictions,
            self._noted(mistakes, correct) if setup.switches.show_notes else [],
            knowledge.refusals[-REMEMBERED:],
            setup.settings.strategy,
            size_limit_from(setup.settings.start, usual_size(setup.labels.names)),
            setup.settings.locked,
            figures=measure(knowledge.classified(), predictions, setup.labels.names),
            in_doubt=knowledge.share_in_doubt,
            accepted=self._accepted(),
            purpose=setup.settings.purpose,
            takes_prefix=setup.session.takes_prefix,
        )

    def _accepted(self) -> list[str]:
        """What the run added to the system prompt, rule by rule, and is still in it."""
        if self.setup.settings.strategy != "edit":
            return []
        return [rule for rule in self.incumbents.rules if rule.strip() in self.prompt.system_prompt]

    def _to_show(self) -> list[Example]:
        """The mistakes; where there are none and no row is unread, those that are held back, each once."""
        mistakes = self.knowledge.mistakes()
        if mistakes or self.knowledge.unread():
            return mistakes
        return [each for each in self.knowledge.held_back() if not self.knowledge.displayed[each.id]]

    def why_none_to_show(self) -> str:
        """The reason to stop where no mistake can be shown, in one word; empty while rows are unread."""
        if self.knowledge.unread():
            return ""
        return "held_back" if self.knowledge.held_back() else "no_mistakes"

    def _noted(self, mistakes: Sequence[Example], correct: Sequence[Example]) -> list[Example]:
        """Noted rows beside them: those of conflicting twins, then the ones nearest to the mistakes."""
        twins, present = self.knowledge.twins, {example.id for example in (*mistakes, *correct)}
        noted = [each for each in self.knowledge.parts["train"] if each.note and each.id not in present]
        ahead = [example for example in noted if example.id in twins][:NOTED]
        others = [example for example in noted if example.id not in twins]
        return [*ahead, *noted_near(others, mistakes, self.knowledge.similarity, NOTED - len(ahead))]

    # ---- what the caps leave

    def attempt_size(self, number: int) -> int:
        """Held-out rows to try a candidate on: what the step's fair share of the calls left leaves for it."""
        plan, left = self.setup.plan, self.setup.session.account.left("lightweight")
        if left is None:
            return plan.attempt
        share = (left - plan.reserved) // (plan.steps - number + 1)
        return max(plan.attempt, share - plan.look - plan.show // 2)

    def affords_a_step(self) -> bool:
        """Whether the caps leave a heavyweight call and enough lightweight ones to be worth it."""
        plan = self.setup.plan
        return self.setup.affords(plan.per_step if plan.whole else plan.show) and (
            self.setup.session.account.affords("heavyweight", 1)
        )

    # ---- going on

    def advance(
        self, incumbent: Incumbent, predictions: Iterable[Prediction], edits: Sequence[Edit] = ()
    ) -> None:
        """Goes on with this prompt; `predictions` are what is now known of rows classified with it."""
        self.knowledge.learn(predictions)
        self.incumbents.advance(incumbent, edits)

    def heed(self, review: Review) -> None:
        """Takes a person's review of a step to heart: notes for the reflections to come, and what they are not
        to propose again."""
        if review.notes:
            self.knowledge.add_notes(review.notes)
        for edit in review.vetoed:
            self.knowledge.refuse(edit, VETOED, for_good=True)

    def step(
        self,
        number: int,
        outcome: TrialOutcome,
        batch: Evaluation | None = None,
        reflection: Reflection | None = None,
    ) -> Step:
        """The step's record, with the prompt that the run goes on with and what it has spent by now."""
        candidate = outcome.candidate
        return Step(
            number,
            self.prompt,
            candidate.prompt if candidate else None,
            batch,
            candidate.validation if candidate else None,
            reflection,
            outcome.verdict,
            outcome.edits,
            self.setup.session.account.spends(),
            self.knowledge.canonical_wrong(),
            self.knowledge.set_aside() if number else (),
        )
