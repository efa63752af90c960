"""What a cascade measured, in sentences and in lines: for pages, command line and reports alike."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from core.confidence.cascade import AnsweredBy
from core.confidence.trial import CascadeTrial, WayFigures
from core.costs.prompt_costs import CALLS
from core.metrics.comparison import comparison_in_words
from core.services.cascade.measure import CallCosts, calls_per_thousand
from core.services.serving.classification import Classification
from core.wording import SPLITS, aligned, count, money, percent, quoted, with_interval

TITLES = {
    "prompt": "The prompt alone",
    "local": "The local model alone",
    "cascade": "Local model where sure, else the prompt",
    "abstaining": "The same, unsure answers left out",
}
ABSTAINING_ALONE = "The prompt, unsure answers left out"


def title_of(figures: WayFigures, trial: CascadeTrial) -> str:
    mixed = trial.local is not None and trial.local.threshold is not None
    return ABSTAINING_ALONE if figures.way == "abstaining" and not mixed else TITLES[figures.way]


def headline(trial: CascadeTrial) -> str:
    """What to do, in a few words."""
    if trial.worse:
        return "Let the prompt answer everything: with the local model more test rows are wrong"
    local = trial.local is not None and trial.local.threshold is not None
    whole = trial.of(trial.claim, "cascade")
    if whole is not None and whole.local == whole.rows:
        return "A local model answers every row: no model call is needed"
    if local and trial.agreement is not None and trial.agreement.threshold:
        return "A local model answers where it is sure, and unsure answers are left out"
    if local:
        return "A local model can answer where it is sure"
    if trial.agreement is not None and trial.agreement.threshold:
        return "Unsure answers can be left out"
    if trial.useful:
        return f"Let the prompt answer everything: that holds the target of {percent(trial.target, 0)}"
    if trial.wish.target is None:
        return "Let the prompt answer everything: the local model is nowhere sure enough to be as often right"
    rows = count(trial.figures["validation"][0].rows, "validation row")
    return f"The target of {percent(trial.target, 0)} cannot be held: at most {_floored(trial.most_held)} can, on {rows}"


def sentences(trial: CascadeTrial) -> list[str]:
    """The answer with its figures, on test rows where there are any."""
    part = trial.claim
    rows = SPLITS[part] + " row"
    prompt, whole, partial = (trial.of(part, way) for way in ("prompt", "cascade", "abstaining"))
    lines = []
    if whole is not None and prompt is not None and whole.comparison is not None:
        left = whole.rows - whole.local
        others = f", the prompt the other {left:,}" if left else ""
        lines.append(
            f"The local model answers {whole.local:,} of {count(whole.rows, rows)} without a call{others}. "
            f"Together {whole.right:,} are right, with the prompt alone {prompt.right:,}; "
            f"{comparison_in_words(whole.comparison)}."
        )
    if partial is not None and trial.agreement is not None and trial.agreement.threshold is not None:
        lines.append(
            f"{partial.answered:,} of {count(partial.rows, rows)} are answered, {partial.right:,} of these right "
            f"({with_interval(partial.accuracy, partial.interval)}); {partial.rows - partial.answered:,} are left to a person."
        )
    lines += [*_below_target(trial, partial or whole), *_missed(trial), *_local_alone(trial)]
    if part != "test":
        lines.append(
            "The run has not read test rows with this prompt, so these figures are a little too good."
        )
    return lines


def _below_target(trial: CascadeTrial, used: WayFigures | None) -> list[str]:
    """The target was held on validation rows; test rows may say otherwise."""
    accuracy = used.accuracy if used is not None else None
    if trial.wish.target is None or accuracy is None or accuracy >= trial.target:
        return []
    rows = SPLITS[trial.claim]
    return [
        f"That is below the target of {percent(trial.target, 0)}: {percent(accuracy, 0)} on the {rows} rows."
    ]


def _local_alone(trial: CascadeTrial) -> list[str]:
    """Where it does as well as the prompt, which no threshold tells."""
    prompt, local, whole = (trial.of(trial.claim, way) for way in ("prompt", "local", "cascade"))
    if prompt is None or local is None or local.right < prompt.right or local.rows != prompt.rows:
        return []
    if whole is not None and whole.local == whole.rows:
        return []
    rows = count(local.rows, SPLITS[trial.claim] + " row")
    return [
        f"The local model alone had {local.right:,} of {rows} right, the prompt {prompt.right:,}: a prompt that earns its calls has to "
        "do better."
    ]


def _missed(trial: CascadeTrial) -> list[str]:
    """What holds no threshold, with how near it came."""
    repeated = "The model's own probability" if trial.wish.logprobs else "An answer that is repeated"
    names = (("The local model", trial.local), (repeated, trial.agreement))
    lines = []
    for name, gate in names:
        if gate is None or gate.threshold is not None or not gate.curve:
            continue
        best = max(gate.curve, key=lambda point: point.interval[0])
        lines.append(
            f"{name} is never sure enough for {percent(trial.target, 0)}: of the {count(best.answered, 'validation row')} that it is "
            f"surest of {best.right:,} {'is' if best.right == 1 else 'are'} right. That shows {_floored(best.interval[0])} and no more, "
            "and with more or fewer rows it would be less."
        )
    return lines


def _floored(share: float) -> str:
    """In whole percent that hold: as a target, 65.4 % can be held as 65."""
    return percent(floor(100 * share) / 100, 0)


def gate_lines(trial: CascadeTrial) -> list[str]:
    """Where the thresholds lie."""
    lines = []
    if trial.local is not None and trial.local.threshold is not None:
        lines.append(
            f"The local model answers where it gives its label a chance of {_chance(trial.local.threshold)} or more."
        )
    if trial.agreement is not None and trial.agreement.threshold == 0:
        lines.append("No answer has to be left out to hold the target, so no reply is asked for again.")
    elif trial.wish.logprobs and trial.agreement is not None and trial.agreement.threshold is not None:
        least = _chance(trial.agreement.threshold)
        lines.append(
            f"An answer of the prompt is given where the model itself gave its label a chance of {least} or more."
        )
    elif trial.agreement is not None and trial.agreement.threshold is not None:
        needed = trial.agreement.threshold * trial.wish.samples
        lines.append(
            f"An answer of the prompt is given where at least {needed:g} of {count(trial.wish.samples, 'further reply')} agree with it."
        )
    return lines


def way_cells(figures: WayFigures, costs: CallCosts | None) -> tuple[str, str, str, str]:
    """Answered, right of the answers, calls and cost for 1,000 texts."""
    answered = "all" if figures.answered == figures.rows else f"{figures.answered:,} of {figures.rows:,}"
    right = f"{figures.right:,} of {figures.answered:,}"
    if figures.accuracy is not None:
        right += f" ({with_interval(figures.accuracy, figures.interval)})"
    return answered, right, f"{calls_per_thousand(figures):,.0f}", cost_in_words(figures, costs)


def cost_in_words(figures: WayFigures, costs: CallCosts | None) -> str:
    """For 1,000 texts: dollars, or tokens where the model is free or its price is not known."""
    if costs is None:
        return "not known"
    calls = calls_per_thousand(figures)
    if costs.usd:
        return money(calls * costs.usd)
    tokens = calls * costs.tokens
    return f"about {float(f'{tokens:.2g}'):,.0f} tokens" if tokens else "0 tokens"


def ways_compared(trial: CascadeTrial) -> tuple[WayFigures, WayFigures] | None:
    """The way that is to be used, and the prompt alone; None where that is all there is."""
    ways = [trial.of(trial.claim, way) for way in ("abstaining", "cascade", "prompt")]
    used, alone = next((each for each in ways if each is not None), None), ways[-1]
    return (used, alone) if used and alone and used is not alone else None


def saved_in_words(trial: CascadeTrial, costs: CallCosts | None) -> str:
    """Of the way that is to be used, against the prompt alone; "" where it saves nothing."""
    compared = ways_compared(trial)
    if compared is None:
        return ""
    used, alone = compared
    saved = calls_per_thousand(alone) - calls_per_thousand(used)
    if saved <= 0:
        return (
            ""
            if not saved
            else f"It takes {-saved:,.0f} calls more for {CALLS:,} texts, since answers are asked for again."
        )
    amount = f" and {money(saved * costs.usd)}" if costs and costs.usd else ""
    return f"It saves {saved:,.0f} of {CALLS:,} calls{amount} for {CALLS:,} texts."


def _chance(confidence: float) -> str:
    """With the digits that tell nearly certain answers apart."""
    return percent(confidence, 2 if 0.99 < confidence < 1 else 0)


def cascade_in_words(answer: Classification) -> list[str]:
    """Who has answered where that was not the prompt alone, and how sure that is; nothing else."""
    if answer.confidence is None:
        return []
    sure = _chance(answer.confidence)
    if answer.answered_by == AnsweredBy.LOCAL:
        return [f"Answered by the local model, {sure} sure: no call was made."]
    own = answer.request is not None and answer.request.logprobs
    why = f"the model gave it a chance of {sure}" if own else f"only {sure} of further replies agree"
    if answer.unsure_label:
        return [f"Better not answered: it would have been {quoted(answer.unsure_label)}, but {why}."]
    return [f"The model gave its label a chance of {sure}." if own else f"{sure} of further replies agree."]


def table_lines(trial: CascadeTrial, part: str, costs: CallCosts | None) -> list[str]:
    """As a terminal shows it."""
    head = (SPLITS[part] + " rows", "answered", "right", "calls", "cost of 1,000 texts")
    rows: Sequence[tuple[str, ...]] = [
        head,
        *((title_of(each, trial), *way_cells(each, costs)) for each in trial.figures.get(part, ())),
    ]
    return aligned(rows)
