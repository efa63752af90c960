"""`cascade`: measured for a run, in words and as JSON, and written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.cli.cascade.fields import answer_fields
from core.cli.inputs.names import run_named
from core.cli.options import Invocation
from core.cli.output import Output
from core.cli.paid import carried_out, price_fields
from core.cli.shell import program
from core.confidence.cascade import cascade_to_json
from core.confidence.coverage import CoveragePoint, Gate
from core.confidence.trial import WAYS, CascadeTrial, CascadeWish, WayFigures
from core.costs.price_words import price_in_words
from core.data.splits import HELD_OUT
from core.errors import UsageError
from core.metrics.comparison import p_in_words
from core.services.cascade import measure
from core.services.cascade.measure import CallCosts, calls_per_thousand
from core.services.cascade.words import gate_lines, headline, saved_in_words, sentences, table_lines
from core.services.prompt_rules import MeasuringCaps
from core.services.run_report import compared_run
from core.store.files import write_text


@dataclass(frozen=True, slots=True)
class CascadeOptions:
    """What was typed."""

    step: int | None
    target: float | None
    samples: int
    temperature: float
    logprobs: bool
    no_local: bool
    budget_usd: float | None
    max_calls: int | None
    out: Path | None

    @property
    def wish(self) -> CascadeWish:
        if self.samples and self.logprobs:
            raise UsageError(
                "--samples and --logprobs are two ways to tell how sure an answer is: choose one of them."
            )
        if self.no_local and not self.samples and not self.logprobs:
            raise UsageError(
                "--no-local leaves only the prompt, which answers everything: add --samples 5, or --logprobs."
            )
        if (self.samples or self.logprobs) and self.target is None:
            asked = "--samples" if self.samples else "--logprobs"
            raise UsageError(
                f"{asked} wants --target too: how many of the given answers must be right, such as --target 0.95."
            )
        return CascadeWish(
            self.target, self.samples, self.temperature, local=not self.no_local, logprobs=self.logprobs
        )


def measure_cascade(invocation: Invocation, typed: str, options: CascadeOptions, estimate: bool) -> Output:
    wish = options.wish
    invocation.check_out(options.out)
    with invocation.workspace() as workspace:
        of = compared_run(workspace, run_named(workspace, typed).id, "run", options.step)
        price = measure.price(of, wish, workspace.model_context())
        head: dict[str, object] = {"run_id": of.record.id, "step": of.step, "estimate": price_fields(price)}
        if estimate:
            return Output(head, price_in_words(price))
        if price.calls:
            invocation.console.say(price_in_words(price))
        caps = MeasuringCaps(options.max_calls, options.budget_usd)
        trial = carried_out(
            invocation.console,
            lambda on_progress: measure.measured_trial(
                workspace, of, wish, on_progress=on_progress, caps=caps
            ),
        )
        costs = measure.call_costs(workspace, of, workspace.model_context())
        written = options.out if options.out and trial.useful else None
        if written:
            write_text(written, cascade_to_json(measure.cascade_of(of, trial)))
    data = head | trial_fields(trial, costs) | {"out": str(written) if written else None}
    return Output(data, "\n".join(_lines(trial, costs, options.out)), silent=str(written) == "-")


def _lines(trial: CascadeTrial, costs: CallCosts | None, out: Path | None) -> list[str]:
    lines = [headline(trial) + ".", *sentences(trial), *gate_lines(trial)]
    lines += [saved] if (saved := saved_in_words(trial, costs)) else []
    for part in HELD_OUT:
        lines += ["", *table_lines(trial, part, costs)] if trial.figures.get(part) else []
    if out and trial.useful:
        lines += ["", f"Next: {program()} classify IN OUT --prompt {out}"]
    elif out:
        lines += ["", f"{out} was not written, since there is no cascade to use."]
    return lines


# ---- as JSON


def trial_fields(trial: CascadeTrial, costs: CallCosts | None) -> dict[str, object]:
    wish = trial.wish
    return {
        "target": trial.target,
        "samples": wish.samples,
        "temperature": wish.temperature,
        "logprobs": wish.logprobs,
        "local": _gate(trial.local),
        "agreement": _gate(trial.agreement),
        "figures": {
            part: {way: _way(each, costs) for way in WAYS if (each := trial.of(part, way))}
            for part in HELD_OUT
        },
    }


def _gate(gate: Gate | None) -> dict[str, object] | None:
    if gate is None:
        return None
    return {"threshold": gate.threshold, "curve": [_point(each) for each in gate.curve]}


def _point(point: CoveragePoint) -> dict[str, object]:
    return {
        "threshold": point.threshold,
        "answered": point.answered,
        "coverage": point.coverage,
        "accuracy": point.accuracy,
        "interval": list(point.interval),
    }


def _way(figures: WayFigures, costs: CallCosts | None) -> dict[str, object]:
    compared, calls = figures.comparison, calls_per_thousand(figures)
    return answer_fields(figures) | {
        "calls_per_thousand": calls,
        "tokens_per_thousand": None if costs is None else calls * costs.tokens,
        "usd_per_thousand": None if costs is None or costs.usd is None else calls * costs.usd,
        "against_prompt": compared
        and {
            "fixed": len(compared.fixed),
            "broke": len(compared.broke),
            "p": compared.p,
            "words": p_in_words(compared.p),
        },
    }
