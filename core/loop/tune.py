"""The loop, told from start to end: measure the starting prompt, then read mistakes, edit, measure, keep or refuse, and repeat.

`tune` knows no store and no screen: it yields frozen steps and, last, the result. The same dataset, settings and replies give the
same steps, so a run that was killed is resumed by running it again over the cache of model calls.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.data.sampling import choose_shown, draw_batch
from core.data.splitting import split
from core.errors import CapReached, EditRefused, Stopped
from core.loop.acceptance import claim, damage, decide
from core.loop.crew import Crew, OnProgress
from core.loop.evaluate import evaluate
from core.loop.planning import Plan, plan
from core.loop.reflect import Findings, Refused, reflect
from core.measure.comparison import compare
from core.measure.metrics import is_mistake, majority_accuracy
from core.prompts.edits import apply_edits
from core.prompts.rules import check_candidate
from core.prompts.starting import starting_prompt
from core.types import (
    SPLITS, Dataset, Decision, Evaluation, Example, Progress, Prompt, Reflection, Result, Scored, Settings, Step, Verdict,
)

SIZE_LIMIT = 12_000  # characters over all fields of a prompt
REMEMBERED = 6  # refused candidates that the next reflection is told of


def tune(
    dataset: Dataset, crew: Crew, settings: Settings, on_progress: OnProgress = lambda progress: None
) -> Iterator[Step | Result]:
    """Yields step 0 (the baseline), then a step per iteration, then the Result.

    `on_progress` may raise Stopped: the run ends at once with what it has. Raises DataError for rows that cannot be split,
    UsageError for caps too small to do anything, ModelRefused when a model cannot be used at all.
    """
    run = _Run(dataset, crew, settings, settings.start or starting_prompt(dataset.labels), on_progress)
    stop_reason = "iterations"
    try:
        yield run.baseline()
        for number in range(1, settings.iterations + 1):
            if not run.affords_a_step():
                stop_reason = "cap"
                break
            step = run.iterate(number)
            yield step
            if step.reflection is None:
                stop_reason = "no_mistakes"
                break
    except (CapReached, Stopped) as reached:
        stop_reason = "stopped" if isinstance(reached, Stopped) else "cap"
    yield run.result(stop_reason)


@dataclass(slots=True)
class _Standing:
    """The prompt the run goes on with: the best on validation so far."""

    prompt: Prompt
    step: int
    validation: Evaluation | None = None
    batch: Evaluation | None = None


@dataclass(slots=True)
class _Run:
    dataset: Dataset
    crew: Crew
    settings: Settings
    start: Prompt
    on_progress: OnProgress
    parts: dict[str, tuple[Example, ...]] = field(init=False)
    plan: Plan = field(init=False)
    first: _Standing = field(init=False)
    best: _Standing = field(init=False)
    refused: list[Refused] = field(default_factory=list)
    stubborn: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rows = split(self.dataset.examples, self.settings.seed)
        self.parts = {name: tuple(row for row in rows if row.split == name and not row.excluded) for name in SPLITS}
        self.plan = plan(self.settings, *self.parts.values())
        self.first = self.best = _Standing(self.start, 0)

    # ---- the story

    def baseline(self) -> Step:
        self.best.validation = self._read(self.start, self.plan.validation, "Measuring the starting prompt")
        verdict = Verdict(Decision.ACCEPTED, "The starting prompt: what every candidate is compared with.")
        return Step(0, self.start, self.start, None, self.best.validation, None, verdict, spend=self.crew.account.spends())

    def iterate(self, number: int) -> Step:
        batch = self._draw(number)
        read = self._read(self.best.prompt, batch, f"Step {number}: classifying {len(batch)} training rows")
        self.best.batch = read
        findings = self._findings(number, batch, read)
        if not findings.mistakes:
            verdict = Verdict(Decision.UNDECIDED, "No mistakes on the training rows: there is nothing to learn from.")
            return self._step(number, None, read, None, None, verdict)
        self.on_progress(Progress(f"Step {number}: the heavyweight model reads {len(findings.mistakes)} mistakes"))
        reflection = reflect(self.crew, findings, repeat=0)
        candidate, problem = self._candidate(reflection)
        if candidate is None:
            return self._step(number, None, read, None, reflection, Verdict(Decision.REJECTED, problem))
        measured = self._read(candidate, self.plan.validation, f"Step {number}: measuring the candidate")
        verdict = self._judge(measured, read)
        if verdict.decision is Decision.ACCEPTED:
            self.best = _Standing(candidate, number, measured)
        else:
            self.refused.append(Refused(reflection.edits, verdict.reason))
        return self._step(number, candidate, read, measured, reflection, verdict)

    def result(self, stop_reason: str) -> Result:
        """The last reading: the sealed test rows, once, for the starting prompt and the best."""
        baseline, best = self._scored(self.first), self._scored(self.best)
        verdict = None
        if self.plan.test and stop_reason != "stopped" and self.best.validation is not None:
            try:
                before = self._read(self.start, self.plan.test, "Reading the test rows with the starting prompt")
                after = before if self.best is self.first else self._read(self.best.prompt, self.plan.test, "Reading the test rows with the best prompt")
            except (CapReached, Stopped) as reached:
                stop_reason = "stopped" if isinstance(reached, Stopped) else "cap"
            else:
                baseline, best = self._scored(self.first, before), self._scored(self.best, after)
                verdict = claim(compare(self.plan.test, before.predictions, after.predictions), damage(before, after))
        sizes = {name: len(part) for name, part in self.parts.items()}
        majority = majority_accuracy(self.plan.test or self.plan.validation)
        return Result(baseline, best, verdict, stop_reason, sizes, majority)

    # ---- its parts

    def affords_a_step(self) -> bool:
        calls = self.plan.batch_size + len(self.plan.validation) + self.plan.kept_back
        return self.crew.account.affords("lightweight", calls) and self.crew.account.affords("heavyweight", 1)

    def _draw(self, number: int) -> tuple[Example, ...]:
        rng = random.Random(f"batch/{self.settings.seed}/{number}")
        return draw_batch(self.parts["train"], self.plan.batch_size, rng, self.stubborn)

    def _findings(self, number: int, batch: Sequence[Example], read: Evaluation) -> Findings:
        rng = random.Random(f"shown/{self.settings.seed}/{number}")
        mistakes, correct = choose_shown(batch, read.predictions, rng, self.settings.shown_mistakes, self.settings.shown_correct)
        wrong = {prediction.example_id: prediction for prediction in read.predictions}
        self.stubborn = tuple(example.id for example in batch if is_mistake(wrong[example.id], example.label))
        return Findings(
            self.best.prompt, self.dataset.labels, mistakes, correct, wrong, self.refused[-REMEMBERED:], self.settings.strategy, SIZE_LIMIT
        )

    def _candidate(self, reflection: Reflection) -> tuple[Prompt | None, str]:
        """The edited prompt, or None and the reason why it is not worth measuring."""
        if reflection.problem:
            return None, reflection.problem
        try:
            candidate = apply_edits(self.best.prompt, reflection.edits)
            held_out = {example.text for name in ("validation", "test") for example in self.parts[name]}
            check_candidate(candidate, self.dataset.labels, held_out, SIZE_LIMIT)
        except EditRefused as refused:
            self.refused.append(Refused(reflection.edits, str(refused)))
            return None, str(refused)
        return candidate, ""

    def _judge(self, measured: Evaluation, batch: Evaluation) -> Verdict:
        comparison = compare(self.plan.validation, self.best.validation.predictions, measured.predictions)
        return decide(comparison, damage(self.best.validation, measured, batch))

    def _read(self, prompt: Prompt, examples: Sequence[Example], what: str) -> Evaluation:
        def on_reply(done: int, total: int) -> None:
            self.on_progress(Progress(what, done, total))

        self.on_progress(Progress(what, 0, len(examples)))
        return evaluate(self.crew, prompt, examples, self.dataset.labels.names, on_reply)

    def _step(
        self, number: int, candidate: Prompt | None, batch: Evaluation, validation: Evaluation | None,
        reflection: Reflection | None, verdict: Verdict,
    ) -> Step:
        return Step(number, self.best.prompt, candidate, batch, validation, reflection, verdict, spend=self.crew.account.spends())

    def _scored(self, standing: _Standing, test: Evaluation | None = None) -> Scored:
        read = {"train": standing.batch, "validation": standing.validation, "test": test}
        return Scored(standing.prompt, standing.step, {name: found for name, found in read.items() if found is not None})
