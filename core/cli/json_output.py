"""Results as the JSON that other programs rely on (docs/contracts.md section 2). Keys are never renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from core.label_sets.figures import SetComparison, SetFigures
from core.llm.base import roles_of
from core.metrics.metrics import score_interval
from core.metrics.objective_words import figure_of, objective_in_words
from core.scoring.judge import ScoringJudge
from core.services.evaluation.evaluate import MeasuredPrompt
from core.store.records import RunRecord
from core.types import (
    SPLITS,
    Decision,
    Evaluation,
    LabelMetrics,
    Metrics,
    Objective,
    Prompt,
    Result,
    Scored,
    Spend,
    Step,
    Verdict,
)
from core.types.objectives import BALANCED, RECALL

NO_OBJECTIVE = {"balanced_accuracy": None, "objective_value": None}
NO_FIGURES = dict.fromkeys(
    ("n", "accuracy", "interval", "macro_f1", "unreadable", "cut_off", "unknown_label", "failed")
)


def tuned(
    record: RunRecord, result: Result, labels: Sequence[str], steps: Sequence[Step]
) -> dict[str, object]:
    """What `tune --json` prints."""
    objective = result.objective or Objective()
    return {
        "run_id": record.id,
        "dataset": record.dataset_name,
        "lightweight": record.settings.lightweight,
        "heavyweight": record.settings.heavyweight,
        "status": record.status,
        "stop_reason": result.stop_reason,
        "labels": list(labels),
        "split_sizes": dict(result.split_sizes),
        "majority_accuracy": result.majority_accuracy,
        "baseline": _scored(result.baseline, objective),
        "best": _scored(result.best, objective),
        "verdict": _verdict(result.test),
        **spent(record.spend),
        "steps": [_step(step, objective) for step in steps],
        "objective": objective_fields(objective),
    } | ({"scorer": record.settings.scorer} if record.settings.scorer else {})


def evaluated(split: str, measured: MeasuredPrompt) -> dict[str, object]:
    """What `evaluate --json` prints. `confusion` maps correct label to predicted label to count."""
    evaluation, labels, spend = measured.evaluation, measured.labels, measured.spend
    metrics, objective = evaluation.metrics, measured.objective
    columns = [*labels, "(unknown label)", "(unreadable)"]
    return (
        {
            "split": split,
            **figures(evaluation, objective),
            "per_label": _per_label(metrics.per_label),
            "confusion": {
                label: dict(zip(columns, row, strict=True))
                for label, row in zip(labels, metrics.confusion, strict=True)
            },
            **spent(spend),
            "objective": objective_fields(objective),
            "examples_left_out": measured.examples_left_out,
            **({} if measured.shortlisted is None else {"shortlisted": measured.shortlisted}),
        }
        | (
            {"constant": {"answer": measured.constant.answer, "score": measured.constant.score}}
            if measured.constant
            else {}
        )
        | ({"label_sets": set_fields(measured.sets)} if measured.sets else {})
        | ({"judge": judge_fields(measured.judge)} if measured.judge else {})
    )


def judge_fields(judge: ScoringJudge) -> dict[str, object]:
    """Of a scorer that is a judge; `agreed` of `of` sealed answers it agrees with people on, both 0 where it is not known."""
    record = judge.record
    return {"model": judge.model, "good": record.good, "agreed": record.agreed, "of": record.of}


def set_fields(figures: SetFigures) -> dict[str, object]:
    """Of rows that may have several labels."""
    return {
        "exact": figures.exact,
        "micro_f1": figures.micro_f1,
        "macro_f1": figures.macro_f1,
        "mean_f1": figures.mean_f1,
        "per_label": _per_label(figures.per_label),
    }


def compared_sets(compared: Mapping[str, SetComparison]) -> dict[str, object]:
    """The same of a run's first and best prompt, by part."""
    return {
        part: {"start": set_fields(each.start), "best": set_fields(each.best), "macro_f1_p": each.macro_f1_p}
        for part, each in compared.items()
    }


def _per_label(rows: Sequence[LabelMetrics]) -> dict[str, object]:
    return {
        row.label: {"n": row.support, "precision": row.precision, "recall": row.recall, "f1": row.f1}
        for row in rows
    }


