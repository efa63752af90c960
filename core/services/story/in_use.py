"""The prompts of a stored run in use: what a thousand classifications cost, and a text that both prompts answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from core.costs.call_price import thinks
from core.costs.prompt_costs import CALLS, price_of, prompt_costs
from core.exports.report.headline import headline_split
from core.exports.report.run import ReportRun, best_number, reading_of
from core.metrics.flips import RightSide, flips
from core.prompts.files import PromptFile
from core.services.classify import PromptClassifier, Service
from core.services.serving.classification import Classification
from core.store.records import RunRecord
from core.types import Example, NeighbourSource, Prompt
from core.wording import money
from core.workspace import NO_KEYS, Workspace


def thousand_in_words(workspace: Workspace, record: RunRecord, outline: ReportRun) -> str:
    """What a thousand classifications cost with the best prompt, beside the starting one; "" where nothing was
    measured. UsageError where the user's file of prices is wrong."""
    numbers = sorted({0, best_number(outline)} & {each.number for each in outline.steps})
    steps = [workspace.store.steps.get(record.id, number) for number in numbers]
    shared, model = workspace.model_context(), record.settings.lightweight
    hidden = thinks(shared.profiles.of(model), "lightweight")
    found = prompt_costs(steps, record.result, {row.id: row for row in outline.dataset.examples}, hidden)
    if not found:
        return ""
    start, best = (price_of(each.tokens, model, shared.prices) for each in (found[0], found[-1]))
    size = f"about {_rounded(CALLS * found[-1].tokens.both):,} tokens"
    if best is None or start is None:
        return f"{size} with {model}, whose price is not known"
    if not best:
        kind = ", which is no language model" if model.startswith("offline:") else ""
        return f"nothing with {model}{kind} ({size})"
    if len(found) == 1 or money(best) == money(start):
        return money(best)
    return f"{money(best)} with the best prompt, {money(start)} with the starting prompt"


def _rounded(tokens: float) -> int:
    """To two digits."""
    return int(float(f"{tokens:.2g}"))


# ---- a sentence to try


def rows_to_try(run: ReportRun, most: int = 3) -> tuple[Example, ...]:
    """Short texts that the starting prompt gets wrong and the best one right, of different labels as far as there
    are: their answers are in the cache. None for a run without a result."""
    split = headline_split(run)
    start, best = (reading_of(run, number, split) for number in (0, best_number(run)))
    if run.result is None or start is None or best is None:
        return ()
    moved = flips(run.dataset.examples, start.predictions, best.predictions)
    fixed = sorted(
        (each.example for each in moved if each.right is RightSide.SECOND), key=lambda row: len(row.text)
    )
    seen = Counter[str]()
    ranked = []
    for row in fixed:
        seen[row.label] += 1
        ranked.append((seen[row.label], row))
    return tuple(row for _, row in sorted(ranked, key=lambda each: each[0]))[:most]


def try_text(
    workspace: Workspace,
    record: RunRecord,
    prompts: Sequence[Prompt],
    text: str,
    keys: Mapping[str, str] = NO_KEYS,
) -> tuple[Classification, ...]:
    """What each prompt makes of the text, with the model and the options of the run; nothing is stored. A call that
    fails, as for a text that is not in the cache where nothing may be spent, is an outcome. Raises what
    `PromptClassifier` does."""
    settings = record.settings
    service = Service(
        workspace,
        record.dataset_id,
        "playground",
        structured_output=settings.structured_output,
        keys=keys,
        keeps=False,
        neighbours=NeighbourSource.PROMPT,
        reply_tokens=settings.reply_tokens,
    )
    labels = workspace.store.runs.snapshot(record.id).labels.names
    return tuple(
        PromptClassifier(service, PromptFile(prompt, labels), settings.lightweight).classify_many([text])[0]
        for prompt in prompts
    )
