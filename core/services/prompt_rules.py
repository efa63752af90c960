"""The rules of a run's prompt, one by one; what each is worth; the shortest prompt that loses nothing. What
was found is kept beside the run's dataset, so that it is there after a reload, and where a workspace is only
shown."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.costs.call_price import CallPrice
from core.data.splits import split
from core.errors import CapReached, Stopped
from core.llm.connections import ModelContext
from core.similarity.examples import without_examples
from core.store.codec import decode, encode
from core.store.records import RunRecord
from core.studies import ablation, simplify
from core.studies.ablation import Ablation, ablations
from core.studies.rule_ledger import PromptRule, ledger, tokens_of
from core.studies.simplify import Simplified
from core.tuning.plan import stratified_sample
from core.tuning.session import OnProgress, Session, reading_settings
from core.types import Example, LabelSet, Prompt, Settings, Usage
from core.workspace import NO_KEYS, Workspace

MARKS = "rules "  # kind of the list of marks that holds what was found, before the run's id
MOST_PROMPTS = 30  # prompts of one run


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A prompt of a run as a ledger. `tokens` are about what a call takes in besides the text; `rows` are the
    run's validation rows, as it saw them, on which rules are measured."""

    run: RunRecord
    step: int
    prompt: Prompt
    rules: tuple[PromptRule, ...]
    tokens: int
    labels: LabelSet
    rows: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class RuleMeasurements:
    """What was measured of a prompt's rules so far."""

    prompt: Prompt
    ablations: tuple[Ablation, ...] = ()
    simplified: Simplified | None = None

    def of(self, rule: PromptRule) -> Ablation | None:
        return next((each for each in self.ablations if _same(each.rule, rule)), None)


@dataclass(frozen=True, slots=True)
class MeasuringCaps:
    """What measuring may take: calls that reach the provider, and dollars; None: no cap."""

    max_calls: int | None = None
    budget_usd: float | None = None


# ---- the book


def rules(workspace: Workspace, run_id: str, step: int, prompt: Prompt | None = None) -> Rulebook:
    """Of the prompt that the step tried, or of another one that came of it, such as the champion. Raises
    NotFound."""
    stamps = tuple(each.saved for each in workspace.store.steps.figures(run_id) if each.number <= step)
    return workspace.cached(
        "rulebook", (run_id, step, stamps, prompt), lambda: _written(workspace, run_id, step, prompt)
    )


def _written(workspace: Workspace, run_id: str, step: int, prompt: Prompt | None) -> Rulebook:
    store = workspace.store
    record, dataset = store.runs.get(run_id), store.runs.snapshot(run_id)
    last = store.steps.get(run_id, step)  # NotFound says it
    steps = [each for each in store.steps.all(run_id) if each.number < step]
    displayed = prompt or last.candidate or last.prompt
    rows = split(dataset.examples, record.settings.seed)
    held_out = [row for row in rows if row.split == "validation" and not row.excluded]
    validation = tuple(without_examples(held_out, displayed.few_shot))
    written = ledger((*steps, last), displayed, dataset.labels, dataset.examples, record.settings.locked)
    return Rulebook(record, step, displayed, written, tokens_of(displayed), dataset.labels, validation)


def per_thousand(book: Rulebook, tokens: int, shared: ModelContext) -> float | None:
    """Dollars that so many tokens of the prompt cost in 1,000 classifications; None where the price is
    unknown."""
    one = shared.prices.cost(book.run.settings.lightweight, Usage(input=tokens))
    return None if one is None else 1_000 * one


# ---- before, and what was found before


def to_read(book: Rulebook, most: int | None = None) -> tuple[Example, ...]:
    """The validation rows, or so many of them, each label with its share: the same ones every time."""
    return (
        book.rows
        if most is None
        else stratified_sample(book.rows, most, random.Random(f"rules/{book.run.settings.seed}"))
    )


