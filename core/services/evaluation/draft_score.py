"""A draft on the validation rows of its dataset, against the champion on the same rows: what it takes, then
what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.costs.call_price import CallPrice
from core.data.splits import split
from core.errors import DataError
from core.llm.connections import ModelContext
from core.metrics.comparison import compare
from core.prompts.label_match import fold
from core.prompts.starting_prompt import starting_prompt
from core.scoring.label_sets import set_scorer_name
from core.services.champions import champion_reply_tokens
from core.services.playground import PromptedModel
from core.similarity.examples import left_out_in_words, without_examples
from core.studies import neighbour_trial
from core.tuning.evaluate import evaluate
from core.tuning.few_shot import pool_of
from core.tuning.session import OnProgress
from core.types import Comparison, Dataset, Evaluation, Example, Objective, Progress, Prompt, Settings
from core.types.objectives import ACCURACY, SCORE
from core.workspace import NO_KEYS, Workspace

SEED = 0  # how rows are split that no run has split yet: as the first run would by default


@dataclass(frozen=True, slots=True)
class Match:
    """Two sides on the same rows. `champion`: whether the other one is the champion, else it is the starting
    prompt; `left_out` says how many rows are examples of one of the prompts."""

    rows: tuple[Example, ...]
    draft: PromptedModel
    other: PromptedModel
    champion: bool
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class DraftScore:
    draft: Evaluation
    other: Evaluation
    comparison: Comparison


def match(workspace: Workspace, dataset_id: str, draft: PromptedModel) -> Match:
    """Neighbours are near duplicates of no held-out row, so that no answer is given away. DataError without
    validation rows."""
    dataset, rows = workspace.cached(
        "rows to score on",
        (dataset_id, workspace.store.datasets.version(dataset_id)),
        lambda: _split(workspace, dataset_id),
    )
    part = {
        name: [row for row in rows if row.split == name and not row.excluded]
        for name in ("train", "validation", "test")
    }
    current = workspace.store.champions.current(dataset_id)
    against = (
        PromptedModel(
            current.prompt,
            dataset.labels.names,
            current.model or draft.model,
            champion_reply_tokens(workspace.store, current),
        )
        if current
        else PromptedModel(
            starting_prompt(dataset.labels), dataset.labels.names, draft.model, draft.reply_tokens
        )
    )

    def measured(side: PromptedModel) -> PromptedModel:
        return replace(side, prompt=_with_pool(side.prompt, part, rows), labels=dataset.labels.names)

    sides = measured(draft), measured(against)
    rows_to_read = without_examples(part["validation"], *(side.prompt.few_shot for side in sides))
    if part["validation"] and not rows_to_read:
        raise DataError(
            "All validation rows are examples of one of the prompts, which holds their answers: take some out."
        )
    left_out = left_out_in_words(len(part["validation"]) - len(rows_to_read), len(part["validation"]))
    return Match(tuple(rows_to_read), *sides, current is not None, left_out)


def price(wanted: Match, shared: ModelContext) -> tuple[CallPrice, ...]:
    """Per model what it takes, were nothing in the cache."""
    models = dict.fromkeys((wanted.draft.model, wanted.other.model))
    sides = (wanted.draft, wanted.other)
    return tuple(
        neighbour_trial.price(
            Settings(model), [side.prompt for side in sides if side.model == model], wanted.rows, shared
        )
        for model in models
    )


def score(
    workspace: Workspace,
    wanted: Match,
    structured: bool = False,
    keys: Mapping[str, str] = NO_KEYS,
    on_progress: OnProgress = lambda progress: None,
) -> DraftScore:
    """Nothing is stored but the replies in the cache. Raises ModelRefused, UsageError, and whatever
    `on_progress` raises."""
    read = []
    for index, side in enumerate((wanted.draft, wanted.other)):
        settings = Settings(side.model, structured_output=structured, reply_tokens=side.reply_tokens)
        several = side.prompt.several
        settings = replace(settings, scorer=set_scorer_name(several)) if several else settings
        session = workspace.session(settings, keys=keys)
        what = "The draft" if index == 0 else "The champion" if wanted.champion else "The starting prompt"

        def on_reply(done: int, total: int, what: str = what, before: int = index * len(wanted.rows)) -> None:
            on_progress(Progress(what, before + done, 2 * len(wanted.rows)))

        labels = () if several else side.labels
        read.append(evaluate(session, side.prompt, wanted.rows, labels, on_reply))
    objective = Objective(SCORE if wanted.draft.prompt.several else ACCURACY)
    compared = compare(wanted.rows, read[1].predictions, read[0].predictions, objective)
    return DraftScore(read[0], read[1], compared)


def _split(workspace: Workspace, dataset_id: str) -> tuple[Dataset, tuple[Example, ...]]:
    dataset = workspace.store.datasets.get(dataset_id)
    return dataset, split(dataset.examples, SEED, dataset.labels.several)


def _with_pool(prompt: Prompt, part: Mapping[str, list[Example]], rows: tuple[Example, ...]) -> Prompt:
    """A prompt that shows similar rows, with those to choose from."""
    if prompt.few_shot.strategy != "similar" or prompt.few_shot.k < 1:
        return prompt
    known = {fold(row.text) for row in rows}
    own = tuple(shot for shot in prompt.few_shot.examples if fold(shot.text) not in known)
    pool = pool_of(part["train"], [*part["validation"], *part["test"]], SEED)
    return replace(prompt, few_shot=replace(prompt.few_shot, examples=(*pool, *own)))
