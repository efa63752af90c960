"""What each prompt of a run would cost when it is used, beside how accurate it is: points for a chart, and
money for the points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.costs.call_price import BYTES_PER_TOKEN, THOUGHT_TOKENS
from core.llm.catalogue.prices import PriceList
from core.metrics.call_tokens import Density, Tokens, density, examples_in, request_bytes, size, tokens
from core.metrics.metrics import by_score
from core.types import Evaluation, Example, Outcome, Prompt, Result, Spend, Step, Usage

ASSUMED = Density(1 / BYTES_PER_TOKEN, 1 / BYTES_PER_TOKEN, measured=False)
CALLS = 1_000  # what costs are told for


@dataclass(frozen=True, slots=True)
class PromptCost:
    """A prompt of a run. `accuracy` is of its `n` validation rows, as the run reads them at last, the mean score where
    they have scores; `examples`
    are shown with each text; `tokens` are of one call; `measured`: by what the run's own calls took, not
    assumed from their bytes alone."""

    step: int
    kept: bool
    examples: int
    n: int
    accuracy: float
    interval: tuple[float, float]
    tokens: Tokens
    measured: bool


def prompt_costs(
    steps: Sequence[Step], result: Result | None, rows: Mapping[str, Example], thinks: bool = False
) -> tuple[PromptCost, ...]:
    """Every prompt that was measured, by step. `rows` by id; `thinks`: the model reasons before it replies,
    unseen. The tokens per byte are those of step 0, whose calls are of one prompt alone."""
    read = _read(steps, result)
    sizes = {
        number: (request_bytes(prompt, _texts(evaluation, rows)), replied(evaluation))
        for number, (prompt, evaluation) in read.items()
    }
    hidden = sum(THOUGHT_TOKENS["lightweight"]) / 2 if thinks else 0.0
    rate = density(_first_spend(steps), *sizes[0], ASSUMED) if 0 in sizes else ASSUMED
    accepted = {step.number for step in steps if step.candidate is not None and step.prompt == step.candidate}
    return tuple(
        PromptCost(
            number,
            number in accepted,
            examples_in(prompt),
            evaluation.metrics.n,
            by_score(evaluation.metrics).accuracy or 0.0,
            by_score(evaluation.metrics).interval or (0.0, 1.0),
            tokens(rate, *sizes[number], hidden),
            rate.measured,
        )
        for number, (prompt, evaluation) in sorted(read.items())
    )


def price_of(used: Tokens, model: str, prices: PriceList, calls: int = CALLS) -> float | None:
    """Dollars for so many calls, prompt caching left aside; None where the price is unknown. A price may rise
    with the length of a call, never with its reply: so the part of the replies is added for all calls at
    once, and no fraction of a token is lost."""
    given = prices.cost(model, Usage(input=round(used.input)))
    both = prices.cost(model, Usage(input=round(used.input), output=round(used.output * calls)))
    return None if given is None or both is None else given * calls + both - given


def _read(steps: Sequence[Step], result: Result | None) -> dict[int, tuple[Prompt, Evaluation]]:
    """By step, its prompt and the validation rows; where the end of the run read them again, that reading."""
    readings = {
        each.number: (each.candidate, each.validation)
        for each in steps
        if each.candidate is not None and each.validation is not None
    }
    for scored in (result.baseline, result.best) if result is not None else ():
        if "validation" in scored.evaluations:
            readings[scored.step] = scored.prompt, scored.evaluations["validation"]
    return {number: each for number, each in readings.items() if each[1].metrics.n}


def _texts(evaluation: Evaluation, rows: Mapping[str, Example]) -> list[str]:
    return [rows[each.example_id].text for each in evaluation.predictions if each.example_id in rows]


def replied(evaluation: Evaluation) -> float:
    """Bytes of a reply, on the average."""
    sizes = [size(each.reply) for each in evaluation.predictions if each.outcome is not Outcome.FAILED]
    return sum(sizes) / len(sizes) if sizes else 0.0


def _first_spend(steps: Sequence[Step]) -> Spend:
    first = next((step for step in steps if step.number == 0), None)
    return first.spend.get("lightweight", Spend()) if first is not None else Spend()
