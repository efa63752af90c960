"""When a run's prompt should answer, and when a local model or nobody: measured on the rows that the run has read. The
last result is kept beside the run's dataset, so that it is there after a reload and in a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.confidence.cascade import Abstention, Cascade, LocalPart
from core.confidence.local_model import learnable
from core.confidence.logprobs import no_logprobs
from core.confidence.trial import CascadeRows, CascadeTrial, CascadeWish, WayFigures
from core.costs.call_price import CallPrice
from core.costs.prompt_costs import CALLS, price_of
from core.data.splits import HELD_OUT, split
from core.errors import UsageError
from core.llm.connections import ModelContext
from core.prompts.files import PromptFile
from core.services.compare.basis import ComparedRun, serving_of
from core.services.prompt_rules import MeasuringCaps
from core.similarity.duplicates import group_near_duplicates
from core.store.codec import decode, encode
from core.store.records import RunRecord
from core.studies import cascade as study
from core.tuning.session import OnProgress, reading_settings
from core.types import Example, Prompt, Settings, Shot
from core.workspace import NO_KEYS, Workspace

NO_CASCADE = (
    "No threshold holds the target on the validation rows, so there is no cascade to use: set a lower target."
)
MARKS = "cascade "  # kind of the list of marks that holds the last result, before the run's id


@dataclass(frozen=True, slots=True)
class KeptTrial:
    """What was measured last for a run: of which step's prompt."""

    step: int
    prompt: Prompt
    trial: CascadeTrial


@dataclass(frozen=True, slots=True)
class CallCosts:
    """Of one call of the prompt: tokens, and dollars (None: the price is not known)."""

    tokens: float
    usd: float | None


def measured_trial(
    workspace: Workspace,
    of: ComparedRun,
    wish: CascadeWish,
    keys: Mapping[str, str] = NO_KEYS,
    on_progress: OnProgress = lambda progress: None,
    caps: MeasuringCaps = MeasuringCaps(),
) -> CascadeTrial:
    """Without samples or log-probabilities no model is asked. Raises UsageError for a run that cannot have one, or a model
    that sends no log-probabilities, DataError where a local model has nothing to learn from, ModelRefused, CapReached,
    Stopped; replies that came are in the cache."""
    check_run(of)
    workspace.check_spendable() if wish.asks else workspace.check_writable()
    if wish.logprobs and not gives_logprobs(of, workspace.model_context(keys)):
        raise UsageError(no_logprobs(of.record.settings.lightweight))
    session = workspace.session(_settings(of, caps), keys=keys)
    trial = study.run(session, of.prompt, cascade_rows(of), of.dataset.labels.names, wish, on_progress)
    kept = encode(KeptTrial(of.step, of.prompt, trial))
    workspace.store.marks.replace(of.record.dataset_id, MARKS + of.record.id, {}, kept)
    return trial


def price(of: ComparedRun, wish: CascadeWish, shared: ModelContext) -> CallPrice:
    """What `measured_trial` would take, were nothing in the cache. UsageError as there."""
    check_run(of)
    rows = CascadeRows((), _read_rows(of), of.readings)
    return study.price(_settings(of), of.prompt, rows, wish, shared)


def gives_logprobs(of: ComparedRun, shared: ModelContext) -> bool:
    """Whether the run's model may send the log-probabilities of its tokens; only a reply tells whether it does."""
    name = of.record.settings.lightweight
    provider = shared.profiles.provider_of(name)
    return bool(provider and provider.remote) and shared.profiles.of(name).gives_logprobs("lightweight")


def last_trial(workspace: Workspace, of: ComparedRun) -> CascadeTrial | None:
    """What was measured last, of this very prompt."""
    text = kept_text(workspace, of.record)
    kept = decode(text, KeptTrial) if text else None
    return kept.trial if kept and (kept.step, kept.prompt) == (of.step, of.prompt) else None


def is_measured(workspace: Workspace, record: RunRecord) -> bool:
    """Whether something was, of any step."""
    return bool(kept_text(workspace, record))


