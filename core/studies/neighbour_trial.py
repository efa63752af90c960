"""Would neighbour examples help? A prompt is read again with the 1, 2, 4 … most similar training rows shown
beside each text.

The rows to show are part of the prompt that is measured, so a prompt that is adopted does just that with
texts that are new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.costs.call_price import CallPrice, price_of_calls
from core.costs.prompt_costs import PromptCost, replied
from core.errors import UsageError
from core.llm.connections import ModelContext
from core.metrics.call_tokens import Tokens, request_bytes
from core.metrics.comparison import compare
from core.metrics.metrics import by_score
from core.tuning.evaluate import evaluate
from core.tuning.session import OnProgress, Session
from core.types import Comparison, Evaluation, Example, Objective, Progress, Prompt, Settings

COUNTS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Tried:
    """The prompt with `count` neighbours a text: what it said, and against the same prompt without any.
    `size`: bytes of a request."""

    count: int
    prompt: Prompt
    bytes_sent: float
    read: Evaluation
    comparison: Comparison


def run(
    session: Session,
    prompts: Sequence[Prompt],
    rows: Sequence[Example],
    plain: Evaluation,
    labels: Sequence[str],
    on_progress: OnProgress = lambda progress: None,
) -> tuple[Tried, ...]:
    """Each prompt on all rows. `plain` is the reading without neighbours. Raises ModelRefused, UsageError
    without anything to try."""
    if not prompts or not rows:
        raise UsageError("There is nothing to try: choose at least one number of examples.")
    total, trials = len(prompts) * len(rows), []
    objective = session.scorer.objective if session.scorer else Objective()
    for index, prompt in enumerate(prompts):
        what = f"Reading with {prompt.few_shot.k} neighbours"

        def on_reply(done: int, of: int, what: str = what, before: int = index * len(rows)) -> None:
            on_progress(Progress(what, before + done, total))

        read = evaluate(session, prompt, rows, labels, on_reply)
        size = request_bytes(prompt, [row.text for row in rows])
        compared = compare(rows, plain.predictions, read.predictions, objective)
        trials.append(Tried(prompt.few_shot.k, prompt, size, read, compared))
    return tuple(trials)


def price(
    settings: Settings, prompts: Sequence[Prompt], rows: Sequence[Example], shared: ModelContext
) -> CallPrice:
    """What trying them would take, were nothing in the cache."""
    texts = [row.text for row in rows]
    size = sum(request_bytes(prompt, texts) for prompt in prompts) / max(len(prompts), 1)
    return price_of_calls(settings, "lightweight", len(prompts) * len(rows), size, shared)


def point_of(
    tried: Tried, base: PromptCost, plain: tuple[Prompt, Evaluation], texts: Sequence[str]
) -> PromptCost:
    """Beside the point of the same prompt without neighbours: as many tokens more as its requests and replies
    are longer."""
    before, plain_bytes, bytes_ = request_bytes(plain[0], texts), replied(plain[1]), replied(tried.read)
    longer = tried.bytes_sent / before if before else 1.0, bytes_ / plain_bytes if plain_bytes else 1.0
    used = Tokens(base.tokens.input * longer[0], base.tokens.output * longer[1])
    figures = by_score(tried.read.metrics)
    return replace(
        base,
        kept=False,
        examples=tried.count,
        n=figures.n,
        accuracy=figures.accuracy or 0.0,
        interval=figures.interval or (0.0, 1.0),
        tokens=used,
    )