def objective_fields(objective: Objective) -> dict[str, object]:
    """`chosen`: by the rows. `costs` maps correct label to predicted label to cost, and is null for others."""
    costs: dict[str, dict[str, float]] = {}
    for correct, predicted, cost in objective.costs:
        costs.setdefault(correct, {})[predicted or "(unreadable)"] = cost
    return {
        "kind": objective.kind,
        "name": objective_in_words(objective),
        "label": objective.label or None,
        "precision_floor": objective.floor if objective.kind == RECALL else None,
        "costs": costs or None,
        "recall_floors": dict(objective.recall_floors),
        "chosen": objective.chosen,
    }


def figures(evaluation: Evaluation | None, objective: Objective) -> dict[str, object]:
    """The figures of one reading; all null where nothing was read."""
    if evaluation is None:
        return NO_FIGURES | NO_OBJECTIVE
    metrics = evaluation.metrics
    balanced = figure_of(Objective(BALANCED), metrics) if metrics.per_label else None
    return {name: getattr(metrics, name) for name in NO_FIGURES} | {
        "interval": list(metrics.interval) if metrics.interval else None,
        "balanced_accuracy": balanced,
        "objective_value": figure_of(objective, metrics),
        **_score_fields(metrics),
    }


def _score_fields(metrics: Metrics) -> dict[str, object]:
    """The mean score of free answers; nothing of labels."""
    interval = score_interval(metrics)
    return {} if interval is None else {"score": metrics.score, "score_interval": list(interval)}


def spent(spend: Mapping[str, Spend]) -> dict[str, object]:
    """Calls and costs by role, as keys of one object. `estimated` stands where a server did not say what some of the
    calls used, `may_have_been_paid` where calls (among `api`) were sent and their answers never kept."""
    calls = {
        role: {"api": used.api, "cached": used.cached, "failed": used.failed}
        | ({"estimated": used.estimated} if used.estimated else {})
        | ({"may_have_been_paid": used.uncertain} if used.uncertain else {})
        for role, used in _by_role(spend)
    }
    return {"calls": calls, "cost_usd": {role: used.cost_usd for role, used in _by_role(spend)}}


def _by_role(spend: Mapping[str, Spend]) -> list[tuple[str, Spend]]:
    return [(role, spend.get(role, Spend())) for role in roles_of(spend)]


def _scored(scored: Scored, objective: Objective) -> dict[str, object]:
    return {"prompt": prompt_fields(scored.prompt), "step": scored.step} | {
        split: figures(scored.evaluations.get(split), objective) for split in SPLITS
    }


def prompt_fields(prompt: Prompt) -> dict[str, object]:
    """`several` only where a reply may name several labels."""
    fields = asdict(prompt)
    return {name: value for name, value in fields.items() if value or name not in ("several", "shortlist")}


def _verdict(verdict: Verdict | None) -> dict[str, object]:
    if verdict is None or verdict.comparison is None:
        return {
            "decision": None,
            "fixed": None,
            "broke": None,
            "p": None,
            "reason": "There was no test reading.",
            "difference": None,
        }
    compared = verdict.comparison
    return {
        "decision": verdict.decision,
        "fixed": len(compared.fixed),
        "broke": len(compared.broke),
        "p": compared.p,
        "reason": verdict.reason,
        "difference": compared.difference,
    }


def _step(step: Step, objective: Objective) -> dict[str, object]:
    edits = step.reflection.edits if step.reflection else ()
    return {
        "number": step.number,
        "accepted": step.verdict.decision is Decision.ACCEPTED,
        "decision": step.verdict.decision,
        "reason": step.verdict.reason,
        "edits": [asdict(edit) for edit in edits],
        "trials": [
            asdict(trial.edit) | {"decision": trial.verdict.decision, "reason": trial.verdict.reason}
            for trial in step.trials
        ],
        "validation": figures(step.validation, objective),
        "fixed": len(step.verdict.comparison.fixed) if step.verdict.comparison else None,
        "broke": len(step.verdict.comparison.broke) if step.verdict.comparison else None,
    }