def price_of_ablation(
    book: Rulebook, chosen: Sequence[PromptRule], shared: ModelContext, most: int | None = None
) -> CallPrice:
    """What `ablated` would take, were nothing in the cache. Raises UsageError where there are no validation
    rows."""
    return ablation.price(_settings(book), book.prompt, chosen, to_read(book, most), book.labels, shared)


def price_of_simplifying(book: Rulebook, shared: ModelContext, most: int | None = None) -> CallPrice:
    """What `simplified` would take at most, were nothing in the cache: it stops there."""
    return simplify.price(_settings(book), book.prompt, book.rules, to_read(book, most), book.labels, shared)


def measurements(workspace: Workspace, book: Rulebook) -> RuleMeasurements:
    """What was measured of this very prompt."""
    return next(
        (each for each in _all(workspace, book) if each.prompt == book.prompt), RuleMeasurements(book.prompt)
    )


# ---- measuring


def ablated(
    workspace: Workspace,
    book: Rulebook,
    chosen: Sequence[PromptRule],
    keys: Mapping[str, str] = NO_KEYS,
    most: int | None = None,
    on_progress: OnProgress = lambda progress: None,
    caps: MeasuringCaps = MeasuringCaps(),
) -> RuleMeasurements:
    """Measures what happens without each of these rules. Each result is kept as it comes, so whatever ends it
    early loses nothing.

    Raises UsageError (read-only, no validation rows, a model that cannot be opened), NotFound where the
    dataset is gone, ModelRefused, CapReached and Stopped where not one rule was measured."""
    session = _session(workspace, book, keys, caps)
    before = now = measurements(workspace, book)
    try:
        for each in ablations(session, book.prompt, chosen, to_read(book, most), book.labels, on_progress):
            others = tuple(other for other in now.ablations if not _same(other.rule, each.rule))
            now = replace(now, ablations=(*others, each))
            _keep(workspace, book, now)
    except (CapReached, Stopped):
        if now is before:
            raise
    return now


def simplified(
    workspace: Workspace,
    book: Rulebook,
    keys: Mapping[str, str] = NO_KEYS,
    most: int | None = None,
    on_progress: OnProgress = lambda progress: None,
) -> Simplified:
    """Looks for the shortest prompt that loses nothing, with the calls of `price_of_simplifying` at most.
    Raises as `ablated` does."""
    part = price_of_simplifying(book, workspace.model_context(keys), most)
    session = _session(workspace, book, keys, MeasuringCaps(part.calls))
    made = simplify.run(session, book.prompt, book.rules, to_read(book, most), book.labels, on_progress)
    _keep(workspace, book, replace(measurements(workspace, book), simplified=made))
    return made


# ---- private


def _settings(book: Rulebook, caps: MeasuringCaps = MeasuringCaps()) -> Settings:
    """As the run classified, with the offline editor, which is not asked."""
    return reading_settings(book.run.settings, max_calls=caps.max_calls, budget_usd=caps.budget_usd)


def _session(workspace: Workspace, book: Rulebook, keys: Mapping[str, str], caps: MeasuringCaps) -> Session:
    workspace.check_spendable()
    workspace.store.datasets.info(
        book.run.dataset_id
    )  # NotFound before anything is spent: there would be no place for what is found
    return workspace.session(_settings(book, caps), keys=keys)


def _same(one: PromptRule, other: PromptRule) -> bool:
    return (one.field, one.place, one.text) == (other.field, other.place, other.text)


def _all(workspace: Workspace, book: Rulebook) -> list[RuleMeasurements]:
    text = workspace.store.marks.about(book.run.dataset_id, MARKS + book.run.id)
    return list(decode(text, tuple[RuleMeasurements, ...])) if text else []


def _keep(workspace: Workspace, book: Rulebook, now: RuleMeasurements) -> None:
    """Latest first. The list has no marks of rows: all of it is in what it is about."""
    others = [each for each in _all(workspace, book) if each.prompt != now.prompt]
    workspace.store.marks.replace(
        book.run.dataset_id, MARKS + book.run.id, {}, encode((now, *others[: MOST_PROMPTS - 1]))
    )
