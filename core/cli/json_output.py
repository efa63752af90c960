"""Results as the JSON that other programs rely on (docs/contracts.md section 2). Keys are never renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from core.llm.base import ROLES
from core.types import SPLITS, Decision, Evaluation, Prompt, Result, Scored, Spend, Step, Verdict

NO_FIGURES = dict.fromkeys(("n", "accuracy", "interval", "macro_f1", "unreadable", "unknown_label", "failed"))


def tuned(
    run_id: str,
    status: str,
    labels: Sequence[str],
    result: Result,
    steps: Sequence[Step],
    spend: Mapping[str, Spend],
) -> dict[str, object]:
    """What `tune --json` prints."""
    return {
        "run_id": run_id,
        "status": status,
        "stop_reason": result.stop_reason,
        "labels": list(labels),
        "split_sizes": dict(result.split_sizes),
        "majority_accuracy": result.majority_accuracy,
        "baseline": _scored(result.baseline),
        "best": _scored(result.best),
        "verdict": _verdict(result.test),
        "calls": calls(spend),
        "cost_usd": costs(spend),
        "steps": [_step(step) for step in steps],
    }


def evaluated(
    split: str, evaluation: Evaluation, labels: Sequence[str], spend: Mapping[str, Spend]
) -> dict[str, object]:
    """What `evaluate --json` prints. `confusion` maps correct label to predicted label to count."""
    metrics = evaluation.metrics
    columns = [*labels, "(unknown label)", "(unreadable)"]
    return {
        "split": split,
        **figures(evaluation),
        "per_label": {
            row.label: {"n": row.support, "precision": row.precision, "recall": row.recall, "f1": row.f1}
            for row in metrics.per_label
        },
        "confusion": {
            label: dict(zip(columns, row, strict=True))
            for label, row in zip(labels, metrics.confusion, strict=True)
        },
        "calls": calls(spend),
        "cost_usd": costs(spend),
    }


def figures(evaluation: Evaluation | None) -> dict[str, object]:
    """The figures of one reading; all null where nothing was read."""
    if evaluation is None:
        return dict(NO_FIGURES)
    metrics = evaluation.metrics
    return {name: getattr(metrics, name) for name in NO_FIGURES} | {
        "interval": list(metrics.interval) if metrics.interval else None
    }


def calls(spend: Mapping[str, Spend]) -> dict[str, object]:
    return {
        role: {"api": used.api, "cached": used.cached, "failed": used.failed}
        for role, used in _by_role(spend)
    }


def costs(spend: Mapping[str, Spend]) -> dict[str, object]:
    return {role: used.cost_usd for role, used in _by_role(spend)}


def _by_role(spend: Mapping[str, Spend]) -> list[tuple[str, Spend]]:
    return [(role, spend.get(role, Spend())) for role in ROLES]


def _scored(scored: Scored) -> dict[str, object]:
    return {"prompt": prompt_fields(scored.prompt), "step": scored.step} | {
        split: figures(scored.evaluations.get(split)) for split in SPLITS
    }


def prompt_fields(prompt: Prompt) -> dict[str, object]:
    return asdict(prompt)


def _verdict(verdict: Verdict | None) -> dict[str, object]:
    if verdict is None or verdict.comparison is None:
        return {
            "decision": None,
            "fixed": None,
            "broke": None,
            "p": None,
            "reason": "There was no test reading.",
        }
    compared = verdict.comparison
    return {
        "decision": verdict.decision,
        "fixed": len(compared.fixed),
        "broke": len(compared.broke),
        "p": compared.p,
        "reason": verdict.reason,
    }


def _step(step: Step) -> dict[str, object]:
    edits = step.reflection.edits if step.reflection else ()
    return {
        "number": step.number,
        "accepted": step.verdict.decision is Decision.ACCEPTED,
        "decision": step.verdict.decision,
        "reason": step.verdict.reason,
        "edits": [asdict(edit) for edit in edits],
        "validation": figures(step.validation),
        "fixed": len(step.verdict.comparison.fixed) if step.verdict.comparison else None,
        "broke": len(step.verdict.comparison.broke) if step.verdict.comparison else None,
    }