def kept_text(workspace: Workspace, record: RunRecord) -> str:
    """The last result as it is stored; "" without one."""
    return workspace.store.marks.about(record.dataset_id, MARKS + record.id)


def cascade_of(of: ComparedRun, trial: CascadeTrial) -> Cascade:
    """To be written to a file and used. UsageError where no threshold holds the target."""
    if not trial.useful:
        raise UsageError(NO_CASCADE)
    local, agreement, wish = trial.local, trial.agreement, trial.wish
    return Cascade(
        PromptFile(of.prompt, of.dataset.labels.names, of.record.settings.lightweight, of.dataset.template),
        None
        if local is None or local.threshold is None
        else LocalPart(local.threshold, cascade_rows(of).learned),
        Abstention(wish.samples, wish.temperature, agreement.threshold, wish.logprobs)
        if agreement is not None and agreement.threshold
        else None,
    )


def call_costs(workspace: Workspace, of: ComparedRun, shared: ModelContext) -> CallCosts | None:
    """None where the step was not measured."""
    served = {each.step: each for each in serving_of(workspace, of.record, shared)}
    if of.step not in served:
        return None
    tokens = served[of.step].tokens
    thousand = price_of(tokens, of.record.settings.lightweight, shared.prices)
    return CallCosts(tokens.both, None if thousand is None else thousand / CALLS)


def calls_per_thousand(figures: WayFigures) -> float:
    """Calls for 1,000 texts."""
    return CALLS * figures.calls / figures.rows if figures.rows else 0.0


def cascade_rows(of: ComparedRun) -> CascadeRows:
    """Training rows that are near duplicates of held-out ones are not learned from: no answer is given away."""
    held_out, train = _parts(of)
    apart = _apart(train, [row for part in held_out.values() for row in part])
    learned = learnable([Shot(row.text, row.label) for row in apart], of.record.settings.seed)
    return CascadeRows(learned, held_out, of.readings)


def _parts(of: ComparedRun) -> tuple[dict[str, tuple[Example, ...]], list[Example]]:
    """Held-out rows by part, and the training rows. What the run has read is held out, whatever its split is now."""
    rows = split(of.dataset.examples, of.record.settings.seed)
    usable = _usable(rows, of)
    read = {part: {each.example_id for each in reading.predictions} for part, reading in of.readings.items()}
    held_out = {
        part: tuple(row for row in usable if row.split == part or row.id in read.get(part, ()))
        for part in HELD_OUT
    }
    ids = {row.id for part in held_out.values() for row in part}
    return held_out, [row for row in usable if row.split == "train" and row.id not in ids]


def _read_rows(of: ComparedRun) -> dict[str, tuple[Example, ...]]:
    """Those that the run has read, by part: without a split of the dataset, which takes seconds where it is large."""
    usable = {row.id: row for row in _usable(of.dataset.examples, of)}
    return {
        part: tuple(usable[each.example_id] for each in read.predictions if each.example_id in usable)
        for part, read in of.readings.items()
    }


def _usable(rows: Iterable[Example], of: ComparedRun) -> list[Example]:
    names = set(of.dataset.labels.names)
    return [row for row in rows if not row.excluded and row.label in names]


def check_run(of: ComparedRun) -> None:
    """UsageError where its rows may have several labels, or free answers."""
    if of.record.settings.scorer or of.prompt.several:
        raise UsageError(
            "How sure an answer is can be measured only where every row has one label. The rows of this run may have "
            "several, or free answers."
        )


def _apart(train: list[Example], held_out: list[Example]) -> list[Example]:
    groups = group_near_duplicates([row.text for row in (*train, *held_out)])
    taken = set(groups[len(train) :])
    return [row for row, group in zip(train, groups, strict=False) if group not in taken]


def _settings(of: ComparedRun, caps: MeasuringCaps = MeasuringCaps()) -> Settings:
    """As the run asks its lightweight model; no other is asked."""
    return reading_settings(of.record.settings, max_calls=caps.max_calls, budget_usd=caps.budget_usd)
