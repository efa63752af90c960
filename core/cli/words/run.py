"""A run and its steps in words, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from core.cli.output import LONGER
from core.cli.shell import program
from core.data.splits import HELD_OUT
from core.label_sets.figures import SetComparison
from core.metrics.comparison import p_in_words, reason_in_words
from core.metrics.objective_words import measured_in_words, objective_in_words
from core.metrics.run_evaluations import cut_off_evaluation
from core.services.runs import objective_of
from core.store.records import RunRecord
from core.types import Objective, Prompt, Result, Step
from core.types.objectives import ACCURACY, SCORE
from core.wording import (
    DECIDED,
    ENDED,
    FIELDS,
    count,
    cut_off_in_words,
    duration,
    estimates_in_words,
    money,
    percent,
    right_in_words,
    sentence,
    with_interval,
)

MOST_LINES = 24  # of a prompt
NO_SETS: Mapping[str, SetComparison] = {}


def step_in_words(step: Step, objective: Objective) -> str:
    accuracy = step.validation.metrics.accuracy if step.validation else None
    measured = f"{100 * accuracy:.1f} % on validation, " if accuracy is not None else ""
    if step.validation and measured and objective.kind == SCORE:
        measured = f"mean score {percent(step.validation.metrics.score)} on validation, "
    elif step.validation and measured and objective.kind != ACCURACY:
        figure = measured_in_words(objective, step.validation.metrics)
        measured += f"{objective_in_words(objective)} {figure}, "
    return f"step {step.number}: {measured}{DECIDED[step.verdict.decision]}: {step.verdict.reason}"


def run_in_words(
    record: RunRecord,
    result: Result,
    out: Path | None = None,
    sets: Mapping[str, SetComparison] = NO_SETS,
    judge: str = "",
) -> str:
    """The end, the figures, the verdict, the money, the prompt, and what to type next. `judge`: how far the judge that
    scored the answers can be trusted."""
    ended = ENDED.get(record.stop_reason, record.stop_reason)
    improved = result.best.step != result.baseline.step
    lines = [
        f"run {record.id}: {record.status} after {duration(record.seconds)}. {ended}",
        *_figures(result, objective_of(record)),
        *(_compared_sets(part, each) for part, each in sets.items()),
        _verdict(result),
        f"Scored by a judge. {judge}" if judge else "",
        _cut_off(record, result),
        "" if improved else "No improvement found: the starting prompt stays.",
        _costs(record),
        estimates_in_words(record.spend.values()),
        "",
        *prompt_in_words(result.best.prompt, f"The best prompt, of step {result.best.step}:"),
        "",
        f"The prompt was written to {out}." if out else "",
        f"Next: {next_command(record, out)}",
    ]
    kept = [line for number, line in enumerate(lines) if line or lines[number - 1]]
    return "\n".join(kept)


def _verdict(result: Result) -> str:
    if result.test is None:
        return ""
    read = [each.evaluations.get("test") for each in (result.baseline, result.best)]
    right = right_in_words(*(each.metrics if each is not None else None for each in read))
    return sentence(f"{right}; {reason_in_words(result.test)}" if right else reason_in_words(result.test))


def next_command(record: RunRecord, out: Path | None) -> str:
    if out and str(out) != "-":
        return f"{program()} classify TEXTS.csv LABELLED.csv --prompt {out}"
    return f"{program()} export {record.id} --format json --out prompt.json"


def prompt_in_words(prompt: Prompt, title: str) -> list[str]:
    """Its fields that are not empty, a few lines of each, indented."""
    lines = [title]
    for name, heading in FIELDS.items():
        text = getattr(prompt, name)
        if text.strip():
            written = text.strip("\n").splitlines()
            more = len(written) - MOST_LINES
            lines += [f"  {heading}:", *(f"    {line}" for line in written[:MOST_LINES])]
            lines += [f"    … {count(more, 'more line')}"] if more > 0 else []
    if prompt.few_shot.strategy == "fixed":
        lines.append(f"  Examples: {len(prompt.few_shot.examples):,}, the same for every text")
    elif prompt.few_shot.strategy == "similar" and (prompt.few_shot.k or not prompt.shortlist):
        lines.append(f"  Examples: the {max(prompt.few_shot.k, 1):,} most similar for every text")
    if prompt.shortlist:
        lines.append(f"  Labels: the {prompt.shortlist:,} likeliest for every text")
    return lines


def _figures(result: Result, objective: Objective) -> Iterator[str]:
    for part in HELD_OUT:
        before, after = result.baseline.evaluations.get(part), result.best.evaluations.get(part)
        if not before or not after or before.metrics.accuracy is None or after.metrics.accuracy is None:
            continue
        rows = count(after.metrics.n, "row")
        figures = [with_interval(each.metrics.accuracy, each.metrics.interval) for each in (before, after)]
        if objective.kind == SCORE:
            scores = [measured_in_words(objective, each.metrics) for each in (before, after)]
            yield f"{part}, mean score: {' -> '.join(scores)} on {rows}; full score: {' -> '.join(figures)}"
            continue
        yield f"{part}: {' -> '.join(figures)} on {rows}"
        if objective.kind != ACCURACY:
            measured = [measured_in_words(objective, each.metrics) for each in (before, after)]
            yield f"{part}, {objective_in_words(objective)}: {' -> '.join(measured)}"


def _compared_sets(part: str, compared: SetComparison) -> str:
    start, best = compared.start, compared.best
    return (
        f"{part}, macro-F1: {percent(start.macro_f1)} -> {percent(best.macro_f1)} ({p_in_words(compared.macro_f1_p)}); "
        f"micro-F1: {percent(start.micro_f1)} -> {percent(best.micro_f1)}"
    )


def _costs(record: RunRecord) -> str:
    parts = [
        f"{role} {money(spend.cost_usd)} ({count(spend.api, 'call')}, {spend.cached:,} from the cache)"
        for role, spend in record.spend.items()
    ]
    return "cost: " + ", ".join(parts) if parts else ""


def _cut_off(record: RunRecord, result: Result) -> str:
    """How many replies to the best prompt were cut off, on the last rows that have such."""
    evaluated = cut_off_evaluation(result)
    if evaluated is None:
        return ""
    part, metrics = evaluated
    return f"{part}: {cut_off_in_words(metrics, record.settings.reply_tokens)}: {LONGER}"
